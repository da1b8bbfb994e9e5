//! The work that is timed. Every piece checks its result before it is timed.

use std::hint::black_box;

use anyhow::{Result, ensure};
use flip_core::{
    Bits, BitsMut, DenseMask, FaultKind, FaultMask, Kernel, PersistentErrors, Purpose, Rate, SparseMask,
    Stream, TransientErrors,
};
use memmap2::MmapMut;
use rayon::prelude::*;
use serde::Serialize;

use crate::arguments::Arguments;
use crate::measure::{median_pair, median_seconds};
use crate::memory;

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Measured {
    /// What was done.
    pub(crate) work: Work,
    /// At which rate of errors or faults.
    pub(crate) rate: Option<f64>,
    /// Median time, in seconds.
    pub(crate) seconds: f64,
    /// Median time of one pass, run in turns with the work, in seconds.
    pub(crate) pass_seconds: f64,
    /// Bits that were inverted, or cells that failed.
    pub(crate) flips: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    /// An in-place XOR with a constant.
    Pass,
    /// Transient random bit errors.
    Transient,
    /// Persistent random bit errors.
    Persistent,
    /// A sparse mask of all kinds of faults.
    SparseMask,
    /// Dense planes of all kinds of faults.
    DenseMask,
}

impl Work {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Pass => "one pass",
            Self::Transient => "transient errors",
            Self::Persistent => "persistent errors",
            Self::SparseMask => "sparse fault map",
            Self::DenseMask => "dense fault planes",
        }
    }
}

/// A buffer of weights and how to time work on it.
pub(crate) struct Bench {
    pub(crate) weights: MmapMut,
    pub(crate) kernel: Kernel,
    rates: Vec<Rate>,
    pub(crate) repeats: u32,
}

pub(crate) const SEED: u64 = 1;

impl Bench {
    pub(crate) fn new(arguments: &Arguments) -> Result<Self> {
        ensure!(!arguments.rates.is_empty(), "no rate to measure at");
        // Weights of any width lie in the same bytes; the width only counts how many weights a time is for.
        let mut weights = memory::buffer(arguments.size)?;
        weights
            .iter_mut()
            .zip(0u32..)
            .for_each(|(weight, i)| *weight = (i.wrapping_mul(2_654_435_761) >> 24) as u8);
        let kernel = arguments.kernel.unwrap_or_else(Kernel::best);
        Ok(Self { weights, kernel, rates: arguments.rates.clone(), repeats: arguments.repeats })
    }

    pub(crate) fn run(mut self) -> Result<Vec<Measured>> {
        let mut measured = vec![self.pass()];
        for rate in self.rates.clone() {
            measured.push(self.transient(rate)?);
            measured.push(self.persistent(rate)?);
            if rate.get() < 1.0 / 32.0 {
                measured.push(self.sparse_mask(rate)?);
            }
        }
        measured.push(self.dense_mask()?);
        Ok(measured)
    }

    pub(crate) fn len_bits(&self) -> u64 {
        self.weights.len() as u64 * 8
    }

    fn pass(&mut self) -> Measured {
        let seconds = median_seconds(self.repeats, || pass(&mut self.weights));
        Measured { work: Work::Pass, rate: None, seconds, pass_seconds: seconds, flips: 0 }
    }

    pub(crate) fn transient(&mut self, rate: Rate) -> Result<Measured> {
        let errors = TransientErrors::new(SEED, rate).with_kernel(self.kernel);
        let mut read = 0;
        self.random(Work::Transient, rate, move |bits| {
            // The same read twice restores the weights; then comes the next read.
            errors.inject(read / 2, bits, 0);
            read += 1;
        })
    }

    pub(crate) fn persistent(&mut self, rate: Rate) -> Result<Measured> {
        let errors = PersistentErrors::new(SEED).with_kernel(self.kernel);
        self.random(Work::Persistent, rate, move |bits| errors.inject(rate, bits, 0))
    }

    fn random(
        &mut self,
        work: Work,
        rate: Rate,
        mut inject: impl FnMut(&mut BitsMut<'_>),
    ) -> Result<Measured> {
        let clean = self.weights.to_vec();
        inject(&mut BitsMut::new(&mut self.weights));
        let flips = Bits::new(&clean).hamming(Bits::new(&self.weights))?;
        let expected = self.len_bits() as f64 * rate.get();
        let spread = (expected * (1.0 - rate.get())).sqrt();
        ensure!(
            (flips as f64 - expected).abs() <= 6.0 * spread + 1.0,
            "{} at {rate}: {flips} flips",
            work.name()
        );
        inject(&mut BitsMut::new(&mut self.weights));
        ensure!(
            clean == self.weights[..],
            "{} at {rate}: injecting twice does not restore the weights",
            work.name()
        );
        drop(clean);

        let cell = std::cell::RefCell::new(&mut self.weights);
        let (seconds, pass_seconds) = median_pair(
            self.repeats,
            || inject(&mut BitsMut::new(&mut cell.borrow_mut())),
            || pass(&mut cell.borrow_mut()),
        );
        Ok(Measured { work, rate: Some(rate.get()), seconds, pass_seconds, flips })
    }

    pub(crate) fn sparse_mask(&mut self, rate: Rate) -> Result<Measured> {
        let mask = SparseMask::from_faults(self.len_bits(), faults(rate, self.len_bits()))?;
        let flips = mask.count();
        self.mask(Work::SparseMask, Some(rate), &FaultMask::Sparse(mask), flips)
    }

    /// Planes of stuck bits and inversions, one cell in ten.
    fn dense_mask(&mut self) -> Result<Measured> {
        let rate = Rate::new(0.1)?;
        let sparse = SparseMask::from_faults(self.len_bits(), faults(rate, self.len_bits()))?;
        let (flips, mask) = (sparse.count(), FaultMask::Dense(DenseMask::from(&sparse)));
        drop(sparse);
        self.mask(Work::DenseMask, Some(rate), &mask, flips)
    }

    fn mask(&mut self, work: Work, rate: Option<Rate>, mask: &FaultMask, flips: u64) -> Result<Measured> {
        let clean = self.weights.to_vec();
        let errors = mask.bit_errors(Bits::new(&clean))?.count();
        mask.apply(&mut BitsMut::new(&mut self.weights))?;
        let found = Bits::new(&clean).hamming(Bits::new(&self.weights))?;
        ensure!(found == errors, "{}: {found} bits changed, expected {errors}", work.name());
        drop(clean);
        let kernel = self.kernel;
        let cell = std::cell::RefCell::new(&mut self.weights);
        let apply = || {
            let mut weights = cell.borrow_mut();
            let mut bits = BitsMut::new(&mut weights);
            let applied = match mask {
                FaultMask::Dense(mask) => mask.apply_with(kernel, &mut bits, 0),
                FaultMask::Sparse(mask) => mask.apply_with(kernel, &mut bits, 0),
                other => other.apply(&mut bits),
            };
            black_box(applied).is_ok()
        };
        let (seconds, pass_seconds) =
            median_pair(self.repeats, || assert!(apply(), "the mask fits"), || pass(&mut cell.borrow_mut()));
        Ok(Measured { work, rate: rate.map(Rate::get), seconds, pass_seconds, flips })
    }
}

/// Faults of a virtual chip, all three kinds alike and in no order.
pub(crate) fn faults(rate: Rate, len_bits: u64) -> impl Iterator<Item = (u64, FaultKind)> {
    let mask = PersistentErrors::new(SEED).mask(rate, 0, len_bits);
    // All bits are zero, so that the errors are the cells.
    let zeros = vec![0u8; len_bits.div_ceil(8) as usize];
    let errors = Bits::with_len(&zeros, len_bits).ok().and_then(|zeros| mask.bit_errors(zeros).ok());
    let positions: Vec<u64> =
        errors.iter().flat_map(SparseMask::iter).map(|(position, _)| position).collect();
    let mut kinds = Stream::new(SEED, Purpose::named("flip-bench kinds of faults"), 0);
    positions.into_iter().map(move |position| (position, FaultKind::ALL[(kinds.next_u64() % 3) as usize]))
}

/// One pass over the weights, by the threads of the current pool.
pub(crate) fn pass(weights: &mut [u8]) {
    let piece = weights.len().div_ceil(rayon::current_num_threads()).next_multiple_of(4096).max(4096);
    if rayon::current_num_threads() == 1 {
        xor(weights);
    } else {
        weights.par_chunks_mut(piece).for_each(xor);
    }
    black_box(weights);
}

fn xor(weights: &mut [u8]) {
    let constant = black_box(0x0123_4567_89ab_cdefu64);
    let (words, _) = weights.as_chunks_mut::<8>();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ constant).to_ne_bytes();
    }
}
