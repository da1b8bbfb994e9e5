//! `permute:7`: elements in a pseudo-random order, made by a seed and computed, not stored.
//!
//! A Feistel network over pairs: element = high · b + low, with high below a = ⌈√n⌉ and low below b = ⌈n / a⌉. Each round adds to
//! one half, modulo its size, a hash of the other one, which can be taken off again. The pairs are at most √n more than the
//! elements; what lands outside goes through again until it lands inside (cycle walking), which is rare.

use flip_core::{Purpose, Stream};

use super::super::divide::{Divisor, difference, reduced};
use super::super::error::LayoutError;
use super::super::typed::Typed;
use super::element_map::{Elements, Mapped};
use super::part::Part;

const PERMUTATIONS: Purpose = Purpose::named("nn-bridge layout permutations");

/// Rounds come in pairs, one for each half. Fewer mix few elements badly; many elements do with one pair less.
const ROUND_PAIRS: usize = 3;

/// So many elements are many.
const MANY: u64 = 1 << 16;

/// A pseudo-random order of elements. It depends on the seed and on the number of elements only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Permuted {
    /// The seed.
    pub seed: u64,
}

impl Typed for Permuted {
    const EXAMPLE: &'static str = "permute:7";

    fn of(argument: Option<&str>) -> Option<Self> {
        Some(Self { seed: argument?.parse().ok()? })
    }

    fn argument(&self) -> Option<String> {
        Some(self.seed.to_string())
    }
}

/// The permutation of one number of elements.
#[derive(Clone, Copy, Debug)]
pub(super) struct Permutation {
    elements: u64,
    high: u64,
    low: Divisor,
    keys: [[u64; 2]; ROUND_PAIRS],
    /// How many of the keys are used.
    pairs: usize,
}

impl Mapped for Permuted {
    type Map = Permutation;

    fn map(&self, part: Part) -> Result<Permutation, LayoutError> {
        let elements = part.elements();
        let root = elements.isqrt();
        let high = (root + u64::from(root * root < elements)).max(1);
        let mut stream = Stream::new(self.seed, PERMUTATIONS, elements);
        let keys = [(); ROUND_PAIRS].map(|()| [stream.next_u64(), stream.next_u64()]);
        let pairs = if elements < MANY { ROUND_PAIRS } else { ROUND_PAIRS - 1 };
        Ok(Permutation { elements, high, low: Divisor::new(elements.div_ceil(high)), keys, pairs })
    }
}

impl Permutation {
    #[inline]
    fn keys(&self) -> impl DoubleEndedIterator<Item = [u64; 2]> {
        self.keys.iter().take(self.pairs).copied()
    }

    #[inline]
    fn forth(&self, number: u64) -> u64 {
        let (mut high, mut low) = self.low.divide(number);
        for [first, second] in self.keys() {
            high = reduced(high + hash(low, first, self.high), self.high);
            low = reduced(low + hash(high, second, self.low.get()), self.low.get());
        }
        high * self.low.get() + low
    }

    #[inline]
    fn back(&self, number: u64) -> u64 {
        let (mut high, mut low) = self.low.divide(number);
        for [first, second] in self.keys().rev() {
            low = difference(low, hash(high, second, self.low.get()), self.low.get());
            high = difference(high, hash(low, first, self.high), self.high);
        }
        high * self.low.get() + low
    }

    /// The first of `step(number)`, `step(step(number))`, … that is an element. A cycle that begins inside comes back inside.
    #[inline]
    fn walk(&self, number: u64, step: impl Fn(u64) -> u64) -> u64 {
        let mut reached = step(number);
        while reached >= self.elements {
            reached = step(reached);
        }
        reached
    }
}

impl Elements for Permutation {
    #[inline]
    fn place(&self, element: u64) -> u64 {
        self.walk(element, |number| self.forth(number))
    }

    #[inline]
    fn element(&self, place: u64) -> u64 {
        self.walk(place, |number| self.back(number))
    }
}

/// A hash of half a number, below `end`. The factors are those of `SplitMix64`.
#[inline]
fn hash(half: u64, key: u64, end: u64) -> u64 {
    let mixed = (half ^ key).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed >> 32) * end) >> 32
}
