//! Walks down the voltages of a profile.

use super::error::ReadError;
use super::{Between, ContentKind, Profile, ProfileError};
use crate::fault::{CellFault, FaultMap};
use crate::voltage::Voltage;

/// A walk down the voltages of a profile, see [`Profile::sweep`].
#[derive(Debug)]
pub struct Sweep<'a> {
    pub(super) profile: &'a Profile,
    /// Measured levels whose changes are in `faults`.
    pub(super) levels: usize,
    pub(super) faults: Vec<CellFault>,
}

impl Sweep<'_> {
    /// The faults at `voltage`. Voltages may come in any order; from high to low is fast.
    ///
    /// # Errors
    /// As [`Profile::at`].
    pub fn at(&mut self, voltage: Voltage, between: Between) -> Result<FaultMap, ProfileError> {
        let (profile, info) = (self.profile, &self.profile.info);
        let (lowest, highest) = profile.range();
        if !(lowest..=highest).contains(&voltage) {
            let (name, unit) = (profile.name.clone(), info.unit);
            return Err(ProfileError::OutOfRange { name, voltage, lowest, highest, unit });
        }
        match info.content {
            ContentKind::Measured => {
                let level = profile.level(voltage, between);
                self.go_to(level).map_err(|error| profile.failed(error))?;
                Ok(FaultMap::from_sorted(info.geometry, info.voltages[level], self.faults.clone()))
            }
            ContentKind::Critical { read_noise, flip_floor } => {
                let faults = profile.critical(voltage, read_noise, flip_floor);
                let faults = faults.map_err(|error| profile.failed(error))?;
                Ok(FaultMap::from_sorted(info.geometry, voltage, faults))
            }
        }
    }

    /// Adds the changes of measured levels up to number `level`, from the top if it lies above.
    fn go_to(&mut self, level: usize) -> Result<(), ReadError> {
        if level + 1 < self.levels {
            (self.levels, self.faults) = (0, Vec::new());
        }
        while self.levels <= level {
            self.faults = merge(&self.faults, &self.profile.changes_of(self.levels)?);
            self.levels += 1;
        }
        Ok(())
    }
}

/// `faults` after `changes`, both ascending.
fn merge(faults: &[CellFault], changes: &[CellFault]) -> Vec<CellFault> {
    let mut merged = Vec::with_capacity(faults.len() + changes.len());
    let mut old = faults.iter().peekable();
    for change in changes {
        while let Some(&fault) = old.next_if(|fault| fault.cell < change.cell) {
            merged.push(fault);
        }
        old.next_if(|fault| fault.cell == change.cell);
        if !change.flip.is_none() {
            merged.push(*change);
        }
    }
    merged.extend(old);
    merged
}
