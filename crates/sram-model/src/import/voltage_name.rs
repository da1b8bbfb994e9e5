//! What a file's name says of the conditions of a measurement: voltage, temperature, and which of several reads it is.
//!
//! A number with a unit of voltage wins (`0.60V`, `600mV`, `0V60`, `0p60V`); else a number that stands alone or after `v`,
//! `vdd` and the like and can be a voltage. A number with another unit is none, and neither are the digits of words such as
//! `board2`, versions (`v2`), and parts of a number that is written otherwise (`6e-1V`). Two different voltages are refused.

use std::collections::BTreeSet;

use crate::voltage::Voltage;

/// What a name says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// The voltages that may be meant, in V: those with a unit, or, if there is none, those without. None or one if all is
    /// well.
    pub(super) voltages: BTreeSet<Voltage>,
    /// The temperature in °C, as it is written.
    pub(super) celsius: Option<String>,
    /// The number of the read.
    pub(super) run: Option<u64>,
    /// The name without its voltage and the number of the read.
    pub(super) rest: String,
}

/// What the number of a read stands after, with or without a sign between.
const RUN_WORDS: [&str; 16] = [
    "run",
    "read",
    "rep",
    "repeat",
    "repetition",
    "trial",
    "iter",
    "iteration",
    "pass",
    "sample",
    "meas",
    "measurement",
    "cycle",
    "shot",
    "round",
    "r",
];
const VOLTAGE_WORDS: [&str; 8] = ["v", "vdd", "vcc", "vccbram", "vmem", "vsram", "volt", "voltage"];

/// A number in a name.
struct Number {
    from: usize,
    to: usize,
    /// With a decimal point.
    text: String,
    kind: Kind,
}

enum Kind {
    Voltage { volts: Vec<Voltage>, with_unit: bool },
    Celsius,
    Run,
    Other,
}

impl Named {
    /// What the stem of a file's name says.
    pub(super) fn of(stem: &str) -> Self {
        let letters: Vec<char> = stem.chars().collect();
        let numbers = numbers(&letters);
        let with_unit = numbers.iter().any(|n| matches!(n.kind, Kind::Voltage { with_unit: true, .. }));
        let mut named = Self::default();
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
                Kind::Celsius => {
                    let sign = if number.from > 0 && matches!(letters[number.from - 1], '-' | 'm') {
                        "-"
                    } else {
                        ""
                    };
                    named.celsius = Some(format!("{sign}{}", number.text));
                    continue;
                }
                _ => continue,
            };
            named.rest.extend(&letters[at..number.from]);
            named.rest.push_str(shown);
            at = number.to;
        }
        named.rest.extend(&letters[at..]);
        named
    }
}

/// All numbers of a name, in their order.
fn numbers(letters: &[char]) -> Vec<Number> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        if letters[at].is_ascii_digit() {
            let number = number(letters, at);
            at = number.to;
            found.push(number);
        } else {
            at += 1;
        }
    }
    found
}

/// The number that begins at a digit.
fn number(letters: &[char], from: usize) -> Number {
    let digits = |from: usize| letters[from..].iter().take_while(|c| c.is_ascii_digit()).count() + from;
    let digit = |at: usize| letters.get(at).is_some_and(char::is_ascii_digit);
    let (mut to, mut points, mut separator) = (digits(from), 0, None);
    while let Some(&sign) = letters.get(to)
        && digit(to + 1)
        && (matches!(sign, '.' | ',' | 'p' | 'P') || (points == 0 && matches!(sign, 'V' | 'v')))
    {
        (to, points, separator) = (digits(to + 1), points + 1, Some(sign));
    }
    let text: String = letters[from..to].iter().map(|&c| if c.is_ascii_digit() { c } else { '.' }).collect();
    let whole: String = letters[from..digits(from)].iter().collect();
    let before = word_before(letters, from);
    let apart = matches!(from.checked_sub(1).map(|at| letters[at]), Some('_' | '-' | ' ' | '#'));
    let of_run = RUN_WORDS.contains(&before.as_str())
        || (apart && RUN_WORDS.contains(&word_before(letters, from - 1).as_str()));
    let (unit, unit_end) = unit_after(letters, to);
    let volts = |text: &str, by: f64| text.parse::<f64>().ok().and_then(|n| Voltage::new(n * by).ok());
    let voltage = |volts: Vec<Option<Voltage>>, with_unit| {
        let volts: Vec<Voltage> = volts.into_iter().flatten().collect();
        if volts.is_empty() { Kind::Other } else { Kind::Voltage { volts, with_unit } }
    };
    // v2 is a version.
    let of_word = VOLTAGE_WORDS.contains(&before.as_str()) && !(before == "v" && points == 0);
    // 05 counts something.
    let counts = points == 0 && text.len() > 1 && text.starts_with('0');
    let kind = match (unit.as_str(), separator) {
        // Dates and versions, and parts of another number.
        _ if points > 1 || is_part(letters, from, to) => Kind::Other,
        // 1V25C may be 1 V at 25 degrees.
        ("c", Some('V' | 'v')) => voltage(vec![volts(&text, 1.0), volts(&whole, 1.0)], true),
        (_, Some('V' | 'v')) | ("v" | "volt" | "volts", _) => voltage(vec![volts(&text, 1.0)], true),
        ("mv" | "millivolt" | "millivolts", _) => voltage(vec![volts(&text, 1e-3)], true),
        ("c" | "degc" | "°c" | "celsius", _) => Kind::Celsius,
        ("", _) if points == 0 && of_run => Kind::Run,
        ("", _) if (before.is_empty() || of_word) && !counts => voltage(vec![volts(&text, 1.0)], false),
        _ => Kind::Other,
    };
    let to = if matches!(kind, Kind::Voltage { with_unit: true, .. }) { unit_end } else { to };
    Number { from, to, text, kind }
}

/// Whether digits from one place to another are part of a number that is not written as a decimal: its exponent, or digits beside
/// those of another script.
fn is_part(letters: &[char], from: usize, to: usize) -> bool {
    let foreign = |letter: Option<&char>| letter.is_some_and(|c| c.is_numeric() && !c.is_ascii());
    let before = &letters[..from];
    let unsigned = before.strip_suffix(&['-']).or(before.strip_suffix(&['+'])).unwrap_or(before);
    let mantissa = unsigned.strip_suffix(&['e']).or(unsigned.strip_suffix(&['E']));
    let exponent = mantissa.is_some_and(|mantissa| mantissa.last().is_some_and(char::is_ascii_digit));
    exponent || foreign(before.last()) || foreign(letters.get(to))
}

/// The letters that end at a place, in small.
fn word_before(letters: &[char], to: usize) -> String {
    let from = letters[..to].iter().rposition(|c| !c.is_alphabetic()).map_or(0, |at| at + 1);
    letters[from..to].iter().collect::<String>().to_lowercase()
}

/// The letters after a number, and where they end; a unit of voltage may stand apart.
fn unit_after(letters: &[char], to: usize) -> (String, usize) {
    let word = |from: usize| -> (String, usize) {
        let word: String = letters[from..].iter().take_while(|c| c.is_alphabetic() || **c == '°').collect();
        let end = from + word.chars().count();
        (word.to_lowercase(), end)
    };
    if matches!(letters.get(to), Some(' ' | '_')) {
        let (unit, end) = word(to + 1);
        if matches!(unit.as_str(), "v" | "mv" | "volt" | "volts")
            && !letters.get(end).is_some_and(char::is_ascii_digit)
        {
            return (unit, end);
        }
    }
    word(to)
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
        ] {
            assert!(voltages(name).is_empty(), "{name}: {:?}", voltages(name));
        }
        for (name, both) in [
            ("vdd0.60V_io1.80V", ["0.6", "1.8"]),
            ("chip_vdd2_0.60", ["0.6", "2"]),
            ("chip-1-0.53", ["0.53", "1"]),
            ("x_1V25C", ["1", "1.25"]),
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
        assert_eq!((one.rest, one.celsius.as_deref()), (two.rest, Some("25")));
        assert_eq!(Named::of("0.6_read_1").rest, Named::of("0.6_read_2").rest);
        assert_eq!(voltages("0.6_run_1"), ["0.6"]);
        assert_ne!(Named::of("0.6V_1").rest, Named::of("0.6V_2").rest);
        assert_ne!(Named::of("board1_0.60V").rest, Named::of("board2_0.60V").rest);
        assert_eq!(Named::of("x_-40C_0.6").celsius.as_deref(), Some("-40"));
    }
}
