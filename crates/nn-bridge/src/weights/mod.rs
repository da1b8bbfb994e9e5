//! Weight files, as PyTorch and others write them.
//!
//! * [`WeightFile`] reads a file of one of several kinds, and writes safetensors, or the same file with bits inverted. Anything else
//!   that is given as one is named by its first bytes ([`Foreign`]).
//! * [`SelectionRules`] say which of its tensors a weight memory holds; [`Selection`] says what is kept apart, and why.
//!
//! Everything here takes time linear in the size of the file and the number of its tensors.

mod blocks;
mod buffers;
mod bytes;
mod copies;
mod error;
mod foreign;
mod inverted;
mod select;
mod source;
mod tensor;
mod write;

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

pub use safetensors::Dtype;

pub use self::blocks::BlockType;
pub use self::buffers::Buffer;
use self::bytes::MappedFile;
pub use self::copies::equal_copies;
pub use self::error::{SelectError, WeightError};
pub use self::foreign::Foreign;
pub use self::select::{Apart, KeptApart, NameGlob, NameGlobError, Selection, SelectionRules};
pub use self::tensor::{Elements, Tensor};
pub(crate) use self::write::write_bytes;

/// The tensors of a network, as read from a file.
#[derive(Clone, Debug)]
pub struct WeightFile {
    tensors: Vec<Tensor>,
    /// Numbers of the tensors, by name.
    by_name: Vec<usize>,
    metadata: BTreeMap<String, String>,
    /// Other names of tensors: each with the name of the tensor that it is, too.
    ties: BTreeMap<String, String>,
    /// What the file holds beside them: names of tensors that are none of the network's, and of what is not read.
    beside: Vec<String>,
    /// The files that they lie in, if those are mapped.
    files: Vec<MappedFile>,
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
        let file =
            Self { tensors, by_name, metadata, ties: BTreeMap::new(), beside: Vec::new(), files: Vec::new() };
        Self { ties: file.said_ties(), ..file }
    }

    /// The same, where its tensors lie in these files.
    fn lying_in(self, files: Vec<MappedFile>) -> Self {
        Self { files, ..self }
    }

    /// The same, of a file that holds more, by name.
    fn beside(self, beside: Vec<String>) -> Self {
        Self { beside, ..self }
    }

    /// The same, with one more file, in which no tensor lies.
    fn and_file(mut self, path: &Path) -> Result<Self, WeightError> {
        let file = File::open(path).map_err(|source| WeightError::Read { path: path.to_owned(), source })?;
        self.files.push(MappedFile::of(path, &file)?);
        Ok(self)
    }

    /// A name that two tensors have.
    fn twice(&self) -> Option<&str> {
        let name = |&place: &usize| &*self.tensors[place].name;
        self.by_name.windows(2).find(|pair| name(&pair[0]) == name(&pair[1])).map(|pair| name(&pair[0]))
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

    /// Other names of tensors, which are stored once: each with the name of the tensor that it is, too.
    pub fn ties(&self) -> &BTreeMap<String, String> {
        &self.ties
    }

    /// Names of tensors in the file that are none of the network's, such as an optimiser's, and of what is not read.
    pub fn passed_over(&self) -> &[String] {
        &self.beside
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&Tensor> {
        self.find(self.ties.get(name).map_or(name, String::as_str))
    }

    fn find(&self, name: &str) -> Option<&Tensor> {
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
