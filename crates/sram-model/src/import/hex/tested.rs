//! Which directions of which cells the patterns of a voltage could show: a cell that never held a 1 was never seen to lose it.

use std::fmt;

use super::clean::{Clean, ones};
use super::dump::Dump;
use super::level::Level;
use super::{Doubt, DoubtKind};

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
        for_each_word(std::slice::from_ref(level), rows, |word, times| {
            for (count, held) in untested.iter_mut().zip(held(level, word)) {
                *count += u64::from((!held & mask).count_ones()) * times;
            }
        });
        Self { patterns: patterns.join(" and "), untested, cells: words * u64::from(columns) }
    }
}

/// The bits of a word in which a 0 was written at a voltage, and those in which a 1 was.
fn held(level: &Level, word: u64) -> [u128; 2] {
    let written = level.series().map(|dumps| dumps[0].clean.word(word));
    written.fold([0, 0], |[zeros, ones], written| [zeros | !written, ones | written])
}

/// Calls for words that stand for all, with the number of words that each stands for.
fn for_each_word(levels: &[Level], rows: u32, mut call: impl FnMut(u64, u64)) {
    let any = |dump: &Dump| matches!(dump.clean, Clean::Address { .. } | Clean::Words(_));
    let words = levels.first().map_or(0, |level| level.dumps[0].words);
    if levels.iter().flat_map(|level| &level.dumps).any(any) {
        (0..words).for_each(|word| call(word, 1));
    } else {
        // All else is the same in all even rows, and in all odd ones.
        let (rows, banks) = (u64::from(rows), words / u64::from(rows));
        call(0, rows.div_ceil(2) * banks);
        if rows > 1 {
            call(1, rows / 2 * banks);
        }
    }
}

/// The doubt about voltages of which one did not test what another did: a fault that nothing could show would count as good.
pub(super) fn doubt(levels: &[Level], columns: u32, rows: u32) -> Option<Doubt> {
    let mask = ones(columns);
    // Cells of which a voltage did not test a direction that another did, by the bit that they held there.
    let mut lacking = vec![[0u64; 2]; levels.len()];
    for_each_word(levels, rows, |word, times| {
        let any = levels.iter().map(|level| held(level, word));
        let any = any.fold([0, 0], |any, held| [any[0] | held[0], any[1] | held[1]]);
        for (lacking, level) in lacking.iter_mut().zip(levels) {
            let held = held(level, word);
            for (bit, count) in lacking.iter_mut().enumerate() {
                *count += u64::from((any[bit] & !held[bit] & mask).count_ones()) * times;
            }
        }
    });
    let bit = (0..2).find(|&bit| lacking.iter().any(|of_level| of_level[bit] > 0))?;
    let (without, with): (Vec<usize>, Vec<usize>) =
        (0..levels.len()).partition(|&level| lacking[level][bit] > 0);
    let voltages = |of: &[usize]| {
        let mut shown: Vec<String> =
            of.iter().take(SHOWN).map(|&level| format!("{} V", levels[level].voltage)).collect();
        shown.extend((of.len() > SHOWN).then(|| format!("{} more", of.len() - SHOWN)));
        shown.join(", ")
    };
    let cells = without.iter().map(|&level| lacking[level][bit]).max().unwrap_or(0);
    let others = if with.is_empty() { "other voltages".to_owned() } else { voltages(&with) };
    let text = format!(
        "at {} no dump tested {cells} cells while they held {bit}, at {others} dumps did: a fault that nothing could show would count as good, \
         and statistics and fits would be wrong. Add dumps of the same patterns there, or leave those out that not all voltages have",
        voltages(&without)
    );
    Some(Doubt::new(DoubtKind::Untested, text))
}

/// So many voltages are named.
const SHOWN: usize = 4;

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
