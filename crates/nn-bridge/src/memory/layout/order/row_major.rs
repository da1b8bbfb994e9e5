//! Elements as they are numbered.

use super::super::error::LayoutError;
use super::super::typed::Typed;
use super::element_map::{Elements, Mapped};
use super::part::Part;

/// Row after row: the order of the tensor's numbers in its file, which needs no word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RowMajor;

impl Typed for RowMajor {
    const EXAMPLE: &'static str = "";

    fn of(argument: Option<&str>) -> Option<Self> {
        argument.is_none().then_some(Self)
    }

    fn argument(&self) -> Option<String> {
        None
    }
}

impl Mapped for RowMajor {
    type Map = Self;

    fn map(&self, _: Part) -> Result<Self, LayoutError> {
        Ok(Self)
    }
}

impl Elements for RowMajor {
    #[inline]
    fn place(&self, element: u64) -> u64 {
        element
    }

    #[inline]
    fn element(&self, place: u64) -> u64 {
        place
    }
}
