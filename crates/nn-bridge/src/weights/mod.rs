//! Weight files: safetensors, as PyTorch and others write them.
//!
//! * [`WeightFile`] reads and writes a file; anything else that is given as one is named by its first bytes ([`Foreign`]).
//! * [`SelectionRules`] say which of its tensors a weight memory holds; [`Selection`] says what is kept apart, and why.
//!
//! Everything here takes time linear in the size of the file and the number of its tensors.

mod buffers;
mod bytes;
mod error;
mod foreign;
mod header;
mod inverted;
mod read;
mod select;
mod tensor;
mod write;

use std::collections::BTreeMap;

pub use safetensors::Dtype;

pub use self::buffers::Buffer;
pub use self::error::{SelectError, WeightError};
pub use self::foreign::Foreign;
use self::inverted::Mapped;
pub use self::select::{Apart, KeptApart, NameGlob, NameGlobError, Selection, SelectionRules};
pub use self::tensor::Tensor;
pub(crate) use self::write::write_bytes;

/// The tensors of a network, as read from a file.
#[derive(Clone, Debug)]
pub struct WeightFile {
    tensors: Vec<Tensor>,
    /// Numbers of the tensors, by name.
    by_name: Vec<usize>,
    metadata: BTreeMap<String, String>,
    mapped: Option<Mapped>,
}

/// The order in which tensors are laid out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TensorOrder {
    /// By name, byte by byte: the same for every file of a network.
    #[default]
    Name,
    /// As their data lies in the file.
    File,
}

impl WeightFile {
    /// A file of these tensors, each with a name of its own, not yet written.
    pub fn new(tensors: Vec<Tensor>, metadata: BTreeMap<String, String>) -> Self {
        let by_name = order_by_name(tensors.iter().map(|tensor| &*tensor.name));
        Self { tensors, by_name, metadata, mapped: None }
    }

    /// The same with other metadata.
    #[must_use]
    pub fn with_metadata(self, metadata: BTreeMap<String, String>) -> Self {
        Self { metadata, ..self }
    }

    /// What the file says of itself.
    pub fn metadata(&self) -> &BTreeMap<String, String> {
        &self.metadata
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        let found = self.by_name.binary_search_by(|&index| (*self.tensors[index].name).cmp(name));
        found.ok().map(|place| &self.tensors[self.by_name[place]])
    }

    /// All tensors, in the order of the file.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }
}

/// Numbers of the names in the order in which their tensors lie in memory: byte by byte.
pub fn order_by_name<'a>(names: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let names: Vec<&str> = names.collect();
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|&index| names[index]);
    order
}
