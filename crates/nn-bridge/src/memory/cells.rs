//! What is read: cells, and the codes that they store.

use flip_core::{Bits, Rate};
use sram_model::FaultMap;

use crate::image::ImageLayout;
use crate::quantise::Zero;

/// What the cells of a region do in a read.
#[derive(Clone, Copy, Debug)]
pub enum Cells<'a> {
    /// They never fail.
    Safe,
    /// Random bit errors.
    Random {
        /// How often a bit reads wrong.
        rate: Rate,
        /// Seed of the errors.
        seed: u64,
        /// Whether they are others in each read, or always those of one simulated chip.
        fresh: bool,
    },
    /// The faults of a chip.
    Chip {
        /// All faults at the voltage.
        map: &'a FaultMap,
        /// Cells by which the region begins later than its description says.
        offset: u64,
    },
}

/// The codes that a memory stores.
#[derive(Clone, Copy, Debug)]
pub struct Stored<'a> {
    /// Where each bit lies.
    pub layout: &'a ImageLayout,
    /// The bits.
    pub bits: Bits<'a>,
    /// What 0 is, of each tensor.
    pub zeros: &'a [Zero],
}
