//! Arguments of `import`.

mod dumps;
mod hex;
mod log;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, Subcommand, ValueEnum};
use cli_io::{InputPath, OutputPath};
use sram_model::{Geometry, Voltage, VoltageUnit};

pub use self::dumps::{ByteOrder, DumpArguments, FirstColumn, PowerupArguments, Radix};
pub use self::hex::{Count, HexArguments, Written};
pub use self::log::{AddressUnit, LogArguments};

#[derive(Debug, Args)]
pub struct ImportArguments {
    #[command(subcommand)]
    pub source: ImportSource,
}

#[derive(Debug, Subcommand)]
pub enum ImportSource {
    /// A folder of dumps, one a voltage, named like chip-0.53.bin: text of hex or binary words, Intel HEX, S-records, raw bytes.
    #[command(after_help = hex::HELP)]
    Hex(Box<HexArguments>),
    /// Power-up states of one memory: a folder of dumps before which nothing was written.
    #[command(after_help = dumps::POWERUP_HELP)]
    Powerup(Box<PowerupArguments>),
    /// Maps of flip probabilities of one chip: CSV files with row, col and p_flip, or p_0to1 and p_1to0.
    #[command(
        after_help = "Example:\n  sram-sim import flips 0.8=chip2_64x128_lowV.csv 0.85=chip2_64x128_highV.csv \
                      --out chip2.sfp"
    )]
    Flips(FlipsArguments),
    /// The CSV that `export` writes, or one of the same form.
    #[command(
        after_help = "Example:\n  sram-sim import csv chip.csv --out chip.sfp\n\nThe least that such a file needs:\n\n  \
                      # geometry: 2x512x64\n  # unit: V\n  voltage,bank,row,column,p_0to1,p_1to0\n  \
                      0.58,0,17,3,0,1"
    )]
    Csv(CsvArguments),
    /// Fail logs of memory testers: CSV files with one row a failing word, stuck cell, count or probability.
    #[command(after_help = log::help())]
    Log(Box<LogArguments>),
}

#[derive(Debug, Args)]
pub struct FlipsArguments {
    /// Maps: VOLTAGE=FILE for each operating point.
    #[arg(required = true, value_name = "VOLTAGE=FILE", value_parser = OsStringValueParser::new().try_map(crate::voltages::parse_map))]
    pub maps: Vec<(Voltage, InputPath)>,
    /// The profile to write.
    #[arg(long, value_name = "FILE")]
    pub out: OutputPath,
    /// The chip's name [default: that of the first file].
    #[arg(long)]
    pub name: Option<String>,
    /// Its size, as BANKSxROWSxCOLUMNS [default: from a name like chip_64x128.csv, one bank].
    #[arg(long)]
    pub geometry: Option<Geometry>,
    /// Unit of the voltages: V or V/Vmin.
    #[arg(long, default_value = "V/Vmin")]
    pub unit: VoltageUnit,
    /// Lowest voltage without a fault, if it is known.
    #[arg(long, value_name = "V")]
    pub vmin: Option<Voltage>,
    /// Direction of cells for which no file says it.
    #[arg(long, value_enum, default_value_t)]
    pub direction: UnknownDirection,
    /// Seed of directions.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Probabilities are counts of failing reads, of N reads each.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub reads: Option<u32>,
    /// Import faults that are not plausible, too; the provenance says so.
    #[arg(long)]
    pub anyway: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum UnknownDirection {
    /// Each cell fails in one direction, chosen at random by --seed.
    #[default]
    #[value(alias = "drawn")]
    Random,
    /// All fail from 0 to 1.
    ReadsOne,
    /// All fail from 1 to 0.
    ReadsZero,
    /// All fail in both directions; the fault rate counts p_flip twice.
    Inverts,
}

#[derive(Debug, Args)]
pub struct CsvArguments {
    /// The CSV file.
    pub file: InputPath,
    /// The profile to write.
    #[arg(long, value_name = "FILE")]
    pub out: OutputPath,
    /// Probabilities are counts of failing reads, of N reads each.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub reads: Option<u32>,
    /// Import faults that are not plausible, too; the provenance says so.
    #[arg(long)]
    pub anyway: bool,
}
