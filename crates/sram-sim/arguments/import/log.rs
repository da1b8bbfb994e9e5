//! Arguments of `import log`.

use std::fmt::Write;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use cli_io::{InputPath, OutputPath};
use sram_model::import::hex::MAX_WORD_BITS;
use sram_model::import::log::{Radix, Scramble, column_names};
use sram_model::{Geometry, Voltage, VoltageUnit};

#[derive(Debug, Args)]
pub struct LogArguments {
    /// Logs of one chip; VOLTAGE=FILE for one whose rows do not say the voltage.
    #[arg(required = true, value_name = "[VOLTAGE=]FILE", value_parser = OsStringValueParser::new().try_map(crate::voltages::parse_log))]
    pub logs: Vec<(Option<Voltage>, InputPath)>,
    /// The profile to write.
    #[arg(long, value_name = "FILE")]
    pub out: OutputPath,
    /// The chip's name [default: that of a line `# name: …`, or of the first file].
    #[arg(long)]
    pub name: Option<String>,
    /// Its size, as BANKSxROWSxCOLUMNS [default: of a line `# geometry: …`, or of a name like chip_1024x16.csv, one bank].
    #[arg(long)]
    pub geometry: Option<Geometry>,
    /// Unit of the voltages: V or V/Vmin [default: of a line `# unit: …`, or V].
    #[arg(long)]
    pub unit: Option<VoltageUnit>,
    /// Lowest voltage without a fault, if it is known.
    #[arg(long, value_name = "V")]
    pub vmin: Option<Voltage>,
    /// Names of the columns of files without a header, with commas between; - for one to pass over.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', allow_hyphen_values = true)]
    pub columns: Option<Vec<String>>,
    /// Columns to pass over.
    #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// How often each cell was read: a cell's flip probability is the share of reads in which it failed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub reads: Option<u32>,
    /// Base of words: 16, 10 or 2 [default: hex if one has 0x or a digit from a to f, else that in which all make sense].
    #[arg(long, visible_alias = "word-radix", value_name = "BASE")]
    pub radix: Option<Radix>,
    /// Base of addresses: 16, 10 or 2 [default: as for words].
    #[arg(long, value_name = "BASE")]
    pub address_radix: Option<Radix>,
    /// Bits of a word, up to 128 [default: those of a row].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(MAX_WORD_BITS)))]
    pub word_bits: Option<u32>,
    /// The words of a row are interleaved (column multiplexing): bit 0 of all of them, then bit 1, and so on.
    #[arg(long)]
    pub interleave: bool,
    /// Which word an address means: xor:0x1f, bits:2,0,1 (bit 0 of the physical address is bit 2 of the logged one, and so on),
    /// or several with + between, the first first.
    #[arg(long)]
    pub scramble: Option<Scramble>,
    /// What addresses count.
    #[arg(long, value_enum, default_value_t)]
    pub address_unit: AddressUnit,
    /// Import faults that are not plausible, too; the provenance says so.
    #[arg(long)]
    pub anyway: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum AddressUnit {
    /// Words, through a bank row by row, then the next bank.
    #[default]
    Words,
    /// Bytes: the address of a word is that of its first byte.
    Bytes,
}

/// What the forms of logs are, and what columns may be called.
pub(super) fn help() -> String {
    let mut text = String::from(
        "Examples:\n  sram-sim import log fails.csv --geometry 1x1024x16 --out chip.sfp\n  sram-sim import log 0.60=high.csv \
         0.55=low.csv --columns address,expected,actual --geometry 8x1024x16 --out chip.sfp\n  sram-sim import log \
         runs.csv --reads 10 --ignore time,site --word-bits 8 --interleave --scramble bits:1,0,2,3+xor:0x3 --out \
         chip.sfp\n\nA row is one of these, by the columns that are there:\n  voltage,address,expected,actual             a word; bits that \
         differ are faults (bank,row in place of an address: a row is a word)\n  voltage,bank,row,column,polarity            a stuck \
         cell (address,bit in place of bank,row,column)\n  voltage,bank,row,column,fails,polarity      how many reads of a cell fail, \
         with a column reads, or --reads\n  voltage,bank,row,column,fails_read0,fails_read1,reads\n  \
         voltage,bank,row,column,p_0to1,p_1to0       flip probabilities, on one line or on one a direction\n\nBit 0 of a word is its \
         least significant bit and lies in its lowest column. An address with a bank beside it counts through that bank. With a column of \
         numbered reads (run), a cell's flip probability is the share of the --reads in which it fails at least once; without, each \
         line is one failing read. Without --reads each cell is read once a voltage and pattern: one that fails under several words, or \
         patterns by name (background), fails once. A cell that no row lists is taken as good. Lines `# geometry: 1x1024x16`, `# unit: V`, `# voltages: \
         0.6,0.55` (all that were tested) before the header are read.\n\nNames of columns (capitals do not matter, nor do spaces, - and \
         _; read is the word that was read where one that was written stands beside it, and pattern a name where expected does):\n",
    );
    for (what, names) in column_names() {
        // Writing to a text cannot fail.
        let _ = writeln!(text, "  {what}: {}", names.join(", "));
    }
    text
}
