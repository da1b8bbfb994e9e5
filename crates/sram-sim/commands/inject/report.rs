//! What `sram-sim inject` reports.

use std::collections::BTreeMap;

use nn_bridge::memory::{Memory, Read, ReadCounts};
use nn_bridge::{Damage, Selection, WeightFile, equal_copies};
use serde::Serialize;

use crate::arguments::InjectArguments;
use crate::memory::{BitsPerWeight, MemoryReport, ReadReport, Source};
use crate::output::{MADE_BY, MadeBy};
use crate::selection::{KeptApart, kept_apart};

/// What is said of a read, whatever was read.
#[derive(Serialize)]
pub(super) struct Head {
    pub(super) made_by: MadeBy,
    pub(super) weights: String,
    pub(super) scheme: String,
    pub(super) bits_per_weight: BitsPerWeight,
    pub(super) order: String,
    pub(super) with_statistics: bool,
    /// Tensors of the file that are not in the weight memory.
    pub(super) tensors_kept_apart: usize,
    /// Which, and why.
    pub(super) kept_apart: Vec<KeptApart>,
    #[serde(skip)]
    pub(super) kept_apart_words: Vec<String>,
    /// What the file holds beside the network's tensors: an optimiser's, numbers, what is not read.
    pub(super) passed_over: Vec<String>,
    /// Names that tensors have beside their own: those are stored once.
    pub(super) tied: BTreeMap<String, String>,
    /// Tensors that hold the same as another: stored each for itself.
    pub(super) equal_copies: Vec<[String; 2]>,
    pub(super) memory: MemoryReport,
    pub(super) faults: Source,
    /// Which faults of chips show.
    pub(super) read: String,
    /// Cell of the chip in which the first bit lies; of several regions, cells by which each begins later than it says.
    pub(super) offset: u64,
    /// How many copies of the chip the memory takes; none without a chip.
    pub(super) copies: Option<f64>,
    pub(super) stream_versions: [u32; 2],
    pub(super) seed: u64,
    #[serde(flatten)]
    pub(super) of_read: ReadReport,
    /// The same of each region.
    pub(super) regions: Vec<ReadCounts>,
    /// Area of all cells, spare ones and what a chip leaves empty among them, relative to a plain cell for each bit of the weights.
    pub(super) area: f64,
    /// Bit errors to expect of each tensor.
    #[serde(skip)]
    pub(super) expected_errors: Vec<f64>,
}

/// The report of quantised weights.
#[derive(Serialize)]
pub(super) struct Report {
    #[serde(flatten)]
    pub(super) head: Head,
    pub(super) changed_weights: u64,
    pub(super) l_inf: f64,
    pub(super) l2: f64,
    pub(super) damage: Damage,
}

/// A read, and what it was of.
pub(super) struct Injected<'a> {
    pub(super) source: Source,
    pub(super) area: f64,
    /// See [`Head::offset`].
    pub(super) offset: u64,
    pub(super) copies: Option<f64>,
    pub(super) stored: MemoryReport,
    pub(super) memory: &'a Memory,
    pub(super) read: Read,
    pub(super) of_read: ReadReport,
}

impl Report {
    pub(super) fn new(head: Head, damage: Damage) -> Self {
        Self {
            head,
            changed_weights: damage.changed_weights(),
            l_inf: damage.l_inf(),
            l2: damage.l2(),
            damage,
        }
    }
}

impl Head {
    pub(super) fn new(
        arguments: &InjectArguments,
        file: &WeightFile,
        selection: &Selection<'_>,
        injected: Injected<'_>,
    ) -> Self {
        let Injected { source, area, offset, copies, stored, memory, read, of_read } = injected;
        Self {
            made_by: MADE_BY,
            weights: arguments.weights.lossy(),
            scheme: stored.stored_as.clone(),
            bits_per_weight: BitsPerWeight::of(memory),
            order: arguments.selection.order.name().to_owned(),
            with_statistics: arguments.selection.with_statistics,
            tensors_kept_apart: file.tensors().len() - selection.stored().len(),
            kept_apart: kept_apart(selection),
            passed_over: file.passed_over().to_vec(),
            tied: file.ties().clone(),
            equal_copies: equal_copies(selection.stored())
                .into_iter()
                .map(|(a, b)| [a.to_owned(), b.to_owned()])
                .collect(),
            kept_apart_words: selection.words().collect(),
            area,
            faults: source,
            read: arguments.read.name().to_owned(),
            offset,
            copies,
            stream_versions: [flip_core::STREAM_VERSION, nn_bridge::memory::STREAM_VERSION],
            seed: arguments.seed,
            of_read,
            regions: read.regions.clone(),
            expected_errors: read.expected,
            memory: stored,
        }
    }
}
