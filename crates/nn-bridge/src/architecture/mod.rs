//! The networks of the paper and their neighbours: layers, and parameters named as in PyTorch. Nothing is computed here.

mod build;
mod error;
mod layer;
mod parameter;
mod resnet;
mod simple;

pub use error::ArchitectureError;
pub use layer::Layer;
pub use parameter::{Parameter, Role, Statistic};

use self::build::Builder;

/// A network: its layers and the parameters that they have, in PyTorch's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Architecture {
    name: String,
    input: [usize; 3],
    classes: usize,
    layers: Vec<Layer>,
    parameters: Vec<Parameter>,
    statistics: Vec<Statistic>,
}

const CIFAR: [usize; 3] = [3, 32, 32];
const MNIST: [usize; 3] = [1, 28, 28];

impl Architecture {
    /// All names.
    pub const NAMES: [&str; 8] = [
        "lenet5",
        "simplenet",
        "simplenet-bn",
        "simplenet-mnist",
        "resnet20",
        "resnet20-gn",
        "wrn28-10",
        "wrn28-10-bn",
    ];

    /// The network of a name for images `[channels, height, width]` of `classes` classes:
    ///
    /// * `lenet5`: two convolutions and three fully connected layers, without normalisation; MNIST.
    /// * `simplenet`: the paper's 13 convolutions with `GroupNorm`, 5,498,378 parameters for CIFAR-10; `simplenet-bn` with
    ///   `BatchNorm`; `simplenet-mnist`: 11 convolutions of half the width, 1,082,826 parameters.
    /// * `resnet20`: He et al. (CVPR 2016) for CIFAR with `BatchNorm` and shortcuts of option A, 269,722 parameters;
    ///   `resnet20-gn` with `GroupNorm`.
    /// * `wrn28-10`: wide residual network with 12 base channels and `GroupNorm`; `wrn28-10-bn` with `BatchNorm`.
    ///
    /// # Errors
    /// [`ArchitectureError`] for an unknown name or images that the network is not for.
    pub fn named(name: &str, input: [usize; 3], classes: usize) -> Result<Self, ArchitectureError> {
        let architecture = Self::of(name, classes)?;
        let expected = architecture.input;
        if input != expected {
            let advice = if expected == MNIST {
                "; simplenet and resnet20 are for CIFAR"
            } else {
                "; simplenet-mnist and lenet5 are for MNIST"
            };
            return Err(ArchitectureError::Input { name: name.to_owned(), expected, found: input, advice });
        }
        Ok(architecture)
    }

    /// The network of a name, for the images that it is for.
    ///
    /// # Errors
    /// [`ArchitectureError::Name`] for an unknown name.
    pub fn of(name: &str, classes: usize) -> Result<Self, ArchitectureError> {
        let group = Builder::group_norm;
        let batch = Builder::batch_norm;
        let builder = match name {
            "lenet5" => simple::lenet5(classes),
            "simplenet" => simple::simplenet(classes, group),
            "simplenet-bn" => simple::simplenet(classes, batch),
            "simplenet-mnist" => simple::simplenet_mnist(classes, group),
            "resnet20" => resnet::resnet20(classes, "bn", batch),
            "resnet20-gn" => resnet::resnet20(classes, "gn", group),
            "wrn28-10" => resnet::wide(classes, "gn", group),
            "wrn28-10-bn" => resnet::wide(classes, "bn", batch),
            found => return Err(ArchitectureError::Name { found: found.to_owned() }),
        };
        let input = if ["lenet5", "simplenet-mnist"].contains(&name) { MNIST } else { CIFAR };
        Ok(builder.finish(name, input, classes))
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Channels, height and width of its images.
    pub fn input(&self) -> [usize; 3] {
        self.input
    }

    /// How many classes it tells apart.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// Its layers, first to last.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Its trainable tensors.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// What the file's value of a tensor has more than what lies in memory: 1 for a [`Role::ScaleOffset`], else 0.
    pub fn offset(&self, tensor: &str) -> f32 {
        self.parameters
            .iter()
            .find(|parameter| parameter.name == tensor)
            .map_or(0.0, |found| found.role.offset())
    }

    /// The tensors that have such an [`offset`](Self::offset), with it.
    pub fn offsets(&self) -> impl Iterator<Item = (&str, f32)> {
        let offset = |parameter: &'_ Parameter| parameter.role.offset();
        let with = self.parameters.iter().filter(move |parameter| offset(parameter) != 0.0);
        with.map(|parameter| (parameter.name.as_str(), parameter.role.offset()))
    }

    /// Its running statistics.
    pub fn statistics(&self) -> &[Statistic] {
        &self.statistics
    }

    /// The number W of its trainable weights.
    pub fn weights(&self) -> usize {
        self.parameters.iter().map(Parameter::len).sum()
    }
}

#[cfg(test)]
mod tests;
