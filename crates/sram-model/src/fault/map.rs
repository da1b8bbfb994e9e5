//! The fault map of a chip at one voltage.

use serde::Serialize;
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{CellFault, FlipProbability};
use crate::geometry::Geometry;
use crate::voltage::QuantifiedVoltage;

/// All faults of a chip at one voltage, by ascending cell.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultMap {
    geometry: Geometry,
    voltage: QuantifiedVoltage,
    faults: Vec<CellFault>,
}

impl FaultMap {
    /// The map with these faults, in any order.
    ///
    /// ```
    /// use sram_model::{CellFault, FaultMap, FlipProbability, Geometry};
    /// let stuck = |cell| CellFault { cell, flip: FlipProbability::ALWAYS_0TO1 };
    /// let map = FaultMap::new(Geometry::new(1, 4, 8)?, "0.6 V".parse()?, vec![stuck(30), stuck(7)])?;
    /// assert_eq!(map.faults(), [stuck(7), stuck(30)]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`FaultMapError`] if a fault lies outside the chip, never shows, or is the second of its cell.
    pub fn new(
        geometry: Geometry,
        voltage: QuantifiedVoltage,
        mut faults: Vec<CellFault>,
    ) -> Result<Self, FaultMapError> {
        faults.sort_by_key(|fault| fault.cell);
        for &CellFault { cell, flip } in &faults {
            if cell >= geometry.cells() {
                return Err(FaultMapError::CellOutside { cell, geometry });
            }
            if flip.is_none() {
                return Err(FaultMapError::NoFault { cell });
            }
        }
        match faults.windows(2).find(|pair| pair[0].cell == pair[1].cell) {
            Some(&[CellFault { cell, flip: first }, CellFault { flip: second, .. }]) => {
                Err(FaultMapError::CellTwice { cell, first, second })
            }
            _ => Ok(Self::from_sorted(geometry, voltage, faults)),
        }
    }

    /// The map with these faults, which ascend and lie in the chip.
    pub(crate) fn from_sorted(
        geometry: Geometry,
        voltage: QuantifiedVoltage,
        faults: Vec<CellFault>,
    ) -> Self {
        debug_assert!(faults.is_sorted_by(|a, b| a.cell < b.cell));
        debug_assert!(faults.last().is_none_or(|last| last.cell < geometry.cells()));
        Self { geometry, voltage, faults }
    }

    /// The chip's geometry.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The voltage that these faults belong to. For a measured profile that is the profiled voltage.
    pub fn voltage(&self) -> QuantifiedVoltage {
        self.voltage
    }

    /// The faulty cells, ascending.
    pub fn faults(&self) -> &[CellFault] {
        &self.faults
    }

    /// SHA-256 of geometry and faults: maps with other faults have another one.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(self.geometry.to_string().as_bytes());
        for fault in self.faults() {
            hasher.update(fault.cell.to_le_bytes());
            hasher.update(fault.flip.p01().to_le_bytes());
            hasher.update(fault.flip.p10().to_le_bytes());
        }
        hasher.finalize().into()
    }

    /// The map without the faults whose flip probability, the greater of both directions, is below `least`.
    #[must_use]
    pub fn flipping_from(&self, least: f32) -> Self {
        self.filtered(|fault| fault.flip.p01().max(fault.flip.p10()) >= least)
    }

    /// The map of just these faults.
    pub(crate) fn filtered(&self, keep: impl Fn(&CellFault) -> bool) -> Self {
        Self { faults: self.faults.iter().filter(|fault| keep(fault)).copied().collect(), ..*self }
    }

    /// The fault rates of the map.
    pub fn rates(&self) -> FaultRates {
        let cells = self.geometry.cells() as f64;
        // An empty sum of floats is −0.0; `+ 0.0` makes it 0.
        let mean =
            |p: fn(&CellFault) -> f32| self.faults.iter().map(|f| f64::from(p(f))).sum::<f64>() / cells + 0.0;
        FaultRates {
            p01: mean(|f| f.flip.p01()),
            p10: mean(|f| f.flip.p10()),
            persistent: mean(|f| f.flip.persistent().p01() + f.flip.persistent().p10()),
        }
    }
}

/// Fault rates: means over all cells of the chip of flip probabilities, as fractions (Stutz et al. 2021, appendix,
/// table of profiled chips).
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FaultRates {
    /// Mean probability that a stored 0 reads as 1.
    pub p01: f64,
    /// Mean probability that a stored 1 reads as 0.
    pub p10: f64,
    /// The part of [`p`](Self::p) that persistent faults make.
    pub persistent: f64,
}

impl FaultRates {
    /// The fault rate p: both directions added.
    pub fn p(self) -> f64 {
        self.p01 + self.p10
    }

    /// The share of bits in error that is expected when zeros and ones are stored equally often: p/2.
    pub fn expected_ber(self) -> f64 {
        self.p() / 2.0
    }
}

/// Why faults make no map of a chip.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum FaultMapError {
    /// A fault of a cell that the chip does not have.
    #[error(
        "found a fault of cell {cell}, expected one of cells 0 to {} of a chip of {geometry}",
        geometry.cells() - 1
    )]
    CellOutside {
        /// The cell.
        cell: u64,
        /// The chip's size.
        geometry: Geometry,
    },
    /// Two faults of one cell.
    #[error(
        "found two faults of cell {cell}, with flip probabilities {} and {} and with {} and {} (0→1 and 1→0): expected one",
        first.p01(), first.p10(), second.p01(), second.p10()
    )]
    CellTwice {
        /// The cell.
        cell: u64,
        /// The fault that came first.
        first: FlipProbability,
        /// The one after it.
        second: FlipProbability,
    },
    /// A cell that never fails.
    #[error(
        "found flip probabilities 0 and 0 for cell {cell}, expected one above 0: a map lists faulty cells only"
    )]
    NoFault {
        /// The cell.
        cell: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(cell: u64, p01: f32, p10: f32) -> CellFault {
        CellFault { cell, flip: FlipProbability::new(p01, p10).unwrap() }
    }

    fn map(faults: Vec<CellFault>) -> Result<FaultMap, FaultMapError> {
        FaultMap::new(Geometry::new(1, 4, 2).unwrap(), "0.8 V".parse().unwrap(), faults)
    }

    #[test]
    fn faults_come_in_any_order() {
        let sorted = map(vec![fault(1, 1.0, 0.0), fault(3, 0.0, 0.5), fault(7, 0.25, 0.25)]).unwrap();
        assert!(sorted.faults().is_sorted_by(|a, b| a.cell < b.cell));
        assert_eq!(map(vec![fault(7, 0.25, 0.25), fault(1, 1.0, 0.0), fault(3, 0.0, 0.5)]).unwrap(), sorted);
        assert!(map(Vec::new()).unwrap().faults().is_empty());
    }

    #[test]
    fn faults_of_no_cell_of_none_at_all_and_of_one_cell_twice_are_refused() {
        let refused = |faults: &[CellFault], expected: &str| {
            let error = map(faults.to_vec()).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
            error
        };
        let outside = refused(&[fault(8, 1.0, 0.0), fault(0, 1.0, 0.0)], "cells 0 to 7 of a chip of 1x4x2");
        assert!(matches!(outside, FaultMapError::CellOutside { cell: 8, .. }));
        refused(&[fault(u64::MAX, 1.0, 0.0)], "18446744073709551615");
        let none = refused(&[fault(1, 1.0, 0.0), fault(2, 0.0, 0.0)], "0 and 0 for cell 2");
        assert_eq!(none, FaultMapError::NoFault { cell: 2 });
        let twice = [fault(5, 0.5, 0.0), fault(1, 1.0, 0.0), fault(5, 0.0, 0.25)];
        let twice = refused(&twice, "cell 5, with flip probabilities 0.5 and 0 and with 0 and 0.25");
        assert!(matches!(twice, FaultMapError::CellTwice { cell: 5, .. }));
    }

    #[test]
    fn rates_are_means_over_all_cells() {
        let faults = vec![fault(1, 1.0, 0.0), fault(3, 0.0, 0.5), fault(7, 0.25, 0.25)];
        let rates = map(faults).unwrap().rates();
        assert_eq!((rates.p01, rates.p10, rates.persistent), (1.25 / 8.0, 0.75 / 8.0, 1.0 / 8.0));
        assert_eq!((rates.p(), rates.expected_ber()), (0.25, 0.125));
        let rates = map(vec![fault(2, 0.9375, 0.0625)]).unwrap().rates();
        assert_eq!((rates.p(), rates.persistent), (0.125, 0.9375 / 8.0));
    }
}
