//! Words and addresses as digits, and the base that they are written in.
//!
//! A base is never guessed. `0x` or a digit from a to f says that all numbers of a column are hex. Else the numbers are read in
//! each base in which all of them make sense, and unless that gives the same numbers, the base has to be told.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::error::LogOptionError;
use crate::import::error::at_line;
use crate::import::{ImportError, ImportErrorKind};

/// The base of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Radix {
    /// 16, with or without 0x.
    Hex,
    /// 10.
    Decimal,
    /// 2, with or without 0b.
    Binary,
}

impl Radix {
    const ALL: [Self; 3] = [Self::Hex, Self::Decimal, Self::Binary];

    const fn base(self) -> u32 {
        match self {
            Self::Hex => 16,
            Self::Decimal => 10,
            Self::Binary => 2,
        }
    }

    /// The number that these digits are, if they are of this base and it has at most 128 bits.
    pub(super) fn parse(self, text: &str) -> Option<u128> {
        let prefixes: [&str; 2] = match self {
            Self::Hex => ["0x", "0X"],
            Self::Binary => ["0b", "0B"],
            Self::Decimal => ["", ""],
        };
        let digits = prefixes.iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
        // A sign is no digit.
        let plain = digits.starts_with(|first: char| first.is_ascii_alphanumeric());
        u128::from_str_radix(digits, self.base()).ok().filter(|_| plain)
    }
}

impl fmt::Display for Radix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hex => "hex",
            Self::Decimal => "decimal",
            Self::Binary => "binary",
        })
    }
}

impl FromStr for Radix {
    type Err = LogOptionError;

    fn from_str(text: &str) -> Result<Self, LogOptionError> {
        let found =
            Self::ALL.into_iter().find(|radix| radix.base().to_string() == text || radix.to_string() == text);
        found.ok_or_else(|| LogOptionError::Radix { found: text.to_owned() })
    }
}

/// What the numbers of some columns have shown of their base.
pub(super) struct Bases {
    /// The largest number that makes sense.
    most: u128,
    is_hex: bool,
    fits: [bool; 3],
    /// The first number that two bases, by their places in [`Radix::ALL`], read differently.
    differing: [Option<(u64, String)>; 3],
}

/// The pairs of bases, by their places in [`Radix::ALL`].
const PAIRS: [[usize; 2]; 3] = [[0, 1], [0, 2], [1, 2]];

impl Bases {
    pub(super) fn new(most: u128) -> Self {
        Self { most, is_hex: false, fits: [true; 3], differing: [None, None, None] }
    }

    /// Takes note of one of the numbers.
    pub(super) fn see(&mut self, line: u64, text: &str) {
        if self.is_hex {
            return;
        }
        self.is_hex = says_hex(text);
        let read = Radix::ALL.map(|radix| radix.parse(text).filter(|&number| number <= self.most));
        for (fits, number) in self.fits.iter_mut().zip(read) {
            *fits &= number.is_some();
        }
        for (first, [a, b]) in self.differing.iter_mut().zip(PAIRS) {
            if first.is_none() && read.get(a) != read.get(b) {
                *first = Some((line, text.to_owned()));
            }
        }
    }

    /// The base, of `what` in this file, or an error that names the option which tells it. If the numbers make sense in none,
    /// they are taken as decimal, so that reading them says what is wrong.
    pub(super) fn decide(&self, path: &Path, what: &str, option: &str) -> Result<Radix, ImportError> {
        if self.is_hex {
            return Ok(Radix::Hex);
        }
        let fits = |at: usize| self.fits.get(at).copied().unwrap_or(false);
        let differing = self.differing.iter().zip(PAIRS).filter(|(_, [a, b])| fits(*a) && fits(*b));
        if let Some((line, text)) =
            differing.filter_map(|(first, _)| first.as_ref()).min_by_key(|(line, _)| *line)
        {
            let possible =
                Radix::ALL.into_iter().enumerate().filter(|(at, _)| fits(*at)).map(|(_, radix)| radix);
            let readings: Vec<String> = possible
                .filter_map(|radix| Some(format!("{} if it is {radix}", radix.parse(text)?)))
                .collect();
            let found = format!("{what} `{text}`, which is {}", readings.join(", "));
            let expected =
                format!("the base to be told, as all {what}s of the file fit: {option} 16, 10 or 2");
            return Err(at_line(ImportErrorKind::Value, path, *line, found, expected));
        }
        let found = Radix::ALL.into_iter().enumerate().find(|(at, _)| fits(*at));
        Ok(found.map_or(Radix::Decimal, |(_, radix)| radix))
    }
}

/// Whether a number can be nothing but hex. In `0b10` the b may say that it is binary.
fn says_hex(text: &str) -> bool {
    let is_prefixed = text.starts_with("0x") || text.starts_with("0X");
    let digits =
        text.strip_prefix("0b").or(text.strip_prefix("0B")).filter(|rest| !rest.is_empty()).unwrap_or(text);
    let is_letter = |byte: u8| matches!(byte, b'a'..=b'f' | b'A'..=b'F');
    Radix::Hex.parse(text).is_some() && (is_prefixed || digits.bytes().any(is_letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decide(most: u128, numbers: &[&str]) -> Result<Radix, String> {
        let mut bases = Bases::new(most);
        (2..).zip(numbers).for_each(|(line, text)| bases.see(line, text));
        bases.decide(Path::new("log.csv"), "word", "--radix").map_err(|error| error.to_string())
    }

    #[test]
    fn a_base_is_told_by_digits_or_by_what_fits() {
        assert_eq!(decide(0xffff, &["0000", "8000", "FFfb"]), Ok(Radix::Hex));
        assert_eq!(decide(0xffff, &["10", "0x10"]), Ok(Radix::Hex));
        assert_eq!(decide(0xffff, &["65535", "10"]), Ok(Radix::Decimal));
        assert_eq!(decide(0xf, &["1011", "0"]), Ok(Radix::Binary));
        // All the same numbers.
        assert!(decide(0xff, &["1", "9", "01"]).is_ok());
        assert!(decide(0xff, &[]).is_ok());
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused_with_both() {
        let said = decide(0xffff, &["7", "8000", "1000"]).unwrap_err();
        assert!(
            said.contains("line 3: found word `8000`, which is 32768 if it is hex, 8000 if it is decimal"),
            "{said}"
        );
        let said = decide(0xffff, &["0b11"]).unwrap_err();
        assert!(said.contains("2833 if it is hex, 3 if it is binary"), "{said}");
        let said = decide(0xffff, &["1", "11"]).unwrap_err();
        assert!(said.contains("17 if it is hex, 11 if it is decimal, 3 if it is binary"), "{said}");
    }

    #[test]
    fn signs_and_nothing_are_no_numbers() {
        for text in ["", "+1", "-1", "0x", "0x+1", "1_0", "x", "0xg", &"f".repeat(33)] {
            assert!(Radix::ALL.iter().all(|radix| radix.parse(text).is_none()), "{text}");
        }
        assert_eq!(Radix::Hex.parse(&"f".repeat(32)), Some(u128::MAX));
        assert!(
            "16".parse() == Ok(Radix::Hex)
                && "hex".parse() == Ok(Radix::Hex)
                && "8".parse::<Radix>().is_err()
        );
    }
}
