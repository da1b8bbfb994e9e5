//! Which voltages of a range without a step a chip or model has.

use sram_model::{Voltage, VoltageUnit};

/// What a chip or model has to say of voltages.
pub(super) struct Answers<'a> {
    pub(super) name: &'a str,
    pub(super) unit: VoltageUnit,
    /// Its own voltages, highest first.
    pub(super) own: &'a [Voltage],
    /// Where it answers between and beyond those.
    pub(super) at: Where,
}

/// Where there is an answer of its own.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    /// At its own voltages.
    Own,
    /// From the lowest of them to the highest.
    Between,
    /// Everywhere.
    Everywhere,
}

impl Answers<'_> {
    /// The voltages of a range without a step, and its ends that are none of them.
    pub(super) fn between(&self, low: Voltage, high: Voltage) -> (Vec<Voltage>, Vec<Voltage>) {
        let mut found: Vec<Voltage> =
            self.own.iter().copied().filter(|voltage| (low..=high).contains(voltage)).collect();
        let (lowest, highest) = self.range();
        let answers = |voltage: Voltage| match self.at {
            Where::Own => false,
            Where::Between => (lowest..=highest).contains(&voltage),
            Where::Everywhere => true,
        };
        let ends = [high, low].into_iter().filter(|end| !self.own.contains(end));
        let (answered, left_out): (Vec<Voltage>, Vec<Voltage>) = ends.partition(|&end| answers(end));
        found.extend(answered);
        (found, left_out)
    }

    fn range(&self) -> (Voltage, Voltage) {
        let ends = self.own.last().zip(self.own.first());
        ends.map_or((Voltage::MAX, Voltage::MAX), |(low, high)| (*low, *high))
    }

    pub(super) fn none_between(&self, low: Voltage, high: Voltage) -> String {
        let ((lowest, highest), Self { name, unit, .. }) = (self.range(), self);
        let inside = low <= highest && high >= lowest;
        let step = if inside {
            format!("; add a step for others, as in {low}..{high}:0.005")
        } else {
            String::new()
        };
        format!("{name} was not profiled from {low} to {high} {unit}, but from {lowest} to {highest}{step}")
    }

    pub(super) fn left_out(&self, ends: &[Voltage]) -> String {
        let ((lowest, highest), Self { name, unit, .. }) = (self.range(), self);
        // The map of another voltage answers between those that were measured only.
        let why = |end: &Voltage| {
            match self.at {
            Where::Own if (lowest..=highest).contains(end) => {
                "was measured at other voltages only; add a step, or name a voltage, for the map of another one"
                    .to_owned()
            }
            Where::Own => format!("was measured from {lowest} to {highest}"),
            Where::Between | Where::Everywhere => format!("answers from {lowest} to {highest}"),
        }
        };
        let said =
            ends.iter().map(|end| format!("the range's end {end} {unit} is left out: {name} {}", why(end)));
        said.collect::<Vec<_>>().join("; ")
    }
}
