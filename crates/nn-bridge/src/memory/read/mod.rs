//! THE read: what a network's weights read as.
//!
//! It goes from faulty cells to bits, region by region: a chip's map, or random errors, say which bits of the region's words read
//! wrong (`raw`); words with a wrong bit are decoded (`decode`); and what was found to be wrong is dealt with, weight by weight
//! (`weights`). Words without a wrong bit are never looked at.

mod chip;
mod decode;
mod lines;
mod met;
mod random;
mod raw;
mod repair;
mod report;
mod weights;

pub use self::report::{LinesRead, Outcomes, Read, ReadCounts};

use flip_core::{MaskError, SparseMask};

use self::weights::Found;
use super::cells::{Cells, Stored};
use super::which::Draws;
use super::{Detector, Memory, MemoryError, OnDetected, ReadModel};
use crate::image::WeightImage;
use crate::quantise::Zero;

impl WeightImage {
    /// What 0 is, of each tensor.
    pub fn zeros(&self) -> Vec<Zero> {
        self.tensors().iter().map(|tensor| tensor.quantizer.zero()).collect()
    }
}

impl Memory {
    /// Reads an image: the bit errors of read `number` under a model, and what became of words. `cells` says what those of each
    /// region do.
    ///
    /// # Errors
    /// [`MemoryError`] if a region does not fit the chip.
    ///
    /// # Panics
    /// If the image or the cells are not of this memory.
    pub fn read(
        &self,
        image: &WeightImage,
        cells: &[Cells<'_>],
        model: ReadModel,
        number: u64,
    ) -> Result<Read, MemoryError> {
        let zeros = image.zeros();
        self.read_stored(
            Stored { layout: image.layout(), bits: image.bits().into(), zeros: &zeros },
            cells,
            model,
            number,
        )
    }

    /// The same of codes that are no image.
    ///
    /// # Errors
    /// [`MemoryError`] if a region does not fit the chip.
    ///
    /// # Panics
    /// If the codes or the cells are not of this memory.
    pub fn read_stored(
        &self,
        stored: Stored<'_>,
        cells: &[Cells<'_>],
        model: ReadModel,
        number: u64,
    ) -> Result<Read, MemoryError> {
        assert_eq!(cells.len(), self.regions.len(), "cells for each region");
        assert_eq!(stored.len_bits(), self.layout.len_bits(), "an image of this memory");
        self.check_apart(cells)?;
        let draws = Draws::new(model, number);
        let mut expected = vec![0.0; self.layout.tensors()];
        let mut found = Found::default();
        let mut regions = Vec::with_capacity(self.regions.len());
        for (region, cells) in self.regions.iter().zip(cells) {
            if let Some(lines) = region.description.killi {
                let (read, raw) = lines::read(region, lines, stored, *cells, (draws, number), &mut found)?;
                raw.expected.iter().for_each(|&(tensor, bits)| expected[tensor] += bits);
                regions.push(read);
                continue;
            }
            let raw = met::of(region, stored, *cells, draws, number)?;
            raw.expected.iter().for_each(|&(tensor, bits)| expected[tensor] += bits);
            regions.push(decode::decode(region, stored, raw, &mut found));
        }
        let errors = found.finish(stored);
        Ok(Read { errors: inverting(self.layout.len_bits(), errors)?, expected, regions })
    }

    /// Whether detectors draw anew in each read what they flag.
    pub fn draws_in_each_read(&self) -> bool {
        let draws =
            |region: &super::Region| matches!(region.description.detector, Some(Detector::Razor { .. }));
        self.regions.iter().any(draws)
    }

    /// Whether what a read does to a bit depends on other bits, so that it is not the same for all codes: where words are decoded
    /// whose cells fail by what they store, and where weights become 0.
    pub fn depends_on_codes(&self, cells: &[Cells<'_>]) -> bool {
        self.regions.iter().zip(cells).any(|(region, cells)| {
            let is_coded = region.words.coding.is_coded();
            let of_chip = matches!(cells, Cells::Chip { .. });
            let is_checked = is_coded || region.description.detector.is_some() || region.repairs_words();
            let changes = !matches!(region.description.on_detected, OnDetected::Keep | OnDetected::Reread);
            is_checked && (of_chip || changes)
        })
    }
}

/// The mask that inverts these bits, which ascend.
fn inverting(len_bits: u64, bits: Vec<u64>) -> Result<SparseMask, MaskError> {
    SparseMask::from_faults(len_bits, bits.into_iter().map(|bit| (bit, flip_core::FaultKind::Inverts)))
}
