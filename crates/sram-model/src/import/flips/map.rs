//! A map as its file holds it.

use std::path::Path;

use super::FlipOptions;
use super::form::{self, Cells, NPZ_MAGIC, Source};
use crate::geometry::Geometry;
use crate::import::{ImportError, file_name, read_binary};
use crate::npy;
use crate::profile::InputFile;
use crate::voltage::Voltage;

pub(super) struct FlipMap {
    pub(super) voltage: Voltage,
    pub(super) input: InputFile,
    pub(super) cells: Cells,
}

/// Reads a map of a chip, whose size may be known.
pub(super) fn read_map(
    path: &Path,
    voltage: Voltage,
    geometry: Option<Geometry>,
    options: &FlipOptions,
) -> Result<FlipMap, ImportError> {
    let bytes = read_binary(path, &[npy::MAGIC, NPZ_MAGIC])?;
    let cells = form::read(&Source { path, bytes: &bytes, voltage, geometry, options })?;
    Ok(FlipMap { voltage, input: InputFile::new(file_name(path), &bytes), cells })
}
