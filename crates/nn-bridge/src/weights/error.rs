//! What can go wrong with weight files, and with the choice of their tensors.

use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

use super::Elements;
use super::foreign::Foreign;

/// What can go wrong with a weight file.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WeightError {
    /// The file cannot be read.
    #[error("cannot read weights {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What says which files a model lies in, an index or a folder, and they do not fit together.
    #[error("{}: {what}", path.display())]
    Shards {
        /// The index or folder.
        path: PathBuf,
        /// What was found, what was expected.
        what: String,
    },
    /// It is a pipe or a device, whose bytes cannot be looked at twice.
    #[error("{} is no file, but a pipe or a device: expected a file", path.display())]
    Pipe {
        /// What was given.
        path: PathBuf,
    },
    /// A part of it does not have the checksum that the file says.
    #[error(
        "{name} is damaged: the part from byte {begin} on does not have its checksum; download or save it again"
    )]
    Damaged {
        /// The file's name.
        name: String,
        /// First byte of the part.
        begin: u64,
    },
    /// Its bytes were read, and not mapped.
    #[error("the bytes of these weights do not lie in a file any more")]
    NotMapped,
    /// The file is of another kind.
    #[error("{} is {}, not safetensors: {}", path.display(), foreign.kind(), foreign.next(path))]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Which kind.
        foreign: Foreign,
    },
    /// The file cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What the bytes go to does not take them.
    #[error("cannot write the weights")]
    Output(#[from] io::Error),
    /// The file is of a known kind, but not sound.
    #[error("{} cannot be read as {kind}: {what}", path.display())]
    Unsound {
        /// The file.
        path: PathBuf,
        /// Its kind, with an article.
        kind: &'static str,
        /// Where, what was found, what was expected.
        what: String,
    },
    /// The file is no sound safetensors file.
    #[error("{} is not a sound safetensors file: {what}", path.display())]
    Header {
        /// The file.
        path: PathBuf,
        /// Where, what was found, what was expected.
        what: String,
    },
    /// New values for a tensor that there is not, or that has another size.
    #[error("tensor {name}: found {found} new values, expected {expected}")]
    Mismatch {
        /// The tensor.
        name: String,
        /// Values given.
        found: usize,
        /// Elements of the tensor, 0 if there is none of this name.
        expected: usize,
    },
}

/// Why there is no selection of tensors.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SelectError {
    /// A glob names nothing.
    #[error("--{rule} {glob} matches none of the {tensors} tensors{}", first.as_ref().map_or_else(String::new, |name| format!(", such as {name}")))]
    NoMatch {
        /// `only` or `exclude`.
        rule: &'static str,
        /// The glob.
        glob: String,
        /// How many tensors there are.
        tensors: usize,
        /// One of them.
        first: Option<String>,
    },
    /// Tensors of types that no weight memory of this program can store.
    #[error(
        "{} cannot be stored as weights, {} % of all bytes, and would be free of bit errors: {}; --keep-apart leaves them so, \
         --exclude GLOB those that it names{}",
        counted(tensors.len()), percent(*share), listed(tensors), as_stored(tensors)
    )]
    Unstorable {
        /// Each with its type and its share of the bytes of all tensors, 0 to 1; largest first.
        tensors: Vec<(String, Elements, f64)>,
        /// Their share together.
        share: f64,
    },
    /// A weight that float32 cannot say, and no rule knows why.
    #[error(
        "tensor {name}: element {index} is {found}, expected a finite float32; if it is no weight, --exclude '{}' keeps it apart",
        escaped(name)
    )]
    NotFinite {
        /// The tensor.
        name: String,
        /// Position in row-major order.
        index: usize,
        /// What is there.
        found: f64,
    },
    /// No tensor is left.
    #[error("no tensor is left to store as weights{}", apart.iter().map(|apart| format!("; {apart}")).collect::<String>())]
    Nothing {
        /// What is kept apart and why, in words.
        apart: Vec<String>,
    },
}

fn counted(count: usize) -> String {
    if count == 1 { "1 tensor".to_owned() } else { format!("{count} tensors") }
}

/// What stores them, if anything does.
fn as_stored(tensors: &[(String, Elements, f64)]) -> &'static str {
    let known = tensors.iter().all(|(_, elements, _)| matches!(elements, Elements::Numbers(_)));
    if known { "; inject --as-stored stores them as they are" } else { "" }
}

/// How many tensors a message names.
pub(super) const NAMED: usize = 3;

fn listed(tensors: &[(String, Elements, f64)]) -> String {
    let one = |(name, elements, share): &(String, Elements, f64)| {
        format!("{name} ({elements}, {} %)", percent(*share))
    };
    first(tensors.iter().map(one))
}

/// The first few, and how many more there are.
pub(super) fn first(all: impl ExactSizeIterator<Item = impl fmt::Display>) -> String {
    let more = all.len().saturating_sub(NAMED);
    let text = all.take(NAMED).map(|one| one.to_string()).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{text} and {more} more") } else { text }
}

/// A fraction as a percentage of three digits.
pub(super) fn percent(fraction: f64) -> String {
    let percent = fraction * 100.0;
    if percent >= 99.95 || percent == 0.0 {
        format!("{percent:.0}")
    } else if percent >= 1.0 {
        format!("{percent:.1}")
    } else {
        format!("{percent:.2}").replace("0.00", "< 0.01")
    }
}

/// A name as a glob that matches just it.
fn escaped(name: &str) -> String {
    globset::escape(name)
}
