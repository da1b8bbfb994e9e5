//! Lines that are simulated bit by bit: each stores its data, parity and check bits, and what is read is checked as hardware does.

use std::collections::BTreeSet;

use nn_bridge::memory::code::WordCode;
use nn_bridge::memory::killi::{
    CHECK_BITS, Eviction, KilliOptions, KilliRead, LINE_BITS, LineState, PARITY_BITS,
};

/// Bits that are wrong, by their numbers among those of all lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Wrong {
    pub(super) data: BTreeSet<u64>,
    pub(super) parity: BTreeSet<u64>,
    pub(super) checks: BTreeSet<u64>,
}

type Data = [u64; 8];

fn bit(data: &Data, at: u64) -> bool {
    data[(at / 64) as usize] >> (at % 64) & 1 == 1
}

fn invert(data: &mut Data, at: u64) {
    data[(at / 64) as usize] ^= 1 << (at % 64);
}

/// Interleaved parity.
fn parity(data: &Data, segments: u64) -> Vec<bool> {
    (0..segments)
        .map(|s| (s..LINE_BITS).step_by(segments as usize).fold(false, |sum, at| sum ^ bit(data, at)))
        .collect()
}

#[derive(Clone, Copy, PartialEq)]
enum Holds {
    Nothing,
    WasEvicted,
    Weights,
}

pub(super) struct NaiveLine {
    pub(super) state: LineState,
    holds: Holds,
    data: Data,
}

pub(super) struct Naive {
    options: KilliOptions,
    code: WordCode,
    pub(super) lines: Vec<NaiveLine>,
    /// Lines with an entry, the least recently used first, of all sets.
    entries: Vec<usize>,
}

impl Naive {
    pub(super) fn new(options: KilliOptions, code: WordCode, lines: u64, seed: u64) -> Self {
        let line = |line: u64| {
            let data = std::array::from_fn(|limb| {
                (seed ^ (line * 8 + limb as u64))
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                    .rotate_left(31)
                    .wrapping_mul(0x94d0_49bb_1331_11eb)
            });
            NaiveLine { state: LineState::Unknown, holds: Holds::Nothing, data }
        };
        Self { options, code, lines: (0..lines).map(line).collect(), entries: Vec::new() }
    }

    pub(super) fn empty(&mut self) {
        self.lines.iter_mut().for_each(|line| line.holds = Holds::Nothing);
        self.entries.clear();
    }

    /// What the cells of a line give.
    fn cells(&self, line: usize, wrong: &Wrong, segments: u64) -> (Data, Vec<bool>, u32) {
        let (stored, number) = (&self.lines[line].data, line as u64);
        let (mut data, mut sums, mut checks) = (*stored, parity(stored, segments), self.code.encode(stored));
        wrong
            .data
            .iter()
            .filter(|&at| at / LINE_BITS == number)
            .for_each(|at| invert(&mut data, at % LINE_BITS));
        for at in wrong.parity.iter().filter(|&at| at / PARITY_BITS == number && at % PARITY_BITS < segments)
        {
            sums[(at % PARITY_BITS) as usize] ^= true;
        }
        wrong
            .checks
            .iter()
            .filter(|&at| at / CHECK_BITS == number)
            .for_each(|at| checks ^= 1 << (at % CHECK_BITS));
        (data, sums, checks)
    }

    /// Checks an unknown line or one with a fault: its new state, and what is delivered if it is not to be fetched.
    fn check(&self, line: usize, wrong: &Wrong) -> (LineState, Option<Data>) {
        let (mut data, sums, checks) = self.cells(line, wrong, 16);
        let bad: Vec<u64> = (0..)
            .zip(sums.iter().zip(parity(&data, 16)))
            .filter(|(_, (a, b))| *a != b)
            .map(|(at, _)| at)
            .collect();
        let is_codeword = |data: &Data| self.code.encode(data) == checks;
        let has_code = self.options.lines_per_entry > 0;
        if bad.is_empty() && (!has_code || is_codeword(&data)) {
            let one = self.lines[line].state == LineState::OneFault;
            return (if one { LineState::OneFault } else { LineState::Clean }, Some(data));
        }
        if let ([segment], true, false) = (&bad[..], has_code, is_codeword(&data)) {
            for at in (*segment..LINE_BITS).step_by(16) {
                invert(&mut data, at);
                if is_codeword(&data) {
                    return (LineState::OneFault, Some(data));
                }
                invert(&mut data, at);
            }
        }
        (LineState::Disabled, None)
    }

    fn fetch(&mut self, line: usize, wrong: &Wrong) {
        self.lines[line].holds = Holds::Weights;
        let (count, per_entry) = (self.lines.len(), self.options.lines_per_entry as usize);
        if per_entry == 0 || self.lines[line].state == LineState::Clean {
            return;
        }
        let entries = count.div_ceil(per_entry);
        let ways = entries.min(self.options.ways as usize);
        let sets = entries.div_ceil(ways);
        self.entries.push(line);
        let mut set = self.entries.iter().copied().filter(|other| other % sets == line % sets);
        let oldest = set.next().unwrap();
        if set.count() < ways {
            return;
        }
        self.entries.retain(|&other| other != oldest);
        let mut loses = true;
        if self.options.eviction == Eviction::Classify && self.lines[oldest].state == LineState::Unknown {
            self.lines[oldest].state = self.check(oldest, wrong).0;
            loses = self.lines[oldest].state != LineState::Clean;
        }
        if loses {
            self.lines[oldest].holds = Holds::WasEvicted;
        }
    }

    fn deliver(&self, line: usize, data: &Data, raw: &Data, read: &mut KilliRead) {
        let (right, first) = (&self.lines[line].data, line as u64 * LINE_BITS);
        let differ = |a: &Data, b: &Data| {
            (0..LINE_BITS).filter(|&at| bit(a, at) != bit(b, at)).map(|at| first + at).collect::<Vec<_>>()
        };
        let (errors, inverted) = (differ(data, right), differ(data, raw));
        match (errors.is_empty(), inverted.is_empty()) {
            (true, true) => read.clean += 1,
            (true, false) => read.corrected += 1,
            (false, _) => read.silent += 1,
        }
        read.errors.extend(errors);
        read.inverted.extend(inverted);
    }

    pub(super) fn read(&mut self, wrong: &Wrong) -> KilliRead {
        let mut read = KilliRead::default();
        for line in 0..self.lines.len() {
            match (self.lines[line].state, self.lines[line].holds) {
                (LineState::Disabled, _) => read.misses.disabled += 1,
                (_, Holds::Nothing) => {
                    read.misses.load += 1;
                    self.fetch(line, wrong);
                }
                (_, Holds::WasEvicted) => {
                    read.misses.evicted += 1;
                    self.fetch(line, wrong);
                }
                (LineState::Clean, Holds::Weights) => {
                    let (data, sums, _) = self.cells(line, wrong, 4);
                    if sums == parity(&data, 4) {
                        self.deliver(line, &data, &data, &mut read);
                    } else {
                        read.misses.detected += 1;
                        self.lines[line].state = LineState::Unknown;
                        self.fetch(line, wrong);
                    }
                }
                (_, Holds::Weights) => {
                    let (state, delivered) = self.check(line, wrong);
                    self.lines[line].state = state;
                    let had_entry = self.entries.iter().position(|&other| other == line);
                    let entry = had_entry.map(|at| self.entries.remove(at));
                    if state == LineState::OneFault {
                        self.entries.extend(entry);
                    }
                    match delivered {
                        Some(data) => {
                            let raw = self.cells(line, wrong, 16).0;
                            self.deliver(line, &data, &raw, &mut read);
                        }
                        None => read.misses.found += 1,
                    }
                }
            }
        }
        let with = |state| self.lines.iter().filter(|line| line.state == state).count() as u64;
        read.lines.clean = with(LineState::Clean);
        read.lines.unknown = with(LineState::Unknown);
        read.lines.one_fault = with(LineState::OneFault);
        read.lines.disabled = with(LineState::Disabled);
        read
    }
}
