//! Scrambled addresses: which physical word a logical address means.

use std::fmt;
use std::str::FromStr;

use super::error::LogOptionError;

/// How the addresses of a log become those of the array, step after step. It is a bijection of the words.
///
/// As text: `xor:0x1f` flips the bits of a mask; `bits:2,0,1` takes, for each bit of the physical address from the least on,
/// the bit of the logical address with this number; `+` joins steps, the first comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scramble {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Xor(u64),
    Bits(Vec<u32>),
}

impl Scramble {
    /// Whether addresses stay as they are.
    pub fn is_none(&self) -> bool {
        self.steps.is_empty()
    }

    /// The physical address of a logical one, among as many as [`check`](Self::check) was asked about.
    pub fn apply(&self, address: u64) -> u64 {
        self.steps.iter().fold(address, |address, step| match step {
            Step::Xor(mask) => address ^ mask,
            Step::Bits(bits) => {
                bits.iter().zip(0u32..).fold(0, |found, (&from, to)| found | (address >> from & 1) << to)
            }
        })
    }

    /// Whether this permutes so many words.
    ///
    /// # Errors
    /// [`LogOptionError::Permutation`] with the step that does not.
    pub fn check(&self, words: u64) -> Result<(), LogOptionError> {
        for step in &self.steps {
            let fits = words.is_power_of_two()
                && match step {
                    Step::Xor(mask) => *mask < words,
                    Step::Bits(bits) => bits.len() as u32 == words.trailing_zeros(),
                };
            if !fits {
                return Err(LogOptionError::Permutation { words, step: step.to_string() });
            }
        }
        Ok(())
    }
}

impl FromStr for Scramble {
    type Err = LogOptionError;

    fn from_str(text: &str) -> Result<Self, LogOptionError> {
        text.split('+').map(Step::from_str).collect::<Result<_, _>>().map(|steps| Self { steps })
    }
}

impl FromStr for Step {
    type Err = LogOptionError;

    fn from_str(text: &str) -> Result<Self, LogOptionError> {
        let text = text.trim();
        let wrong = |expected| LogOptionError::Scramble { found: text.to_owned(), expected };
        if let Some(mask) = text.strip_prefix("xor:") {
            let digits = mask.strip_prefix("0x").ok_or_else(|| wrong("a hex mask, as in xor:0x1f"))?;
            let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            let mask = u64::from_str_radix(digits, 16).ok().filter(|_| is_hex);
            return mask.map(Self::Xor).ok_or_else(|| wrong("a hex mask of up to 64 bits, as in xor:0x1f"));
        }
        let bits = text
            .strip_prefix("bits:")
            .ok_or_else(|| wrong("xor:0x1f, bits:2,1,0, or both with + between"))?;
        let bits: Option<Vec<u32>> = bits.split(',').map(|bit| bit.trim().parse().ok()).collect();
        let is_permutation = |bits: &Vec<u32>| {
            bits.len() <= 63 && (0..).take(bits.len()).all(|number: u32| bits.contains(&number))
        };
        bits.filter(is_permutation)
            .map(Self::Bits)
            .ok_or_else(|| wrong("each bit of an address, counted from 0, once, as in bits:2,1,0"))
    }
}

impl fmt::Display for Scramble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.steps.iter().map(ToString::to_string).collect::<Vec<_>>().join("+"))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xor(mask) => write!(f, "xor:{mask:#x}"),
            Self::Bits(bits) => {
                write!(f, "bits:{}", bits.iter().map(ToString::to_string).collect::<Vec<_>>().join(","))
            }
        }
    }
}
