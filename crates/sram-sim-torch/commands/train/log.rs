//! The log of a training.

use anyhow::Result;
use cli_io::Output;
use nn_bridge::ModelCard;
use nn_bridge::memory::Clamped;
use nn_torch::{EpochReport, TrainingIdentity};
use serde::Serialize;
use sram_sim_cli::memory::ReadReport;

/// The first line of the log.
#[derive(Serialize)]
struct Head<'a> {
    #[serde(flatten)]
    card: &'a ModelCard,
    /// All that the result depends on.
    training: TrainingIdentity,
}

/// A line of the log, of an epoch.
#[derive(Serialize)]
pub(super) struct Line {
    #[serde(flatten)]
    pub(super) report: EpochReport,
    /// Clean test error with quantised weights, a fraction, of epochs that were tested.
    pub(super) err: Option<f64>,
    /// Weights that were clamped to make room for check bits in place, of epochs that were tested.
    #[serde(skip)]
    pub(super) clamped: Clamped,
    /// A read of these weights under each pattern of bit errors, of epochs that were tested.
    pub(super) reads: Vec<ReadReport>,
    /// Wall-clock time of the epoch, with its test.
    pub(super) seconds: f64,
}

/// JSON: a line of what is trained and a line for each epoch. It is written anew with each line, so that a
/// line is whole or not there.
pub(super) struct Log {
    output: Output,
    lines: Vec<String>,
}

impl Log {
    pub(super) fn begin(output: Output, card: &ModelCard, training: TrainingIdentity) -> Result<Self> {
        let head = serde_json::to_string(&Head { card, training })?;
        Ok(Self { output, lines: vec![head] })
    }

    /// Takes the lines of the epochs so far from the file.
    pub(super) fn keep(&mut self, epochs: u32) {
        // What is lost of the log does not hinder the training.
        let text = self.output.read_before().unwrap_or_default();
        let of_epoch = |line: &&str| {
            let value: serde_json::Value = serde_json::from_str(line).unwrap_or_default();
            value["epoch"].as_u64().is_some_and(|epoch| epoch <= u64::from(epochs))
        };
        self.lines.extend(text.lines().filter(of_epoch).map(str::to_owned));
    }

    pub(super) fn add(&mut self, line: &Line) -> Result<()> {
        self.lines.push(serde_json::to_string(line)?);
        let text = self.lines.join("\n") + "\n";
        Ok(self.output.write_bytes(text.as_bytes())?)
    }
}
