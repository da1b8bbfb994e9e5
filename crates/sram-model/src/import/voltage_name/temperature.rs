//! Temperatures in a name: `25C`, `25 °C`, `-40C`, `298K`, `77F`, `temp85`.

/// A temperature.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::import) struct Temperature {
    celsius: f64,
    /// As it is written.
    pub(in crate::import) shown: String,
}

/// Temperatures are the same up to this, in K: 298 K are 25 °C.
const SAME: f64 = 0.5;

impl Temperature {
    pub(in crate::import) fn is_as(&self, other: &Self) -> bool {
        (self.celsius - other.celsius).abs() <= SAME
    }
}

/// A number with a point below this may be a voltage.
const NO_VOLTAGE: f64 = 5.0;

/// The temperature that a number after these letters is, if a word says so and nothing else. Without a unit it is told apart from
/// others, no more.
pub(super) fn without_unit(before: &[char], text: &str) -> Option<Temperature> {
    let before: String = before.iter().collect::<String>().to_lowercase();
    let word = before.trim_end_matches(['_', '-', ' ', '=', '+']);
    let word = word.rsplit(|c: char| !c.is_alphabetic()).next()?;
    // In temp-25 it is no sign.
    let minus = before.strip_suffix('-').is_some_and(|before| before.ends_with(['_', '-', ' ', '=']));
    let sign = if minus { "-" } else { "" };
    // T1 may be the first tester.
    let is_told = matches!(word, "temp" | "temperature") || (word == "t" && text.len() > 1);
    let celsius: f64 = format!("{sign}{text}").parse().ok().filter(|_| is_told)?;
    if text.contains('.') && celsius.abs() < NO_VOLTAGE {
        return None;
    }
    Some(Temperature { celsius, shown: format!("the temperature {sign}{text}") })
}

/// The temperature that a number of a name is, by the unit after it, which ends at a place; `text` are its digits.
pub(super) fn of(letters: &[char], from: usize, text: &str, unit_end: usize) -> Option<Temperature> {
    let unit: String =
        letters[from..unit_end].iter().skip_while(|c| !c.is_alphabetic() && **c != '°').collect();
    let number: f64 = text.parse().ok()?;
    let before = letters[..from].last();
    let sign = if matches!(before, Some('-' | 'm')) { -1.0 } else { 1.0 };
    let (celsius, shown) = match (unit.as_str(), unit.to_lowercase().as_str()) {
        (_, "c" | "deg" | "degc" | "°c" | "celsius") => (sign * number, "°C"),
        // What has another letter may be a count of thousands, or a number to the base 16.
        ("K", _) if (200.0..=450.0).contains(&number) => (number - 273.15, "K"),
        (_, "kelvin") => (number - 273.15, "K"),
        ("F", _) if text.len() > 1 && !before.is_some_and(|c| c.is_alphabetic()) => {
            (fahrenheit(sign * number), "°F")
        }
        (_, "°f" | "degf" | "fahrenheit") => (fahrenheit(sign * number), "°F"),
        _ => return None,
    };
    let minus = if sign < 0.0 && shown != "K" { "-" } else { "" };
    Some(Temperature { celsius, shown: format!("{minus}{text} {shown}") })
}

fn fahrenheit(number: f64) -> f64 {
    (number - 32.0) / 1.8
}
