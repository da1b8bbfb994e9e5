//! What a file's name says of the conditions of a measurement: voltage, temperature, and which of several reads it is.
//!
//! A number with a unit of voltage wins (`0.60V`, `600mV`, `0V60`, `0p60V`); else a number with a decimal point that stands alone,
//! or any after `vdd` and the like, that can be a voltage. A number with another unit is none, and neither are the digits of words
//! such as `board2`, those that count something (`dump_1`), versions (`v2`), and parts of a number that is written otherwise
//! (`6e-1V`). Two different voltages are refused, and so is a number after `vdd` that can be none (`vdd650`).

mod number;
mod temperature;
mod things;

use std::collections::BTreeSet;

use self::number::{Kind, Number, numbers};
pub(super) use self::temperature::Temperature;
use crate::voltage::Voltage;

/// What a name says.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Named {
    /// The voltages that may be meant, in V: those with a unit, or, if there is none, those without. None or one if all is
    /// well.
    pub(super) voltages: BTreeSet<Voltage>,
    /// A number that should be a voltage and is none, if no other has a unit.
    pub(super) no_voltage: Option<String>,
    /// A number with a unit of voltage that is more than there is, with it, if the name says no voltage.
    pub(super) too_high: Option<String>,
    /// The temperature.
    pub(super) temperature: Option<Temperature>,
    /// The number of the read.
    pub(super) run: Option<u64>,
    /// The name without its voltage and the number of the read.
    pub(super) rest: String,
    /// What the name calls the chip: without voltages, temperatures, the number of the read, and what else counts.
    pub(super) things: Vec<String>,
}

impl Named {
    /// What the stem of a file's name says.
    pub(super) fn of(stem: &str) -> Self {
        let letters: Vec<char> = stem.chars().collect();
        let numbers = numbers(&letters);
        let with_unit = numbers.iter().any(|n| matches!(n.kind, Kind::Voltage { with_unit: true, .. }));
        let mut named = Self::default();
        let mut things = String::new();
        let mut at = 0;
        for number in &numbers {
            let shown = match &number.kind {
                Kind::Voltage { volts, with_unit: own } if *own == with_unit => {
                    named.voltages.extend(volts);
                    "<voltage>"
                }
                Kind::Run => {
                    named.run = number.text.parse().ok();
                    "<run>"
                }
                Kind::Temperature(temperature) => {
                    named.temperature = Some(temperature.clone());
                    things.extend(&letters[at..number.from]);
                    things.push(things::APART);
                    named.rest.extend(&letters[at..number.unit_end]);
                    at = number.unit_end;
                    continue;
                }
                _ => continue,
            };
            named.rest.extend(&letters[at..number.from]);
            named.rest.push_str(shown);
            things.extend(&letters[at..number.from]);
            things.push(things::APART);
            at = number.to;
        }
        named.rest.extend(&letters[at..]);
        things.extend(&letters[at..]);
        named.things = things::of(&things);
        named.voltages.extend(ranges(&letters, &numbers));
        named.no_voltage = numbers.iter().filter(|_| !with_unit).find_map(|number| match number.kind {
            Kind::NoVoltage { millivolts }
                if millivolts.is_none_or(|as_it| !named.voltages.contains(&as_it)) =>
            {
                Some(number.text.clone())
            }
            _ => None,
        });
        let too_high = numbers
            .iter()
            .filter(|_| named.voltages.is_empty())
            .find(|number| matches!(number.kind, Kind::TooHigh));
        named.too_high = too_high.map(|number| letters[number.from..number.unit_end].iter().collect());
        named
    }
}

/// What joins the ends of a range of voltages.
const TO: [&str; 7] = ["-", "–", "~", "..", "to", "_to_", "-to-"];

/// The first voltages of ranges of which the last alone has a unit: `0.60-0.55V`, `600-550mV`.
fn ranges(letters: &[char], numbers: &[Number]) -> impl Iterator<Item = Voltage> {
    numbers.windows(2).filter_map(|pair| {
        let between: String = letters[pair[0].to..pair[1].from].iter().collect();
        let joined = TO.contains(&between.as_str());
        matches!(pair[1].kind, Kind::Voltage { with_unit: true, .. }).then_some(())?;
        pair[0].begins_range(pair[1].by).filter(|_| joined)
    })
}

#[cfg(test)]
mod tests;
