//! Arrays of a file of own images.

use sram_model::npy::ElementType;

/// An array of a file, its elements as they lie there.
pub(super) struct Array {
    pub(super) element: ElementType,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}
