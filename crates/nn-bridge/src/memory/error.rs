//! What a memory cannot be, or cannot do.

use flip_core::MaskError;
use thiserror::Error;

use super::code::WordCodeError;
use super::killi::KilliError;
use super::layout::LayoutError;
use crate::scheme::SchemeError;
use crate::weights::NameGlobError;

/// Why a memory cannot store these weights, or cannot be read on this chip.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum MemoryError {
    /// A pattern is none.
    #[error("{region}: `tensors`")]
    Glob {
        /// The region.
        region: String,
        /// Why.
        source: NameGlobError,
    },
    /// A pattern names no tensor.
    #[error("{region}: `tensors`: no stored tensor is named `{glob}`: there are {}", first(names))]
    NoTensor {
        /// The region.
        region: String,
        /// The pattern.
        glob: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// Bits that lie nowhere.
    #[error(
        "bits {planes} of tensor {tensor} lie in no region: add one with them, such as one with planes = \"rest\""
    )]
    LeftOut {
        /// The tensor.
        tensor: String,
        /// Their numbers, 0 the LSB.
        planes: String,
    },
    /// Bits that lie in two regions.
    #[error(
        "bits {planes} of tensor {tensor} lie in two regions, {first} and {second}: expected one for each bit"
    )]
    Twice {
        /// The tensor.
        tensor: String,
        /// Their numbers, 0 the LSB.
        planes: String,
        /// One region.
        first: String,
        /// The other.
        second: String,
    },
    /// A region without a bit.
    #[error(
        "{region} holds no bit of any weight: other regions have them all, or `tensors` or `planes` name none"
    )]
    Empty {
        /// The region.
        region: String,
    },
    /// Two regions want a tensor in different ways.
    #[error(
        "tensor {tensor}: {first} and {second} ask for different `{key}`: expected the same in all regions that hold bits of it"
    )]
    Disagree {
        /// The tensor.
        tensor: String,
        /// The key.
        key: &'static str,
        /// One region.
        first: String,
        /// The other.
        second: String,
    },
    /// A region asks how tensors are quantised that lie in memory as the file has them.
    #[error(
        "{region}: expected none of `bits`, `scheme` and `clip`, since elements are stored as the file has them"
    )]
    AsStored {
        /// The region.
        region: String,
    },
    /// A scheme is none.
    #[error("{region}")]
    Scheme {
        /// The region.
        region: String,
        /// Why.
        source: SchemeError,
    },
    /// A code is none.
    #[error("{region}: `code`")]
    Code {
        /// The region.
        region: String,
        /// Why.
        source: WordCodeError,
    },
    /// A layout, or the banks, cannot be.
    #[error("{region}")]
    Layout {
        /// The region, and which of both keys.
        region: String,
        /// Why.
        source: LayoutError,
    },
    /// Check bits in place need weights of 8 bits that lie whole in the region.
    #[error("{region}: code in-place: {found}, expected whole quantised weights of 8 bits, side by side")]
    InPlace {
        /// The region.
        region: String,
        /// What was found.
        found: String,
    },
    /// Two regions would lie in the same cells.
    #[error(
        "{second} has the same banks as {first}, and does not say where it begins: give it `offset` or other `banks` \
         (without, regions follow each other only if all are linear and go on over copies of the chip, and those before use all words)"
    )]
    Overlap {
        /// One region.
        first: String,
        /// The other.
        second: String,
    },
    /// A region is longer than the chip, and is not to be.
    #[error(
        "{region} has {bits} bits, the chip has room for {room}: another chip, fewer bits, or outgrown = \"copies\""
    )]
    Outgrown {
        /// The region.
        region: String,
        /// Its bits.
        bits: u64,
        /// Room on the chip.
        room: u64,
    },
    /// Lines cannot be.
    #[error("{region}: `killi`")]
    Killi {
        /// The region.
        region: String,
        /// Why.
        source: KilliError,
    },
    /// Repair needs cells that are known.
    #[error(
        "{region}: repair (spare_rows, spare_columns, disable_from, invert_words, patch_words) is by what is known of a chip's cells, \
         and random bit errors have no chip: give --chip and --voltage, or leave it out"
    )]
    Repair {
        /// The region.
        region: String,
    },
    /// The code `parity-zero` says itself what becomes of words.
    #[error(
        "{region}: `on_detected`: found {found}, which code parity-zero does not do: leave it out, or give code = \"parity:8\""
    )]
    ParityZero {
        /// The region.
        region: String,
        /// What was found.
        found: &'static str,
    },
    /// Two regions lie in the same cells.
    #[error(
        "{first} and {second} lie in the same cells of the chip: give one another `offset` or other `banks`"
    )]
    SameCells {
        /// One region.
        first: String,
        /// The other.
        second: String,
    },
    /// No word of a region's cells is left.
    #[error(
        "{region}: `disable_from` leaves no word of the chip: expected a greater number, or a higher voltage"
    )]
    NoWords {
        /// The region.
        region: String,
    },
    /// The image is too long for a mask.
    #[error(transparent)]
    Mask(#[from] MaskError),
}

/// The first of some names.
fn first(names: &[String]) -> String {
    let shown = names.iter().take(3).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(3) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
