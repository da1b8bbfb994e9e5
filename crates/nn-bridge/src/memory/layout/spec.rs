//! Layouts as text: words joined by `+`, such as `permute:7+interleave:4`. This file lists all words.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::arrangement::{ArrangementKind, ColumnMux, Interleave, Rows};
use super::error::LayoutError;
use super::order::{BitOrder, ElementOrder, Order};
use super::typed::Typed;

/// The layout that no other word changes.
const LINEAR: &str = "linear";

/// A layout: the order of bits and the arrangement of memory words. As text, `linear`, or in any order and joined by `+`:
/// at most one order of elements (`tile:16x16`, `permute:7`), one order of bits (`bit-plane`, `padded:32`), `interleave:4` and
/// `column-mux:4`. With one of the last two, words do not lie across rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct LayoutSpec {
    /// How the bits of a tensor order into the data of its region.
    pub order: Order,
    /// How memory words lie in cells.
    pub arrangement: ArrangementKind,
}

impl LayoutSpec {
    /// All words, with examples of their numbers.
    pub fn known() -> impl Iterator<Item = &'static str> {
        std::iter::once(LINEAR)
            .chain(ElementOrder::examples())
            .chain(BitOrder::examples())
            .chain([Interleave::EXAMPLE, ColumnMux::EXAMPLE])
    }
}

fn known() -> String {
    LayoutSpec::known().collect::<Vec<_>>().join(", ")
}

/// What the words read so far say, each with the word.
#[derive(Default)]
struct Words<'t> {
    elements: Option<(&'t str, ElementOrder)>,
    bits: Option<(&'t str, BitOrder)>,
    interleave: Option<(&'t str, Interleave)>,
    column_mux: Option<(&'t str, ColumnMux)>,
}

impl<'t> Words<'t> {
    fn read(&mut self, word: &'t str) -> Result<(), LayoutError> {
        if let Some(order) = ElementOrder::parse(word) {
            once(&mut self.elements, word, order?, "in which order elements come")
        } else if let Some(order) = BitOrder::parse(word) {
            once(&mut self.bits, word, order?, "how the bits of elements lie to each other")
        } else if let Some(interleave) = Interleave::parse(word) {
            once(&mut self.interleave, word, interleave?, "over how many banks words go")
        } else if let Some(column_mux) = ColumnMux::parse(word) {
            once(&mut self.column_mux, word, column_mux?, "how many words share their columns")
        } else {
            Err(LayoutError::Unknown { found: word.to_owned(), known: known() })
        }
    }

    fn layout(&self) -> LayoutSpec {
        let order = Order {
            elements: self.elements.map(|(_, order)| order).unwrap_or_default(),
            bits: self.bits.map(|(_, order)| order).unwrap_or_default(),
        };
        let rows = Rows {
            interleave: self.interleave.map_or(NonZeroU32::MIN, |(_, interleave)| interleave.0),
            column_mux: self.column_mux.map_or(NonZeroU32::MIN, |(_, column_mux)| column_mux.0),
        };
        let in_rows = self.interleave.is_some() || self.column_mux.is_some();
        let arrangement = if in_rows { ArrangementKind::Rows(rows) } else { ArrangementKind::Linear };
        LayoutSpec { order, arrangement }
    }
}

fn once<'t, T>(
    place: &mut Option<(&'t str, T)>,
    word: &'t str,
    value: T,
    what: &'static str,
) -> Result<(), LayoutError> {
    match place.replace((word, value)) {
        None => Ok(()),
        Some((first, _)) => {
            let (first, second) = (first.to_owned(), word.to_owned());
            Err(LayoutError::Doubled { first, second, what, known: known() })
        }
    }
}

impl FromStr for LayoutSpec {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, LayoutError> {
        if text.trim() == LINEAR {
            return Ok(Self::default());
        }
        let mut words = Words::default();
        text.split('+').try_for_each(|word| words.read(word.trim()))?;
        Ok(words.layout())
    }
}

impl fmt::Display for LayoutSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let order = [self.order.elements.word(), self.order.bits.word()];
        let words: Vec<String> = order.into_iter().flatten().chain(self.arrangement.words()).collect();
        f.write_str(if words.is_empty() { LINEAR.to_owned() } else { words.join("+") }.as_str())
    }
}

impl TryFrom<String> for LayoutSpec {
    type Error = LayoutError;

    fn try_from(text: String) -> Result<Self, LayoutError> {
        text.parse()
    }
}

impl From<LayoutSpec> for String {
    fn from(layout: LayoutSpec) -> Self {
        layout.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        text.parse::<LayoutSpec>().map_or_else(|error| error.to_string(), |layout| layout.to_string())
    }

    #[test]
    fn every_word_is_read_back() {
        for word in LayoutSpec::known() {
            assert_eq!(canonical(word), word);
            let json = format!("\"{word}\"");
            let layout: LayoutSpec = serde_json::from_str(&json).unwrap();
            assert_eq!(serde_json::to_string(&layout).unwrap(), json);
        }
        assert_eq!(LayoutSpec::default().to_string(), "linear");
    }

    #[test]
    fn words_come_in_any_order_and_go_in_one() {
        assert_eq!(canonical("interleave:4+permute:7"), "permute:7+interleave:4");
        let all = "tile:16x8+padded:32+interleave:4+column-mux:2";
        assert_eq!(canonical(" column-mux:2 + interleave:4+padded:032+tile:16X8"), all);
        assert_eq!(canonical("permute:0+bit-plane"), "permute:0+bit-plane");
    }

    #[test]
    fn one_bank_and_one_word_leave_words_in_rows() {
        for text in ["column-mux:1", "interleave:1", "interleave:1+column-mux:1"] {
            assert_eq!(canonical(text), "column-mux:1");
        }
        assert_eq!(canonical("interleave:4+column-mux:1"), "interleave:4");
        assert_eq!(canonical("interleave:1+column-mux:4"), "column-mux:4");
    }

    #[test]
    fn what_is_no_layout_is_refused_with_what_there_is() {
        let list = "linear, tile:16x16, permute:7, bit-plane, padded:32, interleave:4, column-mux:4";
        for text in
            ["", "+", "Linear", "planes", "linear+bit-plane", "bit-plane+", ":7", "bit-plane+bit-plane"]
        {
            let error = canonical(text);
            assert!(error.contains(list), "{text}: {error}");
        }
        for (text, both) in [
            ("tile:4x4+permute:1", "`tile:4x4` and `permute:1`"),
            ("bit-plane+padded:8", "`bit-plane` and `padded:8`"),
            ("interleave:2+interleave:2", "`interleave:2` and `interleave:2`"),
        ] {
            assert!(canonical(text).contains(both), "{}", canonical(text));
        }
        for text in [
            "tile",
            "tile:",
            "tile:4",
            "tile:0x4",
            "tile:4x4x4",
            "tile:-1x4",
            "permute",
            "permute:x",
            "permute:-1",
            "padded:0",
            "padded",
            "bit-plane:1",
            "bit-plane:",
            "interleave",
            "interleave:0",
            "column-mux:4294967296",
            "permute:18446744073709551616",
        ] {
            assert!(
                canonical(text).starts_with(&format!("`{text}` is no layout: expected it in the form")),
                "{text}"
            );
        }
    }
}
