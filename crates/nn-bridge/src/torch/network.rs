//! Networks with their weights.

use std::collections::BTreeMap;
use std::path::Path;

use tch::{CModule, Kind, Tensor};

use super::device::find;
use super::error::{TorchError, first_line};
use super::images::Images;
use super::layers::{Context, Norm};
use super::script;
use crate::architecture::Architecture;
use crate::changes::TensorChanges;
use crate::data::{Dataset, Normalisation};
use crate::device::Device;
use crate::robustness::Answers;
use crate::weights::{self, WeightFile, order_by_name};

/// A network that can be run.
#[derive(Debug)]
pub struct Network {
    name: String,
    body: Body,
    parameters: Vec<NetworkTensor>,
    statistics: Vec<NetworkTensor>,
    device: tch::Device,
}

#[derive(Debug)]
enum Body {
    Layers(Architecture),
    Script(CModule),
}

/// A named tensor of a network, on its device.
#[derive(Debug)]
pub(super) struct NetworkTensor {
    /// Its name in a `state_dict`.
    pub(super) name: String,
    pub(super) tensor: Tensor,
}

impl Network {
    /// A network with the weights of a file: the names and shapes of PyTorch's `state_dict`, with or without `module.` before
    /// them. A [`Role::ScaleOffset`](crate::Role) is the file's value less 1.
    ///
    /// # Errors
    /// [`TorchError`] naming the tensor that is missing, too many, of another shape, or not finite.
    pub fn load(architecture: &Architecture, file: &WeightFile, device: Device) -> Result<Self, TorchError> {
        let device = find(device)?;
        let network = architecture.name();
        let mut found: BTreeMap<&str, &weights::Tensor> = BTreeMap::new();
        for tensor in file.tensors() {
            let name = tensor.name.strip_prefix("module.").unwrap_or(&tensor.name);
            if !name.ends_with("num_batches_tracked") && found.insert(name, tensor).is_some() {
                return Err(TorchError::Twice { name: name.to_owned() });
            }
        }
        let mut take = |name: &str, expected: &[usize], offset: f32| {
            let missing = || TorchError::Missing {
                name: name.to_owned(),
                network: network.to_owned(),
                expected: expected.to_vec(),
            };
            let tensor = found.remove(name).ok_or_else(missing)?;
            let values = checked(tensor, network, expected)?;
            let values: Vec<f32> = values.into_iter().map(|value| value - offset).collect();
            Ok::<_, TorchError>(NetworkTensor {
                name: name.to_owned(),
                tensor: on_device(&values, expected, device)?,
            })
        };
        let mut parameters = Vec::new();
        for parameter in architecture.parameters() {
            parameters.push(take(&parameter.name, &parameter.shape, parameter.role.offset())?);
        }
        let mut statistics = Vec::new();
        for statistic in architecture.statistics() {
            statistics.push(take(&statistic.name, &[statistic.channels], 0.0)?);
        }
        if let Some(name) = found.into_keys().next() {
            return Err(TorchError::Unexpected { name: name.to_owned(), network: network.to_owned() });
        }
        let body = Body::Layers(architecture.clone());
        Ok(Self { name: network.to_owned(), body, parameters, statistics, device })
    }

    /// A `TorchScript` module: any that takes a batch of images and gives a number for each class. Its parameters, not its
    /// buffers, are its weights, in the order of their names.
    ///
    /// # Errors
    /// [`TorchError::Script`] if it cannot be read, [`TorchError::NoParameters`] if it has no weights.
    pub fn script(path: &Path, device: Device) -> Result<Self, TorchError> {
        let device = find(device)?;
        let (module, parameters) = script::load(path, device)?;
        let name = path.display().to_string();
        Ok(Self { name, body: Body::Script(module), parameters, statistics: Vec::new(), device })
    }

    /// Its name: that of the architecture or the module's path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its trainable tensors as they are in memory, that is with 1 taken from a [`Role::ScaleOffset`](crate::Role), by name.
    ///
    /// # Errors
    /// [`TorchError::NotFinite`] naming a weight that is not finite.
    pub fn weights(&self) -> Result<Vec<weights::Tensor>, TorchError> {
        let mut all = Vec::new();
        for NetworkTensor { name, tensor } in &self.parameters {
            let shape: Vec<usize> = tensor.size().into_iter().map(|side| side as usize).collect();
            let values = values(tensor)?;
            if let Some(index) = values.iter().position(|value| !value.is_finite()) {
                return Err(TorchError::NotFinite { name: name.clone(), index, found: values[index] });
            }
            all.extend(weights::Tensor::from_f32(name.clone(), shape, &values));
        }
        let order = self.by_name();
        Ok(order.into_iter().map(|index| all[index].clone()).collect())
    }

    /// Numbers of the parameters in the order of their names, which is that of [`weights`](Self::weights).
    pub(super) fn by_name(&self) -> Vec<usize> {
        order_by_name(self.parameters.iter().map(|parameter| &*parameter.name))
    }

    /// Overwrites all of a parameter.
    pub(super) fn set(&mut self, parameter: usize, values: &[f32]) -> Result<(), TorchError> {
        let new = Tensor::f_from_slice(values)?.f_to_device(self.device)?;
        let _guard = tch::no_grad_guard();
        let target = &mut self.parameters[parameter].tensor;
        let new = new.f_view_as(target)?;
        target.f_copy_(&new)?;
        Ok(())
    }

    /// Overwrites some elements of a parameter.
    pub(super) fn write(
        &mut self,
        parameter: usize,
        changes: &TensorChanges,
        values: &[f32],
    ) -> Result<(), TorchError> {
        let elements: Vec<i64> = changes.elements.iter().map(|&element| element as i64).collect();
        let elements = Tensor::f_from_slice(&elements)?.f_to_device(self.device)?;
        let values = Tensor::f_from_slice(values)?.f_to_device(self.device)?;
        let _guard = tch::no_grad_guard();
        let mut flat = self.parameters[parameter].tensor.f_view([-1])?;
        let _ = flat.f_index_copy_(0, &elements, &values)?;
        Ok(())
    }

    /// The outputs for all images, one after the other: a number for each class, the greatest for the answer.
    ///
    /// # Errors
    /// [`TorchError`] if the images are not those of the network.
    pub fn logits(&self, data: &Dataset, normalisation: &Normalisation) -> Result<Vec<f32>, TorchError> {
        let images = Images::new(data, normalisation, 100, self.device)?;
        let mut all = Vec::new();
        images.each(|batch| {
            all.extend(values(&self.outputs(batch)?)?);
            Ok(())
        })?;
        Ok(all)
    }

    /// Which images it gets right, so many at a time.
    ///
    /// # Errors
    /// [`TorchError`] if the images are not those of the network.
    pub fn answers(
        &self,
        data: &Dataset,
        normalisation: &Normalisation,
        batch: usize,
    ) -> Result<Answers, TorchError> {
        Images::new(data, normalisation, batch, self.device)?.answers(self)
    }

    /// The outputs for a batch of normalised images.
    pub(super) fn outputs(&self, images: &Tensor) -> Result<Tensor, TorchError> {
        let _guard = tch::no_grad_guard();
        match &self.body {
            Body::Script(module) => script::run(module, images).map_err(|error| TorchError::Forward {
                network: self.name.clone(),
                images: images.size(),
                what: first_line(&error),
            }),
            Body::Layers(architecture) => {
                let handles = |all: &[NetworkTensor]| -> Vec<Tensor> {
                    all.iter().map(|named| named.tensor.shallow_clone()).collect()
                };
                let (parameters, statistics) = (handles(&self.parameters), handles(&self.statistics));
                let context =
                    Context { parameters: &parameters, statistics: &statistics, norm: Norm::Running };
                Ok(context.run(architecture.layers(), images)?)
            }
        }
    }

    pub(super) fn device(&self) -> tch::Device {
        self.device
    }
}

/// The values of a file's tensor, if they are finite and of this shape.
fn checked(tensor: &weights::Tensor, network: &str, expected: &[usize]) -> Result<Vec<f32>, TorchError> {
    let name = || tensor.name.clone();
    if tensor.shape != expected {
        let found = tensor.shape.clone();
        return Err(TorchError::Shape {
            name: name(),
            network: network.to_owned(),
            found,
            expected: expected.to_vec(),
        });
    }
    let values = tensor.values().ok_or_else(|| TorchError::NoFloats { name: name() })?;
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(TorchError::NotFinite { name: name(), index, found: values[index] }),
        None => Ok(values),
    }
}

pub(super) fn on_device(values: &[f32], shape: &[usize], device: tch::Device) -> Result<Tensor, TorchError> {
    let shape: Vec<i64> = shape.iter().map(|&side| side as i64).collect();
    Ok(Tensor::f_from_slice(values)?.f_view(&shape[..])?.f_to_device(device)?)
}

/// All elements in row-major order.
pub(super) fn values(tensor: &Tensor) -> Result<Vec<f32>, TorchError> {
    let flat = tensor.f_detach()?.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?.f_contiguous()?;
    Ok(Vec::<f32>::try_from(flat.f_view([-1])?)?)
}
