//! What each layer computes in training; [`inference`](super::inference) does the same faster where weights stay.

use tch::{Kind, TchError, Tensor};

use nn_bridge::Layer;

/// It changes when the same layers, weights and images begin to give other numbers, if only by rounding: in training or in evaluation.
pub(super) const LAYERS_VERSION: u32 = 2;

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
        let mut x = input.shallow_clone();
        for (layer, in_place) in in_order(layers) {
            x = self.layer(layer, in_place, x)?;
        }
        Ok(x)
    }

    fn layer(&self, layer: &Layer, in_place: bool, mut x: Tensor) -> Result<Tensor, TchError> {
        let parameter = |index: usize| &self.parameters[index];
        let x = &mut x;
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
            Layer::Relu => relu(x, in_place),
            Layer::MaxPool { size } => max_pool(x, *size),
            Layer::AveragePool => x.f_adaptive_avg_pool2d([1; 2]),
            Layer::Flatten => x.f_flatten(1, -1),
            Layer::Linear { weight, bias } => x.f_linear(parameter(*weight), Some(parameter(*bias))),
            Layer::Residual { main, shortcut } => {
                let mut sum = self.run(main, x)?;
                let short = self.run(shortcut, x)?;
                if main.last().is_some_and(makes_new) { sum.f_add_(&short) } else { sum.f_add(&short) }
            }
            Layer::Subsample { zeros } => subsample(x, *zeros),
        }
    }
}

/// Layers as they are computed, each with whether it may write over what it gets, which nobody else has then. The greatest of
/// a square comes before the `ReLU` that it follows, as it gives the same numbers and gradients, and the `ReLU` has less to do.
pub(super) fn in_order(layers: &[Layer]) -> Vec<(&Layer, bool)> {
    let mut order: Vec<(&Layer, bool)> = Vec::with_capacity(layers.len());
    for layer in layers {
        match (
            order.pop_if(|last| matches!((&*last, layer), ((Layer::Relu, _), Layer::MaxPool { .. }))),
            layer,
        ) {
            (Some((relu, _)), pool) => order.extend([(pool, false), (relu, true)]),
            (None, layer) => {
                let in_place = order.last().is_some_and(|(last, _)| makes_new(last));
                order.push((layer, in_place));
            }
        }
    }
    order
}

/// Whether a layer's result is a tensor that nobody else has, not even its gradient.
pub(super) fn makes_new(layer: &Layer) -> bool {
    match layer {
        Layer::Conv { .. }
        | Layer::BatchNorm { .. }
        | Layer::GroupNorm { .. }
        | Layer::Linear { .. }
        | Layer::MaxPool { .. }
        | Layer::Residual { .. } => true,
        Layer::Relu | Layer::AveragePool | Layer::Flatten | Layer::Subsample { .. } => false,
    }
}

/// 0 for what is less, written over `x` if this is `in_place`.
pub(super) fn relu(x: &mut Tensor, in_place: bool) -> Result<Tensor, TchError> {
    if in_place { x.f_relu_() } else { x.f_relu() }
}

/// Whether images are to lie channels last: convolutions on a CPU like it, but libtorch's `GroupNorm` takes several times as long
/// then (the paper's network for MNIST 2.4 times).
pub(super) fn wants_channels_last(layers: &[Layer], device: tch::Device) -> bool {
    device == tch::Device::Cpu && !has_group_norm(layers)
}

fn has_group_norm(layers: &[Layer]) -> bool {
    layers.iter().any(|layer| match layer {
        Layer::GroupNorm { .. } => true,
        Layer::Residual { main, shortcut } => has_group_norm(main) || has_group_norm(shortcut),
        _ => false,
    })
}

/// The same tensor, which has four dimensions, with its channels side by side in memory.
pub(super) fn channels_last(tensor: &Tensor) -> Result<Tensor, TchError> {
    let side_by_side = tensor.f_permute([0, 2, 3, 1])?.f_contiguous()?;
    let size = tensor.size();
    let (channels, height, width) = (size[1], size[2], size[3]);
    // Where there is one channel, either order is the same, and libtorch would take the other for its results.
    let strides = [height * width * channels, 1, width * channels, channels];
    side_by_side.f_as_strided(&size[..], strides, None)
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
