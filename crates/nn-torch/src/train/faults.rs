//! The bit errors of training steps.

use flip_core::{BitString, PackedInts, Rate};
use sram_model::FaultMap;
use tch::Tensor;

use super::planes::Planes;
use crate::error::TorchError;
use nn_bridge::Zero;
use nn_bridge::memory::{Cells, Memory, ReadModel, Stored, Which};

/// The bit errors of training: at each step the weights are read once for each of the patterns.
#[derive(Clone, Debug)]
pub struct TrainingFaults {
    /// What the cells of each region do, for each pattern.
    pub patterns: Vec<Vec<TrainingCells>>,
    /// Which faults of chips show in a read.
    pub which: Which,
}

/// What the cells of a region do in training.
#[derive(Clone, Debug)]
pub enum TrainingCells {
    /// They never fail.
    Safe,
    /// Fresh random bit errors at each step (`RandBET`; several patterns: MBET).
    Fresh {
        /// Their rate.
        rate: Rate,
    },
    /// The same random bit errors at each step: one simulated chip (`PattBET`).
    Pattern {
        /// Their rate.
        rate: Rate,
        /// Their seed.
        seed: u64,
    },
    /// The faults of a profiled chip (`PattBET`, as MATIC does).
    Chip {
        /// All faults at the voltage.
        map: FaultMap,
        /// Cells by which the region begins later than it says.
        offset: u64,
    },
}

impl TrainingFaults {
    /// The same in all of `regions` regions; a pattern for each of `cells`.
    pub fn everywhere(regions: usize, cells: impl IntoIterator<Item = TrainingCells>, which: Which) -> Self {
        Self { patterns: cells.into_iter().map(|cells| vec![cells; regions]).collect(), which }
    }
}

impl TrainingCells {
    /// As they are read with the seed of a training.
    fn cells(&self, training: u64) -> Cells<'_> {
        match self {
            Self::Safe => Cells::Safe,
            Self::Fresh { rate } => Cells::Random { rate: *rate, seed: training, fresh: true },
            Self::Pattern { rate, seed } => Cells::Random { rate: *rate, seed: *seed, fresh: false },
            Self::Chip { map, offset } => Cells::Chip { map, offset: *offset },
        }
    }
}

/// The bit errors of each step, on the CPU.
#[derive(Debug)]
pub(super) struct Errors {
    memory: Memory,
    faults: TrainingFaults,
    seed: u64,
    /// What each code is read of where that is all the same.
    zeros: BitString,
    ones: BitString,
    /// What 0 is, where it does not matter.
    no_zeros: Vec<Zero>,
}

impl Errors {
    pub(super) fn new(memory: Memory, faults: TrainingFaults, seed: u64) -> Self {
        let bits = memory.layout().len_bits();
        let zeros = BitString::zeros(bits);
        let mut ones = BitString::zeros(bits);
        ones.bits_mut().fill();
        let no_zeros = vec![Zero { code: 0, has_sign: false }; memory.layout().tensors()];
        Self { memory, faults, seed, zeros, ones, no_zeros }
    }

    /// Where they come from.
    pub(super) fn faults(&self) -> &TrainingFaults {
        &self.faults
    }

    /// Whether they differ from step to step, whatever the codes are.
    pub(super) fn are_fresh(&self) -> bool {
        let is_fresh = |cells: &TrainingCells| match cells {
            TrainingCells::Safe | TrainingCells::Pattern { .. } => false,
            TrainingCells::Fresh { .. } => true,
            TrainingCells::Chip { .. } => self.faults.which == Which::Sampled,
        };
        self.faults.patterns.iter().flatten().any(is_fresh) || self.memory.draws_in_each_read()
    }

    /// Whether they cannot be told without the codes of the step.
    pub(super) fn depend_on_codes(&self) -> bool {
        (0..self.faults.patterns.len()).any(|pattern| self.memory.depends_on_codes(&self.cells(pattern)))
    }

    fn cells(&self, pattern: usize) -> Vec<Cells<'_>> {
        self.faults.patterns[pattern].iter().map(|cells| cells.cells(self.seed)).collect()
    }

    /// What the reads of a step do: one for each pattern of bit errors. For reads that do not depend on codes.
    pub(super) fn of_step(&self, step: u64) -> Result<Vec<Planes>, TorchError> {
        let planes = |pattern: usize| {
            let inverted = self.read(step, pattern, &self.zeros, &self.no_zeros)?;
            let xor = self.tensor(&inverted)?;
            if !self.cells(pattern).iter().any(|cells| matches!(cells, Cells::Chip { .. })) {
                return Ok(Planes { and: None, xor });
            }
            // What is read of zeros is inverted, what is read the same of both is lost.
            let mut lost = self.read(step, pattern, &self.ones, &self.no_zeros)?;
            lost.bits_mut().xor(inverted.bits());
            lost.bits_mut().xor(self.ones.bits());
            Ok(Planes { and: Some(self.tensor(&lost)?), xor })
        };
        (0..self.faults.patterns.len()).map(planes).collect()
    }

    /// The same of the codes of the step, as they lie in memory.
    pub(super) fn of_codes(
        &self,
        step: u64,
        codes: &Tensor,
        zeros: &[Zero],
    ) -> Result<Vec<Planes>, TorchError> {
        let stored = self.image(codes)?;
        let planes = |pattern: usize| {
            let read = self.read(step, pattern, &stored, zeros)?;
            Ok(Planes { and: None, xor: self.tensor(&read)? })
        };
        (0..self.faults.patterns.len()).map(planes).collect()
    }

    /// The bits that read wrong where these are stored.
    fn read(
        &self,
        step: u64,
        pattern: usize,
        stored: &BitString,
        zeros: &[Zero],
    ) -> Result<BitString, TorchError> {
        let number = step.wrapping_mul(self.faults.patterns.len() as u64).wrapping_add(pattern as u64);
        let model = ReadModel { which: self.faults.which, seed: self.seed };
        let stored = Stored { layout: self.memory.layout(), bits: stored.bits().into(), zeros };
        let read = self.memory.read_stored(stored, &self.cells(pattern), model, number)?;
        let mut wrong = self.zeros.clone();
        read.errors.apply(&mut wrong.bits_mut())?;
        Ok(wrong)
    }

    /// Codes as a bit string.
    fn image(&self, codes: &Tensor) -> Result<BitString, TorchError> {
        let codes = Vec::<i32>::try_from(&codes.f_to_device(tch::Device::Cpu)?.f_to_kind(tch::Kind::Int)?)?;
        let layout = self.memory.layout();
        let (mut image, mut rest) = (BitString::zeros(layout.len_bits()), &codes[..]);
        for tensor in 0..layout.tensors() {
            let (own, after) = rest.split_at(layout.weights(tensor).min(rest.len()));
            rest = after;
            let width = layout.width(tensor);
            let own: Vec<u32> = own.iter().map(|&code| code as u32 & width.max_code()).collect();
            let mut packed = PackedInts::zeros(width, own.len());
            // They fit the width.
            let _ = packed.write(0, &own);
            image.bits_mut().put(layout.bits(tensor).start, packed.bits());
        }
        Ok(image)
    }

    /// Bits of codes, a code in each element.
    fn tensor(&self, bits: &BitString) -> Result<Tensor, TorchError> {
        let layout = self.memory.layout();
        if layout.uniform_width().is_some_and(|width| width.bits() == 8) {
            return Ok(Tensor::f_from_slice(bits.as_bytes())?);
        }
        let mut values = vec![0u32; layout.all_weights()];
        let mut first = 0;
        for tensor in 0..layout.tensors() {
            let weights = layout.weights(tensor);
            let codes =
                PackedInts::from_bits(layout.width(tensor), weights, bits.bits(), layout.bits(tensor).start);
            codes.read(0, &mut values[first..first + weights]);
            first += weights;
        }
        if (0..layout.tensors()).all(|tensor| layout.width(tensor).bits() <= 8) {
            let values: Vec<u8> = values.into_iter().map(|code| code as u8).collect();
            return Ok(Tensor::f_from_slice(&values)?);
        }
        let values: Vec<i32> = values.into_iter().map(|code| code as i32).collect();
        Ok(Tensor::f_from_slice(&values)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nn_bridge::Scheme;
    use nn_bridge::memory::{Description, Outline};
    use sram_model::{CellFault, FlipProbability, Geometry, Voltage, VoltageUnit};

    fn memory(text: &str) -> Memory {
        let outline =
            |name, shape, bits| Outline { name, shape, stored_as: Scheme::normal(bits).unwrap().into() };
        let outlines = [outline("a", &[40, 10], 3), outline("b", &[77], 5), outline("c", &[64], 8)];
        Memory::new(&Description::parse(&format!("format = 1\n[[region]]\n{text}")).unwrap(), &outlines)
            .unwrap()
    }

    fn chip() -> TrainingCells {
        let flips = [(1.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.5, 0.0)];
        let faults = (0..500)
            .step_by(4)
            .zip(flips.into_iter().cycle())
            .map(|(cell, (p01, p10))| CellFault { cell, flip: FlipProbability::new(p01, p10).unwrap() });
        let geometry = Geometry::new(1, 25, 20).unwrap();
        TrainingCells::Chip {
            map: FaultMap::new(
                geometry,
                VoltageUnit::RelativeToVmin.of(Voltage::new(0.8).unwrap()),
                faults.collect(),
            )
            .unwrap(),
            offset: 3,
        }
    }

    fn codes(memory: &Memory) -> Tensor {
        let layout = memory.layout();
        let of = |tensor: usize| {
            (0..layout.weights(tensor) as i32)
                .map(move |i| (i * 5 + i / 7) % (1 << layout.width(tensor).bits()))
        };
        Tensor::from_slice(&(0..3).flat_map(of).collect::<Vec<i32>>())
    }

    /// The bits that planes leave are those that memory reads.
    #[test]
    fn planes_read_codes_as_memory_does() {
        for (text, code) in [
            ("", false),
            ("layout = \"permute:3+column-mux:2\"\nword = 4", false),
            ("code = \"secded:16\"", true),
            ("word = 8\ninvert_words = true\npatch_words = 3", true),
            ("killi = { lines_per_entry = 1 }", true),
        ] {
            for which in [Which::Sampled, Which::Persistent, Which::Worst] {
                let memory = memory(text);
                let faults = TrainingFaults::everywhere(1, [chip()], which);
                let errors = Errors::new(memory.clone(), faults, 7);
                let codes = codes(&memory);
                assert_eq!(errors.depend_on_codes(), code, "{text}");
                let zeros = vec![Zero { code: 0, has_sign: true }; 3];
                let planes = if code { errors.of_codes(5, &codes, &zeros) } else { errors.of_step(5) };
                let read = planes.unwrap()[0].read(&codes).unwrap();
                let image = errors.image(&codes).unwrap();
                let stored = Stored { layout: memory.layout(), bits: image.bits().into(), zeros: &zeros };
                let model = ReadModel { which, seed: 7 };
                let expected = memory.read_stored(stored, &errors.cells(0), model, 5).unwrap();
                if text.starts_with("killi") {
                    // None of its 5 lines can be used, so that all is right, whatever the cells do.
                    assert_eq!((expected.errors.count(), expected.regions[0].reread_words), (0, 5));
                } else {
                    assert!(expected.errors.count() > 10, "{text}");
                }
                let mut faulty = image.clone();
                expected.errors.apply(&mut faulty.bits_mut()).unwrap();
                assert_eq!(errors.image(&read).unwrap(), faulty, "{text} {which:?}");
            }
        }
    }

    #[test]
    fn random_bit_errors_are_fresh_at_each_step_and_patterns_are_not() {
        let rate = Rate::new(0.1).unwrap();
        let errors = |cells: Vec<TrainingCells>, step| {
            let faults = TrainingFaults::everywhere(1, cells, Which::Sampled);
            let planes = Errors::new(memory(""), faults, 1).of_step(step).unwrap();
            planes.iter().map(|planes| Vec::<u8>::try_from(&planes.xor).unwrap()).collect::<Vec<_>>()
        };
        let random = vec![TrainingCells::Fresh { rate }; 2];
        let (first, second) = (errors(random.clone(), 0), errors(random.clone(), 1));
        assert!(first.len() == 2 && first[0] != first[1] && first[1] != second[0]);
        assert_eq!(first, errors(random, 0));
        let pattern = vec![TrainingCells::Pattern { rate, seed: 7 }];
        assert_eq!(errors(pattern.clone(), 0), errors(pattern, 1));
    }
}
