//! The `# key: value` lines at the head of a chip's table: of the CSV interchange, and of a tester's log.

use std::collections::BTreeMap;
use std::path::Path;

use super::{ImportError, ImportErrorKind, Place, Table, lines};
use crate::geometry::Floorplan;
use crate::voltage::{Voltage, VoltageError};

/// The keys that mean something; any other comment is passed over, unless it differs so little that one of these is meant.
const KEYS: [&str; 10] = [
    "geometry",
    "unit",
    "name",
    "vmin",
    "measured",
    "read_noise",
    "flip_floor",
    "voltages",
    "floorplan",
    "provenance",
];

/// The `# key: value` lines of a file.
pub(crate) struct Keys<'a> {
    path: &'a Path,
    values: BTreeMap<&'a str, (u64, &'a str)>,
}

impl<'a> Keys<'a> {
    /// Reads the lines at the head of a file, and refuses keys elsewhere. A spreadsheet may have put the delimiters of a table's
    /// empty fields after them.
    pub(crate) fn read(
        path: &'a Path,
        bytes: &'a [u8],
        table: Option<&Table<'_>>,
    ) -> Result<Self, ImportError> {
        let mut values: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
        // Where the header of the table stands.
        let mut header = None;
        for (line, number) in lines(path, bytes)?.split(|&byte| byte == b'\n').zip(1..) {
            let line = line.trim_ascii_end();
            if line.is_empty() || line.starts_with(b"sep=") {
                continue;
            }
            if line.starts_with(b"\"#") {
                let found = "a comment in quotes, as a spreadsheet writes it";
                return Err(wrong(path, Place::Line(number), found, "it without the quotes around it"));
            }
            let Some(comment) = line.strip_prefix(b"#") else {
                header.get_or_insert(number);
                continue;
            };
            let wrong = |found: String, expected: &str| wrong(path, Place::Line(number), found, expected);
            let Some(colon) = comment.iter().position(|&byte| byte == b':') else { continue };
            // Remarks may be in any encoding.
            let key = std::str::from_utf8(&comment[..colon]).unwrap_or_default().trim();
            let Some(known) = KEYS.into_iter().find(|known| is_like(key, known)) else { continue };
            let value = std::str::from_utf8(&comment[colon + 1..])
                .map_err(|_| wrong("bytes that are no UTF-8".to_owned(), "text in UTF-8"))?;
            let value = without_empty_fields(value, table).trim();
            if key != known {
                return Err(wrong(format!("the key `{key}`"), &format!("`{known}`, if that is meant")));
            }
            if let Some(header) = header {
                let expected = format!("it before the header in line {header}");
                return Err(wrong(format!("the key `{key}` after the table began"), &expected));
            }
            if let Some((first, _)) = values.insert(key, (number, value)) {
                return Err(wrong(format!("{key} again, after line {first}"), "each key once"));
            }
        }
        Ok(Self { path, values })
    }

    pub(crate) fn optional<T: std::str::FromStr>(
        &self,
        key: &str,
        expected: &str,
    ) -> Result<Option<T>, ImportError> {
        self.value(key, expected, |text| text.parse().map_err(|_| format!("{key} `{text}`")))
    }

    /// The line in which a key stands.
    pub(crate) fn line(&self, key: &str) -> Option<u64> {
        self.values.get(key).map(|&(line, _)| line)
    }

    pub(crate) fn require<T: std::str::FromStr>(&self, key: &str, expected: &str) -> Result<T, ImportError> {
        self.optional(key, expected)?.ok_or_else(|| self.missing(key, expected))
    }

    pub(crate) fn missing(&self, key: &str, expected: &str) -> ImportError {
        let found = format!("no line `# {key}: …` at its head");
        wrong(self.path, Place::File, found, format!("{expected} there"))
    }

    pub(crate) fn json<T: serde::de::DeserializeOwned>(
        &self,
        key: &str,
        expected: &str,
    ) -> Result<Option<T>, ImportError> {
        self.value(key, expected, |text| serde_json::from_str(text).map_err(|error| error.to_string()))
    }

    /// The name, with or without the quotes of JSON.
    pub(crate) fn name(&self) -> Option<String> {
        let (_, text) = self.values.get("name")?;
        Some(serde_json::from_str(text).unwrap_or_else(|_| (*text).to_owned()))
    }

    pub(crate) fn voltages(&self) -> Result<Option<Vec<Voltage>>, ImportError> {
        self.list("voltages")
    }

    /// The lowest and the highest voltage that is known.
    pub(crate) fn measured(&self) -> Result<Option<(Voltage, Voltage)>, ImportError> {
        let Some(both) = self.list("measured")? else { return Ok(None) };
        let expected = "the lowest and the highest known voltage with a comma between";
        self.value("measured", expected, |text| match both[..] {
            [low, high] if low <= high => Ok((low, high)),
            _ => Err(format!("measured `{text}`")),
        })
    }

    fn list(&self, key: &str) -> Result<Option<Vec<Voltage>>, ImportError> {
        self.value(key, "voltages with a decimal point, and commas between", |text| {
            let voltages = text.split(',').map(str::parse).collect::<Result<_, _>>();
            voltages.map_err(|error: VoltageError| format!("{key} {error}"))
        })
    }

    pub(crate) fn floorplan(&self) -> Result<Option<Floorplan>, ImportError> {
        let site = |site: &str| {
            let parsed = site.split_once(' ').and_then(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?)));
            parsed.ok_or_else(|| format!("site `{site}`"))
        };
        self.value("floorplan", "`x y` of each bank, with ; between", |text| {
            let sites = text.split(';').map(site).collect::<Result<_, _>>()?;
            Floorplan::new(sites).map_err(|error| error.to_string())
        })
    }

    /// What the text of a key says, if it is there. `parse` gives it, or what was found.
    fn value<T>(
        &self,
        key: &str,
        expected: &str,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, ImportError> {
        let Some(&(line, text)) = self.values.get(key) else { return Ok(None) };
        parse(text).map(Some).map_err(|found| wrong(self.path, Place::Line(line), found, expected))
    }
}

fn wrong(path: &Path, place: Place, found: impl Into<String>, expected: impl Into<String>) -> ImportError {
    ImportError::content(ImportErrorKind::Key, path, place, found, expected)
}

/// Whether a key is a known one, but for capital letters, hyphens or blanks, and a plural: people type these.
fn is_like(key: &str, known: &str) -> bool {
    let plain = |key: &str| {
        let key = key.to_ascii_lowercase().replace(['-', ' '], "_");
        key.strip_suffix('s').map(str::to_owned).unwrap_or(key)
    };
    plain(key) == plain(known)
}

/// A comment without the delimiters that stand for the empty fields of a table's row after it.
fn without_empty_fields<'a>(value: &'a str, table: Option<&Table<'_>>) -> &'a str {
    let Some(table) = table else { return value };
    let trimmed = value.trim_end_matches(table.delimiter() as char);
    let empty = value.len() - trimmed.len();
    if empty > 0 && empty + 1 == table.columns().len() { trimmed } else { value }
}
