//! How to read a folder of dumps.

use std::fmt;
use std::path::{Path, PathBuf};

use super::super::written::Written;
use super::super::{ImportError, ImportErrorKind, Place};
use crate::voltage::Voltage;

/// How to read a folder of dumps.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct HexOptions {
    /// The chip's name; that of the folder if `None`.
    pub name: Option<String>,
    /// Words of a bank.
    pub rows: u32,
    /// Bits of a word, at most [`MAX_WORD_BITS`].
    pub word_bits: u32,
    /// The digits of texts of words.
    pub radix: Radix,
    /// Whether files are the bytes of the memory, and no text.
    pub raw: bool,
    /// How words are put together from bytes by ascending address; of texts of words it says that tokens are bytes.
    pub byte_order: Option<ByteOrder>,
    /// Digits of each word, if more than its bits need: the bits above them are zeros of the text. If `None`, as many as its bits
    /// need, or those of a machine word, if they cannot be several words.
    pub digits: Option<u32>,
    /// Whether the digits of words stand without anything between, over lines.
    pub packed: bool,
    /// What the first column is; found out if `None`.
    pub first_column: Option<FirstColumn>,
    /// Voltages in V of files by their names, where the name does not say them.
    pub voltages: Vec<(String, Voltage)>,
    /// A table of the dumps, in place of their names: a CSV file with the columns file and voltage (in V) and perhaps temperature (in
    /// °C, one for all), run and written (a [`Pattern`](super::Pattern)).
    pub manifest: Option<PathBuf>,
    /// What was written before reading.
    pub written: Written,
    /// Whether the first read of each voltage and pattern is left out.
    pub drop_first: bool,
    /// Whether what the records of Intel HEX and S-records leave out is as it was written; otherwise it is refused.
    pub missing_as_written: bool,
    /// What to do if each cell turns out to be dumped several times. If `None`, once if that is beyond doubt, else it is refused.
    pub count: Option<CountCells>,
    /// The floorplan: a CSV file with the columns bram (or bank), x, y. If `None`, `floorplan.csv` in the folder is
    /// taken if it is there.
    pub floorplan: Option<PathBuf>,
    /// Vmin in V, if it is known. A dump without faults shows it, too.
    pub vmin: Option<Voltage>,
    /// Whether to import what is not plausible, with a note.
    pub anyway: bool,
}

/// The widest word of a dump, in bits.
pub const MAX_WORD_BITS: u32 = 128;

/// The digits of a text of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Radix {
    /// Hex digits.
    Hex,
    /// Binary digits, as for `$readmemb`.
    Binary,
}

impl Radix {
    /// Bits of a digit.
    pub(super) fn digit_bits(self) -> u32 {
        match self {
            Self::Hex => 4,
            Self::Binary => 1,
        }
    }
}

impl fmt::Display for Radix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hex => "hex",
            Self::Binary => "binary",
        })
    }
}

/// Which byte of a word comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteOrder {
    /// The most significant one.
    Big,
    /// The least significant one.
    Little,
}

/// What the first token of each line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FirstColumn {
    /// An address.
    Address,
    /// A word as the others.
    Word,
}

impl Default for HexOptions {
    /// Block RAMs of 1024 words of 16 bits, written with ones.
    fn default() -> Self {
        Self {
            name: None,
            rows: 1024,
            word_bits: 16,
            radix: Radix::Hex,
            raw: false,
            byte_order: None,
            digits: None,
            packed: false,
            first_column: None,
            voltages: Vec::new(),
            manifest: None,
            written: Written::default(),
            drop_first: false,
            missing_as_written: false,
            count: None,
            floorplan: None,
            vmin: None,
            anyway: false,
        }
    }
}

/// How often to count a cell that is dumped several times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CountCells {
    /// Once: the profile has the cells that there are.
    Once,
    /// As the dump has it.
    AsPublished,
}

impl HexOptions {
    /// Digits of a word in a text.
    pub(super) fn word_digits(&self) -> u32 {
        self.digits.unwrap_or(self.word_bits.div_ceil(self.radix.digit_bits()))
    }

    /// Bytes that a word lies in.
    pub(super) fn word_bytes(&self) -> u32 {
        self.digits.map_or(self.word_bits, |digits| digits * self.radix.digit_bits()).div_ceil(8)
    }

    /// Refuses what contradicts itself.
    pub(super) fn check(&self, folder: &Path) -> Result<(), ImportError> {
        let wrong = |found: String, expected: &str| {
            Err(ImportError::content(ImportErrorKind::Options, folder, Place::File, found, expected))
        };
        let Self { word_bits, byte_order, digits, packed, radix, .. } = *self;
        if word_bits == 0 || word_bits > MAX_WORD_BITS {
            return wrong(format!("words of {word_bits} bits"), "1 to 128");
        }
        if byte_order.is_some() && packed {
            return wrong("a byte order for packed digits".to_owned(), "either");
        }
        if byte_order.is_some() && radix == Radix::Binary {
            return wrong("a byte order for binary digits".to_owned(), "--radix 2 or --byte-order");
        }
        if let Some(digits) = digits {
            let bits = radix.digit_bits();
            let (least, most) = (word_bits.div_ceil(bits), MAX_WORD_BITS / bits);
            if !(least..=most).contains(&digits) {
                let expected = format!("{least} to {most} for words of {word_bits} bits (--digits)");
                return wrong(format!("words of {digits} digits"), &expected);
            }
            if (byte_order.is_some() || self.raw) && !digits.is_multiple_of(2) {
                return wrong(
                    format!("words of {digits} digits, for bytes"),
                    "two digits for each byte (--digits)",
                );
            }
        }
        if self.manifest.is_some() && !self.voltages.is_empty() {
            return wrong("voltages of files and a manifest".to_owned(), "--voltage or --manifest");
        }
        if self.rows == 0 {
            return wrong("banks of 0 rows".to_owned(), "at least 1");
        }
        Ok(())
    }
}
