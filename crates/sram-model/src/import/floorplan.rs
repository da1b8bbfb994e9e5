//! Floorplans: a table with the site of each bank.

use std::path::Path;

use super::{ImportError, ImportErrorKind, Place, Table, file_name, read};
use crate::geometry::{Floorplan, Geometry};
use crate::profile::InputFile;

/// Reads the floorplan of a chip of this size.
pub(super) fn read_floorplan(path: &Path, geometry: Geometry) -> Result<(Floorplan, InputFile), ImportError> {
    let bytes = read(path)?;
    let table = Table::new(path, &bytes, "bank,x,y")?;
    let named = |names: &[&str]| table.position(names);
    let (Some(bank), Some(x), Some(y)) = (named(&["bank", "bram"])?, named(&["x"])?, named(&["y"])?) else {
        return Err(table.wrong_header("the columns bank (or bram), x, y"));
    };
    let mut sites: Vec<Option<(u32, u32)>> = vec![None; geometry.banks() as usize];
    table.for_each(|row| {
        let number: usize = row.whole(bank)?;
        let site = (row.whole(x)?, row.whole(y)?);
        match sites.get_mut(number) {
            Some(slot @ None) => *slot = Some(site),
            Some(Some(_)) => {
                return Err(row.wrong(
                    ImportErrorKind::Twice,
                    format!("bank {number} again"),
                    "each bank once",
                ));
            }
            None => {
                return Err(row.wrong(
                    ImportErrorKind::OutsideChip,
                    format!("bank {number}"),
                    format!("a bank below {}", geometry.banks()),
                ));
            }
        }
        Ok(())
    })?;
    let missing = sites.iter().position(Option::is_none);
    let complete: Option<Vec<_>> = sites.into_iter().collect();
    match complete.map(Floorplan::new) {
        Some(Ok(plan)) => Ok((plan, InputFile::new(file_name(path), &bytes))),
        Some(Err(error)) => Err(ImportError::content(
            ImportErrorKind::Twice,
            path,
            Place::File,
            error.to_string(),
            "one bank a site",
        )),
        None => {
            let found = format!("no site of bank {}", missing.unwrap_or(0));
            Err(ImportError::content(
                ImportErrorKind::Incomplete,
                path,
                Place::File,
                found,
                format!("all {} banks", geometry.banks()),
            ))
        }
    }
}
