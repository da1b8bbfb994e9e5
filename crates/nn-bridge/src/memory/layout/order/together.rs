//! The bits of each element side by side.

use super::super::divide::Divisor;
use super::super::error::LayoutError;
use super::super::typed::Typed;
use super::bit_map::{Mapped, PlacedBits};
use super::part::Part;

/// All bits of an element side by side, then those of the next one: the order of the image, which needs no word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Together;

impl Typed for Together {
    const EXAMPLE: &'static str = "";

    fn of(argument: Option<&str>) -> Option<Self> {
        argument.is_none().then_some(Self)
    }

    fn argument(&self) -> Option<String> {
        None
    }
}

/// The elements of one part, side by side.
#[derive(Clone, Copy, Debug)]
pub(super) struct TogetherMap {
    elements: u64,
    planes: Divisor,
}

impl Mapped for Together {
    type Map = TogetherMap;

    fn map(&self, part: Part) -> Result<TogetherMap, LayoutError> {
        Ok(TogetherMap { elements: part.elements(), planes: Divisor::new(part.planes().into()) })
    }
}

impl PlacedBits for TogetherMap {
    fn len_bits(&self) -> u64 {
        self.elements * self.planes.get()
    }

    #[inline]
    fn offset(&self, place: u64, plane: u32) -> u64 {
        place * self.planes.get() + u64::from(plane)
    }

    #[inline]
    fn at(&self, offset: u64) -> (u64, u32) {
        let (place, plane) = self.planes.divide(offset);
        (place, plane as u32)
    }
}
