//! One promise: what must be, what is aimed at, and what was measured.

use std::io::Write;

use anyhow::Result;
use serde::Serialize;

use crate::class::Class;

/// Columns of the text that say what was done.
pub(crate) const WORK_WIDTH: usize = 77;

/// One promise.
#[derive(Serialize)]
pub(crate) struct Row {
    work: String,
    unit: &'static str,
    /// None where nothing is promised.
    must: Option<f64>,
    #[serde(skip)]
    must_on_avx2: Option<f64>,
    aim: f64,
    measured: f64,
    better: Better,
    reached: Verdict,
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
enum Verdict {
    Aim,
    Must,
    Missed,
    /// Not the aim, where nothing is promised.
    Reported,
}

impl Verdict {
    fn name(self) -> &'static str {
        match self {
            Self::Aim => "aim",
            Self::Must => "must",
            Self::Missed => "MISSED",
            Self::Reported => "reported",
        }
    }
}

impl Row {
    /// A figure, and what is promised of it with AVX-512.
    pub(crate) fn new(
        work: String,
        unit: &'static str,
        must: f64,
        aim: f64,
        measured: f64,
        better: Better,
    ) -> Self {
        let row = Self {
            work,
            unit,
            must: Some(must),
            must_on_avx2: None,
            aim,
            measured,
            better,
            reached: Verdict::Reported,
        };
        row.judged()
    }

    /// What is promised with AVX2 alone.
    #[must_use]
    pub(crate) fn on_avx2(self, must: f64) -> Self {
        Self { must_on_avx2: Some(must), ..self }
    }

    /// The same figure, judged by what is promised for a class.
    #[must_use]
    pub(crate) fn for_class(self, class: Class) -> Self {
        let must = match class {
            Class::Avx512 => self.must,
            Class::Avx2 => self.must_on_avx2,
            Class::Other => None,
        };
        Self { must, ..self }.judged()
    }

    fn judged(self) -> Self {
        let holds = |bound: f64| match self.better {
            Better::Less => self.measured <= bound,
            Better::More => self.measured >= bound,
        };
        let reached = match self.must {
            _ if holds(self.aim) => Verdict::Aim,
            None => Verdict::Reported,
            Some(must) if holds(must) => Verdict::Must,
            Some(_) => Verdict::Missed,
        };
        Self { reached, ..self }
    }

    pub(crate) fn is_promised(&self) -> bool {
        self.must.is_some()
    }

    pub(crate) fn is_missed(&self) -> bool {
        self.reached == Verdict::Missed
    }

    /// The row that is in the middle of those of one promise.
    pub(crate) fn median(mut rows: Vec<Self>) -> Option<Self> {
        rows.sort_by(|a, b| a.measured.total_cmp(&b.measured));
        let middle = rows.len() / 2;
        rows.into_iter().nth(middle)
    }

    pub(crate) fn write_csv(&self, out: &mut impl Write) -> Result<()> {
        let Self { work, unit, aim, measured, reached, .. } = self;
        let must = self.must.map_or_else(String::new, |must| must.to_string());
        Ok(writeln!(out, "\"{work}\",{unit},{must},{aim},{measured},{}", reached.name())?)
    }

    pub(crate) fn write_text(&self, out: &mut impl Write) -> Result<()> {
        let Self { work, unit, aim, measured, reached, .. } = self;
        let side = if self.better == Better::Less { "≤" } else { "≥" };
        let must = self.must.map_or_else(|| "-".to_owned(), |must| format!("{side} {must}"));
        let (aim, reached) = (format!("{side} {aim}"), reached.name());
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

    #[test]
    fn each_class_is_judged_by_its_own_promise() {
        let reached = |class| {
            let rows = [Some(4.0), None].map(|must| {
                let row = Row::new(String::new(), "passes", 1.6, 1.0, 3.0, Better::Less);
                must.into_iter().fold(row, Row::on_avx2)
            });
            rows.map(|row| row.for_class(class).reached.name())
        };
        assert_eq!(reached(Class::Avx512), ["MISSED", "MISSED"]);
        assert_eq!(reached(Class::Avx2), ["must", "reported"]);
        assert_eq!(reached(Class::Other), ["reported", "reported"]);
    }
}
