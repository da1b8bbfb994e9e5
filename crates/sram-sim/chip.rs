//! Chips by name or path.

use std::path::Path;

use anyhow::{Result, bail};
use sram_model::{Profile, STORED, StoredProfile};

/// Opens the stored chip of this name, or the profile at this path.
pub(crate) fn open(chip: &str) -> Result<Profile> {
    let path = Path::new(chip);
    if let Some(stored) = StoredProfile::find(chip) {
        return Ok(stored.open()?);
    }
    if path.exists() {
        return Ok(Profile::open(path)?);
    }
    let names: Vec<&str> = STORED.iter().map(|stored| stored.name).collect();
    bail!(
        "unknown chip `{chip}`: expected a stored chip ({}) or the path of a profile (.sfp), which \
         `sram-sim import` makes",
        names.join(", ")
    )
}
