//! The bit errors of training steps, as planes over all codes.

use flip_core::{BitWidth, FaultMask, PackedInts, PersistentErrors, Purpose, Rate, Stream, TransientErrors};
use serde::Serialize;
use sram_model::FaultMap;
use tch::Tensor;

use crate::device::{pinned, sent};
use crate::error::TorchError;
use nn_bridge::{Placement, ReadModel, read_mask};

/// Where the bit errors of training come from.
#[derive(Clone, Debug)]
pub enum TrainingFaults {
    /// Fresh random bit errors at each step, one pattern for each of these rates (`RandBET`; several rates: MBET).
    Random {
        /// The rates.
        rates: Vec<Rate>,
    },
    /// The same random bit errors at each step: one simulated chip (`PattBET`).
    Pattern {
        /// Its rate.
        rate: Rate,
        /// Its seed.
        seed: u64,
    },
    /// The faults of a profiled chip (`PattBET`, as MATIC does).
    Chip {
        /// All faults at the voltage.
        map: FaultMap,
        /// Cell that holds the first bit.
        offset: u64,
        /// How reads go.
        read: ChipRead,
    },
}

/// Which faults of a chip show in a training step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChipRead {
    /// Each by its flip probability, drawn anew at each step.
    Sampled,
    /// Persistent ones, always.
    Persistent,
    /// All, always.
    Worst,
}

const READS: Purpose = Purpose::named("nn-bridge training reads");

/// What reading does to every code: `(code & and) ^ xor`, as bytes where codes have 8 bits at most.
#[derive(Debug)]
pub(super) struct Planes {
    and: Option<Tensor>,
    xor: Tensor,
}

impl Planes {
    pub(super) fn read(&self, codes: &Tensor) -> Result<Tensor, TorchError> {
        let kept = match &self.and {
            Some(and) => codes.f_bitwise_and_tensor(and)?,
            None => codes.shallow_clone(),
        };
        Ok(kept.f_bitwise_xor_tensor(&self.xor)?)
    }

    /// The same in memory that a GPU copies from by itself.
    pub(super) fn pinned(&self, device: tch::Device) -> Result<Self, TorchError> {
        let and = self.and.as_ref().map(|and| pinned(and, device)).transpose()?;
        Ok(Self { and, xor: pinned(&self.xor, device)? })
    }

    /// The same on a device.
    pub(super) fn on(&self, device: tch::Device) -> Result<Self, TorchError> {
        let and = self.and.as_ref().map(|and| sent(and, device)).transpose()?;
        Ok(Self { and, xor: sent(&self.xor, device)? })
    }
}

/// The bit errors of each step, on the CPU.
#[derive(Debug)]
pub(super) struct Errors {
    faults: TrainingFaults,
    seed: u64,
    width: BitWidth,
    weights: usize,
}

impl Errors {
    pub(super) fn new(faults: TrainingFaults, seed: u64, width: BitWidth, weights: usize) -> Self {
        Self { faults, seed, width, weights }
    }

    /// Where they come from.
    pub(super) fn faults(&self) -> &TrainingFaults {
        &self.faults
    }

    /// Whether they differ from step to step.
    pub(super) fn are_fresh(&self) -> bool {
        match &self.faults {
            TrainingFaults::Random { .. } => true,
            TrainingFaults::Pattern { .. } => false,
            TrainingFaults::Chip { read, .. } => *read == ChipRead::Sampled,
        }
    }

    /// What the reads of a step do: one for each pattern of bit errors.
    pub(super) fn of_step(&self, step: u64) -> Result<Vec<Planes>, TorchError> {
        match &self.faults {
            TrainingFaults::Random { rates } => {
                let first_read = step.wrapping_mul(rates.len() as u64);
                let planes = |(rate, read): (&Rate, u64)| {
                    let mut flips = PackedInts::zeros(self.width, self.weights);
                    TransientErrors::new(self.seed, *rate).inject(read, &mut flips.bits_mut(), 0);
                    Ok(Planes { and: None, xor: tensor(&flips)? })
                };
                rates.iter().zip(first_read..).map(planes).collect()
            }
            TrainingFaults::Pattern { rate, seed } => {
                let mut flips = PackedInts::zeros(self.width, self.weights);
                PersistentErrors::new(*seed).inject(*rate, &mut flips.bits_mut(), 0);
                Ok(vec![Planes { and: None, xor: tensor(&flips)? }])
            }
            TrainingFaults::Chip { map, offset, read } => {
                let bits = self.weights as u64 * u64::from(self.width.bits());
                let model = match read {
                    ChipRead::Sampled => {
                        // Other reads than those that `eval` tests with.
                        ReadModel::Sampled { seed: Stream::new(self.seed, READS, step).next_u64() }
                    }
                    ChipRead::Persistent => ReadModel::Persistent,
                    ChipRead::Worst => ReadModel::Worst,
                };
                let mask = read_mask(map, Placement::new(*offset, map.geometry().cells()), bits, model)?;
                Ok(vec![self.planes(&mask)?])
            }
        }
    }

    /// A mask as planes: what is read of zeros is inverted, what is read the same of both is lost.
    fn planes(&self, mask: &FaultMask) -> Result<Planes, TorchError> {
        let mut zeros = PackedInts::zeros(self.width, self.weights);
        let bytes = vec![u8::MAX; zeros.as_bytes().len()];
        let mut ones = PackedInts::from_bytes(self.width, self.weights, bytes)?;
        mask.apply(&mut zeros.bits_mut())?;
        mask.apply(&mut ones.bits_mut())?;
        let xor = tensor(&zeros)?;
        let and = tensor(&ones)?.f_bitwise_xor_tensor(&xor)?;
        Ok(Planes { and: Some(and), xor })
    }
}

/// A code in each element.
fn tensor(codes: &PackedInts) -> Result<Tensor, TorchError> {
    let bits = codes.width().bits();
    if bits == 8 {
        return Ok(Tensor::f_from_slice(codes.as_bytes())?);
    }
    let mut values = vec![0u32; codes.len()];
    codes.read(0, &mut values);
    if bits < 8 {
        let values: Vec<u8> = values.into_iter().map(|code| code as u8).collect();
        return Ok(Tensor::f_from_slice(&values)?);
    }
    let values: Vec<i32> = values.into_iter().map(|code| code as i32).collect();
    Ok(Tensor::f_from_slice(&values)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use flip_core::FaultKind;

    #[test]
    fn planes_read_codes_as_the_mask_does() {
        let width = BitWidth::new(3).unwrap();
        let weights = 500;
        let codes: Vec<u32> = (0..weights as u32).map(|i| (i * 5 + i / 7) % 8).collect();
        let faults = TrainingFaults::Pattern { rate: Rate::ZERO, seed: 0 };
        let errors = Errors::new(faults, 0, width, weights);
        let kinds = FaultKind::ALL.into_iter().cycle();
        let mask = FaultMask::from_faults(1500, (0..1500).step_by(4).zip(kinds)).unwrap();
        let mut expected = PackedInts::from_codes(width, &codes).unwrap();
        let clean = tensor(&expected).unwrap().to_kind(tch::Kind::Int);
        mask.apply(&mut expected.bits_mut()).unwrap();
        let read = errors.planes(&mask).unwrap().read(&clean).unwrap();
        assert!(read.equal(&tensor(&expected).unwrap().to_kind(tch::Kind::Int)) && !read.equal(&clean));
    }

    #[test]
    fn random_bit_errors_are_fresh_at_each_step_and_patterns_are_not() {
        let (width, rate) = (BitWidth::new(8).unwrap(), Rate::new(0.1).unwrap());
        let errors = |faults: &TrainingFaults, step| {
            let planes = Errors::new(faults.clone(), 1, width, 1000).of_step(step).unwrap();
            planes.iter().map(|planes| Vec::<u8>::try_from(&planes.xor).unwrap()).collect::<Vec<_>>()
        };
        let random = TrainingFaults::Random { rates: vec![rate, rate] };
        let (first, second) = (errors(&random, 0), errors(&random, 1));
        assert!(
            first.len() == 2 && first[0] != first[1] && first[1] != second[0] && first == errors(&random, 0)
        );
        let pattern = TrainingFaults::Pattern { rate, seed: 7 };
        assert_eq!(errors(&pattern, 0), errors(&pattern, 1));
    }
}
