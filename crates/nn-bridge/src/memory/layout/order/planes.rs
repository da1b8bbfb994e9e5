//! `bit-plane`: all elements' bit 0, then all elements' bit 1, and so on.

use super::super::divide::Divisor;
use super::super::error::LayoutError;
use super::super::typed::Typed;
use super::bit_map::{Mapped, PlacedBits};
use super::part::Part;

/// Bit plane after bit plane, from the LSB's side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Planes;

impl Typed for Planes {
    const EXAMPLE: &'static str = "bit-plane";

    fn of(argument: Option<&str>) -> Option<Self> {
        argument.is_none().then_some(Self)
    }

    fn argument(&self) -> Option<String> {
        None
    }
}

/// The planes of one part.
#[derive(Clone, Copy, Debug)]
pub(super) struct PlaneMap {
    len_bits: u64,
    elements: Divisor,
}

impl Mapped for Planes {
    type Map = PlaneMap;

    fn map(&self, part: Part) -> Result<PlaneMap, LayoutError> {
        let len_bits = part.elements() * u64::from(part.planes());
        Ok(PlaneMap { len_bits, elements: Divisor::new(part.elements()) })
    }
}

impl PlacedBits for PlaneMap {
    fn len_bits(&self) -> u64 {
        self.len_bits
    }

    #[inline]
    fn offset(&self, place: u64, plane: u32) -> u64 {
        u64::from(plane) * self.elements.get() + place
    }

    #[inline]
    fn at(&self, offset: u64) -> (u64, u32) {
        let (plane, place) = self.elements.divide(offset);
        (place, plane as u32)
    }
}
