//! Which directions of which cells the patterns of a voltage could show: a cell that never held a 1 was never seen to lose it.

use std::fmt;

use super::clean::Clean;
use super::dump::{Dump, ones};
use super::level::Level;

/// The cells of a voltage of which no pattern tested a direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tested {
    /// The patterns, in words.
    patterns: String,
    /// Cells that never held a 0, and those that never held a 1.
    untested: [u64; 2],
    cells: u64,
}

impl Tested {
    /// What was tested at a voltage, of columns up to this number; `names` are those of all patterns.
    pub(super) fn of(level: &Level, columns: u32, rows: u32, names: &[String]) -> Self {
        let series: Vec<&Dump> = level.series().map(|dumps| &dumps[0]).collect();
        let patterns: Vec<&str> = series.iter().map(|dump| names[dump.pattern].as_str()).collect();
        let words = series[0].words;
        let mask = ones(columns);
        let mut untested = [0; 2];
        let mut add = |word: u64, times: u64| {
            let held = series.iter().map(|dump| dump.clean.word(word));
            let [zeros, ones] = held.fold([0, 0], |[zeros, ones], held| [zeros | !held, ones | held]);
            for (count, held) in untested.iter_mut().zip([zeros, ones]) {
                *count += u64::from((!held & mask).count_ones()) * times;
            }
        };
        let any = |dump: &&Dump| matches!(dump.clean, Clean::Address { .. } | Clean::Words(_));
        if series.iter().any(any) {
            (0..words).for_each(|word| add(word, 1));
        } else {
            // All else is the same in all even rows, and in all odd ones.
            let (rows, banks) = (u64::from(rows), words / u64::from(rows));
            add(0, rows.div_ceil(2) * banks);
            if rows > 1 {
                add(1, rows / 2 * banks);
            }
        }
        Self { patterns: patterns.join(" and "), untested, cells: words * u64::from(columns) }
    }
}

impl fmt::Display for Tested {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { patterns, untested: [zeros, ones], cells } = self;
        write!(f, "written with {patterns}, ")?;
        match (*zeros, *ones) {
            (0, 0) => write!(f, "so both directions of all cells could be seen"),
            (zeros, 0) if zeros == *cells => write!(f, "so only 1→0 failures could be seen"),
            (0, ones) if ones == *cells => write!(f, "so only 0→1 failures could be seen"),
            (zeros, ones) => write!(
                f,
                "so of {cells} cells {ones} could not be seen to fail from 1 to 0, and {zeros} not from 0 to 1; these directions are \
                 taken as good"
            ),
        }
    }
}

/// What was tested at each voltage, in words; once if it was the same at all.
pub(super) fn notes(levels: &[Level], columns: u32, rows: u32, names: &[String]) -> Vec<String> {
    let tested: Vec<Tested> = levels.iter().map(|level| Tested::of(level, columns, rows, names)).collect();
    if tested.windows(2).all(|pair| pair[0] == pair[1]) {
        return tested.first().map(ToString::to_string).into_iter().collect();
    }
    levels.iter().zip(tested).map(|(level, tested)| format!("at {} V {tested}", level.voltage)).collect()
}
