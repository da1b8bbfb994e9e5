//! The reads of one supply voltage, and what they say together.

use std::fmt;

use super::Dump;
use crate::fault::{CellFault, FlipProbability};
use crate::stats::Proportion;
use crate::voltage::Voltage;

/// The power-up states at one supply voltage. k is in how many of the n reads a cell came up as 1.
#[derive(Clone, Debug, PartialEq)]
pub struct PowerupCondition {
    /// The supply, in V.
    pub voltage: Voltage,
    /// How many reads there are.
    pub reads: u64,
    /// The share of ones in all reads.
    pub ones: f64,
    /// Cells that came up the same in all reads, of all cells; none of one read.
    pub stable: Option<Proportion>,
    /// The share of cells in which two reads differ, on the mean over all pairs of reads: 2k(n − k)/(n(n − 1)), on the mean over
    /// cells; none of one read.
    pub distance: Option<f64>,
    /// The min-entropy of the noise, in bits a cell: −log₂ max(k/n, 1 − k/n) on the mean over cells, as of Holcomb, Burleson and Fu
    /// (IEEE Transactions on Computers 58, 2009); none of one read.
    pub min_entropy: Option<f64>,
    /// The share of cells whose likely state, that of more than half of the reads, is another than at the highest voltage; none
    /// there.
    pub from_first: Option<f64>,
}

/// Reads of all cells, a bit each.
#[derive(Debug, Default)]
pub(super) struct Reads(Vec<(String, Vec<u64>)>);

impl Reads {
    /// Adds a read, of which these words have ones.
    pub(super) fn add(&mut self, dump: &Dump, words: &[(u64, u128)], word_bits: u32) {
        let width = u64::from(word_bits);
        let mut bits = vec![0u64; (dump.words * width).div_ceil(64) as usize];
        for &(word, ones) in words {
            for cell in (0..width).filter(|bit| ones >> bit & 1 == 1).map(|bit| word * width + bit) {
                bits[(cell / 64) as usize] |= 1 << (cell % 64);
            }
        }
        self.0.push((dump.input.name.clone(), bits));
    }

    /// In how many reads each cell came up as 1.
    pub(super) fn counts(&self, cells: u64) -> Vec<u32> {
        let of = |cell: u64| self.0.iter().map(|(_, bits)| u32::from(is_one(bits, cell))).sum();
        (0..cells).map(of).collect()
    }

    fn number(&self) -> u32 {
        self.0.len() as u32
    }

    /// Which cells came up as 1 in more than half of the reads.
    pub(super) fn likely(&self, counts: &[u32]) -> Vec<bool> {
        counts.iter().map(|&count| count > self.number() / 2).collect()
    }

    /// The faults that the cells are.
    pub(super) fn faults(&self, counts: &[u32]) -> Vec<CellFault> {
        let share = |count: u32| (f64::from(count) / f64::from(self.number())) as f32;
        let flip = |count: u32| FlipProbability::new(share(count), share(self.number() - count));
        let fault = |(cell, &count): (u64, &u32)| CellFault {
            cell,
            flip: flip(count).unwrap_or(FlipProbability::NONE),
        };
        (0u64..).zip(counts).map(fault).collect()
    }

    /// The read that differs most from the others, and in which share of the cells it does, on the mean over them; none of one read.
    pub(super) fn farthest(&self, counts: &[u32]) -> Option<(&str, f64)> {
        let (reads, cells) = (self.number(), counts.len() as f64);
        let distance = |bits: &[u64]| {
            let differing = |(cell, &count): (u64, &u32)| {
                u64::from(if is_one(bits, cell) { reads - count } else { count })
            };
            (0u64..).zip(counts).map(differing).sum::<u64>() as f64 / f64::from(reads - 1) / cells
        };
        let of_several = self.0.iter().filter(|_| reads > 1);
        let all = of_several.map(|(name, bits)| (name.as_str(), distance(bits)));
        all.max_by(|a, b| a.1.total_cmp(&b.1))
    }
}

fn is_one(bits: &[u64], cell: u64) -> bool {
    bits[(cell / 64) as usize] >> (cell % 64) & 1 == 1
}

impl PowerupCondition {
    /// What the reads of a voltage say; `first` are the likely states at the highest one, if this is another.
    pub(super) fn of(voltage: Voltage, reads: &Reads, counts: &[u32], first: Option<&[bool]>) -> Self {
        let (number, cells) = (u64::from(reads.number()), counts.len() as f64);
        let ks = || counts.iter().map(|&count| u64::from(count));
        let n = number as f64;
        let several = (number > 1).then_some(());
        let steady = || ks().filter(|&k| k == 0 || k == number).count() as u64;
        let pairs = || ks().map(|k| k * (number - k)).sum::<u64>() as f64 * 2.0 / (n * (n - 1.0));
        let entropy = || ks().map(|k| -(k.max(number - k) as f64 / n).log2()).sum::<f64>() + 0.0;
        let differs = |first: &[bool]| {
            reads.likely(counts).iter().zip(first).filter(|(one, other)| one != other).count()
        };
        Self {
            voltage,
            reads: number,
            ones: ks().sum::<u64>() as f64 / (n * cells),
            stable: several.map(|()| Proportion { count: steady(), trials: counts.len() as u64 }),
            distance: several.map(|()| pairs() / cells),
            min_entropy: several.map(|()| entropy() / cells),
            from_first: first.map(|first| differs(first) as f64 / cells),
        }
    }
}

impl fmt::Display for PowerupCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| format!("{:.2} %", 100.0 * share);
        write!(f, "{} reads at {} V: {} ones", self.reads, self.voltage, percent(self.ones))?;
        if let (Some(stable), Some(distance), Some(entropy)) = (self.stable, self.distance, self.min_entropy)
        {
            let (low, high) = stable.interval(0.95);
            write!(
                f,
                ", {} of the cells the same in all ({} to {}), two reads differ in {}, min-entropy of the noise {entropy:.4} bits a cell",
                percent(stable.share().unwrap_or(0.0)),
                percent(low),
                percent(high),
                percent(distance)
            )?;
        }
        match self.from_first {
            Some(distance) => write!(
                f,
                "; {} of the likely states are others than at the highest voltage",
                percent(distance)
            ),
            None => Ok(()),
        }
    }
}
