//! Arguments of the commands about single chips: `chips`, `profile`, `stats` and `export`.

use std::ffi::OsString;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use cli_io::OutputPath;
use flip_core::Rate;
use sram_model::Voltage;

use super::{Between, Format};
use crate::chip::ChipName;
use crate::voltages::VoltageList;

#[derive(Debug, Args)]
pub struct ChipsArguments {
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ProfileArguments {
    /// Name of a stored chip (see `chips`), path of a profile, or MODEL.toml#SEED, a chip of a model.
    #[arg(long, value_name = "NAME|FILE")]
    pub chip: ChipName,
    /// Voltage in the profile's unit; or a list (0.8,0.85), a range, or `all` of the profile's voltages. A range (0.75..1) has
    /// the profile's voltages in it, and its two ends; one with a step (0.9..0.8:0.03) goes from the end typed first in steps
    /// to the other, which is the last whatever is left. A chip that was measured has no map of its own between its voltages:
    /// there an end of a range without a step is left out, and other voltages are answered by the map that --between says.
    #[arg(long, value_name = "V|LIST|RANGE")]
    pub voltage: VoltageList,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write the fault map: a picture (.png) or a table that `import csv` reads (.csv). One voltage only.
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(parse_map_file))]
    pub map: Option<OutputPath>,
    /// What to answer between two measured voltages.
    #[arg(long, value_enum, default_value_t)]
    pub between: Between,
    /// Vmin in the profile's unit, to compute energies where the profile does not know it.
    #[arg(long, value_name = "V")]
    pub vmin: Option<Voltage>,
}

#[derive(Debug, Args)]
pub struct StatsArguments {
    /// Name of a stored chip (see `chips`), path of a profile, or MODEL.toml#SEED, a chip of a model.
    #[arg(long, value_name = "NAME|FILE")]
    pub chip: ChipName,
    /// Voltage in the profile's unit; or a list, a range, or `all`, as of `profile`. One voltage gives more detail.
    #[arg(long, value_name = "V|LIST|RANGE", conflicts_with = "all")]
    pub voltage: Option<VoltageList>,
    /// All of the profile's voltages, which is what is done without --voltage, too.
    #[arg(long)]
    pub all: bool,
    /// Compare with another chip at the same voltages, by tests of equality.
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "plots")]
    pub against: Option<ChipName>,
    /// Write charts into this folder, each as SVG and PNG: map, bit error rates with the fitted curve, flip probabilities,
    /// critical voltages, columns. Those of one voltage show the lowest.
    #[arg(long, value_name = "FOLDER")]
    pub plots: Option<OutputPath>,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Count only cells that flip at least so often, as a fraction or percentage: 0 for all that ever flip, 0.5 for those
    /// that fail in most reads.
    #[arg(long, value_name = "Q", default_value = "0")]
    pub flip_from: Rate,
    /// What to answer between two measured voltages.
    #[arg(long, value_enum, default_value_t)]
    pub between: Between,
}

impl StatsArguments {
    pub fn voltages(&self) -> &VoltageList {
        self.voltage.as_ref().unwrap_or(&VoltageList::All)
    }
}

#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Name of a stored chip, path of a profile, or MODEL.toml#SEED, a chip of a model.
    #[arg(long, value_name = "NAME|FILE")]
    pub chip: ChipName,
    /// The CSV file to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub out: Option<OutputPath>,
}

fn parse_map_file(typed: OsString) -> Result<OutputPath, String> {
    let path = OutputPath::from(typed);
    let known = path.has_extension("png") || path.has_extension("csv");
    if known { Ok(path) } else { Err("expected a file name ending in .png or .csv".to_owned()) }
}
