//! Layers made ready to run many batches with the same weights: nothing is computed twice, and no tensor is written that need
//! not be.
//!
//! * A `BatchNorm` after a convolution is a scale and a shift of each channel, and goes into the convolution's weights and
//!   biases. They are computed in float64 and rounded once.
//! * `ReLU` and sums are computed in place, on tensors that nobody else has.
//! * Images lie channels last on a CPU, unless there is a `GroupNorm`.
//!
//! Outputs differ from those of layer after layer by rounding, about 10⁻⁷ of their size.

use std::ops::Range;

use tch::{CModule, Kind, TchError, Tensor};

use super::error::{TorchError, first_line};
use super::layers::{
    EPSILON, channels_last, conv, group_norm, in_order, makes_new, max_pool, relu, subsample,
    wants_channels_last,
};
use super::script;
use nn_bridge::{Architecture, Layer};

/// A network's computation with the weights of one moment.
pub(super) enum Ready<'a> {
    Layers(Prepared),
    Script { module: &'a CModule, network: &'a str },
}

impl Ready<'_> {
    /// The outputs for a batch of normalised images.
    pub(super) fn outputs(&self, images: &Tensor) -> Result<Tensor, TorchError> {
        let _guard = tch::no_grad_guard();
        match self {
            Self::Layers(prepared) => Ok(prepared.outputs(images)?),
            Self::Script { module, network } => {
                script::run(module, images).map_err(|error| TorchError::Forward {
                    network: (*network).to_owned(),
                    images: images.size(),
                    what: first_line(&error),
                })
            }
        }
    }
}

/// A network's layers with their weights.
#[derive(Debug)]
pub(super) struct Prepared {
    steps: Vec<Step>,
    /// Numbers of the tensors that each step has: parameters, and after them statistics.
    tensors: Vec<Vec<usize>>,
    channels_last: bool,
    /// What convolutions and fully connected layers compute in.
    kind: Kind,
}

/// What is computed at once.
#[derive(Debug)]
enum Step {
    Conv {
        weight: Tensor,
        bias: Option<Tensor>,
        stride: usize,
        padding: usize,
    },
    BatchNorm {
        scale: Tensor,
        shift: Tensor,
        mean: Tensor,
        variance: Tensor,
    },
    GroupNorm {
        scale: Tensor,
        shift: Tensor,
        groups: usize,
    },
    Relu {
        in_place: bool,
    },
    MaxPool {
        size: usize,
    },
    AveragePool,
    Flatten,
    Linear {
        weight: Tensor,
        bias: Tensor,
    },
    /// The sum lies where the long way's result was, if that is a new tensor.
    Residual {
        main: Vec<Step>,
        shortcut: Vec<Step>,
        in_place: bool,
    },
    Subsample {
        zeros: usize,
    },
}

impl Prepared {
    /// The layers of an architecture with these parameters and running statistics, to compute in float32 or, where `kind`
    /// says so, in bfloat16 with norms of float32.
    pub(super) fn new(
        architecture: &Architecture,
        parameters: &[Tensor],
        statistics: &[Tensor],
        kind: Kind,
    ) -> Result<Self, TchError> {
        let channels_last = parameters
            .first()
            .is_some_and(|tensor| wants_channels_last(architecture.layers(), tensor.device()));
        let source = Source { parameters, statistics, channels_last, kind };
        let (steps, tensors) = source.steps(architecture.layers())?;
        Ok(Self { steps, tensors, channels_last, kind })
    }

    /// The outputs for a batch of normalised images.
    pub(super) fn outputs(&self, images: &Tensor) -> Result<Tensor, TchError> {
        self.outputs_from(0, self.input(images)?)
    }

    /// What goes into the first step for a batch of normalised images.
    pub(super) fn input(&self, images: &Tensor) -> Result<Tensor, TchError> {
        let images = images.f_to_kind(self.kind)?;
        if self.channels_last { channels_last(&images) } else { Ok(images) }
    }

    /// What some steps make of what goes into the first of them. It is left as it is if that step has tensors.
    pub(super) fn run(&self, steps: Range<usize>, input: Tensor) -> Result<Tensor, TchError> {
        run(&self.steps[steps], input)
    }

    /// The outputs for what goes into a step.
    pub(super) fn outputs_from(&self, step: usize, input: Tensor) -> Result<Tensor, TchError> {
        self.run(step..self.steps.len(), input)?.f_to_kind(Kind::Float)
    }

    /// The first step that has one of these tensors, parameters being numbered before statistics. It is none past the last if none
    /// has.
    pub(super) fn first_with(&self, tensors: &[usize]) -> usize {
        let has = |own: &Vec<usize>| own.iter().any(|tensor| tensors.contains(tensor));
        self.tensors.iter().position(has).unwrap_or(self.steps.len())
    }

    /// Whether a quarter of the tensors or more lie before a step, so that what goes into it is worth keeping.
    pub(super) fn is_far(&self, step: usize) -> bool {
        let count = |of: &[Vec<usize>]| of.iter().map(Vec::len).sum::<usize>();
        4 * count(&self.tensors[..step]) >= count(&self.tensors)
    }
}

/// Where steps get their tensors.
struct Source<'a> {
    parameters: &'a [Tensor],
    statistics: &'a [Tensor],
    channels_last: bool,
    kind: Kind,
}

impl Source<'_> {
    /// Steps, and the tensors that each has.
    fn steps(&self, layers: &[Layer]) -> Result<(Vec<Step>, Vec<Vec<usize>>), TchError> {
        let (mut steps, mut tensors) = (Vec::new(), Vec::new());
        let mut left = in_order(layers).into_iter().peekable();
        while let Some((layer, in_place)) = left.next() {
            let is_own = |next: &(&Layer, bool)| {
                matches!((layer, next.0), (Layer::Conv { .. }, Layer::BatchNorm { .. }))
            };
            let norm = left.next_if(is_own).map(|(norm, _)| norm);
            steps.push(self.step(layer, norm, in_place)?);
            tensors.push(
                [Some(layer), norm].into_iter().flatten().flat_map(|layer| self.tensors(layer)).collect(),
            );
        }
        Ok((steps, tensors))
    }

    /// Numbers of a layer's tensors: parameters, and after them statistics.
    fn tensors(&self, layer: &Layer) -> Vec<usize> {
        let statistic = |number: &usize| self.parameters.len() + number;
        match layer {
            Layer::Conv { weight, bias, .. } => [Some(*weight), *bias].into_iter().flatten().collect(),
            Layer::Linear { weight, bias } => vec![*weight, *bias],
            Layer::BatchNorm { scale, shift, mean, variance } => {
                vec![*scale, *shift, statistic(mean), statistic(variance)]
            }
            Layer::GroupNorm { scale, shift, .. } => vec![*scale, *shift],
            Layer::Residual { main, shortcut } => {
                main.iter().chain(shortcut).flat_map(|layer| self.tensors(layer)).collect()
            }
            Layer::Relu
            | Layer::MaxPool { .. }
            | Layer::AveragePool
            | Layer::Flatten
            | Layer::Subsample { .. } => Vec::new(),
        }
    }

    /// A layer, with the `BatchNorm` after it if it is a convolution that has one, and in place if it may and can.
    fn step(&self, layer: &Layer, norm: Option<&Layer>, in_place: bool) -> Result<Step, TchError> {
        let parameter = |index: usize| self.parameter(index).shallow_clone();
        Ok(match layer {
            Layer::Conv { weight, bias, stride, padding } => {
                let (weight, bias) = (self.parameter(*weight), bias.map(|bias| self.parameter(bias)));
                let (weight, bias) = self.with_norm(weight, bias, norm)?;
                let weight = if self.channels_last { channels_last(&weight)? } else { weight };
                let (stride, padding) = (*stride, *padding);
                let bias = bias.map(|bias| bias.f_to_kind(self.kind)).transpose()?;
                Step::Conv { weight: weight.f_to_kind(self.kind)?, bias, stride, padding }
            }
            Layer::Relu => Step::Relu { in_place },
            Layer::BatchNorm { scale, shift, mean, variance } => Step::BatchNorm {
                scale: parameter(*scale),
                shift: parameter(*shift),
                mean: self.statistics[*mean].shallow_clone(),
                variance: self.statistics[*variance].shallow_clone(),
            },
            Layer::GroupNorm { scale, shift, groups } => Step::GroupNorm {
                scale: self.parameter(*scale).f_add_scalar(1.0)?,
                shift: parameter(*shift),
                groups: *groups,
            },
            Layer::MaxPool { size } => Step::MaxPool { size: *size },
            Layer::AveragePool => Step::AveragePool,
            Layer::Flatten => Step::Flatten,
            Layer::Linear { weight, bias } => Step::Linear {
                weight: self.parameter(*weight).f_to_kind(self.kind)?,
                bias: self.parameter(*bias).f_to_kind(self.kind)?,
            },
            Layer::Residual { main, shortcut } => {
                let in_place = main.last().is_some_and(makes_new);
                Step::Residual { main: self.steps(main)?.0, shortcut: self.steps(shortcut)?.0, in_place }
            }
            Layer::Subsample { zeros } => Step::Subsample { zeros: *zeros },
        })
    }

    /// Weights and biases of a convolution with the `BatchNorm` after it, if there is one.
    fn with_norm(
        &self,
        weight: &Tensor,
        bias: Option<&Tensor>,
        norm: Option<&Layer>,
    ) -> Result<(Tensor, Option<Tensor>), TchError> {
        let Some(&Layer::BatchNorm { scale, shift, mean, variance }) = norm else {
            return Ok((weight.shallow_clone(), bias.map(Tensor::shallow_clone)));
        };
        let double = |tensor: &Tensor| tensor.f_to_kind(Kind::Double);
        let deviation = double(&self.statistics[variance])?.f_add_scalar(EPSILON)?.f_sqrt()?;
        let factor = double(self.parameter(scale))?.f_div(&deviation)?;
        let weights = double(weight)?.f_mul(&factor.f_view([-1, 1, 1, 1])?)?;
        let mean = double(&self.statistics[mean])?;
        let below_mean = match bias {
            Some(bias) => double(bias)?.f_sub(&mean)?,
            None => mean.f_neg()?,
        };
        let biases = below_mean.f_mul(&factor)?.f_add(&double(self.parameter(shift))?)?;
        Ok((weights.f_to_kind(Kind::Float)?, Some(biases.f_to_kind(Kind::Float)?)))
    }

    fn parameter(&self, index: usize) -> &Tensor {
        &self.parameters[index]
    }
}

fn run(steps: &[Step], input: Tensor) -> Result<Tensor, TchError> {
    steps.iter().try_fold(input, |input, step| step.run(input))
}

impl Step {
    fn run(&self, mut x: Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::Conv { weight, bias, stride, padding } => {
                conv(&x, weight, bias.as_ref(), *stride, *padding)
            }
            Self::BatchNorm { scale, shift, mean, variance } => x.f_batch_norm(
                Some(scale),
                Some(shift),
                Some(mean),
                Some(variance),
                false,
                0.0,
                EPSILON,
                false,
            ),
            Self::GroupNorm { scale, shift, groups } => group_norm(&x, scale, shift, *groups),
            Self::Relu { in_place } => relu(&mut x, *in_place),
            Self::MaxPool { size } => max_pool(&x, *size),
            Self::AveragePool => x.f_adaptive_avg_pool2d([1; 2]),
            Self::Flatten => x.f_flatten(1, -1),
            Self::Linear { weight, bias } => x.f_linear(weight, Some(bias)),
            Self::Residual { main, shortcut, in_place } => {
                let mut sum = run(main, x.shallow_clone())?;
                let short = run(shortcut, x)?;
                if *in_place { sum.f_add_(&short) } else { sum.f_add(&short) }
            }
            Self::Subsample { zeros } => subsample(&x, *zeros),
        }
    }
}
