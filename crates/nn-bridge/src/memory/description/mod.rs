//! What a memory is, as data: the file `memory.toml`.

mod check;
mod error;
mod lines;
mod planes;
mod policy;
mod region;
mod text;

pub use self::error::DescriptionError;
pub use self::planes::{Planes, PlanesError};
pub use self::policy::{Detector, Lines64, OnDetected};
pub use self::region::RegionDescription;

pub(super) use self::lines::RegionPlace;

use self::lines::Lines;
use serde::{Deserialize, Serialize};

/// Version of the file's format.
pub const MEMORY_FORMAT: u32 = 1;

/// A memory: regions, of which each stored bit lies in exactly one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Version of the format.
    pub format: u32,
    /// What it is called.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its regions.
    #[serde(rename = "region")]
    pub regions: Vec<RegionDescription>,
    /// Where in a file they stand.
    #[serde(skip)]
    lines: Lines,
}

impl Default for Description {
    /// One region with everything, in the image's own order, without protection.
    fn default() -> Self {
        Self::of_region(RegionDescription::default())
    }
}

impl Description {
    /// One region.
    pub fn of_region(region: RegionDescription) -> Self {
        Self { format: MEMORY_FORMAT, name: String::new(), regions: vec![region], lines: Lines::default() }
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// [`DescriptionError`] with line and key for what cannot be read.
    pub fn parse(text: &str) -> Result<Self, DescriptionError> {
        let mut description: Self =
            toml::from_str(text).map_err(|error| DescriptionError::toml(text, &error))?;
        description.lines = Lines::of(text);
        description.check()?;
        Ok(description)
    }

    /// Where a region stands, for messages.
    pub(in crate::memory) fn place(&self, region: usize) -> RegionPlace {
        let name = match self.regions.get(region).map(|region| region.name.as_str()) {
            Some("") | None if self.regions.len() == 1 => "the memory".to_owned(),
            Some("") | None => format!("region {region}"),
            Some(name) => format!("region {region} ({name})"),
        };
        self.lines.of_region(region, name)
    }

    /// The name of a region in messages, with the line of the first of these keys that its file has there, or else of its head.
    pub fn region_place(&self, region: usize, keys: &[&str]) -> String {
        self.place(region).first_key(keys)
    }

    /// What can be wrong whatever the weights are.
    fn check(&self) -> Result<(), DescriptionError> {
        if self.format != MEMORY_FORMAT {
            return Err(DescriptionError::Format { found: self.format });
        }
        if self.regions.is_empty() {
            return Err(DescriptionError::NoRegions);
        }
        for (number, region) in self.regions.iter().enumerate() {
            region.check().map_err(|(key, found, expected)| DescriptionError::Key {
                region: self.place(number).key(key),
                key,
                found,
                expected,
            })?;
        }
        Ok(())
    }
}
