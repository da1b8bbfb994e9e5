//! The notation of march tests.

use std::fmt;
use std::str::FromStr;

use super::{Element, March, MarchError, Operation, Order};

/// Tests that are known by name.
pub const NAMED_MARCHES: [(&str, &str); 3] = [
    // Abadir and Reghbati 1983.
    ("mats+", "⇕(w0); ⇑(r0,w1); ⇓(r1,w0)"),
    // Van de Goor 1991, after Marinescu 1982.
    ("march-c-", "⇕(w0); ⇑(r0,w1); ⇑(r1,w0); ⇓(r0,w1); ⇓(r1,w0); ⇕(r0)"),
    // Hamdioui, van de Goor and Rodgers 2002.
    ("march-ss", "⇕(w0); ⇑(r0,r0,w0,r0,w1); ⇑(r1,r1,w1,r1,w0); ⇓(r0,r0,w0,r0,w1); ⇓(r1,r1,w1,r1,w0); ⇕(r0)"),
];

/// The longest test in the notation, in bytes: as it is written, one of the most operations has 9,000 …
const MOST_BYTES: usize = 16_384;
/// … and in operations on each cell. Published tests have up to 100 or so.
const MOST_OPERATIONS: usize = 1_000;
/// Errors show no more of a test than this, in characters.
const SHOWN: usize = 80;

impl FromStr for March {
    type Err = MarchError;

    /// Parses the name of a test, or a test in the usual notation, such as `{⇕(w0); ⇑(r0,w1); ⇓(r1,w0)}`; `up`, `down` and
    /// `any` may take the place of the arrows.
    fn from_str(text: &str) -> Result<Self, MarchError> {
        let too_long = |found: usize, at_most: usize, what: &str| {
            Err(MarchError::TooLong { found: format!("{found} {what}"), at_most: format!("{at_most}") })
        };
        if text.len() > MOST_BYTES {
            return too_long(text.len(), MOST_BYTES, "bytes of notation");
        }
        // `March C-`, `MARCH_C-` and `march-c-` are one.
        let plain = |name: &str| -> String {
            name.chars()
                .filter(|c| !c.is_whitespace() && !"_-".contains(*c))
                .collect::<String>()
                .to_ascii_lowercase()
                + if name.trim_end().ends_with('-') { "-" } else { "" }
        };
        let named = NAMED_MARCHES.iter().find(|(name, _)| plain(name) == plain(text));
        let body = named.map_or(text, |(_, notation)| notation).trim();
        let body = body.strip_prefix('{').and_then(|body| body.strip_suffix('}')).unwrap_or(body);
        let elements: Vec<Element> = body
            .split(';')
            .map(str::trim)
            .filter(|element| !element.is_empty())
            .map(|element| {
                parse_element(element)
                    .ok_or_else(|| MarchError::Notation { text: shown(text), found: shown(element) })
            })
            .collect::<Result<_, _>>()?;
        if elements.is_empty() {
            return Err(MarchError::Notation { text: shown(text), found: "nothing".to_owned() });
        }
        let operations = elements.iter().map(|element| element.operations.len()).sum();
        if operations > MOST_OPERATIONS {
            return too_long(operations, MOST_OPERATIONS, "operations on each cell");
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

fn parse_element(text: &str) -> Option<Element> {
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
    Some(Element { order, operations })
}

/// Checks that every read expects what was written.
fn check(elements: &[Element]) -> Result<(), MarchError> {
    let reads = |operation: &Operation| matches!(operation, Operation::Read(_));
    if !elements.iter().flat_map(|element| &element.operations).any(reads) {
        return Err(MarchError::NoRead);
    }
    let mut stored = None;
    for (index, element) in elements.iter().enumerate() {
        for &operation in &element.operations {
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
        let order = match self.order {
            Order::Up => '⇑',
            Order::Down => '⇓',
            Order::Any => '⇕',
        };
        let operation = |operation: &Operation| match operation {
            Operation::Write(value) => format!("w{}", u8::from(*value)),
            Operation::Read(value) => format!("r{}", u8::from(*value)),
        };
        let operations: Vec<String> = self.operations.iter().map(operation).collect();
        write!(f, "{order}({})", operations.join(","))
    }
}
