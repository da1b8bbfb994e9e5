//! Layouts: how the bits of a region of weights order into memory words, and how those lie in the cells of a chip.
//!
//! ```text
//! bit of a weight ──Order──▶ bit of the region's data ──word code──▶ memory bit ──Arrangement──▶ cell, and all the way back
//! ```
//!
//! * [`Order`] puts the bits of one tensor in order: which element comes after which ([`ElementOrder`]), and how the bits of
//!   elements lie to each other ([`BitOrder`]). For a [`Part`] it becomes a [`PartOrder`], which maps both ways.
//! * [`Arrangement`] puts memory bits into cells: word after word along the chip, or within rows with words interleaved over
//!   columns and banks ([`ArrangementKind`]).
//! * [`LayoutSpec`] is both as they are typed, such as `permute:7+interleave:4`.
//!
//! All maps are arithmetic on a few numbers, whatever the size: injection goes from faulty cells to bits and costs per fault.
//! A new order is one file, and its name in the list of `order/elements.rs` or `order/bits.rs`: text, messages, the laws that
//! tests check and the maps follow from there.

mod arrangement;
mod divide;
mod error;
mod order;
mod outgrown;
mod spec;
mod typed;

pub use arrangement::{Arrangement, ArrangementKind, Rows};
pub use error::LayoutError;
pub use order::{
    BitOrder, ElementOrder, Order, Padded, Part, PartOrder, Permuted, Planes, RowMajor, Tiles, Together,
};
pub use outgrown::Outgrown;
pub use spec::LayoutSpec;
