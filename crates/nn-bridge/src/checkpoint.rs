//! The file of an interrupted training: which training it is of, how far it is, and its tensors, under a checksum.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::weights::{Tensor, WeightFile};

/// Keys of the metadata: which training it is of, how far it is, and SHA-256 of these and of all tensors.
const TRAINING: &str = "sram-sim training";
const PROGRESS: &str = "sram-sim progress";
const SUM: &str = "sram-sim sha256";

/// All that a training needs to go on.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// All that the training's result depends on.
    pub training: Value,
    /// How far it is.
    pub progress: Progress,
    /// Its tensors, of float32.
    pub tensors: Vec<Tensor>,
}

/// How far a training has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Epochs that are done.
    pub epoch: u32,
    /// Steps that are done.
    pub step: u64,
    /// Loss of the last batch with clean weights; infinite before the first.
    pub clean: f64,
    /// The same with bit errors; that with clean weights if it had none.
    pub perturbed: f64,
    /// Whether any batch had bit errors.
    pub begun: bool,
}

/// What is wrong with a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("found {found}, expected {expected}")]
pub struct CheckpointError {
    /// What it holds.
    pub found: String,
    /// What it should hold.
    pub expected: String,
}

fn wrong(found: impl Into<String>, expected: impl Into<String>) -> CheckpointError {
    CheckpointError { found: found.into(), expected: expected.into() }
}

/// Whether a file says that it is a checkpoint, sound or not.
pub(crate) fn is_checkpoint(file: &WeightFile) -> bool {
    file.metadata().contains_key(TRAINING)
}

impl Checkpoint {
    /// As a file.
    pub fn into_file(self) -> WeightFile {
        let progress = serde_json::json!(Saved::of(&self.progress)).to_string();
        Self::sealed(self.training.to_string(), progress, self.tensors)
    }

    /// A file of these texts and tensors with their checksum. It is a checkpoint if the texts are those of one.
    pub fn sealed(training: String, progress: String, tensors: Vec<Tensor>) -> WeightFile {
        let sum = sum(&training, &progress, &tensors);
        let metadata = [(TRAINING, training), (PROGRESS, progress), (SUM, sum)]
            .map(|(key, text)| (key.to_owned(), text));
        WeightFile::new(tensors, BTreeMap::from(metadata))
    }

    /// The checkpoint that a file holds.
    ///
    /// # Errors
    /// [`CheckpointError`] if it holds none, or one that is damaged.
    pub fn of(file: &WeightFile) -> Result<Self, CheckpointError> {
        let metadata = |key| file.metadata().get(key).map(String::as_str);
        let (Some(training), Some(progress), Some(found)) =
            (metadata(TRAINING), metadata(PROGRESS), metadata(SUM))
        else {
            let found = "no description of a training with a SHA-256";
            return Err(wrong(found, "a checkpoint of this version of `sram-sim train`"));
        };
        let expected = sum(training, progress, file.tensors());
        if found != expected {
            return Err(wrong(format!("content of SHA-256 {expected}"), format!("{found}, as it says")));
        }
        let unread = |what: &str, error: serde_json::Error| {
            wrong(format!("a {what} of {error}"), "one that can be read")
        };
        let saved: Saved = serde_json::from_str(progress).map_err(|error| unread("progress", error))?;
        Ok(Self {
            training: serde_json::from_str(training).map_err(|error| unread("description", error))?,
            progress: saved.progress(),
            tensors: file.tensors().to_vec(),
        })
    }

    /// In what its training differs from another one: `FIELD: FOUND there, EXPECTED here` for each leaf.
    pub fn differences(&self, other: &Value) -> Vec<String> {
        let mut differing = Vec::new();
        compare("", &self.training, other, &mut differing);
        differing
    }

    /// The values of one of its tensors.
    pub fn values(&self, name: &str) -> Option<Vec<f32>> {
        self.tensors.iter().find(|tensor| tensor.name == name)?.values()
    }
}

/// SHA-256 of all that a checkpoint holds.
fn sum(training: &str, progress: &str, tensors: &[Tensor]) -> String {
    let mut hasher = Sha256::new();
    hasher.update(format!("{} {training}{} {progress}", training.len(), progress.len()));
    let mut tensors: Vec<&Tensor> = tensors.iter().collect();
    tensors.sort_by_key(|tensor| &tensor.name);
    for tensor in tensors {
        let values = tensor.values().unwrap_or_default();
        hasher.update(format!("{} {} {} ", tensor.name.len(), tensor.name, values.len()));
        values.iter().for_each(|value| hasher.update(value.to_le_bytes()));
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

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
#[derive(Serialize, Deserialize)]
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
        let [clean, perturbed] = [self.clean, self.perturbed].map(f64::from_bits);
        Progress { epoch, step, clean, perturbed, begun }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checkpoint() -> Checkpoint {
        let progress = Progress { epoch: 3, step: 1407, clean: f64::INFINITY, perturbed: 0.1, begun: true };
        let training = serde_json::json!({"network": "lenet5", "settings": {"epochs": 5, "seed": 0}});
        let tensors =
            ["weights", "velocity"].map(|name| Tensor::from_f32(name.to_owned(), vec![3], &[1.0, -2.0, 0.5]));
        Checkpoint { training, progress, tensors: tensors.into_iter().flatten().collect() }
    }

    fn bytes(checkpoint: Checkpoint) -> Vec<u8> {
        let mut bytes = Vec::new();
        checkpoint.into_file().write_to(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_checkpoint_comes_back_and_says_in_what_it_differs() {
        let written = checkpoint();
        let read = Checkpoint::of(&written.clone().into_file()).unwrap();
        assert_eq!((&read.training, read.progress), (&written.training, written.progress));
        assert_eq!(bytes(read.clone()), bytes(written.clone()));
        assert_eq!(read.values("velocity"), Some(vec![1.0, -2.0, 0.5]));
        assert_eq!(read.differences(&written.training), Vec::<String>::new());
        let other = serde_json::json!({"network": "lenet5", "settings": {"epochs": 6, "bits": 8, "seed": 0}});
        let differing = ["settings.epochs: 5 there, 6 here", "settings.bits: null there, 8 here"];
        assert_eq!(read.differences(&other), differing);
    }

    #[test]
    fn what_is_no_whole_checkpoint_is_refused() {
        let written = checkpoint();
        let none = WeightFile::new(written.tensors.clone(), BTreeMap::new());
        assert!(Checkpoint::of(&none).unwrap_err().found.contains("no description"));
        let mut other = written.clone();
        other.tensors.pop();
        let mut metadata = written.into_file().metadata().clone();
        let swapped = WeightFile::new(other.tensors.clone(), metadata.clone());
        assert!(Checkpoint::of(&swapped).unwrap_err().found.starts_with("content of SHA-256"));
        metadata.insert(SUM.to_owned(), "0".repeat(64));
        assert!(Checkpoint::of(&WeightFile::new(other.tensors.clone(), metadata)).is_err());
        let unread = Checkpoint::sealed("{}".to_owned(), "[1]".to_owned(), other.tensors);
        assert!(Checkpoint::of(&unread).unwrap_err().found.starts_with("a progress of"));
    }
}
