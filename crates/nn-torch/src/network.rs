//! Networks with their weights.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use sha2::{Digest, Sha256};
use tch::{CModule, Kind, Tensor};

use super::device::{find, on_device};
use super::error::TorchError;
use super::images::Images;
use super::inference::{Prepared, Ready};
use super::kept::Kept;
use super::parameter::NetworkTensor;
use super::precision::Precision;
use super::script;
use super::values::{checked, values};
use nn_bridge::data::{Dataset, Normalisation};
use nn_bridge::{
    Answers, Architecture, Device, Foreign, SelectionRules, TensorChanges, TensorOrder, WeightFile,
};

/// A network that can be run.
#[derive(Debug)]
pub struct Network {
    name: String,
    body: Body,
    /// Its parameters, then its statistics.
    tensors: Vec<NetworkTensor>,
    /// How many of them are parameters.
    parameters: usize,
    device: tch::Device,
    precision: Precision,
}

#[derive(Debug)]
enum Body {
    Layers(Architecture),
    Script {
        module: CModule,
        /// SHA-256 of the module's file: its code, its buffers, its weights.
        digest: [u8; 32],
    },
}

/// Which tensors of a network lie in its weight memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Their numbers, in their order in memory.
    pub tensors: Vec<usize>,
    /// Those that do not, in words: a line for each reason.
    pub kept_apart: Vec<String>,
}

impl Network {
    /// A network with the weights of a file: the names and shapes of PyTorch's `state_dict`, with or without `module.` before
    /// them. A [`Role::ScaleOffset`](nn_bridge::Role) is the file's value less 1.
    ///
    /// # Errors
    /// [`TorchError`] naming the tensor that is missing, too many, of another shape, or not finite.
    pub fn load(architecture: &Architecture, file: &WeightFile, device: Device) -> Result<Self, TorchError> {
        let device = find(device)?;
        let network = architecture.name();
        let mut found: BTreeMap<&str, (usize, &nn_bridge::Tensor)> = BTreeMap::new();
        for (position, tensor) in file.tensors().iter().enumerate() {
            let name = tensor.name.strip_prefix("module.").unwrap_or(&tensor.name);
            if !name.ends_with("num_batches_tracked") && found.insert(name, (position, tensor)).is_some() {
                return Err(TorchError::Twice { name: name.to_owned() });
            }
        }
        let mut take = |name: &str, expected: &[usize], offset: f32| {
            let missing = || TorchError::Missing {
                name: name.to_owned(),
                network: network.to_owned(),
                expected: expected.to_vec(),
            };
            let (position, tensor) = found.remove(name).ok_or_else(missing)?;
            let values = checked(tensor, network, expected)?;
            let values: Vec<f32> = values.into_iter().map(|value| value - offset).collect();
            Ok::<_, TorchError>(NetworkTensor {
                name: name.to_owned(),
                tensor: on_device(&values, expected, device)?,
                position,
            })
        };
        let mut tensors = Vec::new();
        for parameter in architecture.parameters() {
            tensors.push(take(&parameter.name, &parameter.shape, parameter.role.offset())?);
        }
        for statistic in architecture.statistics() {
            tensors.push(take(&statistic.name, &[statistic.channels], 0.0)?);
        }
        if let Some(name) = found.into_keys().next() {
            return Err(TorchError::Unexpected { name: name.to_owned(), network: network.to_owned() });
        }
        let body = Body::Layers(architecture.clone());
        let parameters = architecture.parameters().len();
        let precision = Precision::default();
        Ok(Self { name: network.to_owned(), body, tensors, parameters, device, precision })
    }

    /// A `TorchScript` module: any that takes a batch of images and gives a number for each class. Its parameters, not its
    /// buffers, are its weights, in the order of their names.
    ///
    /// # Errors
    /// [`TorchError::Script`] if it cannot be read, [`TorchError::NoParameters`] if it has no weights.
    pub fn script(path: &Path, device: Device) -> Result<Self, TorchError> {
        let device = find(device)?;
        let script::Script { module, tensors, digest } = script::load(path, device)?;
        let (name, parameters) = (path.display().to_string(), tensors.len());
        let body = Body::Script { module, digest };
        Ok(Self { name, body, tensors, parameters, device, precision: Precision::default() })
    }

    /// The same network, computing in these numbers; `TF32` is what a GPU does with float32 unless it is forbidden to.
    ///
    /// # Errors
    /// [`TorchError::ScriptPrecision`] for a module, which says itself what it computes in.
    pub fn computing_in(self, precision: Precision) -> Result<Self, TorchError> {
        if precision == Precision::Bfloat16 && matches!(self.body, Body::Script { .. }) {
            return Err(TorchError::ScriptPrecision { network: self.name });
        }
        Ok(Self { precision, ..self })
    }

    pub(super) fn precision(&self) -> Precision {
        self.precision
    }

    /// Whether a file is a zip archive, as `TorchScript` modules are and files of weights are not. A pipe, which can be read
    /// once, is not looked into.
    pub fn is_script(path: &Path) -> bool {
        path.is_file() && Foreign::of_file(path) == Some(Foreign::TorchScript)
    }

    /// Its name: that of the architecture or the module's path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many weights its parameters have.
    pub fn parameters(&self) -> usize {
        self.tensors[..self.parameters].iter().map(|parameter| parameter.tensor.numel()).sum()
    }

    /// The tensors that lie in its weight memory by these rules, in this order.
    ///
    /// # Errors
    /// [`TorchError::Select`] if the rules leave none or name none, or a weight is not finite; [`TorchError::NoStatistics`] if
    /// statistics are to be stored and the network is a module, whose buffers cannot be reached.
    pub fn stored(&self, rules: &SelectionRules, order: TensorOrder) -> Result<Stored, TorchError> {
        if rules.with_statistics && matches!(self.body, Body::Script { .. }) {
            return Err(TorchError::NoStatistics { network: self.name.clone() });
        }
        let mut numbers: Vec<usize> = (0..self.tensors.len()).collect();
        numbers.sort_by_key(|&number| self.tensors[number].position);
        let tensors = numbers.iter().map(|&number| self.weights(number)).collect::<Result<Vec<_>, _>>()?;
        let selection = rules.select(&tensors, order)?;
        let number: HashMap<&str, usize> =
            self.tensors.iter().enumerate().map(|(number, tensor)| (&*tensor.name, number)).collect();
        let stored = selection.stored().iter().filter_map(|tensor| number.get(&*tensor.name).copied());
        Ok(Stored { tensors: stored.collect(), kept_apart: selection.words().collect() })
    }

    /// A tensor as it is in memory, that is with 1 taken from a [`Role::ScaleOffset`](nn_bridge::Role).
    ///
    /// # Errors
    /// [`TorchError`] if libtorch fails.
    ///
    /// # Panics
    /// If there is none of this number.
    pub fn weights(&self, tensor: usize) -> Result<nn_bridge::Tensor, TorchError> {
        let NetworkTensor { name, tensor, .. } = &self.tensors[tensor];
        let shape: Vec<usize> = tensor.size().into_iter().map(|side| side as usize).collect();
        let values = values(tensor)?;
        let count = values.len();
        nn_bridge::Tensor::from_f32(name.clone(), shape, &values)
            .ok_or_else(|| TorchError::Elements { name: name.clone(), count })
    }

    /// Tensors as they are in memory.
    ///
    /// # Errors
    /// [`TorchError`] if libtorch fails.
    ///
    /// # Panics
    /// If there is none of a number.
    pub fn all_weights(&self, tensors: &[usize]) -> Result<Vec<nn_bridge::Tensor>, TorchError> {
        tensors.iter().map(|&tensor| self.weights(tensor)).collect()
    }

    /// SHA-256 of all that answers depend on besides the stored tensors: the layers or the module's file, and the tensors that
    /// are not stored.
    ///
    /// # Errors
    /// [`TorchError`] if libtorch fails.
    pub(super) fn digest(&self, stored: &[usize]) -> Result<[u8; 32], TorchError> {
        let mut hasher = Sha256::new();
        match &self.body {
            Body::Layers(architecture) => {
                hasher.update(format!("{} {}", architecture.name(), architecture.classes()));
            }
            Body::Script { digest, .. } => hasher.update(digest),
        }
        for (_, kept) in self.tensors.iter().enumerate().filter(|(index, _)| !stored.contains(index)) {
            let sides: Vec<String> = kept.tensor.size().iter().map(ToString::to_string).collect();
            hasher.update(format!(" {} [{}] ", kept.name, sides.join(", ")));
            values(&kept.tensor)?.iter().for_each(|value| hasher.update(value.to_le_bytes()));
        }
        Ok(hasher.finalize().into())
    }

    /// Overwrites all of a tensor.
    pub(super) fn set(&mut self, tensor: usize, values: &[f32]) -> Result<(), TorchError> {
        let new = Tensor::f_from_slice(values)?.f_to_device(self.device)?;
        let _guard = tch::no_grad_guard();
        let target = &mut self.tensors[tensor].tensor;
        let new = new.f_view_as(target)?;
        target.f_copy_(&new)?;
        Ok(())
    }

    /// Overwrites some elements of a tensor.
    pub(super) fn write(
        &mut self,
        tensor: usize,
        changes: &TensorChanges,
        values: &[f32],
    ) -> Result<(), TorchError> {
        let elements: Vec<i64> = changes.elements.iter().map(|&element| element as i64).collect();
        let elements = Tensor::f_from_slice(&elements)?.f_to_device(self.device)?;
        let values = Tensor::f_from_slice(values)?.f_to_device(self.device)?;
        let _guard = tch::no_grad_guard();
        let mut flat = self.tensors[tensor].tensor.f_view([-1])?;
        let _ = flat.f_index_copy_(0, &elements, &values)?;
        Ok(())
    }

    /// The outputs for all images, one after the other: a number for each class, the greatest for the answer.
    ///
    /// # Errors
    /// [`TorchError`] if the images are not those of the network.
    pub fn logits(&self, data: &Dataset, normalisation: &Normalisation) -> Result<Vec<f32>, TorchError> {
        let images = Images::new(data, normalisation, 100, self.device)?;
        let (ready, mut all) = (self.ready(self.precision)?, Vec::new());
        images.each(|batch| {
            all.extend(values(&ready.outputs(batch)?)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// Which images it gets right, `batch` at a time.
    ///
    /// # Errors
    /// [`TorchError`] if the images are not those of the network.
    pub fn answers(
        &self,
        data: &Dataset,
        normalisation: &Normalisation,
        batch: usize,
    ) -> Result<Answers, TorchError> {
        self.answers_to(&Images::new(data, normalisation, batch, self.device)?)
    }

    /// The answers to images that are on its device.
    pub(super) fn answers_to(&self, images: &Images) -> Result<Answers, TorchError> {
        Ok(images.right(&self.classes(images, self.precision)?))
    }

    /// The same where weights of these tensors only have changed since `kept` was made.
    pub(super) fn answers_changed(
        &self,
        images: &Images,
        changed: &[usize],
        kept: &mut Kept,
    ) -> Result<Answers, TorchError> {
        let ready = self.ready(self.precision)?;
        let Ready::Layers(prepared) = &ready else { return self.answers_to(images) };
        let first = prepared.first_with(changed);
        let outputs = |number, batch: &Tensor| Ok(kept.outputs(prepared, first, number, batch)?);
        Ok(images.right(&images.classes(&self.name, outputs)?))
    }

    fn classes(&self, images: &Images, precision: Precision) -> Result<Vec<Option<i64>>, TorchError> {
        let ready = self.ready(precision)?;
        images.classes(&self.name, |_, batch| ready.outputs(batch))
    }

    /// To how many images it gives another class than it does in float32.
    pub(super) fn unlike_float32(&self, images: &Images) -> Result<usize, TorchError> {
        let (here, float) =
            (self.classes(images, self.precision)?, self.classes(images, Precision::Float32)?);
        Ok(here.iter().zip(&float).filter(|(here, float)| here != float).count())
    }

    /// What it computes, with the weights that it has now.
    fn ready(&self, precision: Precision) -> Result<Ready<'_>, TorchError> {
        let _guard = tch::no_grad_guard();
        Ok(match &self.body {
            Body::Script { module, .. } => Ready::Script { module, network: &self.name },
            Body::Layers(architecture) => {
                let handles = |all: &[NetworkTensor]| -> Vec<Tensor> {
                    all.iter().map(|named| named.tensor.shallow_clone()).collect()
                };
                let (parameters, statistics) = self.tensors.split_at(self.parameters);
                let (parameters, statistics) = (handles(parameters), handles(statistics));
                let kind = if precision == Precision::Bfloat16 { Kind::BFloat16 } else { Kind::Float };
                Ready::Layers(Prepared::new(architecture, &parameters, &statistics, kind)?)
            }
        })
    }

    pub(super) fn device(&self) -> tch::Device {
        self.device
    }
}
