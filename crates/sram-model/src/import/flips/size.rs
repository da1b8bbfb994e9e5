//! The size of a chip, as the name of a file says it.

use std::path::Path;

use crate::geometry::Geometry;
use crate::import::{ImportError, ImportErrorKind, Place, file_stem};

/// The last ROWSxCOLUMNS in a file's name, as one bank.
pub(super) fn named_size(path: &Path) -> Option<Geometry> {
    let size = |part: &str| {
        let (rows, columns) = part.split_once('x')?;
        Geometry::new(1, rows.parse().ok()?, columns.parse().ok()?).ok()
    };
    file_stem(path).split(['_', '-', '.', ' ']).rev().find_map(size)
}

/// The size that a file's name says.
pub(in crate::import) fn geometry_of(path: &Path) -> Result<Geometry, ImportError> {
    named_size(path).ok_or_else(|| {
        let found = format!("no size in the name `{}`", file_stem(path));
        let expected = "a name like chip1_64x128.csv, or a geometry given with it";
        ImportError::content(ImportErrorKind::Name, path, Place::File, found, expected)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_size_is_read_from_the_name() {
        let size = |name: &str| geometry_of(Path::new(name)).ok().map(|g| g.to_string());
        assert_eq!(size("chip1_64x128_lowV.csv").as_deref(), Some("1x64x128"));
        assert_eq!(size("a/256x128.csv").as_deref(), Some("1x256x128"));
        assert_eq!(size("chip1.csv"), None);
        assert_eq!(size("0x128.csv"), None);
    }
}
