//! The header of a safetensors file: JSON, read once, straight into what it says.
//!
//! The library's own reader keeps the whole JSON as a tree first, which takes many times the space of the text. Here each
//! tensor costs about as much as its text. Both accept the same headers, but for names that occur twice, of which the
//! library takes the last.

use std::collections::BTreeMap;
use std::fmt;

use safetensors::Dtype;
use serde::de::{Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::super::order_by_name;

/// The longest header that is read or written, as of the library: 100 MB.
pub(in crate::weights) const MAX_BYTES: u64 = 100_000_000;

/// The most sides that a shape may have, as of PyTorch.
const MAX_SIDES: usize = 64;

/// What a header says.
#[derive(Debug)]
pub(super) struct Header {
    /// In the order of their data, which lie without gap one after the other.
    pub(super) entries: Vec<Entry>,
    pub(super) metadata: BTreeMap<String, String>,
}

/// What a header says of a tensor.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    /// First byte of its data, counted from the end of the header.
    pub(super) start: u64,
    /// The byte after its last.
    pub(super) end: u64,
}

impl Header {
    /// Reads a header and checks that its tensors fill the data.
    ///
    /// # Errors
    /// Where, what was found, what was expected.
    pub(super) fn parse(json: &[u8]) -> Result<Self, String> {
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let header = deserializer.deserialize_map(HeaderVisitor);
        let mut header =
            header.and_then(|header| deserializer.end().map(|()| header)).map_err(|e| say(&e))?;
        header.entries.sort_by(|a, b| (a.start, a.end, &a.name).cmp(&(b.start, b.end, &b.name)));
        header.check_names()?;
        let mut end = 0;
        for entry in &header.entries {
            entry.check(end)?;
            end = entry.end;
        }
        Ok(header)
    }

    /// Bytes of data after the header.
    pub(super) fn data_bytes(&self) -> u64 {
        self.entries.last().map_or(0, |last| last.end)
    }

    fn check_names(&self) -> Result<(), String> {
        let order = order_by_name(self.entries.iter().map(|entry| &*entry.name));
        let same = |pair: &&[usize]| self.entries[pair[0]].name == self.entries[pair[1]].name;
        match order.windows(2).find(same) {
            Some(pair) => Err(format!("tensor {} is there twice", self.entries[pair[0]].name)),
            None => Ok(()),
        }
    }
}

impl Entry {
    /// Checks that its data begin where those of the one before end, and are as long as its type and shape say.
    fn check(&self, begin: u64) -> Result<(), String> {
        let Self { name, dtype, shape, start, end } = self;
        if *start != begin || end < start {
            return Err(format!(
                "tensor {name}: found data from byte {start} to {end}, expected them to begin at {begin}, where those of \
                 the tensor before end"
            ));
        }
        let elements = shape.iter().try_fold(1u64, |product, &side| product.checked_mul(side as u64));
        let bits = elements.and_then(|elements| elements.checked_mul(dtype.bitsize() as u64));
        if bits.is_none_or(|bits| bits % 8 != 0 || bits / 8 != end - start) {
            let found = end - start;
            return Err(format!(
                "tensor {name}: found {found} bytes of data, expected those of {dtype} {shape:?}"
            ));
        }
        Ok(())
    }
}

/// An error of JSON with its place counted in the file.
fn say(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
    match error.line() {
        1 => format!("at byte {}: {what}", 7 + error.column().max(1)),
        line => format!("in line {line} of the header: {what}"),
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Header;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Header, A::Error> {
        let (mut entries, mut metadata) = (Vec::new(), None);
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                let Metadata(found) = map.next_value()?;
                if metadata.replace(found).is_some() {
                    return Err(A::Error::custom("`__metadata__` is there twice"));
                }
                continue;
            }
            let Info { dtype, shape: Shape(shape), data_offsets: (start, end) } = map.next_value()?;
            entries.push(Entry { name, dtype, shape, start, end });
        }
        Ok(Header { entries, metadata: metadata.unwrap_or_default() })
    }
}

#[derive(serde::Deserialize)]
struct Info {
    dtype: Dtype,
    shape: Shape,
    data_offsets: (u64, u64),
}

/// A shape of few sides: JSON of numbers is shorter than they are.
struct Shape(Vec<usize>);

impl<'de> serde::Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a shape of at most {MAX_SIDES} sides")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sides: A) -> Result<Shape, A::Error> {
        let mut shape = Vec::new();
        while let Some(side) = sides.next_element()? {
            if shape.len() == MAX_SIDES {
                return Err(A::Error::invalid_length(MAX_SIDES + 1, &self));
            }
            shape.push(side);
        }
        shape.shrink_to_fit();
        Ok(Shape(shape))
    }
}

/// Metadata, or `null`.
struct Metadata(BTreeMap<String, String>);

impl<'de> serde::Deserialize<'de> for Metadata {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let found: Option<Texts> = Option::deserialize(deserializer)?;
        Ok(Self(found.map(|Texts(texts)| texts).unwrap_or_default()))
    }
}

struct Texts(BTreeMap<String, String>);

impl<'de> serde::Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("metadata, texts by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Texts, A::Error> {
        let mut texts = BTreeMap::new();
        while let Some((key, text)) = map.next_entry::<String, String>()? {
            if texts.contains_key(&key) {
                return Err(A::Error::custom(format!("metadata `{key}` is there twice")));
            }
            texts.insert(key, text);
        }
        Ok(Texts(texts))
    }
}
