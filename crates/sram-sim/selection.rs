//! What reports say of the tensors that are kept apart from the weight memory.

use std::io::{self, Write};

use nn_bridge::Selection;
use serde::Serialize;

/// The tensors that are kept apart for one reason.
#[derive(Serialize)]
pub(crate) struct KeptApart {
    why: String,
    /// Their share of the bytes of all tensors, a fraction.
    share_of_bytes: f64,
    bytes: u64,
    tensors: Vec<String>,
}

/// All that is kept apart, by reason.
pub(crate) fn kept_apart(selection: &Selection<'_>) -> Vec<KeptApart> {
    let group = |group: &nn_bridge::KeptApart<'_>| KeptApart {
        why: group.why.to_string(),
        share_of_bytes: selection.share(group.bytes),
        bytes: group.bytes,
        tensors: group.tensors.iter().map(|tensor| tensor.name.clone()).collect(),
    };
    selection.apart().iter().map(group).collect()
}

/// A line for each reason, with the first names.
pub(crate) fn write_text(words: &[String], out: &mut impl Write) -> io::Result<()> {
    words.iter().try_for_each(|words| writeln!(out, "kept apart     {words}"))
}
