//! Types of llama.cpp whose elements are blocks: many weights with their scales, in a few bytes.
//!
//! Numbers, names and sizes as of ggml (`ggml.h` and `ggml-common.h`).

use std::fmt;

/// A type of blocks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BlockType {
    /// Its number in GGUF files.
    pub(super) number: u32,
    /// Its name, such as `Q4_K`.
    pub name: &'static str,
    /// Weights of a block.
    pub weights: usize,
    /// Bytes of a block.
    pub bytes: usize,
}

const fn of(number: u32, name: &'static str, weights: usize, bytes: usize) -> BlockType {
    BlockType { number, name, weights, bytes }
}

/// All that are known.
static TYPES: [BlockType; 26] = [
    of(2, "Q4_0", 32, 18),
    of(3, "Q4_1", 32, 20),
    of(6, "Q5_0", 32, 22),
    of(7, "Q5_1", 32, 24),
    of(8, "Q8_0", 32, 34),
    of(9, "Q8_1", 32, 36),
    of(10, "Q2_K", 256, 84),
    of(11, "Q3_K", 256, 110),
    of(12, "Q4_K", 256, 144),
    of(13, "Q5_K", 256, 176),
    of(14, "Q6_K", 256, 210),
    of(15, "Q8_K", 256, 292),
    of(16, "IQ2_XXS", 256, 66),
    of(17, "IQ2_XS", 256, 74),
    of(18, "IQ3_XXS", 256, 98),
    of(19, "IQ1_S", 256, 50),
    of(20, "IQ4_NL", 32, 18),
    of(21, "IQ3_S", 256, 110),
    of(22, "IQ2_S", 256, 82),
    of(23, "IQ4_XS", 256, 136),
    of(29, "IQ1_M", 256, 56),
    of(34, "TQ1_0", 256, 54),
    of(35, "TQ2_0", 256, 66),
    of(39, "MXFP4", 32, 17),
    of(40, "NVFP4", 64, 36),
    of(41, "Q1_0", 128, 18),
];

impl BlockType {
    /// The type of a number in GGUF files, if its elements are blocks.
    pub(super) fn numbered(number: u32) -> Option<&'static Self> {
        TYPES.iter().find(|known| known.number == number)
    }
}

impl fmt::Debug for BlockType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {} weights in {} bytes", self.name, self.weights, self.bytes)
    }
}

impl fmt::Display for BlockType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}
