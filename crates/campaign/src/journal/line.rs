//! A line of a journal: a result with its identity, and a sum that finds damage.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::JournalError;
use crate::identity::{Digest, IdentityError};

/// A line, as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line<'a> {
    of: Digest,
    #[expect(dead_code, reason = "for people who read the journal")]
    what: String,
    #[serde(borrow)]
    result: &'a RawValue,
    sum: String,
}

/// A line, as it is written.
#[derive(Serialize)]
struct NewLine<'a> {
    of: &'a Digest,
    what: &'a str,
    result: &'a RawValue,
    sum: String,
}

fn sum(of: &Digest, result: &RawValue) -> String {
    Digest::of_bytes(format!("{of} {result}").as_bytes()).short()
}

/// The line of a result, with its end.
pub(super) fn written<R: Serialize>(of: &Digest, what: &str, result: &R) -> Result<String, JournalError> {
    let raw = serde_json::value::to_raw_value(result).map_err(|error| unserialisable(&error))?;
    let line = NewLine { of, what, sum: sum(of, &raw), result: &raw };
    Ok(serde_json::to_string(&line).map_err(|error| unserialisable(&error))? + "\n")
}

/// Identity and result of a line, or what is wrong with it.
pub(super) fn parse<R: DeserializeOwned>(line: &[u8]) -> Result<(Digest, R), String> {
    let Line { of, result, sum: found, .. } =
        serde_json::from_slice(line).map_err(|error| format!("no line of a journal: {error}"))?;
    let expected = sum(&of, result);
    if found != expected {
        return Err(format!(
            "found a line whose sum is {expected}, expected {found}, as it says: it was changed"
        ));
    }
    let result = serde_json::from_str(result.get());
    Ok((of, result.map_err(|error| format!("no result of this command: {error}"))?))
}

fn unserialisable(error: &serde_json::Error) -> JournalError {
    JournalError::Identity(IdentityError::Unserialisable(error.to_string()))
}
