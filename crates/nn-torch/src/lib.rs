//! Networks that run: evaluation and training with libtorch. Without the feature `torch` there is nothing here.
//!
//! This is a crate of its own, apart from the rest of the network's side: what is compiled with calls of libtorch loads it, and
//! most of the program is to run without.
//!
//! * [`Network`]: one of the [`Architecture`](nn_bridge::Architecture)s or any `TorchScript` module, with its weights.
//! * [`Trainer`]: trains one, with bit errors or without.
//! * [`Evaluation`]: a network's quantised weights in memory and labelled images, to be asked for its errors under faults.
#![cfg(feature = "torch")]

mod device;
mod error;
mod evaluate;
mod hex;
mod images;
mod inference;
mod kept;
mod layers;
mod network;
mod parameter;
mod precision;
mod script;
mod train;
mod values;

pub use device::set_threads;
pub use error::TorchError;
pub use evaluate::{Evaluation, EvaluationIdentity, Times, UnderRead};
pub use network::{Network, Stored};
pub use precision::Precision;
pub use train::{
    EpochReport, Gradient, Start, Storage, TrainSettings, Trainer, TrainingCells, TrainingFaults,
    TrainingIdentity,
};
