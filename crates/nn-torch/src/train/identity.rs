//! What a training's result depends on.

use flip_core::STREAM_VERSION;
use serde::Serialize;

use super::{Gradient, Start, Trainer, TrainingCells, TrainingFaults};
use crate::device::kind;
use crate::hex::hex;
use crate::layers::LAYERS_VERSION;
use crate::precision::Precision;
use nn_bridge::Augmentation;
use nn_bridge::data::Normalisation;
use nn_bridge::memory::Which;

/// All that a training's result depends on, to be written down and compared field by field.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrainingIdentity {
    network: String,
    images: usize,
    /// SHA-256 of the images and their labels.
    data: String,
    normalisation: Normalisation,
    augmentation: Augmentation,
    settings: SettingsIdentity,
    /// SHA-256 of how weights are quantised and stored.
    memory: String,
    bit_errors: Option<ReadsIdentity>,
    /// Versions of the streams of flip-core and of nn-bridge.
    streams: [u32; 2],
    /// Version of the layers' computations.
    layers: u32,
    device: &'static str,
    /// On a CPU libtorch adds up gradients thread by thread; 0 on a GPU, where their number does not matter.
    threads: i32,
}

/// [`TrainSettings`](super::TrainSettings), each number so that it comes back exactly.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct SettingsIdentity {
    epochs: u32,
    batch: usize,
    learning_rate: String,
    momentum: String,
    weight_decay: String,
    gradient: Gradient,
    perturbed_limit: String,
    start: Start,
    seed: u64,
    precision: Precision,
}

/// For each pattern, what the cells of each region do.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct ReadsIdentity {
    read: Which,
    patterns: Vec<Vec<CellsIdentity>>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum CellsIdentity {
    Safe,
    Fresh { rate: String },
    Pattern { rate: String, seed: u64 },
    Chip { faults: String, voltage: String, offset: u64 },
}

impl ReadsIdentity {
    fn of(faults: &TrainingFaults) -> Self {
        let of_region = |cells: &TrainingCells| match cells {
            TrainingCells::Safe => CellsIdentity::Safe,
            TrainingCells::Fresh { rate } => CellsIdentity::Fresh { rate: rate.to_string() },
            TrainingCells::Pattern { rate, seed } => {
                CellsIdentity::Pattern { rate: rate.to_string(), seed: *seed }
            }
            TrainingCells::Chip { map, offset } => CellsIdentity::Chip {
                faults: hex(&map.digest()),
                voltage: map.voltage().voltage.to_string(),
                offset: *offset,
            },
        };
        let of_pattern = |cells: &Vec<TrainingCells>| cells.iter().map(of_region).collect();
        Self { read: faults.which, patterns: faults.patterns.iter().map(of_pattern).collect() }
    }
}

impl Trainer {
    /// Network, data, settings and device, equal for equal trainings only. On a CPU the number of threads belongs to it: libtorch
    /// adds up gradients thread by thread.
    pub fn identity(&self) -> TrainingIdentity {
        let settings = &self.settings;
        TrainingIdentity {
            network: format!("{}, {} classes", self.architecture.name(), self.architecture.classes()),
            images: self.inputs.data.len(),
            data: self.digest.clone(),
            normalisation: self.normalisation.clone(),
            augmentation: self.inputs.augmentation.clone(),
            settings: SettingsIdentity {
                epochs: settings.epochs,
                batch: settings.batch,
                learning_rate: settings.learning_rate.to_string(),
                momentum: settings.momentum.to_string(),
                weight_decay: settings.weight_decay.to_string(),
                gradient: settings.gradient,
                perturbed_limit: settings.perturbed_limit.to_string(),
                start: settings.start,
                seed: settings.seed,
                precision: settings.precision,
            },
            memory: hex(&self.memory),
            bit_errors: self.inputs.errors.as_ref().map(|errors| ReadsIdentity::of(errors.faults())),
            streams: [STREAM_VERSION, nn_bridge::memory::STREAM_VERSION],
            layers: LAYERS_VERSION,
            device: kind(self.device),
            threads: if self.device.is_cuda() { 0 } else { tch::get_num_threads() },
        }
    }
}
