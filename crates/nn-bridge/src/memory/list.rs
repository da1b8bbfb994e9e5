//! Bits of tensors as a list: a line `pattern, bits[, scheme[, clip]]` for each pattern of names, as CSV.

use std::str::FromStr;

use thiserror::Error;

use super::names::with_asked;
use crate::scheme::{Scheme, SchemeError};
use crate::weights::{NameGlob, NameGlobError};

/// How the tensors of each pattern are quantised; of several patterns that name a tensor, the first.
#[derive(Clone, Debug)]
pub struct BitsByLayer {
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    number: usize,
    glob: NameGlob,
    text: String,
    bits: u32,
    scheme: Option<String>,
    clip: Option<f64>,
}

/// What is no such list.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ListError {
    /// A line with other columns.
    #[error(
        "line {line}: found `{found}`, expected a pattern of names and bits, such as `layer1.*, 4`, then perhaps scheme and clip"
    )]
    Line {
        /// Its number.
        line: usize,
        /// The line.
        found: String,
    },
    /// A pattern is none.
    #[error("line {line}")]
    Glob {
        /// Its number.
        line: usize,
        /// Why.
        source: NameGlobError,
    },
    /// A scheme is none.
    #[error("line {line}")]
    Scheme {
        /// Its number.
        line: usize,
        /// Why.
        source: SchemeError,
    },
    /// A pattern that names no tensor, or only such that lines before it name.
    #[error(
        "line {line}: `{glob}` names no stored tensor that no line before names: there are {first} and others"
    )]
    Nothing {
        /// Its number.
        line: usize,
        /// The pattern.
        glob: String,
        /// The name of a tensor.
        first: String,
    },
    /// No line at all.
    #[error("the list is empty: expected a line for each pattern of names, such as `layer1.*, 4`")]
    Empty,
}

impl BitsByLayer {
    /// Reads a list. Empty lines and what stands after a # are ignored, and so is a first line of words.
    ///
    /// # Errors
    /// [`ListError`] naming the line.
    pub fn parse(text: &str) -> Result<Self, ListError> {
        let mut lines: Vec<Line> = Vec::new();
        let mut is_first = true;
        for (line, number) in text.trim_start_matches('\u{feff}').lines().zip(1..) {
            let content = line.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            let unquoted = |text: &'_ str| text.trim().trim_matches('"').trim().to_owned();
            let columns: Vec<String> = content.split(',').map(unquoted).collect();
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            let is_head = std::mem::take(&mut is_first) && columns.get(1) == Some(&"bits");
            if !is_head {
                lines.push(Line::of(&columns, number, line)?);
            }
        }
        if lines.is_empty() { Err(ListError::Empty) } else { Ok(Self { lines }) }
    }

    /// How tensors of these names are quantised, where `asked` is, for each, what is not in the list.
    ///
    /// # Errors
    /// [`ListError`] for a line that names no tensor, and schemes that cannot be.
    pub fn schemes(&self, names: &[&str], asked: &[Scheme]) -> Result<Vec<Scheme>, ListError> {
        let mut used = vec![false; self.lines.len()];
        let of_tensor = |(name, &asked): (&&str, &Scheme)| {
            let Some(index) = self.lines.iter().position(|line| line.glob.matches(name)) else {
                return Ok(asked);
            };
            used[index] = true;
            let line = &self.lines[index];
            with_asked(Some(line.bits), line.scheme.as_deref(), line.clip, asked)
                .map_err(|source| ListError::Scheme { line: line.number, source })
        };
        let schemes = names.iter().zip(asked).map(of_tensor).collect::<Result<Vec<_>, _>>()?;
        match used.iter().position(|used| !used) {
            Some(index) => {
                let Line { number, text, .. } = &self.lines[index];
                let first = names.first().copied().unwrap_or_default().to_owned();
                Err(ListError::Nothing { line: *number, glob: text.clone(), first })
            }
            None => Ok(schemes),
        }
    }
}

impl Line {
    fn of(columns: &[&str], number: usize, line: &str) -> Result<Self, ListError> {
        let wrong = || ListError::Line { line: number, found: line.trim().to_owned() };
        let (Some(&pattern), Some(bits)) = (columns.first(), columns.get(1)) else { return Err(wrong()) };
        let clip = columns.get(3).filter(|clip| !clip.is_empty());
        Ok(Self {
            number,
            glob: NameGlob::from_str(pattern).map_err(|source| ListError::Glob { line: number, source })?,
            text: pattern.to_owned(),
            bits: bits.parse().map_err(|_| wrong())?,
            scheme: columns.get(2).filter(|scheme| !scheme.is_empty()).map(|scheme| (*scheme).to_owned()),
            clip: clip.map(|clip| clip.parse().map_err(|_| wrong())).transpose()?,
        })
        .and_then(|parsed| if columns.len() > 4 { Err(wrong()) } else { Ok(parsed) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["conv1.weight", "conv1.bias", "conv2.weight", "fc.weight"];

    #[test]
    fn the_first_pattern_that_names_a_tensor_says_its_bits() {
        let text =
            "name, bits, scheme, clip\n# HAQ\nconv1.weight, 6\n\nconv*, 4, normal, 0.2\nfc.*,3,,0.1 # last\n";
        let asked = Scheme::rquant(8).unwrap();
        let schemes = BitsByLayer::parse(text).unwrap().schemes(&NAMES, &[asked; NAMES.len()]).unwrap();
        assert_eq!(schemes[0], Scheme::rquant(6).unwrap());
        assert_eq!(schemes[1], Scheme::normal(4).unwrap().clipped(0.2).unwrap());
        assert_eq!(schemes[2], schemes[1]);
        assert_eq!(schemes[3], Scheme::rquant(3).unwrap().clipped(0.1).unwrap());
        let partly = BitsByLayer::parse("fc*, 4").unwrap().schemes(&NAMES, &[asked; NAMES.len()]).unwrap();
        assert_eq!(partly.iter().map(|scheme| scheme.bits().bits()).collect::<Vec<_>>(), [8, 8, 8, 4]);
    }

    #[test]
    fn what_is_no_list_is_refused_with_its_line() {
        for (text, message) in [
            ("", "the list is empty"),
            ("conv1, 4\nfc", "line 2: found `fc`"),
            ("conv1, x", "line 1: found `conv1, x`"),
            ("conv*, 4, rquant, 1, 2", "line 1: found"),
            ("[, 4", "line 1"),
        ] {
            let error = BitsByLayer::parse(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
        for (text, message) in [
            ("convolution*, 4", "line 1: `convolution*` names no stored tensor"),
            ("*, 4\nfc*, 3", "line 2: `fc*` names no stored tensor that no line before names"),
            ("*, 9", "line 1"),
            ("*, 4, fast", "line 1"),
        ] {
            let list = BitsByLayer::parse(text).unwrap();
            let error =
                list.schemes(&NAMES, &[Scheme::rquant(8).unwrap(); NAMES.len()]).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
    }
}
