//! What a network with its clean weights makes of the images before a layer, kept so that it need not be computed again where only that
//! layer and later ones have changed weights.

use tch::{Kind, TchError, Tensor};

use super::inference::Prepared;

/// The most that is kept, in bytes.
const MOST: usize = 512 << 20;

/// What went into steps of a network with clean weights.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The one that was used last is the last.
    inputs: Vec<Inputs>,
}

/// Of one step, for the first batches of images.
#[derive(Debug)]
struct Inputs {
    step: usize,
    batches: Vec<Tensor>,
}

impl Kept {
    /// The outputs for a batch of images, each batch being asked for in turn, where all steps before `changed` have the clean
    /// weights.
    pub(super) fn outputs(
        &mut self,
        prepared: &Prepared,
        changed: usize,
        number: usize,
        batch: &Tensor,
    ) -> Result<Tensor, TchError> {
        let _guard = tch::no_grad_guard();
        let (from, input) = match self.latest(changed, number) {
            Some(found) => found,
            None => (0, prepared.input(batch)?),
        };
        if from == changed || !prepared.is_far(changed) {
            return prepared.outputs_from(from, input);
        }
        let input = prepared.run(from..changed, input)?;
        self.keep(changed, number, &input);
        prepared.outputs_from(changed, input)
    }

    /// The latest step, up to `changed`, whose input is there, and the input.
    fn latest(&mut self, changed: usize, number: usize) -> Option<(usize, Tensor)> {
        let there = |(_, inputs): &(usize, &Inputs)| inputs.step <= changed && inputs.batches.len() > number;
        let found = self.inputs.iter().enumerate().filter(there).max_by_key(|(_, inputs)| inputs.step);
        let position = found.map(|(position, _)| position)?;
        let found = self.inputs.remove(position);
        let input = found.batches[number].shallow_clone();
        let step = found.step;
        self.inputs.push(found);
        Some((step, input))
    }

    fn keep(&mut self, step: usize, number: usize, input: &Tensor) {
        let position = self.inputs.iter().position(|inputs| inputs.step == step);
        let mut own =
            position.map_or(Inputs { step, batches: Vec::new() }, |position| self.inputs.remove(position));
        let others = |all: &[Inputs]| all.iter().map(Inputs::bytes).sum::<usize>();
        while others(&self.inputs) + own.bytes() + bytes(input) > MOST && !self.inputs.is_empty() {
            self.inputs.remove(0);
        }
        if own.batches.len() == number && own.bytes() + bytes(input) <= MOST {
            own.batches.push(input.shallow_clone());
        }
        self.inputs.push(own);
    }
}

impl Inputs {
    fn bytes(&self) -> usize {
        self.batches.iter().map(bytes).sum()
    }
}

fn bytes(tensor: &Tensor) -> usize {
    tensor.numel() * if tensor.kind() == Kind::BFloat16 { 2 } else { 4 }
}

#[cfg(test)]
mod tests {
    use nn_bridge::Architecture;
    use tch::Device;

    use super::*;

    /// Parameters of ResNet-20.
    const ALL: usize = 59;

    /// ResNet-20 with some weights, larger ones from a parameter on.
    fn prepared(kind: Kind, from: usize) -> Prepared {
        let architecture = Architecture::named("resnet20", [3, 32, 32], 10).unwrap();
        let values = |seed: usize, len: usize, offset: f64| {
            let factor = if seed >= from { 1.25 } else { 1.0 };
            let values: Vec<f32> = (0..len)
                .map(|i| (offset + 0.2 * ((i * 7 + seed * 13) as f64 * 0.618).sin() * factor) as f32)
                .collect();
            Tensor::from_slice(&values)
        };
        let parameters: Vec<Tensor> = (0..)
            .zip(architecture.parameters())
            .map(|(number, parameter)| {
                let shape: Vec<i64> = parameter.shape.iter().map(|&side| side as i64).collect();
                values(number, parameter.len(), 0.0).view(&shape[..])
            })
            .collect();
        let statistics: Vec<Tensor> = (1000..)
            .zip(architecture.statistics())
            .map(|(number, statistic)| values(number.min(1000), statistic.channels, statistic.initial.into()))
            .collect();
        Prepared::new(&architecture, &parameters, &statistics, kind).unwrap()
    }

    #[test]
    fn outputs_are_the_same_with_what_was_kept() {
        let images = |number: i64| {
            let pixels: Vec<f32> =
                (0..2 * 3 * 32 * 32).map(|i| ((i + number * 77) as f32 * 0.37).sin()).collect();
            Tensor::from_slice(&pixels).view([2, 3, 32, 32])
        };
        for kind in [Kind::Float, Kind::BFloat16] {
            let mut kept = Kept::default();
            // Late layers, earlier ones, all; parameters are numbered along the layers.
            for from in [55, 40, 55, 20, 50, 0, 57, 30, ALL] {
                let prepared = prepared(kind, from);
                let changed: Vec<usize> = (from..ALL).collect();
                let first = prepared.first_with(&changed);
                for number in 0..3 {
                    let images = images(number);
                    let expected = prepared.outputs(&images).unwrap();
                    let found = kept.outputs(&prepared, first, number as usize, &images).unwrap();
                    assert!(found.equal(&expected), "from {from}, batch {number}");
                }
            }
            let steps: Vec<usize> = kept.inputs.iter().map(|inputs| inputs.step).collect();
            assert!(
                steps.len() >= 4 && kept.inputs.iter().all(|inputs| inputs.batches.len() == 3),
                "{steps:?}"
            );
        }
    }

    #[test]
    fn no_more_is_kept_than_may_be() {
        let mut kept = Kept::default();
        let large = Tensor::zeros([100 << 20], (Kind::BFloat16, Device::Cpu));
        for (step, number) in [(1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (3, 0)] {
            kept.keep(step, number, &large);
        }
        let found: Vec<_> = kept.inputs.iter().map(|inputs| (inputs.step, inputs.batches.len())).collect();
        assert_eq!(found, [(3, 1)]);
        assert!(kept.latest(2, 0).is_none() && kept.latest(5, 0).is_some() && kept.latest(5, 1).is_none());
    }
}
