//! Voltages of files, as typed.

use std::convert::Infallible;
use std::ffi::{OsStr, OsString};

use clap_lex::OsStrExt as _;
use cli_io::InputPath;
use sram_model::Voltage;

/// Parses `VOLTAGE=FILE`.
#[expect(clippy::needless_pass_by_value, reason = "as clap wants it")]
pub fn parse_map(typed: OsString) -> Result<(Voltage, InputPath), String> {
    let (voltage, file) = typed.split_once("=").ok_or("expected VOLTAGE=FILE, such as 0.8=map.csv")?;
    let voltage = voltage.to_string_lossy().parse::<Voltage>().map_err(|error| error.to_string())?;
    Ok((voltage, file.to_owned().into()))
}

/// Parses `VOLTAGE=FILE`, or `FILE` where what stands before a `=` is no voltage.
pub fn parse_log(typed: OsString) -> Result<(Option<Voltage>, InputPath), Infallible> {
    let voltage = |text: &OsStr| text.to_str().and_then(|text| text.parse::<Voltage>().ok());
    let split = typed.split_once("=").and_then(|(before, file)| Some((voltage(before)?, file.to_owned())));
    Ok(match split {
        Some((voltage, file)) => (Some(voltage), file.into()),
        None => (None, typed.into()),
    })
}

/// Parses `FILE=VOLTAGE`.
pub fn parse_file(text: &str) -> Result<(String, Voltage), String> {
    let (file, voltage) = text.rsplit_once('=').ok_or("expected FILE=VOLTAGE, such as slow.txt=0.6")?;
    let number = voltage.strip_suffix(['V', 'v']).unwrap_or(voltage);
    Ok((file.to_owned(), number.parse::<Voltage>().map_err(|error| error.to_string())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonsense_is_refused() {
        assert!(parse_map("0.8".into()).is_err() && parse_map("x=y".into()).is_err());
        let log = |typed: &str| parse_log(typed.into()).map(|(voltage, file)| (voltage, file.to_string()));
        assert_eq!(log("0.8=a=b.csv"), Ok(("0.8".parse().ok(), "a=b.csv".to_owned())));
        assert_eq!(log("a=0.8.csv"), Ok((None, "a=0.8.csv".to_owned())));
        assert!(parse_file("0.8").is_err() && parse_file("slow.txt=fast").is_err());
        assert_eq!(parse_file("a=b.txt=0.6V"), Ok(("a=b.txt".to_owned(), "0.6".parse().unwrap())));
    }
}
