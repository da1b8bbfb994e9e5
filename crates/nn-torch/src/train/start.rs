//! Weights before training.

use flip_core::{Purpose, Stream};

use nn_bridge::{Parameter, Role};

const WEIGHTS: Purpose = Purpose::named("nn-bridge initial weights");

/// The weights that a parameter begins with: those of He et al. (ICCV 2015), normal with variance 2/fan-in, else constant.
/// `number` is the parameter's, so that each has a stream of its own.
pub(super) fn weights(parameter: &Parameter, seed: u64, number: u64) -> Vec<f32> {
    let count = parameter.len();
    match parameter.role {
        Role::Weight { fan_in } => {
            let deviation = (2.0 / fan_in as f64).sqrt();
            let mut stream = Stream::new(seed, WEIGHTS, number);
            (0..count).map(|_| (deviation * normal(&mut stream)) as f32).collect()
        }
        Role::Bias | Role::ScaleOffset => vec![0.0; count],
        Role::Scale => vec![1.0; count],
    }
}

/// A standard normal number (Box and Muller), the same on every machine.
fn normal(stream: &mut Stream) -> f64 {
    let radius = (-2.0 * libm::log(1.0 - stream.next_unit())).sqrt();
    radius * libm::cos(std::f64::consts::TAU * stream.next_unit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_have_he_s_variance() {
        let shape = vec![200, 50, 3, 3];
        let parameter = Parameter { name: "w".into(), shape, role: Role::Weight { fan_in: 450 } };
        let weights = weights(&parameter, 1, 0);
        let count = weights.len() as f64;
        let mean = weights.iter().map(|&w| f64::from(w)).sum::<f64>() / count;
        let variance = weights.iter().map(|&w| (f64::from(w) - mean).powi(2)).sum::<f64>() / count;
        // Five standard errors of each.
        assert!(mean.abs() < 5.0 * (2.0 / 450.0 / count).sqrt());
        assert!((variance * 450.0 / 2.0 - 1.0).abs() < 5.0 * (2.0 / count).sqrt(), "{variance}");
    }
}
