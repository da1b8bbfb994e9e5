//! What was asked of which network, at the head of a report.

use std::io::{self, Write};

use cli_io::{InputPath, shown, warn};
use nn_torch::Evaluation;
use serde::Serialize;
use sram_sim_cli::arguments::SelectionArguments;
use sram_sim_cli::memory::{BitsPerWeight, MemoryReport};
use sram_sim_cli::output::{grouped, percent};

use super::how::How;
use super::plan::Plan;
use super::rows::OfNetwork;
use crate::networks::{Normalised, Subject};

/// A network, how it lies in memory, and its test error without bit errors.
#[derive(Serialize)]
pub(crate) struct About {
    pub(crate) network: String,
    weights: Option<String>,
    parameters: usize,
    tensors: usize,
    data: String,
    images: usize,
    normalised: Normalised,
    computed_on: String,
    scheme: String,
    pub(crate) bits_per_weight: BitsPerWeight,
    /// Tensors free of bit errors, in words: a line for each reason.
    kept_apart: Vec<String>,
    pub(crate) memory: MemoryReport,
    #[serde(flatten)]
    how: How,
    pub(crate) maps: u32,
    seed: u64,
    stream_version: u32,
    /// Clean test error before quantisation, a fraction.
    err_float: f64,
    /// Clean test error with quantised weights.
    pub(crate) err: f64,
}

impl About {
    /// What rows of CSV have of it.
    pub(crate) fn of_rows(&self) -> OfNetwork<'_> {
        let Self { err, scheme, how, memory, normalised, .. } = self;
        OfNetwork { err: *err, scheme, how, memory, normalised }
    }

    /// Of a subject, whose evaluation is left.
    pub(crate) fn new(
        subject: Subject,
        weights: Option<&InputPath>,
        selection: &SelectionArguments,
        plan: &Plan,
    ) -> (Self, Evaluation) {
        let Subject {
            evaluation, float, network, data, images, memory, normalised, kept_apart, stored, ..
        } = subject;
        let image = evaluation.image();
        let about = Self {
            network,
            weights: weights.map(InputPath::lossy),
            parameters: image.layout().all_weights(),
            tensors: image.tensors().len(),
            data: data.to_string(),
            images,
            normalised,
            computed_on: evaluation.computed_on(),
            scheme: stored.stored_as.clone(),
            bits_per_weight: BitsPerWeight::of(&memory),
            kept_apart,
            memory: stored,
            how: How::of(selection, plan),
            maps: plan.maps,
            seed: plan.seed,
            stream_version: flip_core::STREAM_VERSION,
            err_float: float.unwrap_or_default(),
            err: evaluation.clean().error(),
        };
        (about, evaluation)
    }

    /// All but the maps.
    pub(crate) fn write_text(&self, on_chips: bool, out: &mut impl Write) -> io::Result<()> {
        let (name, weights) = (shown(&self.network), grouped(self.parameters as u64));
        writeln!(out, "network     {name}, {weights} weights in {} tensors", self.tensors)?;
        writeln!(out, "images      {} of {}, test", grouped(self.images as u64), shown(&self.data))?;
        writeln!(out, "normalised  {}", self.normalised)?;
        writeln!(out, "computed on {}", self.computed_on)?;
        writeln!(out, "stored as   {}", self.scheme)?;
        self.memory.write_text("memory      ", out)?;
        self.kept_apart.iter().try_for_each(|words| writeln!(out, "kept apart  {}", shown(words)))?;
        self.how.write_text(on_chips, out)?;
        let (err, before) = (percent(self.err), percent(self.err_float));
        writeln!(out, "Err         {err} %  clean test error ({before} % before quantisation)")
    }

    /// Says what is kept apart, beside rows that have no place for it.
    pub(crate) fn warn_kept_apart(&self) {
        self.kept_apart.iter().for_each(|words| warn(&format!("note: kept apart: {words}")));
    }

    /// How many maps there are of each point, and their seeds.
    pub(crate) fn write_maps(&self, of: &str, out: &mut impl Write) -> io::Result<()> {
        let last = self.seed.saturating_add(u64::from(self.maps) - 1);
        match self.maps {
            1 => writeln!(out, "maps        one for each {of}, seed {last}"),
            maps => writeln!(out, "maps        {maps} for each {of}, seeds {} to {last}", self.seed),
        }
    }
}
