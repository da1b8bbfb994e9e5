//! What a training knows of its last step and of its epoch so far. It stays on the network's device, so that a GPU need not stop
//! for the program to look at it.

use tch::{Kind, TchError, Tensor};

use super::settings::Start;

/// Numbers of no dimension, on the device; losses in float64.
#[derive(Debug)]
pub(super) struct Running {
    /// Losses of the last batch, the same if it had no bit errors.
    clean: Tensor,
    perturbed: Tensor,
    /// Whether any batch had bit errors.
    begun: Tensor,
    sums: Sums,
}

/// Over the batches of an epoch so far.
#[derive(Debug)]
struct Sums {
    /// Clean losses, times the images of their batch.
    clean: Tensor,
    /// Losses of batches with bit errors.
    perturbed: Tensor,
    /// How many these are.
    with_errors: Tensor,
    /// Images that were wrong.
    wrong: Tensor,
}

/// The same sums as numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Totals {
    pub(super) clean: f64,
    pub(super) perturbed: f64,
    pub(super) with_errors: f64,
    pub(super) wrong: f64,
}

impl Running {
    /// At the begin of an epoch.
    pub(super) fn new(
        clean: f64,
        perturbed: f64,
        begun: bool,
        device: tch::Device,
    ) -> Result<Self, TchError> {
        let number = |value: f64| Tensor::from(value).f_to_kind(Kind::Double)?.f_to_device(device);
        Ok(Self {
            clean: number(clean)?,
            perturbed: number(perturbed)?,
            begun: number(f64::from(u8::from(begun)))?.f_gt(0.0)?,
            sums: Sums {
                clean: number(0.0)?,
                perturbed: number(0.0)?,
                with_errors: number(0.0)?,
                wrong: number(0.0)?,
            },
        })
    }

    /// Whether the next batch has bit errors, by a rule.
    pub(super) fn begins(&self, start: Start) -> Result<Tensor, TchError> {
        match start {
            Start::Once { loss } => self.clean.f_lt(loss)?.f_logical_or(&self.begun),
            Start::EachBatch { loss } => {
                let mean = self.clean.f_add(&self.perturbed)?.f_div_scalar(2.0)?;
                self.clean.f_lt(1.15 * loss)?.f_logical_and(&mean.f_le(loss)?)
            }
        }
    }

    /// Takes in a step: its clean loss, how many of its images were wrong, and the loss with bit errors if `active` says so.
    pub(super) fn add(
        &mut self,
        images: usize,
        clean: &Tensor,
        wrong: &Tensor,
        perturbed: Option<(&Tensor, &Tensor)>,
    ) -> Result<(), TchError> {
        let sums = &mut self.sums;
        sums.clean = sums.clean.f_add(&clean.f_mul_scalar(images as f64)?)?;
        sums.wrong = sums.wrong.f_add(wrong)?;
        self.clean = clean.shallow_clone();
        self.perturbed = clean.shallow_clone();
        if let Some((loss, active)) = perturbed {
            let counted = loss.f_where_self(active, &loss.f_zeros_like()?)?;
            sums.perturbed = sums.perturbed.f_add(&counted)?;
            sums.with_errors = sums.with_errors.f_add(&active.f_to_kind(Kind::Double)?)?;
            self.perturbed = loss.f_where_self(active, clean)?;
            self.begun = self.begun.f_logical_or(active)?;
        }
        Ok(())
    }

    /// A number that is known when all steps so far are done.
    pub(super) fn last(&self) -> &Tensor {
        &self.clean
    }

    /// A loss of this epoch that is no number any more, or infinite, if there is one: sums keep what any step adds.
    pub(super) fn unsound(&self) -> Result<Option<f64>, TchError> {
        let sums = f64::try_from(&self.sums.clean)? + f64::try_from(&self.sums.perturbed)?;
        Ok(Some(sums).filter(|sums| !sums.is_finite()))
    }

    /// The losses of the last batch, clean and perturbed.
    pub(super) fn losses(&self) -> Result<(f64, f64), TchError> {
        Ok((f64::try_from(&self.clean)?, f64::try_from(&self.perturbed)?))
    }

    /// Whether any batch had bit errors.
    pub(super) fn begun(&self) -> Result<bool, TchError> {
        bool::try_from(&self.begun)
    }

    pub(super) fn totals(&self) -> Result<Totals, TchError> {
        let Sums { clean, perturbed, with_errors, wrong } = &self.sums;
        Ok(Totals {
            clean: f64::try_from(clean)?,
            perturbed: f64::try_from(perturbed)?,
            with_errors: f64::try_from(with_errors)?,
            wrong: f64::try_from(wrong)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begins(start: Start, clean: f64, perturbed: f64, begun: bool) -> bool {
        let running = Running::new(clean, perturbed, begun, tch::Device::Cpu).unwrap();
        bool::try_from(running.begins(start).unwrap()).unwrap()
    }

    #[test]
    fn bit_errors_begin_by_either_rule() {
        let once = Start::Once { loss: 1.75 };
        assert!(
            !begins(once, 1.8, 1.8, false) && begins(once, 1.7, 1.7, false) && begins(once, 5.0, 9.0, true)
        );
        let each = Start::EachBatch { loss: 1.75 };
        assert!(begins(each, 1.7, 1.7, false) && begins(each, 1.0, 2.5, true));
        assert!(!begins(each, 1.0, 2.6, true) && !begins(each, 2.1, 1.0, true));
        let infinite = f64::INFINITY;
        assert!(!begins(each, infinite, infinite, false) && !begins(once, infinite, infinite, false));
    }

    #[test]
    fn sums_are_over_batches_that_had_bit_errors() {
        let number = |value: f64| Tensor::from(value);
        let mut running = Running::new(9.0, 9.0, false, tch::Device::Cpu).unwrap();
        running.add(10, &number(2.0), &number(3.0), Some((&number(f64::NAN), &Tensor::from(false)))).unwrap();
        assert!(!running.begun().unwrap());
        assert_eq!(running.losses().unwrap(), (2.0, 2.0));
        running.add(5, &number(1.0), &number(1.0), Some((&number(4.0), &Tensor::from(true)))).unwrap();
        running.add(5, &number(1.5), &number(0.0), None).unwrap();
        let Totals { clean, perturbed, with_errors, wrong } = running.totals().unwrap();
        assert_eq!((clean, perturbed, with_errors, wrong), (32.5, 4.0, 1.0, 4.0));
        assert!(running.begun().unwrap());
        assert_eq!(running.losses().unwrap(), (1.5, 1.5));
        assert_eq!(running.unsound().unwrap(), None);
        // One loss that is no number is not forgotten.
        running
            .add(5, &number(1.0), &number(1.0), Some((&number(f64::INFINITY), &Tensor::from(true))))
            .unwrap();
        running.add(5, &number(1.5), &number(0.0), None).unwrap();
        assert_eq!(running.unsound().unwrap(), Some(f64::INFINITY));
    }
}
