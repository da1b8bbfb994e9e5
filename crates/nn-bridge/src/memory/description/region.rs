//! A region of a memory, as data.

use serde::{Deserialize, Serialize};
use sram_model::{Spares, Voltage};

use super::planes::Planes;
use super::policy::{Detector, Lines64, OnDetected};
use crate::memory::layout::{LayoutSpec, Outgrown};

/// Cells and what lies in them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RegionDescription {
    /// What it is called.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Patterns of the names of its tensors; none for all tensors.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tensors: Vec<String>,
    /// Which bits of their weights.
    #[serde(skip_serializing_if = "is_default")]
    pub planes: Planes,
    /// Bits of each of these weights, where not as asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<u32>,
    /// Their quantisation scheme.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// Weights are clipped to ± this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip: Option<f64>,
    /// The chip, if it is not the one asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chip: Option<String>,
    /// The voltage, if it is not the one asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voltage: Option<Voltage>,
    /// What is added to the voltage that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boost: Option<f64>,
    /// Random bit errors at this rate in place of a chip's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Its cells never fail.
    #[serde(skip_serializing_if = "is_default")]
    pub safe: bool,
    /// Planes in cells that never fail, beside the others in the same rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robust: Option<Planes>,
    /// Banks of the chip: first, and after the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub banks: Option<[u32; 2]>,
    /// Cell, among those of its banks, of the first bit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// How bits lie in words and cells.
    #[serde(skip_serializing_if = "is_default")]
    pub layout: LayoutSpec,
    /// Bits of a memory word without a code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word: Option<u32>,
    /// What happens if it is longer than the chip.
    #[serde(skip_serializing_if = "is_default")]
    pub outgrown: Outgrown,
    /// The word code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Finds single wrong bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detector: Option<Detector>,
    /// Lines whose faults are found by reads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub killi: Option<Lines64>,
    /// What becomes of what was found to be wrong.
    #[serde(skip_serializing_if = "is_default")]
    pub on_detected: OnDetected,
    /// Spare rows of each bank.
    #[serde(skip_serializing_if = "is_default")]
    pub spare_rows: u32,
    /// Spare columns of each bank.
    #[serde(skip_serializing_if = "is_default")]
    pub spare_columns: u32,
    /// Words, or lines of words, with so many faulty cells or more are not used; what would lie there lies in the next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_from: Option<u32>,
    /// Words of a line that is not used as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_line: Option<u32>,
    /// Words are stored inverted where that makes faulty cells agree with the data.
    #[serde(skip_serializing_if = "is_default")]
    pub invert_words: bool,
    /// So many words, the worst that are left, come from a small memory that does not fail.
    #[serde(skip_serializing_if = "is_default")]
    pub patch_words: u32,
    /// Energy of an access, relative to that of a plain cell at the same voltage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_energy: Option<f64>,
    /// Area of a cell, relative to that of a plain one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cell_area: Option<f64>,
    /// The same of an access to a robust cell; without, as of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robust_access_energy: Option<f64>,
    /// Area of a robust cell, relative to that of a plain one; without, as of the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub robust_cell_area: Option<f64>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl RegionDescription {
    /// Its spare lines.
    pub fn spares(&self) -> Spares {
        Spares { rows: self.spare_rows, columns: self.spare_columns }
    }
}
