//! What a profile says of itself: unit, geometry, voltages, kind of content, and where it comes from.

use serde::{Deserialize, Serialize};

use super::content::ContentKind;
use crate::geometry::Geometry;
use crate::voltage::{QuantifiedVoltage, Voltage, VoltageUnit};

/// Everything about a profiled chip but its cells. Stored as JSON in the profile, voltages as numbers beside `unit`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProfileInfo {
    /// The chip's name, for people.
    pub name: String,
    /// What its voltages are in.
    pub unit: VoltageUnit,
    /// The chip's size.
    pub geometry: Geometry,
    /// The lowest voltage at which no profiled cell fails, if it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) vmin: Option<Voltage>,
    /// The lowest and the highest voltage that measurements or a model's curve know of, if the chip answers for others, too:
    /// those are extrapolated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) measured: Option<(Voltage, Voltage)>,
    /// Highest first: the profiled voltages of a measured chip, the voltages that a modelled one was made for.
    pub(crate) voltages: Vec<Voltage>,
    /// What is stored of each cell.
    pub content: ContentKind,
    /// Where the profile comes from.
    pub provenance: Provenance,
}

impl ProfileInfo {
    /// The lowest voltage at which no profiled cell fails, if it is known.
    pub fn vmin(&self) -> Option<QuantifiedVoltage> {
        self.vmin.map(|vmin| self.unit.of(vmin))
    }

    /// The lowest and the highest voltage that measurements or a model's curve know of, if the chip answers for others, too:
    /// those are extrapolated.
    pub fn measured(&self) -> Option<(QuantifiedVoltage, QuantifiedVoltage)> {
        self.measured.map(|ends| self.unit.of_both(ends))
    }

    /// Highest first: the profiled voltages of a measured chip, the voltages that a modelled one was made for.
    pub fn voltages(
        &self,
    ) -> impl DoubleEndedIterator<Item = QuantifiedVoltage> + ExactSizeIterator + Clone + use<'_> {
        self.voltages.iter().map(|&voltage| self.unit.of(voltage))
    }

    /// The range of voltages that the profile answers for, lowest and highest. `None` if it has no voltage.
    pub fn range(&self) -> Option<(QuantifiedVoltage, QuantifiedVoltage)> {
        Some(self.unit.of_both((*self.voltages.last()?, *self.voltages.first()?)))
    }

    /// Whether what the profile answers at `voltage` is extrapolated. So is, by definition, a voltage of another unit where
    /// anything is: nothing is known there.
    pub fn extrapolates(&self, voltage: QuantifiedVoltage) -> bool {
        let is_clean = || self.vmin().is_some_and(|vmin| voltage >= vmin);
        let is_known = |(low, high)| voltage >= low && (voltage <= high || is_clean());
        self.measured().is_some_and(|measured| !is_known(measured))
    }
}

/// Where a profile comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// Who measured it, or what it was made from.
    pub source: String,
    /// The licence of the source, as far as it is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub licence: String,
    /// The program that wrote the profile, with its version.
    pub made_by: String,
    /// The files that it was made from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<InputFile>,
    /// What was found or decided on the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

impl Provenance {
    /// A provenance with this source, made by this version of the program.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            made_by: concat!("sram-sim ", env!("CARGO_PKG_VERSION")).to_owned(),
            ..Self::default()
        }
    }
}

/// A file that a profile was made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFile {
    /// Its name, without folders.
    pub name: String,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

impl InputFile {
    /// The record of a file with this content.
    pub fn new(name: impl Into<String>, content: &[u8]) -> Self {
        use sha2::Digest;
        let digest = sha2::Sha256::digest(content);
        let sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { name: name.into(), sha256 }
    }
}
