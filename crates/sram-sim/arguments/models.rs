//! Arguments of the commands about models and virtual chips.

use std::ffi::OsString;
use std::fmt::Write;

use clap::Args;
use cli_io::OutputPath;
use sram_model::{Geometry, March, NAMED_MARCHES, NamedMarch, Voltage};

use super::{Between, Format};
use crate::chip::{ChipName, ModelName};
use crate::voltages::VoltageList;

#[derive(Debug, Args)]
pub struct FitArguments {
    /// Path of a profile, or name of a stored chip.
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: ChipName,
    /// The model to write (TOML).
    #[arg(long, value_name = "FILE")]
    pub out: OutputPath,
    /// Leave out what cells of a bank, column or row have in common: independent cells of the same rates.
    #[arg(long)]
    pub independent: bool,
}

#[derive(Debug, Args)]
pub struct SynthArguments {
    /// The model (TOML), or the name of a stored chip for that of the chip.
    #[arg(long, value_name = "FILE|NAME")]
    pub model: ModelName,
    /// Seed of the chip [default: that in the model].
    #[arg(long, value_name = "S")]
    pub seed: Option<u64>,
    /// Size of the chip, as BANKSxROWSxCOLUMNS [default: that in the model].
    #[arg(long)]
    pub geometry: Option<Geometry>,
    /// The profile to write.
    #[arg(long, value_name = "FILE")]
    pub out: OutputPath,
    /// Generate N chips, of seeds S, S + 1, …; chip.sfp becomes chip-S.sfp and so on.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub count: Option<u32>,
    /// Temperature in °C [default: the model's reference].
    #[arg(long, value_name = "T", value_parser = parse_celsius)]
    pub temperature: Option<f64>,
    /// Let the chips answer down to this voltage, extrapolated where the model's curve ends above.
    #[arg(long, value_name = "V")]
    pub down_to: Option<Voltage>,
}

#[derive(Debug, Args)]
pub struct ValidateArguments {
    /// The chip: path of a profile, or name of a stored one.
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: ChipName,
    /// The model (TOML), or the name of a stored chip for that of the chip.
    #[arg(long, value_name = "FILE|NAME")]
    pub model: ModelName,
    /// How many virtual chips to generate.
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(20..))]
    pub chips: u32,
    /// Seed of the first; the others follow.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// Compare with independent cells of the same rates instead.
    #[arg(long)]
    pub independent: bool,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct PredictArguments {
    /// The model (TOML), or the name of a stored chip for that of the chip.
    #[arg(long, value_name = "FILE|NAME", conflicts_with = "profile", required_unless_present = "profile")]
    pub model: Option<ModelName>,
    /// A profile to fit a model to first.
    #[arg(long, value_name = "NAME|FILE")]
    pub profile: Option<ChipName>,
    /// Voltage in the model's unit; or a list, a range, or `all`, as of `profile`.
    #[arg(long, value_name = "V|LIST|RANGE", default_value = "all")]
    pub voltage: VoltageList,
    /// Temperature in °C [default: the model's reference].
    #[arg(long, value_name = "T", value_parser = parse_celsius)]
    pub temperature: Option<f64>,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct MbistArguments {
    /// Name of a stored chip, path of a profile, or MODEL.toml#SEED.
    #[arg(long, value_name = "NAME|FILE")]
    pub chip: ChipName,
    /// Voltage in the profile's unit; or a list, a range, or `all`, as of `profile`.
    #[arg(long, value_name = "V|LIST|RANGE", default_value = "all")]
    pub voltage: VoltageList,
    /// The march test: a name, or a test in the usual notation.
    #[arg(long, value_name = "NAME|TEST", default_value = "march-c-")]
    pub algorithm: March,
    /// How often each read of the test is repeated.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub reads: u32,
    /// Seed of the read noise.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// The profile to write: .sfp, or .csv, which `import csv` reads.
    #[arg(long, value_name = "FILE")]
    pub out: Option<OutputPath>,
    /// What to test between two measured voltages.
    #[arg(long, value_enum, default_value_t)]
    pub between: Between,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// The notation of march tests, and those that have a name.
pub(super) fn mbist_help() -> String {
    let mut text = String::from(
        "Examples:\n  sram-sim mbist --chip A --voltage 0.8 --algorithm march-c- --reads 10 --out tested.sfp\n  sram-sim mbist \
         --chip A --voltage 0.8 --algorithm 'any(w0); up(r0,w1); Del; down(r1,w0)'\n\nA test is a name, or elements with ; between \
         them: w0, w1, r0 and r1 in parentheses after an order (⇑ or up, ⇓ or down, ⇕ or any), or Del for a delay. Cells of this \
         program lose nothing while they wait: Del is kept and printed, and changes nothing. Known by name:\n",
    );
    for NamedMarch { name, notation } in NAMED_MARCHES {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  {name:9} {notation}");
    }
    text
}

pub(super) fn parse_celsius(text: &str) -> Result<f64, String> {
    let celsius = text.parse().ok().filter(|celsius: &f64| (-273.15..=1000.0).contains(celsius));
    celsius.ok_or_else(|| format!("`{text}`: expected a temperature in °C"))
}

pub(super) fn parse_chart_file(typed: OsString) -> Result<OutputPath, String> {
    let path = OutputPath::from(typed);
    let known = path.has_extension("svg") || path.has_extension("png");
    if known { Ok(path) } else { Err("expected a file name ending in .svg or .png".to_owned()) }
}
