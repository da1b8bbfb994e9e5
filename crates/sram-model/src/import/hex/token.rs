//! Hex digits of a dump that stand together, and where.

use super::super::Place;

/// A place in the file, for errors.
#[derive(Clone, Copy, Debug)]
pub(super) struct At {
    pub(super) line: u64,
    pub(super) byte: u64,
}

impl At {
    pub(super) fn place(self) -> Place {
        Place::LineByte { line: self.line, byte: self.byte }
    }
}

/// Hex digits that stand together, perhaps with `_` between.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) at: At,
    text: &'a [u8],
    digits: usize,
}

impl<'a> Token<'a> {
    /// The token that is this text, of digits and `_`.
    pub(super) fn new(at: At, text: &'a [u8]) -> Self {
        let digits = text.len() + 1 - text.split(|&byte| byte == b'_').count();
        Self { at, text, digits }
    }

    /// How many digits it has.
    pub(super) fn len(self) -> usize {
        self.digits
    }

    /// Its digits, most significant first.
    pub(super) fn digits(self) -> impl Iterator<Item = u8> + 'a {
        self.text.iter().filter(|&&byte| byte != b'_').map(|&byte| hex_digit(byte).unwrap_or(0))
    }

    /// The number in this radix, if its digits are of it and it has 64 bits.
    pub(super) fn number(self, radix: u32) -> Option<u64> {
        self.digits().try_fold(0u64, |number, digit| {
            let digit = u64::from(digit);
            number.checked_mul(radix.into())?.checked_add(digit).filter(|_| digit < radix.into())
        })
    }

    /// The digits as they stand in the file, at most this number.
    pub(super) fn shown(self) -> String {
        let text = String::from_utf8_lossy(&self.text[..self.text.len().min(32)]);
        if self.text.len() > 32 { format!("{text}…") } else { text.into_owned() }
    }
}

pub(super) fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).map(|digit| digit as u8)
}
