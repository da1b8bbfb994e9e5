//! The steps of networks.

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
    /// Normalisation of each image by groups of channels. The scale is a [`Role::ScaleOffset`](super::Role::ScaleOffset).
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
