//! Quantisation on the network's device, of all tensors at once. The same codes and values as those of
//! [`Quantizer`](nn_bridge::Quantizer), bit for bit, which a test holds it to.

mod run;

use tch::{TchError, Tensor};

use self::run::{CodesOfRun, Run};
use nn_bridge::{Scheme, Zero};

/// Quantises weights that lie one tensor after the other, each tensor by its own scheme.
#[derive(Debug)]
pub(super) struct Codec {
    /// Tensors side by side that have one scheme.
    runs: Vec<Run>,
    /// Weights of each run.
    sizes: Vec<i64>,
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
    runs: Vec<CodesOfRun>,
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
        Ok(Self { runs, sizes: of_runs, room: None })
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
    pub(super) fn encode(&self, weights: &Tensor) -> Result<Codes, TchError> {
        let runs = self.runs.iter().zip(self.split(weights)?).map(|(run, weights)| run.encode(&weights));
        let runs = runs.collect::<Result<Vec<_>, _>>()?;
        let stored = joined(runs.iter().map(|run| run.stored.shallow_clone()).collect())?;
        let stored = self.room.as_ref().map_or(Ok(stored.shallow_clone()), |room| room.clamped(&stored))?;
        Ok(Codes { stored, runs })
    }

    /// What 0 is among the codes of each tensor.
    pub(super) fn zeros(&self, clean: &Codes) -> Result<Vec<Zero>, TchError> {
        let mut zeros = Vec::new();
        for (run, clean) in self.runs.iter().zip(&clean.runs) {
            zeros.extend(run.zeros(clean)?);
        }
        Ok(zeros)
    }

    /// The values of codes, which may be faulty, by the clean ranges.
    pub(super) fn decode(&self, codes: &Tensor, clean: &Codes) -> Result<Tensor, TchError> {
        let runs = self.runs.iter().zip(self.split(codes)?).zip(&clean.runs);
        joined(runs.map(|((run, codes), clean)| run.decode(&codes, clean)).collect::<Result<_, _>>()?)
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
