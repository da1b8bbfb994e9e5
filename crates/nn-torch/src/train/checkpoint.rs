//! Checkpoints: all that a training needs to go on as if it had never stopped.

use std::path::Path;

use tch::Tensor;

use super::Trainer;
use crate::device::on_device;
use crate::error::TorchError;
use crate::values::values;
use nn_bridge::{Checkpoint, WeightFile};

impl Trainer {
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
        let training = serde_json::json!(self.identity());
        Ok(Checkpoint { training, progress: self.progress, tensors }.into_file())
    }

    /// Goes on where a checkpoint was written.
    ///
    /// # Errors
    /// [`TorchError::Checkpoint`] if it is damaged; [`TorchError::OtherTraining`] if it is of another training, naming all that
    /// differs.
    pub fn resume(&mut self, path: &Path) -> Result<(), TorchError> {
        let wrong = |found: String, expected: String| TorchError::Checkpoint {
            path: path.to_owned(),
            found,
            expected,
        };
        let checkpoint =
            Checkpoint::of(&WeightFile::open(path)?).map_err(|error| wrong(error.found, error.expected))?;
        let differing = checkpoint.differences(&serde_json::json!(self.identity()));
        if !differing.is_empty() {
            return Err(TorchError::OtherTraining { path: path.to_owned(), differing });
        }
        let mut restored = Vec::new();
        for (name, tensor) in self.state() {
            let count = tensor.numel();
            let values = checkpoint.values(&name).unwrap_or_default();
            if values.len() != count {
                return Err(wrong(format!("{} elements of tensor {name}", values.len()), count.to_string()));
            }
            restored.push(on_device(&values, &[count], self.device)?);
        }
        let mut restored = restored.into_iter();
        let all = [&mut self.weights, &mut self.velocity].into_iter().chain(&mut self.statistics);
        all.zip(restored.by_ref()).for_each(|(tensor, restored)| *tensor = restored);
        self.progress = checkpoint.progress;
        Ok(())
    }

    /// What goes into a checkpoint, with its names.
    fn state(&self) -> impl Iterator<Item = (String, &Tensor)> {
        let statistics = self.architecture.statistics().iter().map(|statistic| statistic.name.clone());
        let names = ["weights".to_owned(), "velocity".to_owned()].into_iter().chain(statistics);
        names.zip([&self.weights, &self.velocity].into_iter().chain(&self.statistics))
    }
}
