//! The networks of the paper and their neighbours: layers, and parameters named as in PyTorch. Nothing is computed here.

mod build;
mod resnet;
mod simple;

use thiserror::Error;

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

/// A trainable tensor of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in a `state_dict`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What it does.
    pub role: Role,
}

/// What a parameter does, which says how it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Weighs this number of inputs; begins as He et al. (ICCV 2015) have it.
    Weight {
        /// Products added up to one output.
        fan_in: usize,
    },
    /// Is added; begins at 0.
    Bias,
    /// Scales normalised channels; begins at 1.
    Scale,
    /// Scales normalised channels after 1 was added to it, so that clipping does not take the identity away (Stutz et al.,
    /// MLSys 2021, appendix); begins at 0. A file holds the scale, 1 more than the parameter, as PyTorch has it.
    ScaleOffset,
}

/// A running statistic of a `BatchNorm`: kept beside the weights, free of bit errors.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistic {
    /// Its name in a `state_dict`.
    pub name: String,
    /// Channels.
    pub channels: usize,
    /// What it begins with: 0 for means, 1 for variances.
    pub initial: f32,
}

/// One step of a network. Numbers are those of parameters, for `mean` and `variance` of statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Convolution.
    Conv {
        /// Weights, `[out, in, height, width]`.
        weight: usize,
        /// Biases, if it has any.
        bias: Option<usize>,
        /// Step between outputs, in pixels.
        stride: usize,
        /// Zeros around the image, in pixels.
        padding: usize,
    },
    /// Normalisation by the statistics of a batch or, in evaluation, of the training.
    BatchNorm {
        /// Scale of each channel.
        scale: usize,
        /// What is added to each channel.
        shift: usize,
        /// Running mean.
        mean: usize,
        /// Running variance.
        variance: usize,
    },
    /// Normalisation of each image by groups of channels. The scale is a [`Role::ScaleOffset`].
    GroupNorm {
        /// Scale of each channel, less 1.
        scale: usize,
        /// What is added to each channel.
        shift: usize,
        /// Number of groups.
        groups: usize,
    },
    /// max(x, 0).
    Relu,
    /// The greatest of each square.
    MaxPool {
        /// Side of the square, and step between squares.
        size: usize,
    },
    /// The mean of each channel.
    AveragePool,
    /// All of an image in one row.
    Flatten,
    /// A fully connected layer.
    Linear {
        /// Weights, `[out, in]`.
        weight: usize,
        /// Biases.
        bias: usize,
    },
    /// What two ways lead to is added.
    Residual {
        /// The long way.
        main: Vec<Layer>,
        /// The short way; empty for the identity.
        shortcut: Vec<Layer>,
    },
    /// The short way without parameters of `ResNets` for CIFAR (option A): every other pixel, and channels of zeros before
    /// and after.
    Subsample {
        /// Channels of zeros on each side.
        zeros: usize,
    },
}

/// No network is known by this name, or none for such images.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArchitectureError {
    /// An unknown name.
    #[error("unknown network `{found}`: expected one of {}", Architecture::NAMES.join(", "))]
    Name {
        /// The name.
        found: String,
    },
    /// The images are too small or have other sides.
    #[error(
        "{name} is for images of {} (channels x height x width), not of {}{advice}",
        sides(expected),
        sides(found)
    )]
    Input {
        /// The network.
        name: String,
        /// The images it is for.
        expected: [usize; 3],
        /// The images there are.
        found: [usize; 3],
        /// What else could be taken.
        advice: &'static str,
    },
}

fn sides([channels, height, width]: &[usize; 3]) -> String {
    format!("{channels}x{height}x{width}")
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

impl Role {
    /// What a file's value has more than what lies in memory.
    pub fn offset(self) -> f32 {
        if self == Self::ScaleOffset { 1.0 } else { 0.0 }
    }
}

impl Parameter {
    /// The number of its elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weights(name: &str, classes: usize) -> usize {
        let input = if name.contains("mnist") || name == "lenet5" { MNIST } else { CIFAR };
        Architecture::named(name, input, classes).unwrap().weights()
    }

    #[test]
    fn networks_have_the_published_numbers_of_weights() {
        assert_eq!(weights("simplenet", 10), 5_498_378);
        assert_eq!(weights("simplenet-bn", 10), 5_498_378);
        assert_eq!(weights("simplenet-mnist", 10), 1_082_826);
        assert_eq!(weights("resnet20", 10), 269_722);
        assert_eq!(weights("resnet20-gn", 10), 269_722);
        assert_eq!(weights("lenet5", 10), 44_426);
        // Published as about 20.5 million.
        assert_eq!((weights("wrn28-10", 100) as f64 / 1e5).round(), 206.0);
    }

    #[test]
    fn tensors_have_names_of_their_own() {
        for name in Architecture::NAMES {
            let input = if name.contains("mnist") || name == "lenet5" { MNIST } else { CIFAR };
            let net = Architecture::named(name, input, 10).unwrap();
            let mut names: Vec<&str> = net.parameters().iter().map(|parameter| &*parameter.name).collect();
            names.extend(net.statistics().iter().map(|statistic| &*statistic.name));
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{name}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        let unknown = Architecture::named("vgg", CIFAR, 10).unwrap_err();
        assert!(unknown.to_string().contains("simplenet"));
        let small = Architecture::named("resnet20", MNIST, 10).unwrap_err();
        assert!(small.to_string().contains("3x32x32") && small.to_string().contains("1x28x28"));
    }
}
