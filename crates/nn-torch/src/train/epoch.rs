//! A pass over all images, step by step.

use std::time::{Duration, Instant};

use tch::{Kind, Reduction, Tensor};

use super::codec::Codes;
use super::descent;
use super::feed::{Batch, Feed};
use super::planes::Planes;
use super::running::{Running, Totals};
use super::settings::Gradient;
use super::{EpochReport, Trainer};
use crate::device::settle;
use crate::error::TorchError;
use crate::layers::{Context, Norm, channels_last};
use crate::precision::Precision;
use nn_bridge::Progress;

/// A GPU works on while the program does not look; it looks, and takes times, once in so many steps.
const LOOK_EVERY: u64 = 20;

/// What one pass through the network gives, on the device.
struct Pass {
    /// In float64.
    loss: Tensor,
    gradient: Tensor,
    /// How many images were wrong.
    wrong: Tensor,
}

/// What passes with bit errors give: their mean loss, summed gradient, and how many they are.
struct Perturbed {
    loss: Tensor,
    gradient: Tensor,
    patterns: usize,
}

/// Where the time of timed steps went.
#[derive(Default)]
struct Times {
    all: Duration,
    injection: Duration,
    feed: Duration,
}

impl Trainer {
    /// Trains for one more pass over the images. `each_steps` is told how many steps were done and the loss of the last.
    ///
    /// # Errors
    /// [`TorchError::Diverged`] if the loss is no number any more, others if libtorch fails.
    pub fn epoch(&mut self, mut each_steps: impl FnMut(u64, f64)) -> Result<EpochReport, TorchError> {
        let start = Instant::now();
        let rate = self.settings.rate_of(self.progress.epoch);
        let Progress { epoch, step: first, clean, perturbed, begun } = self.progress;
        let mut running = Running::new(clean, perturbed, begun, self.device)?;
        let mut feed = Feed::new(&self.inputs, epoch, first);
        let mut times = Times::default();
        let mut told = first;
        loop {
            let looks = self.waits || self.progress.step % LOOK_EVERY == LOOK_EVERY - 1;
            let begin = now(&running, looks)?;
            let batch = feed.next()?;
            let fed = Instant::now();
            let Some(batch) = batch else { break };
            self.step(batch, rate, &mut running, looks, &mut times)?;
            if let (Some(begin), Some(end)) = (begin, now(&running, looks)?) {
                times.feed += fed - begin;
                times.all += end - begin;
                self.look(&running, self.progress.step)?;
                each_steps(self.progress.step - told, self.progress.clean);
                told = self.progress.step;
            }
        }
        self.look(&running, self.progress.step)?;
        if self.progress.step > told {
            each_steps(self.progress.step - told, self.progress.clean);
        }
        self.progress.epoch += 1;
        let Totals { clean, perturbed, with_errors, wrong } = running.totals()?;
        let count = self.inputs.data.len() as f64;
        let all = Some(times.all.as_secs_f64()).filter(|&all| all > 0.0);
        let share = |time: Duration| all.map(|all| time.as_secs_f64() / all);
        Ok(EpochReport {
            epoch: self.progress.epoch,
            learning_rate: rate,
            loss: clean / count,
            perturbed_loss: (with_errors > 0.0).then(|| perturbed / with_errors),
            perturbed_share: with_errors / self.steps() as f64,
            train_error: wrong / count,
            images_per_second: count / start.elapsed().as_secs_f64(),
            injection_share: share(times.injection),
            feed_share: share(times.feed),
        })
    }

    /// Takes over what the device knows after a step, and stops a training that diverged.
    fn look(&mut self, running: &Running, step: u64) -> Result<(), TorchError> {
        if let Some(loss) = running.unsound()? {
            return Err(TorchError::Diverged { step, loss });
        }
        (self.progress.clean, self.progress.perturbed) = running.losses()?;
        self.progress.begun = running.begun()?;
        Ok(())
    }

    fn step(
        &mut self,
        batch: Batch,
        rate: f64,
        running: &mut Running,
        timed: bool,
        times: &mut Times,
    ) -> Result<(), TorchError> {
        let images = batch.labels.numel();
        let (pixels, labels) = (self.normaliser.apply(&batch.pixels)?, batch.labels);
        let pixels = if self.channels_last { channels_last(&pixels)? } else { pixels };
        self.codec.clip(&mut self.weights)?;
        let codes = self.codec.encode(&self.weights)?;
        let clean = self.pass(&codes.stored, &codes, &pixels, &labels, Norm::BatchAndUpdate)?;
        let mut gradient = clean.gradient.shallow_clone();
        let begins = running.begins(self.settings.start)?;
        // To look whether bit errors have begun would make a GPU wait; there the steps before are made with them for nothing.
        let worth = self.inputs.errors.is_some() && (!self.waits || bool::try_from(&begins)?);
        let mut seen = None;
        if worth {
            let Perturbed { loss, gradient: perturbed, patterns } =
                self.perturbed(batch.reads, &codes, [&pixels, &labels], running, timed, times)?;
            gradient = gradient.f_add(&perturbed.f_where_self(&begins, &perturbed.f_zeros_like()?)?)?;
            if self.settings.gradient == Gradient::Average {
                let of = begins.f_to_kind(Kind::Float)?.f_mul_scalar(patterns as f64)?.f_add_scalar(1.0)?;
                gradient = gradient.f_div(&of)?;
            }
            seen = Some(loss);
        }
        running.add(images, &clean.loss, &clean.wrong, seen.as_ref().map(|loss| (loss, &begins)))?;
        if self.waits {
            // Before the weights follow a gradient that leads nowhere.
            self.look(running, self.progress.step + 1)?;
        }
        descent::step(&self.settings, rate, &gradient, &mut self.weights, &mut self.velocity)?;
        self.progress.step += 1;
        Ok(())
    }

    /// Passes with the weights as they are read with bit errors.
    fn perturbed(
        &self,
        made: Option<Vec<Planes>>,
        codes: &Codes,
        [pixels, labels]: [&Tensor; 2],
        running: &Running,
        timed: bool,
        times: &mut Times,
    ) -> Result<Perturbed, TorchError> {
        let begin = now(running, timed)?;
        let made = match (made, &self.inputs.errors) {
            (_, Some(errors)) if errors.depend_on_codes() => {
                errors.of_codes(self.progress.step, &codes.stored, &self.codec.zeros(codes)?)?
            }
            (None, Some(errors)) if self.fixed.is_none() => errors.of_step(self.progress.step)?,
            (made, _) => made.unwrap_or_default(),
        };
        let mut read = Vec::new();
        for planes in self.fixed.iter().flatten() {
            read.push(planes.read(&codes.stored)?);
        }
        for planes in made {
            read.push(planes.on(self.device)?.read(&codes.stored)?);
        }
        if let (Some(begin), Some(end)) = (begin, now(running, timed)?) {
            times.injection += end - begin;
        }
        let mut sum = self.weights.f_zeros_like()?;
        let mut loss = None::<Tensor>;
        for codes_read in &read {
            let pass = self.pass(codes_read, codes, pixels, labels, Norm::Batch)?;
            let limit = self.settings.perturbed_limit;
            let gradient =
                if limit.is_finite() { pass.gradient.f_clamp(-limit, limit)? } else { pass.gradient };
            sum = sum.f_add(&gradient)?;
            let part = pass.loss.f_div_scalar(read.len() as f64)?;
            loss = Some(loss.map_or(Ok(part.shallow_clone()), |loss| loss.f_add(&part))?);
        }
        let loss = loss.map_or_else(|| pixels.f_new_zeros([], (Kind::Double, self.device)), Ok)?;
        Ok(Perturbed { loss, gradient: sum, patterns: read.len() })
    }

    /// Loss, and gradient of the loss with respect to the values of these codes.
    fn pass(
        &self,
        codes: &Tensor,
        clean: &Codes,
        pixels: &Tensor,
        labels: &Tensor,
        norm: Norm,
    ) -> Result<Pass, TorchError> {
        let leaf = self.codec.decode(codes, clean)?.f_detach()?.f_set_requires_grad(true)?;
        let kind = match self.settings.precision {
            Precision::Float32 | Precision::Tf32 => Kind::Float,
            Precision::Bfloat16 => Kind::BFloat16,
        };
        let parameters = self.split(&leaf.f_to_kind(kind)?)?;
        let context = Context { parameters: &parameters, statistics: &self.statistics, norm };
        let outputs =
            context.run(self.architecture.layers(), &pixels.f_to_kind(kind)?)?.f_to_kind(Kind::Float)?;
        let loss = outputs.f_cross_entropy_loss(labels, None::<Tensor>, Reduction::Mean, -100, 0.0)?;
        loss.f_backward()?;
        let wrong = outputs.f_argmax(1, false)?.f_ne_tensor(labels)?.f_sum(Kind::Double)?;
        Ok(Pass { loss: loss.f_detach()?.f_to_kind(Kind::Double)?, gradient: leaf.f_grad()?, wrong })
    }
}

/// The time when all is done that was begun, in steps that are timed.
fn now(running: &Running, timed: bool) -> Result<Option<Instant>, TorchError> {
    if !timed {
        return Ok(None);
    }
    settle(running.last())?;
    Ok(Some(Instant::now()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    use flip_core::Rate;
    use nn_bridge::data::{DataSource, Split};
    use nn_bridge::{Architecture, Augmentation, Device, Scheme};

    use nn_bridge::memory::Which;

    use crate::train::{Start, Storage, TrainSettings, TrainingCells, TrainingFaults};

    /// As for a GPU: batches ahead, and passes with bit errors that turn out not to have begun.
    #[test]
    fn a_training_that_does_not_wait_for_its_device_is_the_same_training() {
        let trained = |waits: bool, start| {
            let data = DataSource::Digits { seed: 0 }.load(Split::Train).unwrap().first(700);
            let architecture = Architecture::named("lenet5", [1, 28, 28], 10).unwrap();
            let cells = vec![TrainingCells::Fresh { rate: Rate::new(0.01).unwrap() }; 2];
            let faults = TrainingFaults::everywhere(1, cells, Which::Sampled);
            let scheme = Scheme::rquant(4).unwrap().clipped(0.2).unwrap();
            let storage = Storage::plain(&architecture, scheme, Some(faults)).unwrap();
            let settings =
                TrainSettings { start, batch: 20, learning_rate: 0.02, epochs: 2, ..TrainSettings::paper() };
            let normalisation = DataSource::Digits { seed: 0 }.normalisation(1);
            let (none, cpu) = (Augmentation::default(), Device::Cpu);
            let mut trainer =
                Trainer::new(&architecture, settings, storage, data, &normalisation, none, cpu).unwrap();
            if !waits {
                trainer.waits = false;
                Arc::get_mut(&mut trainer.inputs).unwrap().threads = 2;
            }
            let mut steps = 0;
            let reports = [(); 2].map(|()| trainer.epoch(|done, _| steps += done).unwrap());
            assert_eq!(steps, 70);
            let weights = Vec::<f32>::try_from(&trainer.weights).unwrap();
            (reports.map(|report| (report.perturbed_loss, report.loss, report.perturbed_share)), weights)
        };
        for start in [Start::EachBatch { loss: 2.2 }, Start::Once { loss: 2.2 }] {
            let (waiting, weights) = trained(true, start);
            assert!(waiting[0].2 > 0.1 && waiting[0].2 < 1.0, "{waiting:?}");
            assert_eq!(trained(false, start), (waiting, weights));
        }
    }
}
