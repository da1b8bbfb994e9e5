//! Voltages as typed: one, a list, or a range. They are numbers until it is known which chip or model they are for: here they
//! get its unit.
//!
//! A range includes both its ends. With a step it goes from the end typed first in steps to the other one, which is the last
//! voltage whatever is left of the last step. Without a step it has those of the chip's own voltages that lie in it, and the
//! ends: but for the end of a range at which the chip has no answer, and for one at which a measured chip has no map of its
//! own, as its answer there is the map of another voltage. Such an end is left out, and that is said.

mod answers;
mod files;

use std::str::FromStr;

use anyhow::{Result, bail};
use cli_io::warn;
use sram_model::{ContentKind, Model, Profile, QuantifiedVoltage, Voltage};

use self::answers::{Answers, Where};
pub use self::files::{parse_file, parse_log, parse_map};

/// A voltage as typed for a chip, which is in the chip's unit.
pub fn for_chip(profile: &Profile, typed: Voltage) -> QuantifiedVoltage {
    profile.info().unit.of(typed)
}

/// A voltage as typed for chips of a model, which is in the model's unit.
pub fn for_model(model: &Model, typed: Voltage) -> QuantifiedVoltage {
    model.unit.of(typed)
}

/// The ends of a range as numbers, to stand beside their unit.
pub fn numbers((low, high): (QuantifiedVoltage, QuantifiedVoltage)) -> (Voltage, Voltage) {
    (low.voltage, high.voltage)
}

/// Voltages as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VoltageList {
    /// All of the profile's voltages.
    All,
    /// These.
    List(Vec<Voltage>),
    /// The profile's voltages from one to another and the two, or those a step apart.
    Range { first: Voltage, second: Voltage, step: Option<Voltage> },
}

/// The most voltages that a range may have.
const MAX_VOLTAGES: u32 = 100_000;

impl FromStr for VoltageList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let voltage = |text: &str| text.parse::<Voltage>().map_err(|error| error.to_string());
        if text == "all" {
            return Ok(Self::All);
        }
        let Some((first, rest)) = text.split_once("..") else {
            let list = text.split(',').map(voltage).collect::<Result<_, _>>().map(Self::List);
            return list.map_err(|error| match text.strip_prefix("0,") {
                Some(decimals) => {
                    format!("{error} (commas divide a list; if a decimal is meant, 0.{decimals})")
                }
                None => error,
            });
        };
        let (second, step) = match rest.split_once(':') {
            Some((second, step)) => (second, Some(voltage(step)?)),
            None => (rest, None),
        };
        let (first, second) = (voltage(first)?, voltage(second)?);
        let span = first.micro().abs_diff(second.micro());
        if step.is_some_and(|step| span.div_ceil(step.micro()) >= MAX_VOLTAGES) {
            return Err(format!("`{text}` has too many voltages: expected at most {MAX_VOLTAGES}"));
        }
        Ok(Self::Range { first, second, step })
    }
}

impl VoltageList {
    /// The voltages to ask this profile for, highest first. Ends of a range that are left out are told on standard error.
    pub fn of(&self, profile: &Profile) -> Result<Vec<QuantifiedVoltage>> {
        let info = profile.info();
        let at = match info.content {
            ContentKind::Measured => Where::Own,
            ContentKind::Critical { .. } => Where::Between,
        };
        let own: Vec<Voltage> = info.voltages().map(|own| own.voltage).collect();
        self.told(&Answers { name: &info.name, unit: info.unit, own: &own, at })
    }

    /// The same of a model, which answers at every voltage.
    pub fn of_model(&self, model: &Model) -> Result<Vec<QuantifiedVoltage>> {
        let own: Vec<Voltage> = model.voltages().iter().map(|own| own.voltage).collect();
        self.told(&Answers { name: &model.name, unit: model.unit, own: &own, at: Where::Everywhere })
    }

    fn told(&self, answers: &Answers) -> Result<Vec<QuantifiedVoltage>> {
        let (voltages, note) = self.among(answers)?;
        if let Some(note) = note {
            warn(&format!("note: {note}"));
        }
        Ok(voltages.into_iter().map(|voltage| answers.unit.of(voltage)).collect())
    }

    /// The voltages, highest first, and what is to be said of them.
    fn among(&self, answers: &Answers) -> Result<(Vec<Voltage>, Option<String>)> {
        let mut note = None;
        let mut voltages = match *self {
            Self::All => answers.own.to_vec(),
            Self::List(ref list) => list.clone(),
            Self::Range { first, second, step: Some(step) } => stepped(first, second, step),
            Self::Range { first, second, step: None } => {
                let (low, high) = (first.min(second), first.max(second));
                let (found, left_out) = answers.between(low, high);
                if found.is_empty() {
                    bail!(answers.none_between(low, high));
                }
                if !left_out.is_empty() {
                    note = Some(answers.left_out(&left_out));
                }
                found
            }
        };
        voltages.sort_unstable_by(|a, b| b.cmp(a));
        voltages.dedup();
        Ok((voltages, note))
    }
}

/// From one voltage in steps to another one, which is the last.
fn stepped(first: Voltage, second: Voltage, step: Voltage) -> Vec<Voltage> {
    let span = first.micro().abs_diff(second.micro());
    let at = |way: u32| {
        if first <= second { first.micro() + way } else { first.micro() - way }
    };
    let ways = (0..span).step_by(step.micro() as usize);
    ways.filter_map(|way| Voltage::from_micro(at(way))).chain([second]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sram_model::{STORED, VoltageUnit};

    const NO_NAME: &str = "chip";

    fn typed(text: &str, own: &[&str], at: Where) -> Result<(Vec<String>, Option<String>)> {
        let own: Vec<Voltage> = own.iter().map(|voltage| voltage.parse().unwrap()).collect();
        let answers = Answers { name: NO_NAME, unit: VoltageUnit::Volt, own: &own, at };
        let (found, note) = text.parse::<VoltageList>().unwrap().among(&answers)?;
        Ok((found.iter().map(ToString::to_string).collect(), note))
    }

    fn voltages(text: &str) -> Vec<String> {
        let chip = STORED[0].open().unwrap();
        text.parse::<VoltageList>()
            .unwrap()
            .of(&chip)
            .unwrap()
            .iter()
            .map(|voltage| voltage.voltage.to_string())
            .collect()
    }

    #[test]
    fn lists_and_ranges_are_highest_first() {
        assert_eq!(voltages("0.8"), ["0.8"]);
        assert_eq!(voltages("0.8,0.9,0.8"), ["0.9", "0.8"]);
        assert_eq!(voltages("0.9..0.8:0.05"), ["0.9", "0.85", "0.8"]);
        assert_eq!(voltages("all").len(), 7);
    }

    #[test]
    fn a_decimal_comma_is_named() {
        let said = "0,85".parse::<VoltageList>().unwrap_err();
        assert!(said.contains("if a decimal is meant, 0.85"), "{said}");
    }

    #[test]
    fn a_range_includes_its_ends_where_the_chip_answers() {
        assert_eq!(voltages("0.8..0.9"), ["0.9", "0.875", "0.833333", "0.8"]);
        assert_eq!(voltages("0.84..0.75"), ["0.84", "0.833333", "0.791667", "0.75"]);
        assert_eq!(voltages("0.81..0.82"), ["0.82", "0.81"]);
        assert_eq!(voltages("0.8..0.8"), ["0.8"]);
        let own = ["0.6", "0.58", "0.55"];
        let (found, note) = typed("0.5..0.59", &own, Where::Between).unwrap();
        assert_eq!(found, ["0.59", "0.58", "0.55"]);
        assert!(note.unwrap().contains("end 0.5 V is left out: chip answers from 0.55 to 0.6"));
        assert_eq!(typed("0.5..0.59", &own, Where::Everywhere).unwrap().0, ["0.59", "0.58", "0.55", "0.5"]);
        let beyond = typed("0.4..0.5", &own, Where::Between).unwrap_err().to_string();
        assert!(beyond.contains("not profiled from 0.4 to 0.5 V, but from 0.55 to 0.6"), "{beyond}");
    }

    #[test]
    fn a_range_of_a_measured_chip_has_no_map_twice() {
        let own = ["0.6", "0.58", "0.55"];
        assert_eq!(typed("0.55..0.6", &own, Where::Own).unwrap(), (own.map(str::to_owned).into(), None));
        let (found, note) = typed("0.56..0.61", &own, Where::Own).unwrap();
        assert_eq!(found, ["0.6", "0.58"]);
        let note = note.unwrap();
        assert!(note.contains("end 0.61 V is left out: chip was measured from 0.55 to 0.6;"), "{note}");
        assert!(note.contains("end 0.56 V is left out: chip was measured at other voltages only"), "{note}");
        let none = typed("0.56..0.57", &own, Where::Own).unwrap_err().to_string();
        assert!(none.contains("add a step for others, as in 0.56..0.57:0.005"), "{none}");
    }

    #[test]
    fn a_stepped_range_goes_from_its_first_end_and_includes_the_other() {
        assert_eq!(voltages("0.9..0.8:0.03"), ["0.9", "0.87", "0.84", "0.81", "0.8"]);
        assert_eq!(voltages("0.8..0.9:0.03"), ["0.9", "0.89", "0.86", "0.83", "0.8"]);
        assert_eq!(voltages("0.8..0.9:1"), ["0.9", "0.8"]);
        assert_eq!(voltages("0.8..0.8:0.1"), ["0.8"]);
        // As many as are allowed, and one more.
        assert_eq!(voltages("0.9..1:0.000002").len(), 50_001);
        assert!("0.9..0.999999:0.000001".parse::<VoltageList>().is_ok());
        assert!("0.9..1:0.000001".parse::<VoltageList>().is_err());
    }

    #[test]
    fn what_was_typed_is_in_the_unit_of_the_chip() {
        let chip = STORED[0].open().unwrap();
        let found = "0.8".parse::<VoltageList>().unwrap().of(&chip).unwrap();
        assert_eq!(found, ["0.8 V/Vmin".parse().unwrap()]);
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "x", "0.8,", "0.8..", "0.8..x", "0.8..0.9:0", "0.8..0.9:x", "0.1..4:0.000001"] {
            assert!(text.parse::<VoltageList>().is_err(), "{text}");
        }
        assert!("0.8".parse::<VoltageList>().is_ok());
    }
}
