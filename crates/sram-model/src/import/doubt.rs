//! What speaks against an import: each doubt by its kind, and in words.

use std::fmt;

/// Something that speaks against a file or folder being of a chip as it says, with the likely cause. Printed, it is a sentence for
/// people, whose words may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    kind: DoubtKind,
    text: String,
}

impl Doubt {
    pub(super) fn new(kind: DoubtKind, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    /// The same with what it is about before it.
    pub(super) fn about(self, about: &str) -> Self {
        Self { text: format!("{about}{}", self.text), ..self }
    }

    /// What speaks against it, in short.
    pub fn kind(&self) -> DoubtKind {
        self.kind
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What speaks against an import, in short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DoubtKind {
    /// Hardly any cell should fail at the highest voltage, but many do.
    ManyFail,
    /// About half of the cells fail or more: nothing was written, or the content was lost.
    HalfFail,
    /// Nearly all cells fail: the other bit was written, or the reader tells bits the other way round.
    Inverted,
    /// The cells that fail are as in a pattern of stripes, or a checkerboard, that was written.
    Pattern,
    /// Half of the cells fail in some rows, hardly any elsewhere: these rows were not written.
    PartFails,
    /// More cells fail at a voltage than at a lower one: voltages are exchanged.
    MoreAbove,
    /// Cells that fail at a voltage do not at a lower one: these are other chips, or the cells are in another order.
    OtherCells,
    /// Cells that fail in a read do not fail in other reads at the voltage: these are other chips.
    OtherReads,
    /// Cells fail at Vmin or above it, where none does by what Vmin is: the voltages are volts.
    AboveVmin,
    /// Two files are the same, where two dumps are not: one is a copy.
    CopiedFiles,
    /// Names of files differ in what may be the name of a chip.
    Names,
    /// At a voltage no pattern tested what one did at another: a fault that nothing could show would count as good.
    Untested,
    /// Nearly all power-up states are alike, or those of a pattern: the memory was written or cleared.
    Cleared,
    /// No digit of the words is 8 or more: the words are octal or decimal numbers.
    Octal,
    /// Words at some places of a line are never as they were written: addresses, numbers of lines, or check sums.
    StrayWords,
    /// Every other word, line or block never fails: it is what was expected.
    Expected,
    /// The first or last word of each line never fails: it is what was expected, or a mask.
    PerfectColumn,
    /// Some bits fail in all words: they are no cells, or a column is dead.
    StrayBits,
    /// Bits at the top of the words never fail: words have fewer bits.
    NarrowerWords,
    /// Bits of a word fail as others of it do: each cell stands in it several times.
    RepeatedBits,
    /// Words fail as others do: each is dumped several times.
    CopiedWords,
    /// The faults of each line cancel: one of its words is a check sum.
    CheckSums,
}
