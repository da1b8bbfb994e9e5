//! Arguments of `import`.

mod dumps;
mod flips;
mod hex;
mod log;

use clap::{Args, Subcommand};
use cli_io::{InputPath, OutputPath};

pub use self::dumps::{ByteOrder, DumpArguments, FirstColumn, PowerupArguments, Radix};
pub use self::flips::{FlipsArguments, UnknownDirection};
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
    /// Maps of the cells of one chip, that fail or how probably: NumPy arrays, matrices, lists of cells, CSV or JSON.
    #[command(after_help = flips::HELP)]
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
