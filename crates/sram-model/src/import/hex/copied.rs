//! Files that are the same byte for byte: a dump that was copied under another name counts twice.

use std::collections::BTreeMap;

use super::dump::Dump;
use super::level::Level;
use super::{Doubt, DoubtKind};
use crate::profile::InputFile;
use crate::voltage::Voltage;

/// Reads that differ from a third one in so many bits differ from each other, too.
const NOISE: u64 = 10;
/// So many cells, and no others, do not fail at two voltages.
const MANY: u64 = 30;

/// Two dumps after one pattern that are the same, and hold faults.
struct Same<'a> {
    at: [Voltage; 2],
    dumps: [&'a Dump; 2],
    /// Whether that is no chance, and why.
    why: Option<String>,
}

/// What speaks against dumps that are the same, and what is to be noted of those that may be.
pub(super) fn find(levels: &[Level]) -> (Option<Doubt>, Vec<String>) {
    let (doubtful, others): (Vec<_>, Vec<_>) = same(levels).into_iter().partition(|same| same.why.is_some());
    let doubt = doubtful.first().map(|same| Doubt::new(DoubtKind::CopiedFiles, same.text()));
    (doubt, others.iter().map(Same::text).collect())
}

/// All dumps with faults that are the same as one before them.
fn same(levels: &[Level]) -> Vec<Same<'_>> {
    let mut seen: BTreeMap<(&str, usize), (usize, &Dump)> = BTreeMap::new();
    let mut found = Vec::new();
    for (index, level) in levels.iter().enumerate() {
        for dump in level.dumps.iter().filter(|dump| !dump.faulty_words.is_empty()) {
            let &mut (first, other) = seen.entry((&dump.input.sha256, dump.pattern)).or_insert((index, dump));
            if std::ptr::eq(other, dump) {
                continue;
            }
            let why = if first == index { noise(level.of_pattern(dump.pattern), dump) } else { faults(dump) };
            found.push(Same { at: [levels[first].voltage, level.voltage], dumps: [other, dump], why });
        }
    }
    found
}

/// In how many bits another read of the series differs, at least, if these are many.
fn noise(series: &[Dump], dump: &Dump) -> Option<String> {
    let others = series.iter().filter(|other| other.input.sha256 != dump.input.sha256);
    let nearest = others.map(|other| (differing(&other.faulty_words, &dump.faulty_words), other));
    let (bits, other) = nearest.min_by_key(|(bits, _)| *bits)?;
    (bits >= NOISE).then(|| format!("{} differs from them in {bits} bits", other.input.name))
}

/// How many cells fail in a dump, if these are many.
fn faults(dump: &Dump) -> Option<String> {
    let bits: u64 = dump.faulty_words.iter().map(|(_, bits)| u64::from(bits.count_ones())).sum();
    (bits >= MANY).then(|| format!("{bits} cells fail in each"))
}

/// Bits that are in one of two lists alone, which are in order.
fn differing(one: &[(u64, u128)], other: &[(u64, u128)]) -> u64 {
    let bits = |list: &[(u64, u128)]| list.iter().map(|(_, bits)| u64::from(bits.count_ones())).sum::<u64>();
    let (mut at, mut both) = (0, 0);
    for &(word, bits) in one {
        at += other[at..].partition_point(|&(number, _)| number < word);
        let same = other.get(at).filter(|(number, _)| *number == word);
        both += same.map_or(0, |(_, others)| u64::from((bits & others).count_ones()));
    }
    bits(one) + bits(other) - 2 * both
}

impl Same<'_> {
    fn text(&self) -> String {
        let [first, second] = self.at;
        let [one, other] = self.dumps.map(|dump| &dump.input.name);
        let files = if first == second {
            format!("{one} and {other}, reads at {first} V, hold the same bytes")
        } else {
            format!("{one} at {first} V and {other} at {second} V hold the same bytes")
        };
        match &self.why {
            Some(why) => format!("{files}, while {why}: is one a copy of the other? Then leave it out"),
            None => files,
        }
    }
}

/// The first two files that are the same.
pub(super) fn first_pair(inputs: &[InputFile]) -> Option<[&str; 2]> {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    inputs.iter().find_map(|input| {
        let before = seen.insert(&input.sha256, &input.name)?;
        Some([before, input.name.as_str()])
    })
}
