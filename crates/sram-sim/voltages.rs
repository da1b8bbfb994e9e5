//! Voltages as typed: one, a list, or a range.

use std::ffi::OsString;
use std::str::FromStr;

use anyhow::{Result, bail};
use clap_lex::OsStrExt as _;
use cli_io::InputPath;
use sram_model::{Profile, Voltage, VoltageUnit};

/// Voltages as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VoltageList {
    /// All of the profile's voltages.
    All,
    /// These.
    List(Vec<Voltage>),
    /// The profile's voltages in a range, or those a step apart.
    Range { low: Voltage, high: Voltage, step: Option<Voltage> },
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
        let (a, b) = (voltage(first)?, voltage(second)?);
        let (low, high) = (a.min(b), a.max(b));
        if step.is_some_and(|step| (high.micro() - low.micro()) / step.micro() >= MAX_VOLTAGES) {
            return Err(format!("`{text}` has too many voltages: expected at most {MAX_VOLTAGES}"));
        }
        Ok(Self::Range { low, high, step })
    }
}

impl VoltageList {
    /// The voltages to ask this profile for, highest first.
    pub(crate) fn of(&self, profile: &Profile) -> Result<Vec<Voltage>> {
        self.among(&profile.info().voltages, &profile.info().name, profile.info().unit)
    }

    /// The same of a chip or model with these voltages of its own, highest first.
    pub(crate) fn among(&self, own: &[Voltage], name: &str, unit: VoltageUnit) -> Result<Vec<Voltage>> {
        let mut voltages = match self {
            Self::All => own.to_vec(),
            Self::List(list) => list.clone(),
            Self::Range { low, high, step: None } => {
                own.iter().copied().filter(|voltage| (low..=high).contains(&voltage)).collect()
            }
            Self::Range { low, high, step: Some(step) } => (low.micro()..=high.micro())
                .step_by(step.micro() as usize)
                .filter_map(Voltage::from_micro)
                .collect(),
        };
        if let (Self::Range { low, high, .. }, true) = (self, voltages.is_empty()) {
            let ends = own.last().zip(own.first());
            let (lowest, highest) = ends.map_or((Voltage::MAX, Voltage::MAX), |(low, high)| (*low, *high));
            let inside = *low <= highest && *high >= lowest;
            let step = if inside {
                format!("; add a step for others, as in {low}..{high}:0.005")
            } else {
                String::new()
            };
            bail!(
                "{name} was not profiled from {low} to {high} {unit}, but from {lowest} to {highest}{step}"
            );
        }
        voltages.sort_unstable_by(|a, b| b.cmp(a));
        voltages.dedup();
        Ok(voltages)
    }
}

/// Parses `VOLTAGE=FILE`.
#[expect(clippy::needless_pass_by_value, reason = "as clap wants it")]
pub(crate) fn parse_map(typed: OsString) -> Result<(Voltage, InputPath), String> {
    let (voltage, file) = typed.split_once("=").ok_or("expected VOLTAGE=FILE, such as 0.8=map.csv")?;
    let voltage = voltage.to_string_lossy().parse::<Voltage>().map_err(|error| error.to_string())?;
    Ok((voltage, file.to_owned().into()))
}

/// Parses `FILE=VOLTAGE`.
pub(crate) fn parse_file(text: &str) -> Result<(String, Voltage), String> {
    let (file, voltage) = text.rsplit_once('=').ok_or("expected FILE=VOLTAGE, such as slow.txt=0.6")?;
    let number = voltage.strip_suffix(['V', 'v']).unwrap_or(voltage);
    Ok((file.to_owned(), number.parse::<Voltage>().map_err(|error| error.to_string())?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sram_model::STORED;

    fn voltages(text: &str) -> Vec<String> {
        let chip = STORED[0].open().unwrap();
        text.parse::<VoltageList>().unwrap().of(&chip).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lists_and_ranges_are_highest_first() {
        assert_eq!(voltages("0.8"), ["0.8"]);
        assert_eq!(voltages("0.8,0.9,0.8"), ["0.9", "0.8"]);
        assert_eq!(voltages("0.75..0.84"), ["0.833333", "0.791667", "0.75"]);
        assert_eq!(voltages("0.9..0.8:0.05"), ["0.9", "0.85", "0.8"]);
        assert_eq!(voltages("all").len(), 7);
    }

    #[test]
    fn a_decimal_comma_is_named() {
        let said = "0,85".parse::<VoltageList>().unwrap_err();
        assert!(said.contains("if a decimal is meant, 0.85"), "{said}");
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "x", "0.8,", "0.8..", "0.8..x", "0.8..0.9:0", "0.8..0.9:x", "0.1..4:0.000001"] {
            assert!(text.parse::<VoltageList>().is_err(), "{text}");
        }
        assert!(
            "0.8".parse::<VoltageList>().is_ok()
                && parse_map("0.8".into()).is_err()
                && parse_map("x=y".into()).is_err()
        );
    }
}
