//! Quantisation of all tensors: on a CPU by [`Quantizer`](nn_bridge::Quantizer)s, on a GPU of all at once, with the same codes and values, bit for
//! bit, which a test holds it to.

mod host;
mod run;

use tch::{TchError, Tensor};

use self::host::{Host, Quantizers};
use self::run::{CodesOfRun, Run};
use crate::error::TorchError;
use nn_bridge::{Scheme, Zero};

/// Quantises weights that lie one tensor after the other, each tensor by its own scheme.
#[derive(Debug)]
pub(super) struct Codec {
    /// Tensors side by side that have one scheme.
    runs: Vec<Run>,
    /// Weights of each run.
    sizes: Vec<i64>,
    /// Quantises where it can.
    host: Option<Host>,
    room: Option<Room>,
}

/// Clamps the codes of weights of 8 bits whose second most significant bit makes room for a check bit, as
/// [`Memory::make_room`](nn_bridge::memory::Memory::make_room) does.
#[derive(Debug)]
struct Room {
    /// Which weights.
    makes_room: Tensor,
    /// What the codes of weights are inverted by to be offset codes.
    offset: Tensor,
}

impl Room {
    fn clamped(&self, codes: &Tensor) -> Result<Tensor, TchError> {
        let codes = codes.f_bitwise_xor_tensor(&self.offset)?;
        let inside = codes.f_clamp(64, 191)?;
        inside.f_where_self(&self.makes_room, &codes)?.f_bitwise_xor_tensor(&self.offset)
    }
}

/// Codes and the clean ranges that give them their values.
#[derive(Debug)]
pub(super) struct Codes {
    /// As they lie in memory: bits above those of the scheme are 0.
    pub(super) stored: Tensor,
    ranges: Ranges,
}

#[derive(Debug)]
enum Ranges {
    Host(Quantizers),
    Runs(Vec<CodesOfRun>),
}

impl Codec {
    /// Of tensors with these numbers of weights, each with its scheme.
    pub(super) fn new(schemes: &[Scheme], sizes: &[i64], device: tch::Device) -> Result<Self, TchError> {
        let (mut runs, mut of_runs, mut first) = (Vec::new(), Vec::new(), 0);
        for run in schemes.chunk_by(|a, b| a == b) {
            let own = &sizes[first..first + run.len()];
            first += run.len();
            runs.push(Run::new(run[0], own, device)?);
            of_runs.push(own.iter().sum());
        }
        let host = (device == tch::Device::Cpu).then(|| Host::new(schemes, sizes)).flatten();
        Ok(Self { runs, sizes: of_runs, host, room: None })
    }

    /// The same for a memory in which these weights make room for check bits.
    pub(super) fn making_room(self, makes_room: &[bool]) -> Result<Self, TchError> {
        let Some(run) = self.runs.first().filter(|_| makes_room.contains(&true)) else { return Ok(self) };
        let offset = |run: &Run| if run.is_unsigned() { 0i32 } else { 128 };
        let offsets: Vec<i32> = self
            .runs
            .iter()
            .zip(&self.sizes)
            .flat_map(|(run, &size)| std::iter::repeat_n(offset(run), size as usize))
            .collect();
        let device = run.owner.device();
        let room = Room {
            makes_room: Tensor::f_from_slice(makes_room)?.f_to_device(device)?,
            offset: Tensor::f_from_slice(&offsets)?.f_to_device(device)?,
        };
        Ok(Self { room: Some(room), ..self })
    }

    /// The most bits that codes may have: codes are steps in float32.
    pub(super) const MAX_BITS: u32 = 16;

    /// As for a GPU.
    #[cfg(test)]
    fn without_host(self) -> Self {
        Self { host: None, ..self }
    }

    /// A tensor of all weights run by run.
    fn split(&self, all: &Tensor) -> Result<Vec<Tensor>, TchError> {
        if self.runs.len() == 1 {
            Ok(vec![all.shallow_clone()])
        } else {
            all.f_split_with_sizes(&self.sizes, 0)
        }
    }

    /// Clips weights in place, where schemes say so.
    pub(super) fn clip(&self, weights: &mut Tensor) -> Result<(), TchError> {
        for (run, mut weights) in self.runs.iter().zip(self.split(weights)?) {
            run.clip(&mut weights)?;
        }
        Ok(())
    }

    /// The codes of clipped weights. Weights outside a global range get the codes of its ends.
    pub(super) fn encode(&self, weights: &Tensor) -> Result<Codes, TorchError> {
        let (stored, ranges) =
            match self.host.as_ref().map(|host| host.encode(weights)).transpose()?.flatten() {
                Some((stored, quantizers)) => (stored, Ranges::Host(quantizers)),
                // Of weights that are no numbers, too: the loss says so.
                None => {
                    let runs = self.runs.iter().zip(self.split(weights)?);
                    let runs =
                        runs.map(|(run, weights)| run.encode(&weights)).collect::<Result<Vec<_>, _>>()?;
                    let stored = runs.iter().map(|run| run.stored.shallow_clone()).collect();
                    (joined(stored)?, Ranges::Runs(runs))
                }
            };
        let stored = match &self.room {
            Some(room) => room.clamped(&stored)?,
            None => stored,
        };
        Ok(Codes { stored, ranges })
    }

    /// What 0 is among the codes of each tensor.
    pub(super) fn zeros(&self, clean: &Codes) -> Result<Vec<Zero>, TchError> {
        match &clean.ranges {
            Ranges::Host(quantizers) => Ok(quantizers.zeros()),
            Ranges::Runs(of_runs) => {
                let mut zeros = Vec::new();
                for (run, clean) in self.runs.iter().zip(of_runs) {
                    zeros.extend(run.zeros(clean)?);
                }
                Ok(zeros)
            }
        }
    }

    /// The values of codes, which may be faulty, by the clean ranges.
    pub(super) fn decode(&self, codes: &Tensor, clean: &Codes) -> Result<Tensor, TorchError> {
        match &clean.ranges {
            Ranges::Host(quantizers) => quantizers.decode(codes),
            Ranges::Runs(of_runs) => {
                let runs = self.runs.iter().zip(self.split(codes)?).zip(of_runs);
                let decoded = runs.map(|((run, codes), clean)| run.decode(&codes, clean));
                Ok(joined(decoded.collect::<Result<_, _>>()?)?)
            }
        }
    }
}

/// Runs as one tensor.
fn joined(mut runs: Vec<Tensor>) -> Result<Tensor, TchError> {
    match runs.pop() {
        Some(only) if runs.is_empty() => Ok(only),
        last => {
            runs.extend(last);
            Tensor::f_cat(&runs, 0)
        }
    }
}

#[cfg(test)]
mod tests;
