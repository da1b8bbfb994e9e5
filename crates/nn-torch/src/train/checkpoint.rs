//! Checkpoints: all that a training needs to go on as if it had never stopped.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tch::Tensor;

use super::{Progress, Trainer};
use crate::error::TorchError;
use crate::hex::hex;
use crate::network::{on_device, values};
use nn_bridge::WeightFile;

/// Keys of the metadata: which training it is of, how far it is, and SHA-256 of these and of all tensors.
const TRAINING: &str = "sram-sim training";
const PROGRESS: &str = "sram-sim progress";
const SUM: &str = "sram-sim sha256";

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
            tensors.extend(nn_bridge::Tensor::from_f32(name, vec![values.len()], &values));
        }
        let training = serde_json::json!(self.identity()).to_string();
        let progress = serde_json::json!(Saved::of(&self.progress)).to_string();
        let sum = sum(&training, &progress, &tensors);
        let metadata = [(TRAINING, training), (PROGRESS, progress), (SUM, sum)]
            .map(|(key, text)| (key.to_owned(), text));
        Ok(WeightFile::new(tensors, BTreeMap::from(metadata)))
    }

    /// Goes on where a checkpoint was written.
    ///
    /// # Errors
    /// [`TorchError::Checkpoint`] if it is damaged; [`TorchError::OtherTraining`] if it is of another training, naming all that
    /// differs.
    pub fn resume(&mut self, path: &Path) -> Result<(), TorchError> {
        let file = WeightFile::open(path)?;
        let wrong = |found: String, expected: String| TorchError::Checkpoint {
            path: path.to_owned(),
            found,
            expected,
        };
        let metadata = |key| file.metadata().get(key).map(String::as_str);
        let (Some(training), Some(progress), Some(found)) =
            (metadata(TRAINING), metadata(PROGRESS), metadata(SUM))
        else {
            let found = "no description of a training with a SHA-256".to_owned();
            return Err(wrong(found, "a checkpoint of this version of `sram-sim train`".to_owned()));
        };
        let expected = sum(training, progress, file.tensors());
        if found != expected {
            return Err(wrong(format!("content of SHA-256 {expected}"), format!("{found}, as it says")));
        }
        self.check_identity(path, training)?;
        let saved: Saved = serde_json::from_str(progress)
            .map_err(|error| wrong(format!("a progress of {error}"), "one that can be read".to_owned()))?;
        let mut restored = Vec::new();
        for (name, tensor) in self.state() {
            let count = tensor.numel();
            let values = file.tensor(&name).and_then(nn_bridge::Tensor::values).unwrap_or_default();
            if values.len() != count {
                return Err(wrong(format!("{} elements of tensor {name}", values.len()), count.to_string()));
            }
            restored.push(on_device(&values, &[count], self.device)?);
        }
        let mut restored = restored.into_iter();
        let all = [&mut self.weights, &mut self.velocity].into_iter().chain(&mut self.statistics);
        all.zip(restored.by_ref()).for_each(|(tensor, restored)| *tensor = restored);
        self.progress = saved.progress();
        Ok(())
    }

    /// Refuses a checkpoint of another training.
    fn check_identity(&self, path: &Path, found: &str) -> Result<(), TorchError> {
        let here = serde_json::json!(self.identity());
        let found: Value = serde_json::from_str(found).map_err(|error| TorchError::Checkpoint {
            path: path.to_owned(),
            found: format!("a description of {error}"),
            expected: "one that can be read".to_owned(),
        })?;
        let mut differing = Vec::new();
        compare("", &found, &here, &mut differing);
        if differing.is_empty() {
            return Ok(());
        }
        Err(TorchError::OtherTraining { path: path.to_owned(), differing })
    }

    /// What goes into a checkpoint, with its names.
    fn state(&self) -> impl Iterator<Item = (String, &Tensor)> {
        let statistics = self.architecture.statistics().iter().map(|statistic| statistic.name.clone());
        let names = ["weights".to_owned(), "velocity".to_owned()].into_iter().chain(statistics);
        names.zip([&self.weights, &self.velocity].into_iter().chain(&self.statistics))
    }
}

/// SHA-256 of all that a checkpoint holds.
fn sum(training: &str, progress: &str, tensors: &[nn_bridge::Tensor]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{} {training}{} {progress}", training.len(), progress.len()));
    let mut tensors: Vec<&nn_bridge::Tensor> = tensors.iter().collect();
    tensors.sort_by_key(|tensor| &tensor.name);
    for tensor in tensors {
        let values = tensor.values().unwrap_or_default();
        hasher.update(format!("{} {} {} ", tensor.name.len(), tensor.name, values.len()));
        values.iter().for_each(|value| hasher.update(value.to_le_bytes()));
    }
    hex(&hasher.finalize())
}

/// Adds `FIELD: FOUND there, EXPECTED here` for each leaf in which two values differ.
fn compare(field: &str, found: &Value, here: &Value, differing: &mut Vec<String>) {
    if let (Value::Object(a), Value::Object(b)) = (found, here) {
        let missing = Value::Null;
        for key in a.keys().chain(b.keys().filter(|key| !a.contains_key(*key))) {
            let name = if field.is_empty() { key.clone() } else { format!("{field}.{key}") };
            compare(&name, a.get(key).unwrap_or(&missing), b.get(key).unwrap_or(&missing), differing);
        }
    } else if found != here {
        let short = |value: &Value| match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        differing.push(format!("{field}: {} there, {} here", short(found), short(here)));
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
