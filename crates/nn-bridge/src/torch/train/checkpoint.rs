//! Checkpoints: all that a training needs to go on as if it had never stopped.

use std::collections::BTreeMap;
use std::path::Path;

use flip_core::STREAM_VERSION;
use tch::Tensor;

use super::super::error::TorchError;
use super::super::network::{on_device, values};
use super::{Progress, Trainer};
use crate::weights::{self, WeightFile};

/// Key of the metadata that says which training it is of, and how far it is.
const TRAINING: &str = "sram-sim training";
const PROGRESS: &str = "sram-sim progress";

impl Trainer {
    /// Writes a checkpoint. The file is whole or not there.
    ///
    /// # Errors
    /// [`TorchError`] if it cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), TorchError> {
        Ok(self.checkpoint()?.write(path)?)
    }

    /// A checkpoint: float weights, velocities and statistics.
    ///
    /// # Errors
    /// [`TorchError`] if the device does not give them.
    pub fn checkpoint(&self) -> Result<WeightFile, TorchError> {
        let mut tensors = Vec::new();
        for (name, tensor) in self.state() {
            let values = values(tensor)?;
            tensors.extend(weights::Tensor::from_f32(name, vec![values.len()], &values));
        }
        let progress = serde_json::json!(Saved::of(&self.progress)).to_string();
        let metadata =
            BTreeMap::from([(TRAINING.to_owned(), self.identity()), (PROGRESS.to_owned(), progress)]);
        Ok(WeightFile::new(tensors, metadata))
    }

    /// Goes on where a checkpoint was written.
    ///
    /// # Errors
    /// [`TorchError::Checkpoint`] if it is of another training or not sound.
    pub fn resume(&mut self, path: &Path) -> Result<(), TorchError> {
        let file = WeightFile::open(path)?;
        let wrong = |found: &str, expected: &str| TorchError::Checkpoint {
            path: path.to_owned(),
            found: found.to_owned(),
            expected: expected.to_owned(),
        };
        let metadata = |key| file.metadata().get(key).map_or("", String::as_str);
        let (found, expected) = (metadata(TRAINING), self.identity());
        if found != expected {
            return Err(wrong(found, &expected));
        }
        let saved: Saved = serde_json::from_str(metadata(PROGRESS))
            .map_err(|error| wrong(&format!("a progress of {error}"), "one that can be read"))?;
        let mut restored = Vec::new();
        for (name, tensor) in self.state() {
            let count = tensor.numel();
            let values = file.tensor(&name).and_then(weights::Tensor::values).unwrap_or_default();
            if values.len() != count {
                let found = format!("{} elements of tensor {name}", values.len());
                return Err(wrong(&found, &count.to_string()));
            }
            restored.push(on_device(&values, &[count], self.device)?);
        }
        let mut restored = restored.into_iter();
        let all = [&mut self.weights, &mut self.velocity].into_iter().chain(&mut self.statistics);
        all.zip(restored.by_ref()).for_each(|(tensor, restored)| *tensor = restored);
        self.progress = saved.progress();
        Ok(())
    }

    /// What goes into a checkpoint, with its names.
    fn state(&self) -> impl Iterator<Item = (String, &Tensor)> {
        let statistics = self.architecture.statistics().iter().map(|statistic| statistic.name.clone());
        let names = ["weights".to_owned(), "velocity".to_owned()].into_iter().chain(statistics);
        names.zip([&self.weights, &self.velocity].into_iter().chain(&self.statistics))
    }

    /// Network, data, settings and device in words, equal for equal trainings only. On a CPU the number of threads belongs to it:
    /// libtorch adds up gradients thread by thread.
    pub fn identity(&self) -> String {
        let faults = self.faults.as_ref().map_or_else(|| "none".to_owned(), super::Source::fingerprint);
        format!(
            "{} for {} images of checksum {:08x}, {:?}, {}, augmented by {:?}, bit errors: {faults}; streams {STREAM_VERSION}, \
             device {:?}, threads {}",
            self.architecture.name(),
            self.data.len(),
            self.checksum,
            self.normalisation,
            self.settings.fingerprint(),
            self.augmentation,
            self.device,
            tch::get_num_threads()
        )
    }
}

/// A progress as it is written: losses as bits, since one may be infinite.
#[derive(serde::Serialize, serde::Deserialize)]
struct Saved {
    epoch: u32,
    step: u64,
    clean: u64,
    perturbed: u64,
    begun: bool,
}

impl Saved {
    fn of(progress: &Progress) -> Self {
        let Progress { epoch, step, clean, perturbed, begun } = *progress;
        Self { epoch, step, clean: clean.to_bits(), perturbed: perturbed.to_bits(), begun }
    }

    fn progress(&self) -> Progress {
        let Self { epoch, step, begun, .. } = *self;
        Progress {
            epoch,
            step,
            clean: f64::from_bits(self.clean),
            perturbed: f64::from_bits(self.perturbed),
            begun,
        }
    }
}
