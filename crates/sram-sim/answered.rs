//! What answered at a voltage: the map of which voltage, and whether it was extrapolated. Said alike in every table.

use sram_model::{Profile, QuantifiedVoltage, Voltage};

use crate::chip;

/// A voltage that was asked for and what answered, in the chip's unit, which stands beside it in every table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// As asked for.
    pub voltage: Voltage,
    /// The voltage whose map answered: of a measured chip a measured one.
    pub map_voltage: Voltage,
    /// Whether a model's law answered, beyond the voltages that are known.
    pub extrapolated: bool,
}

impl Answered {
    /// The names of [`cells`](Self::cells) in CSV.
    pub const COLUMNS: [&'static str; 4] = ["voltage", "map_voltage", "unit", "extrapolated"];

    /// That of a chip.
    pub fn new(profile: &Profile, asked: QuantifiedVoltage, map: QuantifiedVoltage) -> Self {
        Self {
            voltage: asked.voltage,
            map_voltage: map.voltage,
            extrapolated: profile.info().extrapolates(asked),
        }
    }

    /// As a cell of a table for people.
    pub fn label(self) -> String {
        let star = if self.extrapolated { "*" } else { "" };
        if self.map_voltage == self.voltage {
            format!("{}{star}", self.voltage)
        } else {
            format!("{}{star} (map of {})", self.voltage, self.map_voltage)
        }
    }

    /// As cells of CSV.
    pub fn cells(self, unit: &str) -> [String; 4] {
        [
            self.voltage.to_string(),
            self.map_voltage.to_string(),
            unit.to_owned(),
            self.extrapolated.to_string(),
        ]
    }
}

/// Lines below a table that say what its marks mean.
pub(crate) fn legend(profile: &Profile, answers: impl IntoIterator<Item = Answered> + Clone) -> Vec<String> {
    let mut lines = Vec::new();
    if answers.clone().into_iter().any(|answer| answer.map_voltage != answer.voltage) {
        lines.push("map of: the measured map of another voltage answers, see --between".to_owned());
    }
    if answers.into_iter().any(|answer| answer.extrapolated) {
        lines.push(format!("*: extrapolated; {}", chip::knows(profile)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_answered_is_marked() {
        let of = |voltage: &str, map: &str, extrapolated| Answered {
            voltage: voltage.parse().unwrap(),
            map_voltage: map.parse().unwrap(),
            extrapolated,
        };
        assert_eq!(of("0.61", "0.61", false).label(), "0.61");
        assert_eq!(of("0.61", "0.58", false).label(), "0.61 (map of 0.58)");
        assert_eq!(of("0.7", "0.7", true).label(), "0.7*");
        assert_eq!(of("0.61", "0.58", true).cells("V"), ["0.61", "0.58", "V", "true"]);
    }
}
