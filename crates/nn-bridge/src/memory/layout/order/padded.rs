//! `padded:32`: no element lies across two words of 32 bits.

use std::num::NonZeroU32;

use super::super::divide::Divisor;
use super::super::error::LayoutError;
use super::super::typed::Typed;
use super::bit_map::{Mapped, PlacedBits};
use super::part::Part;

/// The longest word.
const MAX_WORD: u32 = 1 << 16;

/// Words hold whole elements, as many as fit, from their low end; the rest of each word is padding. The part fills whole words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Padded {
    /// Bits of a word.
    pub word: NonZeroU32,
}

impl Typed for Padded {
    const EXAMPLE: &'static str = "padded:32";

    fn of(argument: Option<&str>) -> Option<Self> {
        let word: NonZeroU32 = argument?.parse().ok()?;
        (word.get() <= MAX_WORD).then_some(Self { word })
    }

    fn argument(&self) -> Option<String> {
        Some(self.word.to_string())
    }
}

/// The words of one part.
#[derive(Clone, Copy, Debug)]
pub(super) struct PaddedMap {
    elements: u64,
    /// Bits of a word.
    word: Divisor,
    /// Elements that a word holds.
    held: Divisor,
    planes: Divisor,
}

impl Mapped for Padded {
    type Map = PaddedMap;

    fn map(&self, part: Part) -> Result<PaddedMap, LayoutError> {
        let (word, planes) = (self.word.get(), part.planes());
        if word < planes {
            return Err(LayoutError::Padding { word, planes });
        }
        let [held, word, planes] = [word / planes, word, planes].map(|number| Divisor::new(number.into()));
        Ok(PaddedMap { elements: part.elements(), word, held, planes })
    }
}

impl PlacedBits for PaddedMap {
    fn len_bits(&self) -> u64 {
        self.elements.div_ceil(self.held.get()) * self.word.get()
    }

    #[inline]
    fn offset(&self, place: u64, plane: u32) -> u64 {
        let (word, element) = self.held.divide(place);
        word * self.word.get() + element * self.planes.get() + u64::from(plane)
    }

    #[inline]
    fn at(&self, offset: u64) -> (u64, u32) {
        let (word, bit) = self.word.divide(offset);
        let (element, plane) = self.planes.divide(bit);
        // A plane that no part has.
        let padding = element >= self.held.get();
        (word * self.held.get() + element, if padding { u32::MAX } else { plane as u32 })
    }
}
