//! What tells other importers that a table is the log of a tester.

use std::path::Path;

use super::columns::{Columns, Role};
use crate::import::{ImportError, Table, quoted};

/// Columns that `import csv` reads.
const OF_PROFILES: [&str; 3] = ["p_0to1", "p_1to0", "critical_voltage"];

/// The command that reads a log.
pub(crate) fn command(path: &Path) -> String {
    format!("sram-sim import log {} --out chip.sfp", quoted(path))
}

/// Refuses a table that is the log of a tester and no profile, with the command that reads it.
pub(crate) fn refuse_log(path: &Path, table: &Table<'_>) -> Result<(), ImportError> {
    if table.columns().iter().any(|name| OF_PROFILES.contains(&name.as_str())) {
        return Ok(());
    }
    let columns = Columns::known(table);
    let has = |role| columns.at(role).is_some();
    let is_log = has(Role::Expected) && has(Role::Actual)
        || [Role::Polarity, Role::Fails, Role::FailsOf0, Role::FailsOf1].into_iter().any(has);
    let is_map = table.columns().iter().any(|name| name == "p_flip");
    if is_log && !is_map {
        return Err(table.wrong_header(&format!(
            "a profile, with the columns p_0to1 and p_1to0; this is the log of a tester, which another command reads: {}",
            command(path)
        )));
    }
    Ok(())
}
