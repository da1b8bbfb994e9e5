//! What is no layout, or does not fit.

use thiserror::Error;

/// Why a layout cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// A word that names no layout.
    #[error(
        "`{found}` is no layout: expected one of {known}, or some of them, without linear, joined by `+`"
    )]
    Unknown {
        /// What was found.
        found: String,
        /// All words, with examples of their numbers.
        known: String,
    },
    /// A word with a wrong number.
    #[error(
        "`{found}` is no layout: expected it in the form `{example}`, numbers from 1 on (a seed from 0), no greater than a memory could need"
    )]
    Argument {
        /// What was found.
        found: String,
        /// The word with a number that can be.
        example: &'static str,
    },
    /// Two words for one thing.
    #[error(
        "`{first}` and `{second}` both say {what}: keep one. A layout takes at most one of each kind from {known}"
    )]
    Doubled {
        /// The first word.
        first: String,
        /// The other one.
        second: String,
        /// What both say.
        what: &'static str,
        /// All words, with examples of their numbers.
        known: String,
    },
    /// A text for what follows the last cell that is none.
    #[error("`{found}` does not say what a tensor does that outgrows its cells: expected {known}")]
    Outgrown {
        /// What was found.
        found: String,
        /// What there is.
        known: String,
    },
    /// A tensor of too many elements.
    #[error("a tensor of {found} elements is too large: expected at most 2^40")]
    Elements {
        /// Its size.
        found: String,
    },
    /// No bits of an element, or too many.
    #[error("{found} stored bits of each element cannot be: expected 1 to 32")]
    Planes {
        /// How many.
        found: u32,
    },
    /// Padded words that hold no element.
    #[error("`padded:{word}` holds no element of {planes} bits: give words of at least {planes} bits")]
    Padding {
        /// Bits of a word.
        word: u32,
        /// Stored bits of an element.
        planes: u32,
    },
    /// Banks that the chip lacks.
    #[error(
        "banks {start}..{end} are none of this chip: expected a range of at least one bank in 0..{banks}"
    )]
    Banks {
        /// First bank of the range.
        start: u32,
        /// First bank after it.
        end: u32,
        /// Banks of the chip.
        banks: u32,
    },
    /// Memory words without bits.
    #[error("memory words of 0 bits cannot be: expected at least 1")]
    WordBits,
    /// Words longer than a row, alone or with those they are interleaved with.
    #[error(
        "{column_mux} words of {word_bits} bits do not fit a row of {columns} columns: expected at most {columns} bits; \
         use `column-mux` of at most {most}{}, or a chip with longer rows",
        if *most == 0 { " (not even one word fits: shorten the words, or lay them out without `column-mux` and `interleave`)" }
        else { "" }
    )]
    Row {
        /// Words whose bits share columns.
        column_mux: u32,
        /// Bits of a word.
        word_bits: u32,
        /// Columns of a row.
        columns: u32,
        /// The most words that fit.
        most: u32,
    },
    /// Banks that make no whole groups.
    #[error(
        "`interleave:{interleave}` needs a multiple of {interleave} banks, found {banks}: give the region other banks, \
         or interleave over a number that divides {banks}"
    )]
    Interleave {
        /// Banks of a group.
        interleave: u32,
        /// Banks of the region.
        banks: u32,
    },
}
