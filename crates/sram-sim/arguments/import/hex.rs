//! Arguments of `import hex`.

use clap::{Args, ValueEnum};
use cli_io::{InputPath, OutputPath};
use sram_model::Voltage;
use sram_model::import::hex::MAX_WORD_BITS;

pub(super) const HELP: &str = "Examples:\n  sram-sim import hex kc705b/ --out kc705b.sfp\n  sram-sim import hex dumps/ --word-bits 39 \
    --rows 4096 --voltage slow.txt=0.6 --out chip.sfp\n\nOne token of a dump is one word, all its digits, \
    most significant first. Addresses (ADDR:, @ADDR, or a first column that counts up), comments (#, \
    //), 0x and _ are understood; digits of words may stand without space between, and below zeros of the \
    text (--digits). A number with a unit in a file's name (0.53V, 530mV) is its voltage, else one with a \
    point that stands alone, or one after vdd. Files of one voltage whose names differ only in a number \
    after a word such as run or read (run1, run2) are reads of it: they give flip probabilities. What else a \
    name says, but for dates and numbers of files (scan3), is the chip's: files that are called otherwise \
    must fail in the same cells.";

#[derive(Debug, Args)]
pub struct HexArguments {
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
    /// Tokens are bytes by ascending address: which byte of a word comes first.
    #[arg(long, value_enum)]
    pub byte_order: Option<ByteOrder>,
    /// Hex digits of each word, if a logger wrote more than its bits need (16 bits as 0000ffff: 8), with zeros above them.
    #[arg(long, conflicts_with = "byte_order", value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_WORD_BITS / 4)))]
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
    /// The bit that was written everywhere before reading.
    #[arg(long, value_enum, default_value_t)]
    pub written: Written,
    /// How often to count a cell that the dump shows several times [default: once, if it is beyond doubt that it does].
    #[arg(long, value_enum)]
    pub count: Option<Count>,
    /// CSV with the site of each bank: bank (or bram), x, y [default: floorplan.csv in the folder, if it is there].
    #[arg(long, value_name = "FILE")]
    pub floorplan: Option<InputPath>,
    /// Lowest voltage without a fault, if it is known, in V.
    #[arg(long, value_name = "V")]
    pub vmin: Option<Voltage>,
    /// Import faults that are not plausible, too; the provenance says so.
    #[arg(long)]
    pub anyway: bool,
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
pub enum Written {
    /// All ones: a 0 is a failure from 1 to 0.
    #[default]
    Ones,
    /// All zeros: a 1 is a failure from 0 to 1.
    Zeros,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Count {
    /// Once: the profile has the cells that there are.
    Once,
    /// As the dump has it.
    AsPublished,
}
