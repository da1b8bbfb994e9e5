//! The notation of march tests.

use std::fmt;
use std::str::FromStr;

use super::{Element, March, MarchError, Operation, Order, named};

/// The longest test in the notation, in bytes: as it is written, one of the most operations has 9,000 …
const MOST_BYTES: usize = 16_384;
/// … and in operations on each cell and delays. Published tests have up to 100 or so.
const MOST_OPERATIONS: usize = 1_000;
/// Errors show no more of a test than this, in characters.
const SHOWN: usize = 80;

impl FromStr for March {
    type Err = MarchError;

    /// Parses the name of a test, or a test in the usual notation, such as `{⇕(w0); ⇑(r0,w1); Del; ⇓(r1,w0)}`; `up`, `down` and
    /// `any` may take the place of the arrows. A delay, `Del`, stands alone or after a sweep.
    fn from_str(text: &str) -> Result<Self, MarchError> {
        let too_long = |found: usize, at_most: usize, what: &str| {
            Err(MarchError::TooLong { found: format!("{found} {what}"), at_most: format!("{at_most}") })
        };
        if text.len() > MOST_BYTES {
            return too_long(text.len(), MOST_BYTES, "bytes of notation");
        }
        let body = named::find(text).map_or(text, |named| named.notation).trim();
        let body = body.strip_prefix('{').and_then(|body| body.strip_suffix('}')).unwrap_or(body);
        let elements: Vec<Element> = body
            .split(';')
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .map(|part| {
                parse_part(part).ok_or_else(|| MarchError::Notation { text: shown(text), found: shown(part) })
            })
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .flatten()
            .collect();
        if elements.is_empty() {
            return Err(MarchError::Notation { text: shown(text), found: "nothing".to_owned() });
        }
        let length = elements.iter().map(|element| element.operations().len().max(1)).sum();
        if length > MOST_OPERATIONS {
            return too_long(length, MOST_OPERATIONS, "operations on each cell and delays");
        }
        check(&elements)?;
        Ok(Self { elements })
    }
}

/// A text as an error shows it.
fn shown(text: &str) -> String {
    if text.chars().count() <= SHOWN {
        text.to_owned()
    } else {
        text.chars().take(SHOWN).chain(['…']).collect()
    }
}

/// What stands between two semicolons: a sweep, a delay, or one after the other.
fn parse_part(text: &str) -> Option<Vec<Element>> {
    let (sweep, after) = text.split_at(text.rfind(')').map_or(0, |last| last + 1));
    let delay = match after.trim().to_ascii_lowercase().as_str() {
        "" => None,
        "del" | "delay" => Some(Element::Delay),
        _ => return None,
    };
    let sweep = if sweep.is_empty() { None } else { Some(parse_sweep(sweep)?) };
    Some(sweep.into_iter().chain(delay).collect())
}

fn parse_sweep(text: &str) -> Option<Element> {
    let (order, rest) = text.split_once('(')?;
    let order = match order.trim().to_ascii_lowercase().as_str() {
        "⇑" | "↑" | "up" | "^" => Order::Up,
        "⇓" | "↓" | "down" | "v" => Order::Down,
        "⇕" | "↕" | "any" | "" => Order::Any,
        _ => return None,
    };
    let operation = |text: &str| match text.trim() {
        "w0" => Some(Operation::Write(false)),
        "w1" => Some(Operation::Write(true)),
        "r0" => Some(Operation::Read(false)),
        "r1" => Some(Operation::Read(true)),
        _ => None,
    };
    let operations = rest.strip_suffix(')')?.split(',').map(operation).collect::<Option<_>>()?;
    Some(Element::Sweep { order, operations })
}

/// Checks that every read expects what was written.
fn check(elements: &[Element]) -> Result<(), MarchError> {
    let reads = |operation: &Operation| matches!(operation, Operation::Read(_));
    if !elements.iter().flat_map(Element::operations).any(reads) {
        return Err(MarchError::NoRead);
    }
    let mut stored = None;
    for (index, element) in elements.iter().enumerate() {
        for &operation in element.operations() {
            match operation {
                Operation::Write(value) => stored = Some(value),
                Operation::Read(value) if stored != Some(value) => {
                    let stored = stored.map_or("nothing yet", |one| if one { "1" } else { "0" });
                    return Err(MarchError::Reads { element: index + 1, read: value.into(), stored });
                }
                Operation::Read(_) => {}
            }
        }
    }
    Ok(())
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Sweep { order, operations } = self else { return f.write_str("Del") };
        let order = match order {
            Order::Up => '⇑',
            Order::Down => '⇓',
            Order::Any => '⇕',
        };
        let operation = |operation: &Operation| match operation {
            Operation::Write(value) => format!("w{}", u8::from(*value)),
            Operation::Read(value) => format!("r{}", u8::from(*value)),
        };
        let operations: Vec<String> = operations.iter().map(operation).collect();
        write!(f, "{order}({})", operations.join(","))
    }
}
