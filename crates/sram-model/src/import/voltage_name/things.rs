//! What a name calls the thing that was measured: its words, and the numbers of boards and chips.

use super::number::{RUN_WORDS, VOLTAGE_WORDS};

/// Words that a number after makes another thing.
const THINGS: [&str; 29] = [
    "board", "chip", "die", "dut", "device", "unit", "sample", "sn", "serial", "wafer", "lot", "part", "ic",
    "module", "bank", "macro", "instance", "fpga", "asic", "sram", "bram", "ram", "memory", "core", "node",
    "slot", "socket", "array", "tile",
];
/// Words that say nothing of the thing, besides those of voltages and reads: of temperatures and dates.
const OTHERS: [&str; 39] = [
    "t",
    "temp",
    "temperature",
    "at",
    "jan",
    "january",
    "feb",
    "february",
    "mar",
    "march",
    "apr",
    "april",
    "may",
    "jun",
    "june",
    "jul",
    "july",
    "aug",
    "august",
    "sep",
    "sept",
    "september",
    "oct",
    "october",
    "nov",
    "november",
    "dec",
    "december",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "am",
    "pm",
    "z",
    "utc",
];

/// What stands in the place of a voltage and the like: the number after it is not that of the thing before it.
pub(super) const APART: char = '\n';

/// The words of a name without its voltages and temperatures, and the numbers of things.
pub(super) fn of(rest: &str) -> Vec<String> {
    let rest = rest.to_lowercase();
    let mut things: Vec<String> = Vec::new();
    for part in rest.split(APART) {
        let mut of_thing = false;
        for run in runs(part) {
            let number = run.starts_with(|c: char| c.is_ascii_digit());
            if number && of_thing {
                things.push(run.trim_start_matches('0').to_owned());
            } else if !number && !says_nothing(run) {
                things.push(run.to_owned());
            }
            of_thing = THINGS.contains(&run);
        }
    }
    things
}

fn says_nothing(word: &str) -> bool {
    [&VOLTAGE_WORDS[..], &RUN_WORDS, &OTHERS].iter().any(|words| words.contains(&word))
}

/// Its letters and its digits that stand together.
fn runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).flat_map(|word| {
        let mut left = word;
        std::iter::from_fn(move || {
            let digit = left.chars().next()?.is_ascii_digit();
            let end = left.find(|c: char| c.is_ascii_digit() != digit).unwrap_or(left.len());
            let (run, after) = left.split_at(end);
            left = after;
            Some(run)
        })
    })
}
