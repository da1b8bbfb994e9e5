//! Walks down the voltages of a profile.

use super::content::Walk;
use super::{Between, Profile, ProfileError};
use crate::fault::FaultMap;
use crate::voltage::QuantifiedVoltage;

/// A walk down the voltages of a profile, see [`Profile::sweep`].
#[derive(Debug)]
pub struct Sweep<'a> {
    profile: &'a Profile,
    walk: Box<dyn Walk + 'a>,
}

impl<'a> Sweep<'a> {
    pub(super) fn new(profile: &'a Profile) -> Self {
        Self { profile, walk: profile.info.content.kind().walk(profile) }
    }

    /// The faults at `voltage`. Voltages may come in any order; from high to low is fast.
    ///
    /// # Errors
    /// As [`Profile::at`].
    pub fn at(&mut self, voltage: QuantifiedVoltage, between: Between) -> Result<FaultMap, ProfileError> {
        let profile = self.profile;
        let voltage = profile.own(voltage)?;
        let (lowest, highest) = profile.range();
        let (lowest, highest, unit) = (lowest.voltage, highest.voltage, profile.info.unit);
        if !(lowest..=highest).contains(&voltage) {
            return Err(ProfileError::OutOfRange {
                name: profile.name.clone(),
                voltage,
                lowest,
                highest,
                unit,
            });
        }
        self.walk.at(voltage, between).map_err(|error| profile.failed(error))
    }
}
