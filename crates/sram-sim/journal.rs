//! Journals: what long campaigns have measured so far, so that one that was interrupted goes on.
#![expect(
    clippy::disallowed_methods,
    reason = "a journal is added to, not written whole; Files::kept has checked it"
)]

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use cli_io::KeptFile;
use serde::{Deserialize, Serialize};

use crate::campaign::MapResult;

/// A file of a line of JSON for each map: what it depends on, and what it did.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    known: HashMap<String, MapResult>,
    file: Option<(PathBuf, File)>,
}

#[derive(Serialize, Deserialize)]
struct Line {
    /// All that the result depends on, in words.
    of: String,
    result: MapResult,
}

impl Journal {
    /// The journal in a file that was checked, which is made if it is not there; without one, nothing is known or kept.
    pub(crate) fn open(file: Option<&KeptFile>) -> Result<Self> {
        let Some(path) = file.map(KeptFile::path) else { return Ok(Self::default()) };
        let failed = || format!("cannot open the journal {}", path.display());
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(failed)?;
        let text = std::fs::read_to_string(path).with_context(failed)?;
        // The last line may have been cut off by an interruption.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut known = HashMap::new();
        for (line, number) in text[..whole].lines().zip(1..) {
            match serde_json::from_str::<Line>(line) {
                Ok(line) => known.insert(line.of, line.result),
                Err(error) => {
                    bail!("{}, line {number}: found {error}, expected a line of a journal", path.display())
                }
            };
        }
        if known.is_empty() && !text.is_empty() && !text.starts_with("{\"of\"") {
            bail!("{} is no journal: expected a file that --journal made, or none", path.display());
        }
        file.set_len(whole as u64).and_then(|()| file.seek(SeekFrom::End(0))).with_context(failed)?;
        Ok(Self { known, file: Some((path.to_owned(), file)) })
    }

    /// What is known of a map.
    pub(crate) fn find(&self, of: &str) -> Option<MapResult> {
        self.known.get(of).cloned()
    }

    /// Keeps what a map did.
    pub(crate) fn add(&mut self, of: String, result: &MapResult) -> Result<()> {
        if let Some((path, file)) = &mut self.file {
            let line = serde_json::to_string(&Line { of, result: result.clone() })? + "\n";
            let written = file.write_all(line.as_bytes());
            written.with_context(|| format!("cannot write to the journal {}", path.display()))?;
        }
        Ok(())
    }
}
