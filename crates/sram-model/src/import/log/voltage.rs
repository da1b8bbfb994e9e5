//! Voltages in a log: of a column, whose name or whose cells may say the unit.

use crate::import::{ImportError, ImportErrorKind, Row};
use crate::voltage::{Voltage, VoltageUnit};

pub(super) const NAMES: &[&str] = &["voltage", "vdd", "v", "volts", "vcc", "supply", "vccbram"];

/// What a number in a log counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Volts,
    Millivolts,
}

/// The column of voltages.
pub(super) struct VoltageColumn {
    pub(super) at: usize,
    /// The unit that its name says.
    scale: Option<Scale>,
}

impl VoltageColumn {
    /// The column if this is a name of one.
    pub(super) fn of_name(name: &str, at: usize) -> Option<Self> {
        if name == "mv" || name == "millivolts" {
            return Some(Self { at, scale: Some(Scale::Millivolts) });
        }
        if NAMES.contains(&name) {
            return Some(Self { at, scale: None });
        }
        let (base, unit) = name.rsplit_once('_')?;
        let scale = scale_of(unit)?;
        NAMES.contains(&base).then_some(Self { at, scale: Some(scale) })
    }

    /// The voltage in a row, in the unit of the profile, and whether the log says that it is in volts.
    pub(super) fn read(&self, row: Row<'_>, unit: VoltageUnit) -> Result<(Voltage, bool), ImportError> {
        let text = row.text(self.at);
        let wrong = |expected: &str| row.wrong_value(self.at, expected);
        let (digits, own) = without_unit(text);
        let scale = match (own, self.scale) {
            (Some(own), Some(named)) if own != named => {
                return Err(wrong("a voltage in the unit that the column's name says"));
            }
            (own, named) => own.or(named),
        };
        if scale.is_some() && unit == VoltageUnit::RelativeToVmin {
            let found = format!("a voltage in volts, `{text}` in {}", row.name(self.at));
            return Err(row.wrong(ImportErrorKind::Value, found, "voltages relative to Vmin, or --unit V"));
        }
        let number: Option<f64> = row.decimal_of(digits, self.at).and_then(|digits| digits.parse().ok());
        let units =
            number.map(|number| if scale == Some(Scale::Millivolts) { number / 1000.0 } else { number });
        let voltage = units.and_then(|units| Voltage::new(units).ok());
        voltage.map(|voltage| (voltage, scale.is_some())).ok_or_else(|| {
            let as_millivolts = number.filter(|n| scale.is_none() && (100.0..=4194.0).contains(n));
            let hint = as_millivolts.map_or_else(String::new, |mv| {
                format!(
                    "; if millivolts are meant, say so: `{mv} mV`, or {}_mV as the column's name",
                    row.name(self.at)
                )
            });
            wrong(&format!("a voltage above 0 and at most {}{hint}", Voltage::MAX))
        })
    }
}

fn scale_of(unit: &str) -> Option<Scale> {
    match unit.to_ascii_lowercase().as_str() {
        "mv" | "millivolts" => Some(Scale::Millivolts),
        "v" | "volts" => Some(Scale::Volts),
        _ => None,
    }
}

/// A number and the unit after it.
fn without_unit(text: &str) -> (&str, Option<Scale>) {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    match text.get(digits.len()..).and_then(scale_of) {
        Some(scale) => (digits.trim_end(), Some(scale)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unit_is_in_the_name_or_after_the_number() {
        let scale = |name: &str| VoltageColumn::of_name(name, 0).map(|column| column.scale);
        assert_eq!(scale("vdd_mv"), Some(Some(Scale::Millivolts)));
        assert_eq!((scale("v"), scale("voltage_v")), (Some(None), Some(Some(Scale::Volts))));
        assert_eq!((scale("row_mv"), scale("vdd_a")), (None, None));
        assert_eq!(without_unit("580 mV"), ("580", Some(Scale::Millivolts)));
        assert_eq!(without_unit("0,58V"), ("0,58", Some(Scale::Volts)));
        assert_eq!(without_unit("0.58 A"), ("0.58 A", None));
    }
}
