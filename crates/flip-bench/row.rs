//! One promise: what must be, what is aimed at, and what was measured.

use std::io::Write;

use anyhow::Result;
use serde::Serialize;

/// Columns of the text that say what was done.
pub(crate) const WORK_WIDTH: usize = 77;

/// One promise.
#[derive(Serialize)]
pub(crate) struct Row {
    work: String,
    unit: &'static str,
    must: f64,
    aim: f64,
    measured: f64,
    better: Better,
    pub(crate) reached: Verdict,
}

/// Which figure is better.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    Less,
    More,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Aim,
    Must,
    Missed,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Aim => "aim",
            Self::Must => "must",
            Self::Missed => "MISSED",
        }
    }
}

impl Row {
    pub(crate) fn new(
        work: String,
        unit: &'static str,
        must: f64,
        aim: f64,
        measured: f64,
        better: Better,
    ) -> Self {
        let holds = |bound: f64| if better == Better::More { measured >= bound } else { measured <= bound };
        let reached = match (holds(must), holds(aim)) {
            (_, true) => Verdict::Aim,
            (true, false) => Verdict::Must,
            _ => Verdict::Missed,
        };
        Self { work, unit, must, aim, measured, better, reached }
    }

    /// The row that is in the middle of those of one promise.
    pub(crate) fn median(mut rows: Vec<Self>) -> Option<Self> {
        rows.sort_by(|a, b| a.measured.total_cmp(&b.measured));
        let middle = rows.len() / 2;
        rows.into_iter().nth(middle)
    }

    pub(crate) fn write_csv(&self, out: &mut impl Write) -> Result<()> {
        let Self { work, unit, must, aim, measured, reached, .. } = self;
        Ok(writeln!(out, "\"{work}\",{unit},{must},{aim},{measured},{}", reached.name())?)
    }

    pub(crate) fn write_text(&self, out: &mut impl Write) -> Result<()> {
        let Self { work, unit, must, aim, measured, reached, .. } = self;
        let reached = reached.name();
        Ok(writeln!(out, "{work:<WORK_WIDTH$}  {unit:<6} {must:>6} {aim:>6} {measured:>10.3}  {reached}")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_the_rounds_counts() {
        let row = |measured| Row::new(String::new(), "times", 2.0, 1.0, measured, Better::Less);
        let median = Row::median([9.0, 0.5, 1.5].map(row).into()).map(|row| row.measured);
        assert_eq!(median, Some(1.5));
    }

    #[test]
    fn a_promise_is_kept_missed_or_surpassed() {
        let reached = |measured, better| {
            let (must, aim) = if better == Better::Less { (2.0, 1.0) } else { (1.0, 2.0) };
            Row::new(String::new(), "times", must, aim, measured, better).reached.name()
        };
        assert_eq!([0.9, 1.5, 2.1].map(|m| reached(m, Better::Less)), ["aim", "must", "MISSED"]);
        assert_eq!([0.9, 1.5, 2.1].map(|m| reached(m, Better::More)), ["MISSED", "must", "aim"]);
        assert_eq!(reached(f64::NAN, Better::Less), "MISSED");
    }
}
