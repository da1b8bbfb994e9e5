//! Addresses beside words: what they count, and whether they agree with the words that stand there.

use std::fmt;

use super::token::{At, Token};

/// How addresses count: `scale` · (address − first address) = `step` · (items − items before the first). Items are what
/// the lines hold: words, or bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counting {
    radix: u32,
    scale: u64,
    step: i64,
}

const RADICES: [u32; 3] = [16, 10, 8];

impl Counting {
    /// The countings that a dump of words of this number of bytes may have: upwards in words, in bytes, or in places of a power of
    /// two bytes; and downwards, to name it.
    pub(super) fn of_words(bytes: u64) -> Vec<Self> {
        let mut steps = vec![1, bytes as i64, bytes.next_power_of_two() as i64];
        steps.extend(steps.clone().iter().map(|step| -step));
        steps.sort_unstable_by_key(|step| (*step < 0, step.abs()));
        steps.dedup();
        Self::all(1, &steps)
    }

    /// Those of a dump of bytes that make words of this number of them: in bytes, or in words.
    pub(super) fn of_bytes(bytes: u64) -> Vec<Self> {
        [Self::all(1, &[1, -1]), Self::all(bytes, &[1, -1])].concat()
    }

    fn all(scale: u64, steps: &[i64]) -> Vec<Self> {
        let all = |&step| RADICES.map(|radix| Self { radix, scale, step });
        steps.iter().flat_map(all).collect()
    }

    /// Whether it counts bytes, of which each item has this number.
    fn counts_bytes(self, of_item: u64) -> bool {
        self.scale == 1 && u64::try_from(self.step).is_ok_and(|step| step == of_item)
    }

    /// By how much so many items move an address that counts up.
    pub(super) fn step_of(self, items: u64) -> u64 {
        self.step.unsigned_abs().saturating_mul(items) / self.scale
    }

    pub(super) fn is_upwards(self) -> bool {
        self.step > 0
    }

    /// An address as it would be written.
    pub(super) fn show(self, address: u64) -> String {
        match self.radix {
            16 => format!("0x{address:x}"),
            8 if address > 0 => format!("0{address:o}"),
            _ => address.to_string(),
        }
    }
}

impl fmt::Display for Counting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = match self.radix {
            16 => "",
            10 => ", decimal",
            _ => ", octal",
        };
        match (self.scale, self.step) {
            (1, 1) => write!(f, "by 1{digits}"),
            (1, step) => write!(f, "by {step} a word{digits}"),
            (scale, _) => write!(f, "by 1 each {scale} bytes{digits}"),
        }
    }
}

/// An address and the items that stand before it, as far as they are known.
#[derive(Clone, Copy, Debug)]
struct Mark {
    values: [Option<u64>; 3],
    items: u64,
}

/// Where a counting is left.
#[derive(Clone, Debug)]
pub(super) struct Break {
    pub(super) at: At,
    /// The address there.
    pub(super) found: String,
    /// The address that the words before it lead to; `None` if there is none.
    pub(super) expected: Option<String>,
}

/// One way to count, and how many addresses follow it.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) counting: Counting,
    pub(super) agreed: u64,
    pub(super) first_break: Option<Break>,
    /// The first address.
    pub(super) base: Option<u64>,
}

/// Follows the addresses of a dump.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) candidates: Vec<Candidate>,
    previous: Option<Mark>,
    /// Addresses that follow another.
    pub(super) pairs: u64,
}

impl Tally {
    pub(super) fn new(countings: Vec<Counting>) -> Self {
        let candidate = |counting| Candidate { counting, agreed: 0, first_break: None, base: None };
        Self { candidates: countings.into_iter().map(candidate).collect(), previous: None, pairs: 0 }
    }

    /// Leaves out countings of anything but bytes, of which each item has this number: repetitions, which agree with several,
    /// come from programs that count bytes.
    pub(super) fn only_bytes(&mut self, of_item: u64) {
        self.candidates.retain(|candidate| candidate.counting.counts_bytes(of_item));
    }

    /// Adds an address. `items` stand before it, and between it and the address before perhaps repetitions of `repeated`
    /// items.
    pub(super) fn add(&mut self, address: Token<'_>, items: u64, repeated: Option<u64>) {
        let mark = Mark { values: RADICES.map(|radix| address.number(radix)), items };
        let Some(previous) = self.previous.replace(mark) else {
            for candidate in &mut self.candidates {
                candidate.base = mark.value(candidate.counting);
            }
            return;
        };
        self.pairs += 1;
        for candidate in &mut self.candidates {
            match follows(candidate.counting, previous, mark, repeated) {
                Ok(_) => candidate.agreed += 1,
                Err(expected) if candidate.first_break.is_none() => {
                    candidate.first_break = Some(Break { at: address.at, found: address.shown(), expected });
                }
                Err(_) => {}
            }
        }
    }

    /// The counting that most addresses follow, the first of equals.
    pub(super) fn best(&self) -> Option<&Candidate> {
        let known = self.candidates.iter().filter(|candidate| candidate.base.is_some());
        known.rev().max_by_key(|candidate| candidate.agreed)
    }

    /// The counting that all addresses follow.
    pub(super) fn all(&self) -> Option<&Candidate> {
        self.best().filter(|best| best.agreed == self.pairs)
    }
}

impl Mark {
    fn value(self, counting: Counting) -> Option<u64> {
        RADICES.iter().position(|&radix| radix == counting.radix).and_then(|i| self.values[i])
    }
}

/// Items that repetitions stand for between two addresses, or the address that was expected.
fn follows(
    counting: Counting,
    before: Mark,
    now: Mark,
    repeated: Option<u64>,
) -> Result<u64, Option<String>> {
    let (Some(first), Some(second)) = (before.value(counting), now.value(counting)) else {
        return Err(None);
    };
    let (scale, step) = (i128::from(counting.scale), i128::from(counting.step));
    let moved = (i128::from(second) - i128::from(first)) * scale;
    let missing = moved - step * i128::from(now.items - before.items);
    let whole = match repeated {
        None => missing == 0,
        // Each repetition moves the address by the items of the line.
        Some(items) => missing * step.signum() > 0 && items > 0 && missing % (step * i128::from(items)) == 0,
    };
    if whole {
        return Ok(u64::try_from(missing / step).unwrap_or(0));
    }
    let expected = i128::from(first) + step * i128::from(now.items - before.items) / scale;
    Err(u64::try_from(expected).ok().map(|expected| counting.show(expected)))
}

/// Follows addresses whose counting is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Follower {
    counting: Counting,
    previous: Option<Mark>,
}

impl Follower {
    pub(super) fn new(counting: Counting) -> Self {
        Self { counting, previous: None }
    }

    /// How many items repetitions before this address stand for.
    pub(super) fn add(&mut self, address: Token<'_>, items: u64, repeated: Option<u64>) -> u64 {
        let mark = Mark { values: RADICES.map(|radix| address.number(radix)), items };
        let before = self.previous.replace(mark);
        before.and_then(|before| follows(self.counting, before, mark, repeated).ok()).unwrap_or(0)
    }
}

/// Whether a column of tokens counts by equal steps.
#[derive(Debug, Default)]
pub(super) struct Steps {
    previous: [Option<u64>; 3],
    step: [Option<i128>; 3],
    equal: [u64; 3],
    seen: u64,
}

/// The least equal steps that are no accident.
const MIN_STEPS: u64 = 3;

impl Steps {
    pub(super) fn add(&mut self, token: Token<'_>) {
        self.seen += 1;
        for (i, radix) in RADICES.into_iter().enumerate() {
            let value = token.number(radix);
            let step = value.zip(self.previous[i]).map(|(now, before)| i128::from(now) - i128::from(before));
            self.equal[i] += u64::from(step.is_some_and(|step| step != 0) && step == self.step[i]);
            (self.previous[i], self.step[i]) = (value, step);
        }
    }

    /// The step by which most of the column counts, if it does.
    pub(super) fn counts(&self) -> Option<i128> {
        // Of n numbers n − 2 steps can equal the one before them.
        let most = |equal: u64| equal >= MIN_STEPS && equal * 4 >= self.seen.saturating_sub(2) * 3;
        (0..RADICES.len()).find(|&i| most(self.equal[i])).and_then(|i| self.step[i])
    }
}
