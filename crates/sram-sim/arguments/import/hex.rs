//! Arguments of `import hex`.

use std::ffi::{OsStr, OsString};

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use clap_lex::OsStrExt as _;
use cli_io::InputPath;
use sram_model::Voltage;
use sram_model::import::hex::Pattern;

use super::dumps::DumpArguments;

pub(super) const HELP: &str = "Examples:\n  sram-sim import hex kc705b/ --out kc705b.sfp\n  sram-sim import hex dumps/ --word-bits 39 \
    --rows 4096 --voltage slow.txt=0.6 --out chip.sfp\n  sram-sim import hex dumps/ --written 'ones_*=ones' --written \
    'zeros_*=zeros' --out chip.sfp\n  sram-sim import hex reads/ --manifest reads.csv --drop-first --out chip.sfp\n\nKinds of dumps:\n  text of \
    words: one token is one word, all its digits, most significant first. Addresses (ADDR:, @ADDR, or a first column that counts up), \
    comments (#, //), 0x and _ are understood; digits of words may stand without space between, and below zeros of the text \
    (--digits). Hex digits, or binary ones (--radix 2)\n  Intel HEX and S-records: known by their first record; check sums are verified, and \
    no byte may be missing (--missing-as-written) or be there twice\n  raw bytes: --raw\nIn the last two a word lies in the least number of \
    bytes that hold it (or those of --digits, two a byte), the bits above it 0; words of several bytes need --byte-order.\n\nPatterns \
    (--written), of which bit 0 of a word is the lowest and rows are words of a bank, from 0:\n  ones, zeros      in each cell\n  \
    checker          the cell of row r and bit c holds (r + c + 1) mod 2: 0x5555 in even rows, 0xaaaa in odd ones\n  checker-inverse  the \
    opposite: 0xaaaa in even rows, 0x5555 in odd ones\n  address          each word holds its address, as far as its bits go: the one that the \
    dump has beside it, else its number in the dump, from 0\n  FILE             what this dump of the memory holds, read as all others (a \
    file that is called as a pattern: ./ones)\nA direction of a cell that no pattern tested is taken as good, which the provenance \
    says; all voltages must test the same.\n\nNames: a number with a unit in a file's name (0.53V, 530mV) is its voltage, else one with a point that stands alone, or one \
    after vdd. Files of one voltage and pattern whose names differ only in a number after a word such as run or read (run1, run2) are \
    reads of it: they give flip probabilities. What else a name says, but for dates, patterns (also as --written names them) and numbers of files (scan3), is the chip's: \
    files that are called otherwise must fail in the same cells. A manifest takes the place of names: a CSV with the columns \
    file,voltage and, if need be, temperature (in °C, one for all), run (the number of a read) and written (a pattern; files lie in the \
    folder).";

#[derive(Debug, Args)]
pub struct HexArguments {
    #[command(flatten)]
    pub dumps: DumpArguments,
    /// What was written before reading: ones, zeros, checker, checker-inverse, address, or a dump of it (see below) [default: ones];
    /// NAME=PATTERN for files of that name, or of names with * and ?.
    #[arg(long, value_name = "[NAME=]PATTERN", value_parser = OsStringValueParser::new().try_map(parse_written))]
    pub written: Vec<(Option<String>, Written)>,
    /// What Intel HEX and S-records leave out was as it was written; the provenance says so.
    #[arg(long)]
    pub missing_as_written: bool,
    /// How often to count a cell that the dump shows several times [default: once, if it is beyond doubt that it does].
    #[arg(long, value_enum)]
    pub count: Option<Count>,
    /// Lowest voltage without a fault, if it is known, in V.
    #[arg(long, value_name = "V")]
    pub vmin: Option<Voltage>,
}

/// What was written before reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// A pattern that has a name.
    Pattern(Pattern),
    /// A dump.
    File(InputPath),
}

/// Parses `NAME=PATTERN`, or `PATTERN` for all files. A pattern that has a name has no sign in it, so that the file before it may; the
/// name of a dump may, too, and begins after the first.
#[expect(clippy::needless_pass_by_value, reason = "as clap wants it")]
fn parse_written(typed: OsString) -> Result<(Option<String>, Written), String> {
    let written = |text: &OsStr| match text.to_str().map(Pattern::of) {
        _ if text.is_empty() => {
            Err("expected ones, zeros, checker, checker-inverse, address, or a file".to_owned())
        }
        Some(Pattern::Dump(_)) | None => Ok(Written::File(text.to_owned().into())),
        Some(pattern) => Ok(Written::Pattern(pattern)),
    };
    let named = typed.to_str().and_then(|text| text.rsplit_once('='));
    let named = named.filter(|(_, pattern)| !matches!(Pattern::of(pattern), Pattern::Dump(_)));
    let named = named.map(|(name, pattern)| (OsStr::new(name), OsStr::new(pattern)));
    match named.or_else(|| typed.split_once("=")) {
        None => Ok((None, written(&typed)?)),
        Some((name, pattern)) => {
            let name = name.to_str().filter(|name| !name.is_empty());
            Ok((
                Some(name.ok_or("expected NAME=PATTERN, such as ones_*=ones")?.to_owned()),
                written(pattern)?,
            ))
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Count {
    /// Once: the profile has the cells that there are.
    Once,
    /// As the dump has it.
    AsPublished,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_of_all_files_or_of_those_before_the_sign() {
        let parsed = |typed: &str| parse_written(typed.into());
        assert_eq!(parsed("checker"), Ok((None, Written::Pattern(Pattern::Checker))));
        let ones = || Written::Pattern(Pattern::Ones);
        assert_eq!(parsed("a=b_0.60V.txt=ones"), Ok((Some("a=b_0.60V.txt".to_owned()), ones())));
        let file = || Written::File(OsString::from("a=b.hex").into());
        assert_eq!(parsed("*=a=b.hex"), Ok((Some("*".to_owned()), file())));
        assert_eq!(parsed("./ones"), Ok((None, Written::File(OsString::from("./ones").into()))));
        assert!(["", "=ones", "a="].iter().all(|typed| parsed(typed).is_err()));
    }
}
