//! Arguments of all imports of dumps, and of `import powerup`.

use clap::{Args, ValueEnum};
use cli_io::{InputPath, OutputPath};
use sram_model::Voltage;
use sram_model::import::hex::MAX_WORD_BITS;

pub(super) const POWERUP_HELP: &str = "Example:\n  sram-sim import powerup puf/ --raw --byte-order little --rows 4096 --out puf.sfp\n  sram-sim \
    stats --chip puf.sfp --against other.sfp\n\nNothing was written before the dumps were read. Kinds of dumps and their names are as of import \
    hex: the voltage is that of the supply, one temperature in a folder, and several reads of a voltage are needed to see noise. A cell that \
    came up as 1 in k of n reads reads as 1 with probability k/n whatever is stored: p_0to1 = k/n, p_1to0 = 1 - k/n, so that every cell is \
    a fault and the fault rate is 1.\n\nPrinted for each voltage: the share of ones in all reads; the share of stable cells, which came up the \
    same in all n reads; the distance, the share of cells in which two reads differ, on the mean over all pairs; the min-entropy of the noise, \
    the mean over cells of -log2 max(k/n, 1 - k/n); and the share of cells whose likely state (in more than half of the reads) is another than \
    at the highest voltage.";

/// The dumps of a folder, and how they are read.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag that can be typed")]
pub struct DumpArguments {
    /// The folder.
    pub folder: InputPath,
    /// The profile to write.
    #[arg(long, value_name = "FILE")]
    pub out: OutputPath,
    /// The chip's name [default: that of the folder].
    #[arg(long)]
    pub name: Option<String>,
    /// Words of a bank.
    #[arg(long, default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..))]
    pub rows: u32,
    /// Bits of a word, up to 128.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_WORD_BITS)))]
    pub word_bits: u32,
    /// Base of the digits of texts: 16 or 2.
    #[arg(long, value_enum, default_value_t, conflicts_with_all = ["byte_order", "raw"])]
    pub radix: Radix,
    /// Files are the bytes of the memory, and no text.
    #[arg(long, conflicts_with_all = ["packed", "first_column"])]
    pub raw: bool,
    /// Words are put together from bytes by ascending address (of text: tokens are bytes): which byte of a word comes first.
    #[arg(long, value_enum)]
    pub byte_order: Option<ByteOrder>,
    /// Digits of each word, if a logger wrote more than its bits need (16 bits as 0000ffff: 8), with zeros above them.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_WORD_BITS)))]
    pub digits: Option<u32>,
    /// Digits of words stand without space between, over lines.
    #[arg(long, conflicts_with_all = ["byte_order", "first_column"])]
    pub packed: bool,
    /// What the first token of each line is [default: an address if it counts up with the words].
    #[arg(long, value_enum)]
    pub first_column: Option<FirstColumn>,
    /// Voltage of a file, in V, where its name does not say it or says another.
    #[arg(long, value_name = "FILE=V", value_parser = crate::voltages::parse_file)]
    pub voltage: Vec<(String, Voltage)>,
    /// CSV with the columns file,voltage and, if need be, temperature, run and written, in place of names.
    #[arg(long, value_name = "FILE", conflicts_with = "voltage")]
    pub manifest: Option<InputPath>,
    /// Leave the first read of each voltage and pattern out: it often differs from those after it.
    #[arg(long)]
    pub drop_first: bool,
    /// CSV with the site of each bank: bank (or bram), x, y [default: floorplan.csv in the folder, if it is there].
    #[arg(long, value_name = "FILE")]
    pub floorplan: Option<InputPath>,
    /// Import what is not plausible, too; the provenance says so.
    #[arg(long)]
    pub anyway: bool,
}

/// A folder of power-up states.
#[derive(Debug, Args)]
pub struct PowerupArguments {
    #[command(flatten)]
    pub dumps: DumpArguments,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ByteOrder {
    /// The most significant one.
    Big,
    /// The least significant one.
    Little,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FirstColumn {
    /// An address.
    Address,
    /// A word as the others.
    Word,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Radix {
    /// Hex digits.
    #[default]
    #[value(name = "16")]
    Hex,
    /// Binary digits, as for $readmemb.
    #[value(name = "2")]
    Binary,
}
