//! What the steps of an epoch need besides weights: images and bit errors. They are made ahead, in threads of their own, if the network
//! leaves a core free, and for a GPU in memory that it copies from by itself, so that it waits for neither.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{self, JoinHandle};

use flip_core::{Purpose, Stream};
use tch::Tensor;

use super::faults::Errors;
use super::planes::Planes;
use crate::device::{pinned, sent};
use crate::error::TorchError;
use nn_bridge::Augmentation;
use nn_bridge::data::Dataset;

const ORDER: Purpose = Purpose::named("nn-bridge order of images");

/// The most threads that make batches; each makes several hundred a second.
const THREADS: usize = 8;

/// Batches that a thread is ahead.
const AHEAD: usize = 3;

/// What all batches are made of.
#[derive(Debug)]
pub(super) struct Inputs {
    pub(super) data: Dataset,
    pub(super) augmentation: Augmentation,
    pub(super) errors: Option<Errors>,
    pub(super) seed: u64,
    /// Images of a batch.
    pub(super) batch: usize,
    pub(super) device: tch::Device,
    /// Threads that make batches ahead; without any each is made when it is needed.
    pub(super) threads: usize,
}

/// A batch of images, and the planes of its bit errors if they are made already.
pub(super) struct Batch {
    /// In 0..255.
    pub(super) pixels: Tensor,
    pub(super) labels: Tensor,
    /// Not on the device yet.
    pub(super) reads: Option<Vec<Planes>>,
}

impl Inputs {
    /// How many threads make batches for a device: on a CPU one if the network leaves it a core.
    pub(super) fn threads(device: tch::Device) -> usize {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        if device.is_cuda() {
            cores.min(THREADS)
        } else {
            usize::from(usize::try_from(tch::get_num_threads()).is_ok_and(|busy| busy < cores))
        }
    }

    /// Steps of an epoch.
    pub(super) fn steps(&self) -> usize {
        self.data.len().div_ceil(self.batch)
    }

    /// The order of the images in an epoch.
    fn order(&self, epoch: u32) -> Vec<usize> {
        let mut stream = Stream::new(self.seed, ORDER, u64::from(epoch));
        let mut order: Vec<usize> = (0..self.data.len()).collect();
        for last in (1..order.len()).rev() {
            let other = (stream.next_unit() * (last + 1) as f64) as usize;
            order.swap(last, other.min(last));
        }
        order
    }

    /// The images of a step of an epoch, on the CPU.
    fn images(&self, epoch: u32, images: &[usize]) -> Result<Batch, TorchError> {
        let [channels, height, width] = self.data.shape();
        let mut pixels = Vec::with_capacity(images.len() * channels * height * width);
        for &image in images {
            let mut stream = Augmentation::stream(self.seed, epoch, image);
            self.augmentation.append(self.data.image(image), self.data.shape(), &mut stream, &mut pixels);
        }
        let labels: Vec<i64> = images.iter().map(|&image| i64::from(self.data.labels()[image])).collect();
        let shape = [images.len(), channels, height, width].map(|side| side as i64);
        let pixels = Tensor::f_from_slice(&pixels)?.f_view(shape)?;
        Ok(Batch { pixels, labels: Tensor::f_from_slice(&labels)?, reads: None })
    }

    /// Images and bit errors of a step; for a GPU where it copies them from by itself.
    fn ahead(&self, epoch: u32, images: &[usize], step: u64) -> Result<Batch, TorchError> {
        let Batch { pixels, labels, .. } = self.images(epoch, images)?;
        let fresh = self.errors.as_ref().filter(|errors| errors.are_fresh() && !errors.depend_on_codes());
        let reads = fresh.map(|errors| errors.of_step(step)).transpose()?;
        if !self.device.is_cuda() {
            return Ok(Batch { pixels, labels, reads });
        }
        let all = |planes: Vec<Planes>| planes.iter().map(|planes| planes.pinned(self.device)).collect();
        Ok(Batch {
            pixels: pinned(&pixels, self.device)?,
            labels: pinned(&labels, self.device)?,
            reads: reads.map(all).transpose()?,
        })
    }
}

/// The batches of an epoch, in order.
pub(super) struct Feed {
    inputs: Arc<Inputs>,
    epoch: u32,
    order: Arc<Vec<usize>>,
    next: usize,
    /// They take turns, batch by batch.
    threads: Vec<Maker>,
}

/// A thread that makes batches.
struct Maker {
    batches: Receiver<Result<Batch, TorchError>>,
    thread: JoinHandle<()>,
}

impl Feed {
    /// Of an epoch whose first step has this number in the training.
    pub(super) fn new(inputs: &Arc<Inputs>, epoch: u32, first: u64) -> Self {
        let order = Arc::new(inputs.order(epoch));
        let spawn = |number: usize| {
            let (sender, batches) = sync_channel(AHEAD);
            let (inputs, order) = (Arc::clone(inputs), Arc::clone(&order));
            let make = move || {
                let all = order.chunks(inputs.batch).zip(first..).skip(number).step_by(inputs.threads);
                for (images, step) in all {
                    // Nobody takes it if the training ended.
                    if sender.send(inputs.ahead(epoch, images, step)).is_err() {
                        return;
                    }
                }
            };
            Ok(Maker { batches, thread: thread::Builder::new().spawn(make)? })
        };
        // Where no thread can be had, batches are made when they are needed.
        let threads = (0..inputs.threads).map(spawn).collect::<io::Result<_>>().unwrap_or_default();
        Self { threads, inputs: Arc::clone(inputs), epoch, order, next: 0 }
    }

    /// The next batch, on the device; `None` after the last.
    pub(super) fn next(&mut self) -> Result<Option<Batch>, TorchError> {
        let Some(images) = self.order.chunks(self.inputs.batch).nth(self.next) else { return Ok(None) };
        let made = if self.threads.is_empty() {
            self.inputs.images(self.epoch, images)
        } else {
            let thread = &self.threads[self.next % self.threads.len()];
            // A thread ends early only by a panic.
            thread.batches.recv().unwrap_or_else(|_| self.inputs.images(self.epoch, images))
        }?;
        self.next += 1;
        let device = self.inputs.device;
        let (pixels, labels) = (sent(&made.pixels, device)?, sent(&made.labels, device)?);
        Ok(Some(Batch { pixels, labels, reads: made.reads }))
    }
}

/// None of the threads, which use libtorch, is left when the program ends.
impl Drop for Feed {
    fn drop(&mut self) {
        for Maker { batches, thread } in self.threads.drain(..) {
            drop(batches);
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{TrainingCells, TrainingFaults};
    use flip_core::Rate;
    use nn_bridge::Scheme;
    use nn_bridge::memory::{Description, Memory, Outline, Which};

    fn inputs(threads: usize) -> Arc<Inputs> {
        let data = Dataset::new([1, 2, 2], 10, (0..4 * 25).collect(), (0..25).map(|i| i % 10).collect());
        let cells = TrainingCells::Fresh { rate: Rate::new(0.1).unwrap() };
        let faults = TrainingFaults::everywhere(1, [cells], Which::Sampled);
        let outline = Outline { name: "w", shape: &[100], stored_as: Scheme::rquant(8).unwrap().into() };
        let memory = Memory::new(&Description::default(), &[outline]).unwrap();
        Arc::new(Inputs {
            data: data.unwrap(),
            augmentation: Augmentation { crop: 1, flip: true, ..Augmentation::default() },
            errors: Some(Errors::new(memory, faults, 3)),
            seed: 3,
            batch: 4,
            device: tch::Device::Cpu,
            threads,
        })
    }

    fn all(inputs: &Arc<Inputs>, epoch: u32) -> Vec<Batch> {
        let mut feed = Feed::new(inputs, epoch, 70);
        std::iter::from_fn(|| feed.next().unwrap()).collect()
    }

    #[test]
    fn batches_made_ahead_are_those_made_when_they_are_needed() {
        let needed = all(&inputs(0), 2);
        for threads in [1, 3, 10] {
            let inputs = inputs(threads);
            let ahead = all(&inputs, 2);
            assert_eq!((ahead.len(), needed.len()), (7, 7));
            for (index, (a, b)) in ahead.iter().zip(&needed).enumerate() {
                assert!(a.pixels.equal(&b.pixels) && a.labels.equal(&b.labels), "batch {index}");
                let expected = inputs.errors.as_ref().unwrap().of_step(70 + index as u64).unwrap();
                let codes = Tensor::zeros([100], (tch::Kind::Int, tch::Device::Cpu));
                let read = |planes: &[Planes]| planes[0].read(&codes).unwrap();
                assert!(read(a.reads.as_ref().unwrap()).equal(&read(&expected)), "step {index}");
            }
        }
    }

    #[test]
    fn an_epoch_shows_every_image_once_in_an_order_of_its_own() {
        let labels = |epoch| -> Vec<i64> {
            let batches = all(&inputs(0), epoch);
            batches.iter().flat_map(|batch| Vec::<i64>::try_from(&batch.labels).unwrap()).collect()
        };
        let (first, second) = (labels(0), labels(1));
        assert_eq!(first, labels(0));
        assert_ne!(first, second);
        for mut labels in [first, second] {
            labels.sort_unstable();
            let mut expected: Vec<i64> = (0..25).map(|i| i % 10).collect();
            expected.sort_unstable();
            assert_eq!(labels, expected);
        }
    }
}
