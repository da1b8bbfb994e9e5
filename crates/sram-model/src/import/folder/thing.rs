//! What the names of dumps call the chip, and whether it is one.

use super::super::voltage_name::Named;
use super::DumpFile;

impl DumpFile {
    /// The same, of which these parts of the name tell the pattern.
    pub(super) fn with_pattern_in(mut self, parts: &[&str]) -> Self {
        let things = &self.named.things;
        for of_part in parts.iter().map(|part| Named::of(part).things).filter(|words| !words.is_empty()) {
            if let Some(at) = things.windows(of_part.len()).position(|words| words == of_part) {
                self.of_pattern[at..at + of_part.len()].fill(true);
            }
        }
        self
    }

    /// Whether two names call the chip the same, but for words that tell two patterns.
    fn may_be_of_one_thing(&self, other: &Self) -> bool {
        let (one, two) = (&self.named.things, &other.named.things);
        if self.pattern == other.pattern {
            return one == two;
        }
        let alike = one.iter().zip(two).take_while(|(a, b)| a == b).count();
        let ends =
            one[alike..].iter().rev().zip(two[alike..].iter().rev()).take_while(|(a, b)| a == b).count();
        let of_pattern = |file: &Self| {
            file.of_pattern[alike..file.of_pattern.len() - ends].iter().all(|&of_pattern| of_pattern)
        };
        of_pattern(self) && of_pattern(other)
    }
}

/// Two dumps whose names call the chip differently, though neither their voltages nor their patterns are a reason to: the first, and
/// the first that differs.
pub(in crate::import) fn of_two_things(files: &[DumpFile]) -> Option<[usize; 2]> {
    let named: Vec<usize> = (0..files.len()).filter(|&index| !files[index].told).collect();
    let &first = named.first()?;
    named
        .into_iter()
        .find(|&other| !files[other].may_be_of_one_thing(&files[first]))
        .map(|other| [first, other])
}
