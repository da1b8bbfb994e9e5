//! What a training is told.

use serde::Serialize;

use crate::precision::Precision;

/// How a network is trained. The defaults are those of Stutz et al. (MLSys 2021) as their code has them.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainSettings {
    /// Passes over the images.
    pub epochs: u32,
    /// Images of a step.
    pub batch: usize,
    /// Learning rate of the first two fifths of the epochs; a tenth of it in the next fifth, and so on.
    pub learning_rate: f64,
    /// Momentum (Nesterov's).
    pub momentum: f64,
    /// How much of each weight is added to its gradient.
    pub weight_decay: f64,
    /// How gradients of clean and perturbed weights are put together.
    pub gradient: Gradient,
    /// Elements of perturbed gradients are clamped to ± this; infinity for none.
    pub perturbed_limit: f64,
    /// When bit errors begin.
    pub start: Start,
    /// Seed of weights, order of images, augmentation and bit errors.
    pub seed: u64,
    /// What the network computes in; quantisation and descent are always in float32.
    pub precision: Precision,
}

/// How gradients of clean and perturbed weights are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Gradient {
    /// Their mean, as in the authors' code.
    #[default]
    Average,
    /// Their sum, as in the paper's algorithm 1.
    Sum,
}

/// When bit errors begin.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// As in the paper's text: from the first batch on whose predecessor's clean loss lies below the threshold.
    Once {
        /// The threshold.
        loss: f64,
    },
    /// As in the authors' code: in each batch whose predecessor had a clean loss below 1.15 times the threshold and a mean of
    /// clean and perturbed loss of the threshold at most.
    EachBatch {
        /// The threshold.
        loss: f64,
    },
}

impl Start {
    /// The paper's threshold for MNIST and CIFAR-10.
    pub const LOSS: f64 = 1.75;

    /// The paper's threshold for CIFAR-100.
    pub const LOSS_OF_100: f64 = 3.5;
}

impl TrainSettings {
    /// The paper's settings: 100 epochs are those of MNIST, CIFAR has 250.
    pub fn paper() -> Self {
        Self {
            epochs: 100,
            batch: 128,
            learning_rate: 0.05,
            momentum: 0.9,
            weight_decay: 5e-4,
            gradient: Gradient::Average,
            perturbed_limit: 0.05,
            start: Start::EachBatch { loss: Start::LOSS },
            seed: 0,
            precision: Precision::Float32,
        }
    }

    /// The learning rate of an epoch, counted from 0: a tenth after each of 2/5, 3/5 and 4/5 of all.
    pub fn rate_of(&self, epoch: u32) -> f64 {
        let passed = (2..5).filter(|fifths| 5 * u64::from(epoch) >= fifths * u64::from(self.epochs)).count();
        self.learning_rate * 0.1f64.powi(passed as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_learning_rate_falls_at_two_three_and_four_fifths() {
        let settings = TrainSettings { epochs: 10, ..TrainSettings::paper() };
        let rates: Vec<f64> = (0..10).map(|epoch| settings.rate_of(epoch)).collect();
        let expected = [1.0, 1.0, 1.0, 1.0, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001].map(|factor| 0.05 * factor);
        assert!(rates.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{rates:?}");
    }
}
