//! What a name calls the thing that was measured: its words, and the numbers of boards and chips.

use super::number::{RUN_WORDS, VOLTAGE_WORDS};

/// Words after which a number counts files, or is that of a program: all others may name a thing, as `board 2` does.
const COUNTERS: [&str; 36] = [
    "dump", "file", "step", "point", "sweep", "seq", "sequence", "index", "idx", "test", "log", "scan",
    "capture", "frame", "record", "trace", "export", "out", "output", "result", "results", "data", "set",
    "exp", "session", "try", "attempt", "job", "count", "version", "ver", "rev", "hex", "bin", "date",
    "time",
];
/// Words that go between a thing and its number, as in `chip_no3`.
const NUMBERS: [&str; 4] = ["no", "nr", "num", "number"];
/// Words after which eight digits are no date.
const SERIAL: [&str; 2] = ["sn", "serial"];
/// Words that say nothing of the thing, besides those of voltages and reads: of patterns that were written, temperatures and dates.
const OTHERS: [&str; 52] = [
    "ones",
    "zeros",
    "zeroes",
    "checker",
    "checkers",
    "checkerboard",
    "ckb",
    "inverse",
    "inverted",
    "inv",
    "address",
    "pattern",
    "written",
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

/// The words of a name without its voltages and temperatures, and the numbers of things: those after a word that does not count.
pub(super) fn of(rest: &str) -> Vec<String> {
    let rest = rest.to_lowercase();
    let mut things: Vec<String> = Vec::new();
    for part in rest.split(APART) {
        let mut before = "";
        for run in runs(part).filter(|run| !NUMBERS.contains(run)) {
            let number = run.starts_with(|c: char| c.is_ascii_digit());
            if !number && !says_nothing(run) {
                things.push(run.to_owned());
            } else if number && is_thing(before) && (!is_date(run) || SERIAL.contains(&before)) {
                things.push(run.trim_start_matches('0').to_owned());
            }
            before = run;
        }
    }
    things
}

/// Whether a number after it may be that of a thing.
fn is_thing(word: &str) -> bool {
    word.starts_with(char::is_alphabetic) && !says_nothing(word) && !COUNTERS.contains(&word)
}

/// A year, month and day without a sign between.
fn is_date(number: &str) -> bool {
    let part = |from: usize, to: usize| number.get(from..to).and_then(|digits| digits.parse::<u32>().ok());
    let is =
        |part: Option<u32>, of: std::ops::RangeInclusive<u32>| part.is_some_and(|part| of.contains(&part));
    number.len() == 8 && is(part(0, 4), 1990..=2099) && is(part(4, 6), 1..=12) && is(part(6, 8), 1..=31)
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
