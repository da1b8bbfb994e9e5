//! What a training's result depends on.

use flip_core::STREAM_VERSION;
use serde::Serialize;

use super::{ChipRead, Gradient, Precision, Start, Trainer, TrainingFaults};
use crate::device::kind;
use crate::hex::hex;
use nn_bridge::Augmentation;
use nn_bridge::data::Normalisation;

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
    bit_errors: FaultsIdentity,
    /// Versions of the streams of flip-core and of nn-bridge.
    streams: [u32; 2],
    device: &'static str,
    /// On a CPU libtorch adds up gradients thread by thread; 0 on a GPU, where their number does not matter.
    threads: i32,
}

/// [`TrainSettings`](super::TrainSettings), each number so that it comes back exactly.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct SettingsIdentity {
    scheme: String,
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

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum FaultsIdentity {
    None,
    Random { rates: Vec<String> },
    Pattern { rate: String, seed: u64 },
    Chip { faults: String, voltage: String, offset: u64, read: ChipRead },
}

impl FaultsIdentity {
    fn of(faults: &TrainingFaults) -> Self {
        match faults {
            TrainingFaults::Random { rates } => {
                Self::Random { rates: rates.iter().map(ToString::to_string).collect() }
            }
            TrainingFaults::Pattern { rate, seed } => Self::Pattern { rate: rate.to_string(), seed: *seed },
            TrainingFaults::Chip { map, offset, read } => Self::Chip {
                faults: hex(&map.digest()),
                voltage: map.voltage().to_string(),
                offset: *offset,
                read: *read,
            },
        }
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
                scheme: settings.scheme.to_string(),
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
            bit_errors: self
                .inputs
                .errors
                .as_ref()
                .map_or(FaultsIdentity::None, |errors| FaultsIdentity::of(errors.faults())),
            streams: [STREAM_VERSION, nn_bridge::STREAM_VERSION],
            device: kind(self.device),
            threads: if self.device.is_cuda() { 0 } else { tch::get_num_threads() },
        }
    }
}
