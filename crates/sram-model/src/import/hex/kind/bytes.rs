//! Words that are put together from bytes, by ascending address.

use std::fmt;

use super::super::super::{ImportError, ImportErrorKind, Place};
use super::super::ByteOrder;
use super::Source;

/// How a word lies in its bytes: the least number of them that has its bits, or as many as were told; the bits above are 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct ByteWords {
    /// Of a single byte there is none.
    order: Option<ByteOrder>,
    /// Bytes of a word.
    pub(super) bytes: usize,
}

impl ByteWords {
    /// # Errors
    /// [`ImportErrorKind::Options`] if words have several bytes, and nobody says in which order.
    pub(super) fn of(source: &Source<'_>, kind: &str) -> Result<Self, ImportError> {
        let options = source.options;
        let bytes = options.word_bytes() as usize;
        if bytes > 1 && options.byte_order.is_none() {
            let found = format!("{kind}, whose bytes may be in either order");
            let expected = format!(
                "the order of the {bytes} bytes of a word of {} bits: --byte-order big, if the first is the most significant \
                 one, or --byte-order little, if it is the least; --word-bits 8, if each byte is a word",
                options.word_bits
            );
            return Err(source.wrong(ImportErrorKind::Options, Place::File, found, expected));
        }
        Ok(Self { order: options.byte_order.filter(|_| bytes > 1), bytes })
    }

    /// The word that has these bytes, at most 16.
    pub(super) fn word(self, bytes: &[u8]) -> u128 {
        let add = |word: u128, &byte: &u8| word << 8 | u128::from(byte);
        match self.order {
            Some(ByteOrder::Little) => bytes.iter().rev().fold(0, add),
            Some(ByteOrder::Big) | None => bytes.iter().fold(0, add),
        }
    }
}

impl fmt::Display for ByteWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.order {
            None => write!(f, "words of one byte"),
            Some(ByteOrder::Big) => write!(f, "words of {} bytes, most significant first", self.bytes),
            Some(ByteOrder::Little) => write!(f, "words of {} bytes, least significant first", self.bytes),
        }
    }
}
