//! Arguments of `yield`.

use std::str::FromStr;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Arg, Args};
use cli_io::{InputPath, OutputPath};
use flip_core::Rate;
use sram_model::Geometry;

use super::models::{parse_celsius, parse_chart_file};
use super::networks::{ImageArguments, ReadArguments};
use super::{Format, MemoryArguments, SchemeArguments, SelectionArguments};
use crate::chip::{ChipNames, ModelName};
use crate::voltages::VoltageList;

#[derive(Debug, Args)]
pub struct YieldArguments {
    /// The model (TOML), or the name of a stored chip for that of the chip.
    #[arg(long, value_name = "FILE|NAME", required_unless_present = "chip")]
    pub model: Option<ModelName>,
    /// How many chips to generate.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub chips: u32,
    /// The highest expected bit error rate that is tolerated (p/2, for balanced data), as a fraction or percentage; or give a
    /// --network and its --max-error.
    // A conflict with the network would have the parser excuse its absence where other options ask for it.
    #[arg(long, value_name = "P")]
    pub max_ber: Option<Rate>,
    /// Voltages to look at: a list, or a range with a step, as of `profile` [default: the model's range in 24 steps].
    #[arg(long, value_name = "LIST|RANGE")]
    pub voltage: Option<VoltageList>,
    /// Size of the chips, as BANKSxROWSxCOLUMNS [default: that in the model].
    #[arg(long)]
    pub geometry: Option<Geometry>,
    /// Spare columns of each bank, which take the place of the worst, chosen anew at each voltage.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "network")]
    pub spare_columns: u32,
    /// Spare rows of each bank, likewise.
    #[arg(long, value_name = "N", default_value_t = 0, conflicts_with = "network")]
    pub spare_rows: u32,
    /// Temperature in °C [default: the model's reference].
    #[arg(long, value_name = "T", value_parser = parse_celsius)]
    pub temperature: Option<f64>,
    /// Seed of the first chip, the others follow; and of the first map of a network on each chip.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Write the Shmoo plot, chips by voltages (.svg or .png).
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(parse_chart_file))]
    pub plot: Option<OutputPath>,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    #[command(flatten)]
    pub of_network: NetworkYieldArguments,
}

/// The yield of chips by the test error of a network on them.
#[derive(Debug, Args)]
#[command(next_help_heading = "With a network, for which libtorch is needed")]
#[command(mut_args(needs_network))]
pub struct NetworkYieldArguments {
    /// A network's weights (safetensors), or a TorchScript module with its own: chips are then held to its test error on them.
    #[arg(long, value_name = "FILE", requires = "max_error")]
    pub network: Option<InputPath>,
    /// The highest test error that is tolerated: +1% for one point above the error without bit errors, 10% for itself.
    #[arg(long, value_name = "[+]P", allow_hyphen_values = true)]
    pub max_error: Option<MaxError>,
    /// Share of the chips for which the lowest voltage is sought.
    #[arg(long, value_name = "P", default_value = "95%", value_parser = parse_share)]
    pub share: f64,
    /// The known network that the weights are of, as --model of `eval` [default: what they were trained as].
    #[arg(long, value_name = "NAME")]
    pub architecture: Option<String>,
    /// In place of a --model's chips: these, as of `eval`, such as model.toml#0..19.
    #[arg(long, value_name = "CHIPS", conflicts_with_all = ["model", "chips", "geometry", "temperature"])]
    pub chip: Vec<ChipNames>,
    /// Maps of a chip at each voltage, places and reads as of `eval`: all of them are to keep the error.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub maps: u32,
    #[command(flatten)]
    pub images: ImageArguments,
    #[command(flatten)]
    pub scheme: SchemeArguments,
    #[command(flatten)]
    pub selection: SelectionArguments,
    #[command(flatten)]
    pub memory: MemoryArguments,
    #[command(flatten)]
    pub reads: ReadArguments,
}

fn parse_share(text: &str) -> Result<f64, String> {
    let share = text.parse::<Rate>().ok().map(Rate::get).filter(|share| *share > 0.0);
    share.ok_or_else(|| format!("`{text}`: expected a share above 0, such as 95% or 0.95"))
}

fn needs_network(argument: Arg) -> Arg {
    if OF_NETWORK.contains(&argument.get_id().as_str()) { argument.requires("network") } else { argument }
}

/// What makes no sense without a network.
const OF_NETWORK: [&str; 33] = [
    "max_error",
    "share",
    "architecture",
    "chip",
    "maps",
    "data",
    "normalise",
    "images",
    "batch",
    "device",
    "precision",
    "threads",
    "bits",
    "scheme",
    "clip",
    "range",
    "only",
    "exclude",
    "keep_apart",
    "with_statistics",
    "order",
    "offsets",
    "offset",
    "read",
    "between",
    "vmin",
    "protect_msb",
    "memory",
    "ecc",
    "layout",
    "on_detected",
    "bits_by_layer",
    "journal",
];

/// The highest test error that is tolerated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MaxError {
    /// So much above the error without bit errors.
    Above(Rate),
    /// This.
    At(Rate),
}

impl FromStr for MaxError {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = text.strip_prefix('+');
        let plain = number.unwrap_or(text);
        if !plain.contains('%') && plain.parse().is_ok_and(|number: f64| number >= 1.0) {
            let sign = if number.is_some() { "+" } else { "" };
            return Err(format!(
                "`{text}` can be read in two ways: say {sign}{plain}% for a percentage, or a fraction below 1"
            ));
        }
        let rate = plain.parse::<Rate>().map_err(|_| {
            format!("`{text}`: expected +1% for a point above the error without bit errors, or an error such as 10%")
        })?;
        Ok(if number.is_some() { Self::Above(rate) } else { Self::At(rate) })
    }
}
