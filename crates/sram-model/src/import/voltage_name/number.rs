//! The numbers in a name, and what each is.

use super::temperature::{self, Temperature};
use crate::voltage::Voltage;

/// What the number of a read stands after, with or without a sign between.
pub(super) const RUN_WORDS: [&str; 15] = [
    "run",
    "read",
    "rep",
    "repeat",
    "repetition",
    "trial",
    "iter",
    "iteration",
    "pass",
    "meas",
    "measurement",
    "cycle",
    "shot",
    "round",
    "r",
];
/// What a voltage stands after.
pub(super) const VOLTAGE_WORDS: [&str; 8] =
    ["v", "vdd", "vcc", "vccbram", "vmem", "vsram", "volt", "voltage"];

/// A number in a name.
pub(super) struct Number {
    pub(super) from: usize,
    pub(super) to: usize,
    /// Where its unit ends.
    pub(super) unit_end: usize,
    /// With a decimal point.
    pub(super) text: String,
    /// Volts of its unit.
    pub(super) by: f64,
    /// Whether it stands alone, without a word before it or a unit.
    alone: bool,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    Voltage {
        volts: Vec<Voltage>,
        with_unit: bool,
    },
    /// After a word for a voltage, and none; what it is if millivolts are meant.
    NoVoltage {
        millivolts: Option<Voltage>,
    },
    /// With a unit, and more than there is.
    TooHigh,
    Temperature(Temperature),
    Run,
    Other,
}

impl Number {
    /// The voltage at which a range begins whose end has a unit of so many volts.
    pub(super) fn begins_range(&self, by: f64) -> Option<Voltage> {
        let number = self.text.parse::<f64>().ok()?;
        // Smaller ones may be days of a date.
        let can = self.alone && (self.text.contains('.') || (by < 1.0 && number >= 100.0));
        Voltage::new(number * by).ok().filter(|_| can)
    }
}

/// All numbers of a name, in their order.
pub(super) fn numbers(letters: &[char]) -> Vec<Number> {
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
    let apart = matches!(from.checked_sub(1).map(|at| letters[at]), Some('_' | '-' | ' ' | '#' | '='));
    let before_sign = if apart { word_before(letters, from - 1) } else { String::new() };
    let is_of = |words: &[&str], word: &str| words.contains(&word) && !(word == "v" && points == 0);
    let of = |words: &[&str]| is_of(words, &before) || is_of(words, &before_sign);
    let (unit, unit_end) = unit_after(letters, to, points == 0);
    let volts = |text: &str, by: f64| text.parse::<f64>().ok().and_then(|n| Voltage::new(n * by).ok());
    let voltage = |volts: Vec<Option<Voltage>>, with_unit| {
        let volts: Vec<Voltage> = volts.into_iter().flatten().collect();
        if !volts.is_empty() {
            Kind::Voltage { volts, with_unit }
        } else if with_unit && text.parse::<f64>().is_ok_and(|number| number >= 1.0) {
            Kind::TooHigh
        } else {
            Kind::Other
        }
    };
    // 05 counts something, and so does 5, unless a word says what it is. v2 is a version.
    let counts = points == 0 && text.len() > 1 && text.starts_with('0');
    let alone = before.is_empty() && unit.is_empty();
    let temperature = || match &unit[..] {
        "" => temperature::without_unit(&letters[..from], &text),
        _ => temperature::of(letters, from, &text, unit_end),
    };
    let by = if unit.starts_with('m') { 1e-3 } else { 1.0 };
    let kind = match (unit.as_str(), separator) {
        // Dates and versions, and parts of another number.
        _ if points > 1 || is_part(letters, from, to) => Kind::Other,
        // 1V25C may be 1 V at 25 degrees.
        ("c", Some('V' | 'v')) => voltage(vec![volts(&text, 1.0), volts(&whole, 1.0)], true),
        (_, Some('V' | 'v')) | ("v" | "volt" | "volts", _) => voltage(vec![volts(&text, 1.0)], true),
        ("mv" | "millivolt" | "millivolts", _) => voltage(vec![volts(&text, 1e-3)], true),
        ("nv" | "uv" | "µv" | "μv" | "kv", _) => Kind::NoVoltage { millivolts: None },
        ("", _) if points == 0 && of(&RUN_WORDS) => Kind::Run,
        ("", _) if temperature().is_some() => temperature().map_or(Kind::Other, Kind::Temperature),
        // Fewer digits than of millivolts may be those of a name: VDD12.
        ("", _) if of(&VOLTAGE_WORDS) && points == 0 && text.len() > 2 => {
            Kind::NoVoltage { millivolts: volts(&text, 1e-3) }
        }
        ("", _) if (alone && points == 1) || (of(&VOLTAGE_WORDS) && !counts) => {
            voltage(vec![volts(&text, 1.0)], false)
        }
        _ => temperature().map_or(Kind::Other, Kind::Temperature),
    };
    let to = if matches!(kind, Kind::Voltage { with_unit: true, .. }) { unit_end } else { to };
    Number { from, to, unit_end, text, by, alone, kind }
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

/// Units that may stand apart from their number.
const UNITS_APART: [&str; 11] =
    ["v", "mv", "volt", "volts", "°c", "degc", "celsius", "°f", "degf", "fahrenheit", "kelvin"];

/// The letters after a number, in small, and where they end; a unit may stand apart.
fn unit_after(letters: &[char], to: usize, whole: bool) -> (String, usize) {
    let word = |from: usize| -> (String, usize) {
        let word: String = letters[from..].iter().take_while(|c| c.is_alphabetic() || **c == '°').collect();
        let end = from + word.chars().count();
        (word.to_lowercase(), end)
    };
    if matches!(letters.get(to), Some(' ' | '_')) {
        let (unit, end) = word(to + 1);
        // 25 C is a temperature, 0.60 C may be that of chip C.
        let celsius = whole && unit == "c" && letters[to..].starts_with(&[' ', 'C']);
        if (celsius || UNITS_APART.contains(&unit.as_str()))
            && !letters.get(end).is_some_and(char::is_ascii_digit)
        {
            return (unit, end);
        }
    }
    word(to)
}
