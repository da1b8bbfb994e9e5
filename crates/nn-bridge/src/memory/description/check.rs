//! What a region cannot say, whatever the weights are.

use super::policy::{Detector, Lines64, OnDetected};
use super::region::RegionDescription;
use crate::memory::killi::MAX_WAYS;

/// Cells may cost so many times a plain one at most.
const MOST_FACTOR: f64 = 1e6;

/// A key, what was found there, and what was expected.
pub(super) type Wrong = (&'static str, String, &'static str);

impl RegionDescription {
    /// What can be wrong whatever the weights are.
    pub(super) fn check(&self) -> Result<(), Wrong> {
        self.check_cells()?;
        self.check_numbers()?;
        let has_code = self.code.is_some();
        if has_code && self.detector.is_some() {
            return Err(("detector", "beside a code".to_owned(), "one of both"));
        }
        self.check_killi()?;
        if !has_code && self.detector.is_none() && self.on_detected != OnDetected::Keep {
            let found = format!("{} without a code or detector", self.on_detected.name());
            return Err(("on_detected", found, "`code` or `detector`, which find what is wrong"));
        }
        if has_code && self.on_detected == OnDetected::MaskBits {
            let found = "mask-bits of a code, which finds words".to_owned();
            return Err(("on_detected", found, "a detector, which finds bits"));
        }
        if has_code && self.invert_words {
            let found = "beside a code".to_owned();
            return Err(("invert_words", found, "no code: check bits of inverted words would be others"));
        }
        if has_code && self.word.is_some() {
            return Err(("word", "beside a code".to_owned(), "no `word`: the code says how long words are"));
        }
        Ok(())
    }

    /// Lines have codes of their own.
    fn check_killi(&self) -> Result<(), Wrong> {
        let Some(Lines64 { ways, reads, .. }) = self.killi else { return Ok(()) };
        let wrong = |found: String, expected| Err(("killi", found, expected));
        if self.code.is_some() || self.detector.is_some() || self.on_detected != OnDetected::Keep {
            return wrong(
                "beside `code`, `detector` or `on_detected`".to_owned(),
                "none of them: lines have codes of their own, and are read again",
            );
        }
        if self.word.is_some() || self.invert_words {
            return wrong("beside `word` or `invert_words`".to_owned(), "neither: lines have 64 bytes");
        }
        if !(1..=MAX_WAYS).contains(&ways) || !(2..=64).contains(&reads) {
            return wrong(
                format!("ways = {ways}, reads = {reads}"),
                "1 to 64 ways, and 2 to 64 reads, the first of which loads the lines",
            );
        }
        Ok(())
    }

    /// Cells are of one kind.
    fn check_cells(&self) -> Result<(), Wrong> {
        let of_chip = [
            ("chip", self.chip.is_some()),
            ("voltage", self.voltage.is_some()),
            ("boost", self.boost.is_some()),
        ];
        let of_chip = of_chip.into_iter().find_map(|(key, is_there)| is_there.then_some(key));
        let kinds = [of_chip, self.rate.map(|_| "rate"), self.safe.then_some("safe")];
        let mut kinds = kinds.into_iter().flatten();
        if let (Some(one), Some(other)) = (kinds.next(), kinds.next()) {
            return Err((other, format!("beside `{one}`"), "one of chip and voltage, rate, safe"));
        }
        if self.voltage.is_some() && self.boost.is_some() {
            return Err(("boost", "beside `voltage`".to_owned(), "one of both"));
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), Wrong> {
        let wrong = |key, found: &dyn ToString, expected| Err((key, found.to_string(), expected));
        if let Some(rate) = self.rate.filter(|rate| !(0.0..=1.0).contains(rate)) {
            return wrong("rate", &rate, "a rate from 0 to 1");
        }
        if let Some(boost) = self.boost.filter(|boost| !(boost.is_finite() && boost.abs() < 100.0)) {
            return wrong("boost", &boost, "a voltage");
        }
        for (key, factor) in [
            ("access_energy", self.access_energy),
            ("cell_area", self.cell_area),
            ("robust_access_energy", self.robust_access_energy),
            ("robust_cell_area", self.robust_cell_area),
        ] {
            if let Some(factor) = factor.filter(|factor| !(*factor > 0.0 && *factor <= MOST_FACTOR)) {
                return wrong(key, &factor, "a number above 0, at most a million");
            }
        }
        if let Some(Detector::Razor { detection, false_alarm }) = self.detector
            && ![detection, false_alarm].iter().all(|share| (0.0..=1.0).contains(share))
        {
            let found = format!("detection {detection}, false_alarm {false_alarm}");
            return wrong("detector", &found, "probabilities from 0 to 1");
        }
        if let Some([first, end]) = self.banks.filter(|[first, end]| first >= end) {
            return wrong("banks", &format!("[{first}, {end}]"), "the first bank and the one after the last");
        }
        let of_robust = [
            ("robust_access_energy", self.robust_access_energy.is_some()),
            ("robust_cell_area", self.robust_cell_area.is_some()),
        ];
        if let Some((key, _)) = of_robust.into_iter().find(|(_, is_there)| *is_there && self.robust.is_none())
        {
            return wrong(key, &"no `robust`", "both: which planes are robust, and what their cells cost");
        }
        if self.disable_line.is_some() && self.disable_from.is_none() {
            return wrong(
                "disable_line",
                &"no `disable_from`",
                "both: from how many faulty cells on, and of how many words",
            );
        }
        for (key, number) in [("disable_from", self.disable_from), ("disable_line", self.disable_line)] {
            if number == Some(0) {
                return wrong(key, &0, "1 or more");
            }
        }
        if let Some(word) = self.word.filter(|word| !(1..=1 << 16).contains(word)) {
            return wrong("word", &word, "1 to 65536 bits");
        }
        Ok(())
    }
}
