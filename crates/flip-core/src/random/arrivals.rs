//! The arrivals of a persistent chip: which cells fail in which slab of time, see [`persistent`](super::persistent).

use std::sync::OnceLock;

use super::pieces::{BLOCK_CELLS, BLOCK_WORDS, PIECE_CELLS, first_words};
use super::poisson::Poisson;
use crate::arch::{self, Kernel};
use crate::stream::{Purpose, Streams};

/// Up to this rate cells fail by arrivals alone.
pub(super) const ARRIVALS_TO: f64 = 1.0 / 64.0;
/// Short slabs. All but the first have one width, of which there are as many until [`ARRIVALS_TO`]: the first is half as
/// wide, and the long slabs take the other half.
const SHORT_SLABS: usize = 16;
/// The last long slab; it ends where the first short one begins.
const LAST_LONG_SLAB: u32 = 5;
/// Bits of an arrival's time, within its slab, in a long block.
const LONG_TIME_BITS: u32 = 64 - PIECE_CELLS.ilog2();
/// Arrivals of a short block that share a random word, 16 bits each.
const CELLS_PER_WORD: usize = 4;

const LONG_COUNTS: Purpose = Purpose::named("flip-core persistent long counts");
const LONG_ARRIVALS: Purpose = Purpose::named("flip-core persistent long arrivals");
const SHORT_COUNTS: Purpose = Purpose::named("flip-core persistent short counts");
const SHORT_ARRIVALS: Purpose = Purpose::named("flip-core persistent short arrivals");
const SHORT_TIMES: Purpose = Purpose::named("flip-core persistent short times");

/// The arrivals of one chip.
#[derive(Clone, Debug)]
pub(super) struct Arrivals {
    seed: u64,
    kernel: Kernel,
    slabs: &'static Slabs,
}

/// What is the same for all chips.
#[derive(Debug)]
struct Slabs {
    long: Vec<LongSlab>,
    /// Arrivals of one short slab in one block: of the first, and of another.
    short: [Poisson; 2],
}

impl Slabs {
    /// Made once: it takes longer than errors in a small network.
    fn get() -> &'static Self {
        static SLABS: OnceLock<Slabs> = OnceLock::new();
        SLABS.get_or_init(|| Self {
            long: (0..=LAST_LONG_SLAB).map(LongSlab::new).collect(),
            short: [0.5, 1.0].map(|widths| Poisson::new(widths * short_width() * BLOCK_CELLS as f64)),
        })
    }
}

/// A span of failure times.
#[derive(Clone, Debug)]
struct LongSlab {
    index: u32,
    from: f64,
    width: f64,
    /// Arrivals of one block.
    arrivals: Poisson,
}

impl LongSlab {
    fn new(index: u32) -> Self {
        let upper = long_until() / f64::from(1u32 << (2 * (LAST_LONG_SLAB - index)));
        let from = if index == 0 { 0.0 } else { upper / 4.0 };
        let width = upper - from;
        Self { index, from, width, arrivals: Poisson::new(width * PIECE_CELLS as f64) }
    }

    /// The number of a block's stream among those of all slabs.
    fn stream_block(&self, block: u64) -> u64 {
        block << 4 | u64::from(self.index)
    }
}

impl Arrivals {
    pub(super) fn new(seed: u64, kernel: Kernel) -> Self {
        Self { seed, kernel, slabs: Slabs::get() }
    }

    pub(super) fn with_kernel(self, kernel: Kernel) -> Self {
        Self { kernel, ..self }
    }

    /// Puts the cell, within its long block, of each arrival before `until` in a long slab into `cells`; some come twice.
    pub(super) fn in_long_slabs(&self, until: f64, block: u64, random: &mut Vec<u64>, cells: &mut Vec<u32>) {
        cells.clear();
        for slab in self.slabs.long.iter().take_while(|slab| slab.from < until) {
            self.in_long_slab(slab, until, block, random, cells);
        }
    }

    /// Where the slabs end, as times.
    #[cfg(test)]
    pub(super) fn seams(&self) -> Vec<f64> {
        let long = self.slabs.long.iter().map(|slab| slab.from);
        long.chain([long_until()]).chain((1..=SHORT_SLABS).map(|k| short_width() * k as f64)).collect()
    }

    /// Appends the cell, within its long block, of each arrival of `slab` before `until` to `cells`.
    fn in_long_slab(
        &self,
        slab: &LongSlab,
        until: f64,
        block: u64,
        random: &mut Vec<u64>,
        cells: &mut Vec<u32>,
    ) {
        let stream = slab.stream_block(block);
        let count = slab.arrivals.count(Streams::new(self.seed, LONG_COUNTS).word(stream)) as usize;
        let words = self.words(LONG_ARRIVALS, stream, count, random);
        let cell = |word: u64| (word & (PIECE_CELLS - 1)) as u32;
        let share = (until - slab.from) / slab.width;
        if share >= 1.0 {
            cells.extend(words.iter().map(|&word| cell(word)));
            return;
        }
        // The time of an arrival is in its top bits, as a fraction of the slab. Which are kept cannot be foreseen, so
        // all are written, each over the last one that is not kept.
        let before = (share * (1u64 << LONG_TIME_BITS) as f64) as u64;
        let mut kept = cells.len();
        cells.resize(kept + words.len() + 1, 0);
        for &word in words {
            cells[kept] = cell(word);
            kept += usize::from(word >> (64 - LONG_TIME_BITS) < before);
        }
        cells.truncate(kept);
    }

    /// Sets the cells of one short block in which short slabs have arrivals before `until`. Fetches `next` from memory
    /// meanwhile.
    pub(super) fn set_in_short_slabs(
        &self,
        until: f64,
        block: u64,
        random: &mut Vec<u64>,
        flips: &mut [u64],
        next: &[u8],
    ) {
        let Ok(flips) = <&mut [u64; BLOCK_WORDS]>::try_from(flips) else { return };
        let mut set = |cell: u64| flips[(cell >> 6) as usize % BLOCK_WORDS] |= 1 << (cell & 63);

        let slabs = (until / short_width()).clamp(0.0, SHORT_SLABS as f64);
        let (whole_slabs, share) = (slabs as u64, slabs - libm::floor(slabs));
        // The first slab is the second half of its width.
        let share = if whole_slabs == 0 { (share * 2.0 - 1.0).max(0.0) } else { share };
        let counts = Streams::new(self.seed, SHORT_COUNTS);
        let count = |slab: u64| {
            self.slabs.short[usize::from(slab > 0)].count(counts.word(block << 4 | slab)) as usize
        };
        let whole: usize = (0..whole_slabs).map(count).sum();
        let thinned = if share > 0.0 { count(whole_slabs) } else { 0 };

        let words = self.words(SHORT_ARRIVALS, block, (whole + thinned).div_ceil(CELLS_PER_WORD), random);
        let fours = &words[..whole / CELLS_PER_WORD];
        let lines = next.len().div_ceil(64);
        let words_per_line = fours.len().checked_div(lines).map_or(usize::MAX, |words| words.max(1));
        for (line, words) in fours.chunks(words_per_line).enumerate() {
            arch::prefetch(next, line * 64);
            for &word in words {
                set(word);
                set(word >> 16);
                set(word >> 32);
                set(word >> 48);
            }
        }
        (fours.len().min(lines)..lines).for_each(|line| arch::prefetch(next, line * 64));
        let cell = |index: usize| words[index / CELLS_PER_WORD] >> (16 * (index % CELLS_PER_WORD));
        (whole / CELLS_PER_WORD * CELLS_PER_WORD..whole).for_each(|index| set(cell(index)));
        if thinned > 0 {
            let before = (share * (1u128 << 64) as f64) as u64;
            let cells: Vec<u64> = (whole..whole + thinned).map(cell).collect();
            let times = self.words(SHORT_TIMES, block << 4 | whole_slabs, thinned, random);
            cells.iter().zip(times).filter(|&(_, &time)| time < before).for_each(|(&cell, _)| set(cell));
        }
    }

    fn words<'a>(&self, purpose: Purpose, block: u64, count: usize, random: &'a mut Vec<u64>) -> &'a [u64] {
        first_words(self.kernel, Streams::new(self.seed, purpose).key(block), count, random)
    }
}

/// The width of short slabs but the first.
fn short_width() -> f64 {
    failure_time(ARRIVALS_TO) / SHORT_SLABS as f64
}

/// Where the long slabs end and the short ones begin.
pub(super) fn long_until() -> f64 {
    short_width() / 2.0
}

/// The time by which a share `p` of the cells has failed.
pub(super) fn failure_time(p: f64) -> f64 {
    -libm::log1p(-p)
}
