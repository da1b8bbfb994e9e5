//! Networks that run: evaluation and training with libtorch (feature `torch`).
//!
//! * [`Network`]: one of the [`Architecture`](crate::Architecture)s or any `TorchScript` module, with its weights.
//! * [`Trainer`]: trains one, with bit errors or without.
//! * [`Evaluation`]: a network's quantised weights in memory and labelled images, to be asked for its errors under faults.

mod device;
mod error;
mod evaluate;
mod images;
mod layers;
mod network;
mod script;
mod train;

pub use device::set_threads;
pub use error::TorchError;
pub use evaluate::{Evaluation, EvaluationIdentity, Times};
pub use network::{Network, Stored};
pub use train::{
    ChipRead, EpochReport, Gradient, Start, TrainSettings, Trainer, TrainingFaults, TrainingIdentity,
};
