//! What is read: cells, and the codes that they store.

use flip_core::{Bits, Rate};
use sram_model::{FaultMap, Geometry};

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

/// A chip, and where on it regions begin.
#[derive(Clone, Copy, Debug)]
pub struct OnChip<'a> {
    /// Its size.
    pub geometry: Geometry,
    /// Its faults, by which words are not used; without them all are.
    pub map: Option<&'a FaultMap>,
    /// Cells by which regions begin later than they say.
    pub offset: u64,
}

impl<'a> OnChip<'a> {
    /// The chip that cells are of.
    pub(super) fn of(cells: Cells<'a>) -> Option<Self> {
        match cells {
            Cells::Chip { map, offset } => Some(Self { geometry: map.geometry(), map: Some(map), offset }),
            Cells::Safe | Cells::Random { .. } => None,
        }
    }
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
