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
mod tests {
    use super::*;

    fn voltages(stem: &str) -> Vec<String> {
        Named::of(stem).voltages.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_number_with_a_unit_wins() {
        for (name, voltage) in [
            ("KC705B-0.53", "0.53"),
            ("chip7_0.6V", "0.6"),
            ("0.61", "0.61"),
            ("Spannungµ0.61", ""),
            ("board2_600mV", "0.6"),
            ("board2_0.60V_25C", "0.6"),
            ("board2_run1_0.60V", "0.6"),
            ("board2_0.60V_1", "0.6"),
            ("0.60V25C", "0.6"),
            ("600mV_1.8", "0.6"),
            ("vdd0.57_run3", "0.57"),
            ("x_0V57", "0.57"),
            ("x_0p57V", "0.57"),
            ("x_0,57", "0.57"),
            ("x 0.57 V", "0.57"),
            ("2024-05-07_0.53", "0.53"),
            ("v1.2.3_0.53", "0.53"),
            ("0.53-chip", "0.53"),
            ("chip_v2_0.60", "0.6"),
            ("v0.55", "0.55"),
            ("v1_550mV", "0.55"),
            ("dump_100MHz_0.55", "0.55"),
            ("chip-1-0.53", "0.53"),
            ("3_0.53", "0.53"),
            ("vdd1_dump", "1"),
            ("sweep-3_vdd-1", "1"),
            ("vdd600_0.60", "0.6"),
            ("rev1.2-0.55V", "0.55"),
            ("v1.2-0.55V", "0.55"),
            ("2024-05-07-600mV", "0.6"),
            ("board123-550mV", "0.55"),
        ] {
            let expected: Vec<&str> = Some(voltage).filter(|v| !v.is_empty()).into_iter().collect();
            assert_eq!(voltages(name), expected, "{name}");
        }
    }

    #[test]
    fn names_without_a_voltage_or_with_two_are_known() {
        for name in [
            "chip",
            "chip-",
            "chip-0.5.3",
            "chip-0",
            "board2_25C",
            "board2_600",
            "run1",
            "notes",
            "",
            "sram_v1",
            "sram_v2_550",
            "6e-1V",
            "6E-1_V",
            "0.5５V",
            "５0.5",
            // Whole numbers count something.
            "run_4_dump_1",
            "dump-3",
            "wafer_2",
            "1",
            "sweep-3_vdd-650",
            "3_vdd600",
            "3_650uV",
        ] {
            assert!(voltages(name).is_empty(), "{name}: {:?}", voltages(name));
        }
        for (name, both) in [
            ("vdd0.60V_io1.80V", ["0.6", "1.8"]),
            ("chip_vdd2_0.60", ["0.6", "2"]),
            ("x_1V25C", ["1", "1.25"]),
            ("0.60-0.55V", ["0.55", "0.6"]),
            ("x_0.60..0.55V", ["0.55", "0.6"]),
            ("600-550mV", ["0.55", "0.6"]),
            ("x_0.60_to_0.55V", ["0.55", "0.6"]),
        ] {
            assert_eq!(voltages(name), both, "{name}");
        }
        assert_eq!(voltages("0.60V_600mV"), ["0.6"]);
    }

    #[test]
    fn reads_of_one_condition_differ_in_their_number_only() {
        let (one, two) = (Named::of("board2_run1_0.60V_25C"), Named::of("board2_run02_0.60V_25C"));
        assert_eq!(
            (one.rest.as_str(), one.run, two.run),
            ("board2_run<run>_<voltage>_25C", Some(1), Some(2))
        );
        assert_eq!(one.rest, two.rest);
        assert_eq!(Named::of("0.6_read_1").rest, Named::of("0.6_read_2").rest);
        assert_eq!(voltages("0.6_run_1"), ["0.6"]);
        assert_ne!(Named::of("0.6V_1").rest, Named::of("0.6V_2").rest);
        assert_ne!(Named::of("board1_0.60V").rest, Named::of("board2_0.60V").rest);
        // A sample may be a chip.
        assert_eq!(Named::of("sample1_0.60V").run, None);
    }

    #[test]
    fn numbers_after_words_for_a_voltage_that_are_none_are_known() {
        for (name, number) in [
            ("sweep-3_vdd-650", Some("650")),
            ("3_vdd600", Some("600")),
            ("vdd=600", Some("600")),
            ("vdd600_0.55", Some("600")),
            ("vdd055", Some("055")),
            ("3_650uV", Some("650")),
            ("vdd600_0.60", None),
            ("vdd650_0.60V", None),
            ("vdd12_0.60", None),
            ("run_600_0.60", None),
        ] {
            assert_eq!(Named::of(name).no_voltage.as_deref(), number, "{name}");
        }
    }

    #[test]
    fn temperatures_are_read_in_all_spellings() {
        let shown = |name: &str| Named::of(name).temperature.map(|temperature| temperature.shown);
        for (name, expected) in [
            ("x_-40C_0.6", "-40 °C"),
            ("0.60V_25 °C", "25 °C"),
            ("0.60V_25_degC", "25 °C"),
            ("0.60V_25 C", "25 °C"),
            ("t25C_0.60V", "25 °C"),
            ("0.60V_298K", "298 K"),
            ("0.60V_77F", "77 °F"),
        ] {
            assert_eq!(shown(name).as_deref(), Some(expected), "{name}");
            assert_eq!(voltages(name), ["0.6"], "{name}");
        }
        for (name, expected) in [
            ("T25_0.60V", "25"),
            ("temp85_0.60", "85"),
            ("chip_temp_-40_0.60V", "-40"),
            ("temperature=25.5_600mV", "25.5"),
        ] {
            assert_eq!(shown(name), Some(format!("the temperature {expected}")), "{name}");
            assert_eq!(voltages(name), ["0.6"], "{name}");
        }
        for name in [
            "0.60V_100k",
            "t1_0.60V",
            "test25_0.60V",
            "die_2F_0.60V",
            "chip 0.60 C",
            "chip2F_0.60V",
            "0.60V_C",
        ] {
            assert_eq!(shown(name), None, "{name}");
        }
        assert_eq!(voltages("chip 0.60 C"), ["0.6"]);
        let same = |a: &str, b: &str| {
            let [a, b] = [a, b].map(|name| Named::of(name).temperature.unwrap());
            a.is_as(&b)
        };
        assert!(
            same("25C", "298K")
                && same("25 °C", "77F")
                && same("temp25", "25C")
                && !same("25C", "358K")
                && !same("-40C", "40C")
        );
    }

    #[test]
    fn what_a_name_calls_the_chip_is_apart_from_the_conditions() {
        let same = |a: &str, b: &str| Named::of(a).things == Named::of(b).things;
        for (a, b) in [
            ("boardA_0.60V", "boardA-0.59V"),
            ("chip_run1_0.60V_25C", "CHIP_0.55V_run_2"),
            ("2024-05-07_0.60V", "2024-05-08_0.55V"),
            ("07-May-2024 chip 0.60V", "08-jun-2024 chip 0.55V"),
            ("dump1_0.60V", "dump2_0.55V"),
            ("chip_0.60V_1", "chip_0.55V_2"),
            ("chip0.60V1", "chip0.55V2"),
            ("board2_vdd0.60", "board02_550mV"),
            ("x_0.60V_25 °C", "x_0.55V_298K"),
            ("scan12_0.60V", "scan_13_0.55V"),
            ("chip_20240507_0.60V", "chip_20240508_0.55V"),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("boardA_0.60V", "boardB_0.59V"),
            ("board1_0.60V", "board2_0.59V"),
            ("chip-1-0.60", "chip-2-0.59"),
            ("die3_0.60V", "die4_0.55V"),
            ("a_0.60V", "b_0.55V"),
            ("specimen3_0.60V", "specimen4_0.55V"),
            ("a1_0.60V", "a2_0.55V"),
            ("chip_100MHz_0.60V", "chip_50MHz_0.55V"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }
}
