//! Cells in JSON: a list of them, `[{"bank": 0, "row": 420, "col": 2, "p_flip": 0.5}]`, or the columns that fail in each row of the one
//! bank, `{"rows": {"420": [2]}}`. A cell without a probability fails in every read.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::value::Meaning;
use super::{Cells, Form, Source};
use crate::fault::FlipProbability;
use crate::geometry::CellAddress;
use crate::import::flips::entry::Entry;
use crate::import::foreign::is_json;
use crate::import::{ImportError, ImportErrorKind, Place, TableDoubts, UTF8_MARK, text};
use crate::npy::Number;

pub(super) const FORM: Form = Form { name: "JSON", looks_like: |bytes| is_json(content(bytes)), read };

/// The forms that are read, as errors show them.
const EXPECTED: &str = "a list of cells, [{\"bank\": 0, \"row\": 420, \"col\": 2}], with \"p_flip\", or \"p_0to1\" and \"p_1to0\", of \
                        cells that do not always fail; or the columns that fail in rows of one bank, {\"rows\": {\"420\": [2]}}";

/// A cell of a list.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    bank: Option<u32>,
    row: u32,
    #[serde(alias = "column")]
    col: u32,
    p_flip: Option<f64>,
    p_0to1: Option<f64>,
    p_1to0: Option<f64>,
}

fn content(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes).trim_ascii_start()
}

fn read(source: &Source<'_>) -> Result<Cells, ImportError> {
    let bytes = text(source.path, source.bytes)?;
    let new_map = || -> Result<Map<'_>, ImportError> {
        let geometry = source.size()?;
        Ok(Map { source, geometry, entries: BTreeMap::new(), never_failing: 0, counts: false })
    };
    let (map, form) = if content(bytes).starts_with(b"[") {
        let items: Vec<Item> = serde_json::from_slice(bytes).map_err(|error| no_form(source, &error))?;
        let mut map = new_map()?;
        items.iter().zip(0..).try_for_each(|(item, number)| map.add(item, number))?;
        (map, "a list of cells (JSON)")
    } else {
        let document: Document = serde_json::from_slice(bytes).map_err(|error| no_form(source, &error))?;
        let rows = document.rows(source)?;
        let mut map = new_map()?;
        map.add_rows(&rows)?;
        (map, "columns by row (JSON)")
    };
    if source.options.reads.is_some() && !map.counts {
        let expected = "counts of failing reads as p_flip, or p_0to1 and p_1to0; or no --reads";
        return Err(source.wrong(ImportErrorKind::Options, "cells without counts, but --reads", expected));
    }
    Ok(Cells {
        geometry: map.geometry,
        form: form.to_owned(),
        reads: source.options.reads,
        takes: &[],
        doubts: TableDoubts { never_failing: map.never_failing, open_line: None },
        entries: map.entries.into_iter().collect(),
    })
}

fn no_form(source: &Source<'_>, error: &serde_json::Error) -> ImportError {
    let place = Place::Line(error.line() as u64);
    let what = error.to_string();
    let what = what.split(" at line ").next().unwrap_or_default();
    let found = format!("JSON that is not understood at column {}: {what}", error.column());
    ImportError::content(ImportErrorKind::Form, source.path, place, found, EXPECTED)
}

/// The cells so far.
struct Map<'a> {
    source: &'a Source<'a>,
    geometry: crate::geometry::Geometry,
    entries: BTreeMap<u64, Entry>,
    never_failing: u64,
    /// Whether a cell has a probability, or a count.
    counts: bool,
}

impl Map<'_> {
    fn add(&mut self, item: &Item, number: usize) -> Result<(), ImportError> {
        let source = self.source;
        let wrong = |found: String, expected: String| {
            source.wrong(ImportErrorKind::Value, format!("item {number}, counted from 0: {found}"), expected)
        };
        let meaning = source.options.reads.map_or(Meaning::Probabilities, Meaning::Counts);
        let p = |name: &str, p: f64| {
            meaning.probability(Number::Float(p)).map_err(|expected| wrong(format!("{name} {p}"), expected))
        };
        let entry = match (item.p_flip, item.p_0to1, item.p_1to0) {
            (None, None, None) => Entry::Undirected(1.0),
            (Some(flip), None, None) => Entry::Undirected(p("p_flip", flip)?),
            (None, Some(p01), Some(p10)) => {
                let flip = FlipProbability::new(p("p_0to1", p01)?, p("p_1to0", p10)?);
                Entry::Directed(flip.unwrap_or(FlipProbability::NONE))
            }
            _ => {
                let expected =
                    "p_0to1 and p_1to0, or p_flip alone, or none of them for a cell that always fails";
                return Err(wrong("some of p_flip, p_0to1, p_1to0".to_owned(), expected.to_owned()));
            }
        };
        self.counts |= item.p_flip.is_some() || item.p_0to1.is_some();
        self.put(&format!("item {number}, counted from 0"), item.bank, [item.row, item.col], entry)
    }

    fn add_rows(&mut self, rows: &[(String, Vec<u32>)]) -> Result<(), ImportError> {
        for (row, columns) in rows {
            let wrong = || {
                self.source.wrong(
                    ImportErrorKind::Value,
                    format!("the row `{row}`"),
                    "a whole number in quotes",
                )
            };
            let number: u32 = row.parse().map_err(|_| wrong())?;
            for &column in columns {
                self.put(&format!("row `{row}`"), None, [number, column], Entry::Undirected(1.0))?;
            }
        }
        Ok(())
    }

    fn put(
        &mut self,
        what: &str,
        bank: Option<u32>,
        [row, column]: [u32; 2],
        entry: Entry,
    ) -> Result<(), ImportError> {
        let (source, geometry) = (self.source, self.geometry);
        if bank.is_none() && geometry.banks() > 1 {
            let expected = format!("a list of cells with \"bank\": the chip has {} banks", geometry.banks());
            return Err(source.wrong(ImportErrorKind::Incomplete, format!("{what}: no bank"), expected));
        }
        let at = CellAddress { bank: bank.unwrap_or(0), row, column };
        let found = format!("{what}: bank {} row {row} column {column}", at.bank);
        let Some(cell) = geometry.cell(at) else {
            let expected = format!("a cell of a chip of {geometry} (banks x rows x columns)");
            return Err(source.wrong(ImportErrorKind::OutsideChip, found, expected));
        };
        self.never_failing += u64::from(entry.is_none());
        match self.entries.insert(cell, entry) {
            Some(_) => Err(source.wrong(ImportErrorKind::Twice, format!("{found} again"), "each cell once")),
            None => Ok(()),
        }
    }
}

/// The keys of an object with what the one that is read holds.
#[derive(Default)]
struct Document {
    rows: Option<Vec<(String, Vec<u32>)>>,
    others: Vec<String>,
}

impl Document {
    fn rows(self, source: &Source<'_>) -> Result<Vec<(String, Vec<u32>)>, ImportError> {
        let wrong = |found: String, expected: &str| Err(source.wrong(ImportErrorKind::Form, found, expected));
        // As testers of DRAM and memory controllers write it.
        if self.others.iter().any(|key| key == "errors_in_rows") {
            return wrong(
                "`errors_in_rows`, in which a number under `col` may be a column of cells, or a word whose bits that fail stand in the list \
                 after it"
                    .to_owned(),
                "the columns of cells that fail in each row, as {\"rows\": {\"420\": [2]}}",
            );
        }
        match (self.rows, self.others.first()) {
            (Some(rows), None) => Ok(rows),
            (Some(_), Some(key)) => wrong(
                format!("the key `{key}` beside `rows`"),
                "`rows` alone: nothing here has a place for more",
            ),
            (None, key) => wrong(key.map_or("no key".to_owned(), |key| format!("the key `{key}`")), EXPECTED),
        }
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Document;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with the key `rows`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Document, A::Error> {
                let mut document = Document::default();
                while let Some(key) = map.next_key::<String>()? {
                    if key == "rows" && document.rows.is_none() {
                        document.rows = Some(map.next_value::<Pairs<Vec<u32>>>()?.0);
                    } else {
                        map.next_value::<IgnoredAny>()?;
                        document.others.push(key);
                    }
                }
                Ok(document)
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// The entries of an object as they stand there: none is lost if a key is there twice.
struct Pairs<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
            type Value = Pairs<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object: the columns of each row")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(Entries(PhantomData))
    }
}
