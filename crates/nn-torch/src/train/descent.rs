//! Gradient descent.

use tch::{TchError, Tensor};

use super::settings::TrainSettings;

/// A step with weight decay and Nesterov's momentum, as PyTorch takes it.
pub(super) fn step(
    settings: &TrainSettings,
    rate: f64,
    gradient: &Tensor,
    weights: &mut Tensor,
    velocity: &mut Tensor,
) -> Result<(), TchError> {
    let _guard = tch::no_grad_guard();
    // All in place but two tensors: a step moves as many bytes as it must.
    let mut decayed = weights.f_mul_scalar(settings.weight_decay)?;
    let decayed = decayed.f_add_(gradient)?;
    *velocity = velocity.f_mul_scalar_(settings.momentum)?.f_add_(&decayed)?;
    let mut step = velocity.f_mul_scalar(settings.momentum)?;
    let step = step.f_add_(&decayed)?.f_mul_scalar_(rate)?;
    let _ = weights.f_sub_(&step)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::nn::{OptimizerConfig, Sgd, VarStore};

    #[test]
    fn steps_are_those_of_libtorch_s_own_optimiser() {
        let settings = TrainSettings::paper();
        let start = Tensor::from_slice(&[0.5f32, -1.0, 2.0, 0.0]);
        let store = VarStore::new(tch::Device::Cpu);
        let theirs = store.root().var_copy("weights", &start);
        let (momentum, wd) = (settings.momentum, settings.weight_decay);
        let mut optimiser = Sgd { momentum, dampening: 0.0, wd, nesterov: true }
            .build(&store, settings.learning_rate)
            .unwrap();
        let (mut ours, mut velocity) = (start.copy(), start.zeros_like());
        for round in 0..6 {
            let gradient = Tensor::from_slice(&[0.3f32, -0.1 * round as f32, 1.0, 0.02]);
            optimiser.backward_step(&(&theirs * &gradient).sum(tch::Kind::Float));
            step(&settings, settings.learning_rate, &gradient, &mut ours, &mut velocity).unwrap();
            assert!(ours.allclose(&theirs, 1e-6, 1e-7, false), "{ours} {theirs}");
        }
        assert!(!ours.allclose(&start, 1e-2, 1e-2, false));
    }
}
