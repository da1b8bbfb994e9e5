//! Walks down the voltages of a profile.

use super::content::Walk;
use super::{Between, Profile, ProfileError};
use crate::fault::FaultMap;
use crate::voltage::Voltage;

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
    pub fn at(&mut self, voltage: Voltage, between: Between) -> Result<FaultMap, ProfileError> {
        let (profile, info) = (self.profile, &self.profile.info);
        let (lowest, highest) = profile.range();
        if !(lowest..=highest).contains(&voltage) {
            let (name, unit) = (profile.name.clone(), info.unit);
            return Err(ProfileError::OutOfRange { name, voltage, lowest, highest, unit });
        }
        self.walk.at(voltage, between).map_err(|error| profile.failed(error))
    }
}
