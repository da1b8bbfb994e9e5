//! Which weights of a layer bit errors touch: a bit a weight, so that it takes little beside the layer however many there are.

use std::iter;
use std::ops::Range;

/// A set of weights.
#[derive(Clone, Debug, Default)]
pub(super) struct Touched {
    /// As far as there are any; bit 0 is the LSB.
    words: Vec<u64>,
}

impl Touched {
    /// Adds weights.
    pub(super) fn insert(&mut self, weights: Range<u64>) {
        if weights.is_empty() {
            return;
        }
        let (first, last) = ((weights.start / 64) as usize, ((weights.end - 1) / 64) as usize);
        if self.words.len() <= last {
            self.words.resize(last + 1, 0);
        }
        let from = u64::MAX << (weights.start % 64);
        let to = u64::MAX >> (63 - (weights.end - 1) % 64);
        if first == last {
            self.words[first] |= from & to;
            return;
        }
        self.words[first] |= from;
        self.words[first + 1..last].fill(u64::MAX);
        self.words[last] |= to;
    }

    /// Adds those of another set.
    pub(super) fn extend(&mut self, other: &Self) {
        if self.words.len() < other.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// The weights, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = u64> {
        self.words.iter().zip(0u64..).flat_map(|(&word, index)| {
            let rest = iter::successors(Some(word), |rest| Some(rest & rest.wrapping_sub(1)));
            rest.take_while(|&rest| rest != 0).map(move |rest| index * 64 + u64::from(rest.trailing_zeros()))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_the_set_of_what_was_added(
            first in prop::collection::vec((0u64..300, 0u64..150), 0..5),
            second in prop::collection::vec((0u64..300, 0u64..150), 0..5),
        ) {
            let [mut all, more] = [&first, &second].map(|ranges| {
                let mut touched = Touched::default();
                ranges.iter().for_each(|&(start, len)| touched.insert(start..start + len));
                touched
            });
            all.extend(&more);
            let expected: BTreeSet<u64> =
                first.iter().chain(&second).flat_map(|&(start, len)| start..start + len).collect();
            prop_assert_eq!(all.iter().collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
        }
    }
}
