//! What each layer computes in training; [`inference`](super::inference) does the same faster where weights stay.

use tch::{Kind, TchError, Tensor};

use nn_bridge::Layer;

/// Added to variances before their root is taken, as in PyTorch.
pub(super) const EPSILON: f64 = 1e-5;

/// How much of a batch's statistics goes into the running ones, as in PyTorch.
const MOMENTUM: f64 = 0.1;

/// What layers compute with.
pub(super) struct Context<'a> {
    /// The network's parameters, in the order of the architecture.
    pub(super) parameters: &'a [Tensor],
    /// Its running statistics.
    pub(super) statistics: &'a [Tensor],
    /// What a `BatchNorm` does with them.
    pub(super) norm: Norm,
}

/// What a `BatchNorm` normalises by, and what it does with the running statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Norm {
    /// The batch's statistics, which also go into the running ones.
    BatchAndUpdate,
    /// The batch's statistics only.
    Batch,
}

impl Context<'_> {
    /// What the layers make of a batch of images.
    pub(super) fn run(&self, layers: &[Layer], input: &Tensor) -> Result<Tensor, TchError> {
        layers.iter().try_fold(input.shallow_clone(), |input, layer| self.layer(layer, &input))
    }

    fn layer(&self, layer: &Layer, x: &Tensor) -> Result<Tensor, TchError> {
        let parameter = |index: usize| &self.parameters[index];
        match layer {
            Layer::Conv { weight, bias, stride, padding } => {
                conv(x, parameter(*weight), bias.map(parameter), *stride, *padding)
            }
            Layer::BatchNorm { scale, shift, mean, variance } => {
                let running = (self.norm != Norm::Batch)
                    .then(|| (&self.statistics[*mean], &self.statistics[*variance]));
                let (mean, variance) = running.unzip();
                // Statistics are of float32, whatever the network computes in.
                let float = |tensor: &Tensor| tensor.f_to_kind(Kind::Float);
                let (scale, shift) = (float(parameter(*scale))?, float(parameter(*shift))?);
                let (scale, shift) = (Some(scale), Some(shift));
                float(x)?
                    .f_batch_norm(
                        scale.as_ref(),
                        shift.as_ref(),
                        mean,
                        variance,
                        true,
                        MOMENTUM,
                        EPSILON,
                        false,
                    )?
                    .f_to_kind(x.kind())
            }
            Layer::GroupNorm { scale, shift, groups } => {
                let scale = parameter(*scale).f_add_scalar(1.0)?;
                group_norm(x, &scale, parameter(*shift), *groups)
            }
            Layer::Relu => x.f_relu(),
            Layer::MaxPool { size } => max_pool(x, *size),
            Layer::AveragePool => x.f_adaptive_avg_pool2d([1; 2]),
            Layer::Flatten => x.f_flatten(1, -1),
            Layer::Linear { weight, bias } => x.f_linear(parameter(*weight), Some(parameter(*bias))),
            Layer::Residual { main, shortcut } => {
                let main = self.run(main, x)?;
                main.f_add(&self.run(shortcut, x)?)
            }
            Layer::Subsample { zeros } => subsample(x, *zeros),
        }
    }
}

/// A convolution.
pub(super) fn conv(
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    stride: usize,
    padding: usize,
) -> Result<Tensor, TchError> {
    x.f_conv2d(weight, bias, [stride as i64; 2], [padding as i64; 2], [1; 2], 1)
}

/// A `GroupNorm`, whose scale is the whole one.
pub(super) fn group_norm(
    x: &Tensor,
    scale: &Tensor,
    shift: &Tensor,
    groups: usize,
) -> Result<Tensor, TchError> {
    x.f_group_norm(groups as i64, Some(scale), Some(shift), EPSILON, false)
}

/// The greatest of each square.
pub(super) fn max_pool(x: &Tensor, size: usize) -> Result<Tensor, TchError> {
    let size = [size as i64; 2];
    x.f_max_pool2d(size, size, [0; 2], [1; 2], false)
}

/// Every other pixel, with channels of zeros before and after.
pub(super) fn subsample(x: &Tensor, zeros: usize) -> Result<Tensor, TchError> {
    let zeros = zeros as i64;
    let every_other = x.f_slice(2, None, None, 2)?.f_slice(3, None, None, 2)?;
    every_other.f_constant_pad_nd([0, 0, 0, 0, zeros, zeros])
}
