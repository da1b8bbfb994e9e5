//! Which tensors of a file lie in the weight memory, and why the others do not.
//!
//! In this order, the first that applies:
//!
//! 1. `--exclude` names it, or `--only` is given and does not name it: kept apart.
//! 2. Statistics of `BatchNorm` (`running_mean`, `running_var`) are kept apart unless asked for, and `num_batches_tracked` is.
//! 3. Buffers that are known by their name, type and content are kept apart: see [`Buffer`].
//! 4. Types that cannot be stored (integers, F8, types of less than a byte, BOOL, complex numbers) are refused, or kept apart if
//!    that was asked for. As the file has them all types can be stored but BOOL, which is kept apart, and those that are not known.
//! 5. What is left is stored; it must be finite as float32.
//!
//! Everything kept apart is free of bit errors, so nothing is kept apart without being listed.

use std::fmt;
use std::str::FromStr;

use globset::{GlobBuilder, GlobMatcher};
use safetensors::Dtype;
use thiserror::Error;

use super::buffers::{self, Buffer};
use super::error::{first, percent};
use super::{Elements, SelectError, Tensor, TensorOrder, order_by_name};

/// What is asked of a selection.
#[derive(Clone, Debug, Default)]
pub struct SelectionRules {
    /// Only tensors that one of these names are stored; without any, all that can be.
    pub only: Vec<NameGlob>,
    /// Tensors that one of these names are kept apart.
    pub exclude: Vec<NameGlob>,
    /// Keep tensors apart whose type cannot be stored, in place of refusing them.
    pub keep_apart: bool,
    /// Store the running mean and variance of `BatchNorm`, too.
    pub with_statistics: bool,
    /// Store elements as the file has them, of any type but BOOL, which is kept apart, whatever they are.
    pub as_stored: bool,
}

/// A pattern of tensor names: `*` for any text, also over dots, `?` for a letter, `[ab]`, `{one,other}`.
#[derive(Clone, Debug)]
pub struct NameGlob(GlobMatcher);

/// What is no pattern.
#[derive(Debug, Error)]
#[error("`{text}` is no pattern of names: {what}")]
pub struct NameGlobError {
    text: String,
    what: String,
}

/// Why a tensor is kept apart from the weight memory.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Apart {
    /// Named by `--exclude`.
    Excluded,
    /// Not named by `--only`.
    NotOnly,
    /// A running statistic of `BatchNorm`, or its count.
    Statistic,
    /// A buffer of a known kind.
    Buffer(Buffer),
    /// It has no elements, of a type that cannot be stored.
    Empty,
    /// Its type cannot be stored.
    Type(Dtype),
    /// Its type is not known, so nobody can say which of its bits are stored.
    Unknown(Elements),
}

/// Tensors that are kept apart for one reason.
#[derive(Clone, Debug)]
pub struct KeptApart<'a> {
    /// Why.
    pub why: Apart,
    /// Which, in the order of the file.
    pub tensors: Vec<&'a Tensor>,
    /// Their bytes in the file.
    pub bytes: u64,
}

/// What lies in the weight memory, and what does not.
#[derive(Clone, Debug)]
pub struct Selection<'a> {
    stored: Vec<&'a Tensor>,
    apart: Vec<KeptApart<'a>>,
    bytes: u64,
}

/// Elements of a tensor that is stored as it is which are looked at to tell a mask: one that hides what comes later does so in its first
/// row.
const SEEN: usize = 1 << 12;

impl SelectionRules {
    /// The tensors that a network keeps in its weight memory, in this order, and those that are kept apart.
    ///
    /// # Errors
    /// [`SelectError`] if a pattern names nothing, tensors cannot be stored, a weight is not finite, or nothing is left.
    pub fn select<'a>(
        &self,
        tensors: impl IntoIterator<Item = &'a Tensor>,
        order: TensorOrder,
    ) -> Result<Selection<'a>, SelectError> {
        let tensors: Vec<&Tensor> = tensors.into_iter().collect();
        self.check_globs(&tensors)?;
        let mut selection = Selection { stored: Vec::new(), apart: Vec::new(), bytes: 0 };
        let mut unsound = None;
        for tensor in tensors {
            selection.bytes += tensor.bytes().len() as u64;
            match self.apart(tensor) {
                Ok(why) => selection.keep_apart(tensor, why),
                Err(found) => {
                    selection.stored.push(tensor);
                    unsound = unsound.or(found.map(|found| (tensor, found)));
                }
            }
        }
        if !self.keep_apart {
            selection.check_types(self.as_stored)?;
        }
        selection.check_any()?;
        if let Some((tensor, (index, found))) = unsound {
            return Err(SelectError::NotFinite { name: tensor.name.clone(), index, found });
        }
        if order == TensorOrder::Name {
            let by_name = order_by_name(selection.stored.iter().map(|tensor| &*tensor.name));
            selection.stored = by_name.into_iter().map(|index| selection.stored[index]).collect();
        }
        Ok(selection)
    }

    fn check_globs(&self, tensors: &[&Tensor]) -> Result<(), SelectError> {
        for (rule, globs) in [("only", &self.only), ("exclude", &self.exclude)] {
            for glob in globs {
                if !tensors.iter().any(|tensor| glob.matches(&tensor.name)) {
                    let (glob, first) = (glob.to_string(), tensors.first().map(|tensor| tensor.name.clone()));
                    return Err(SelectError::NoMatch { rule, glob, tensors: tensors.len(), first });
                }
            }
        }
        Ok(())
    }

    /// Why a tensor is kept apart, or else its first element that cannot be stored.
    fn apart(&self, tensor: &Tensor) -> Result<Apart, Option<(usize, f64)>> {
        let named = |globs: &[NameGlob]| globs.iter().any(|glob| glob.matches(&tensor.name));
        if named(&self.exclude) {
            return Ok(Apart::Excluded);
        }
        if !self.only.is_empty() && !named(&self.only) {
            return Ok(Apart::NotOnly);
        }
        // What is codes lay in memory.
        if tensor.coded().is_some() {
            return Err(None);
        }
        match buffers::last_name(tensor) {
            "num_batches_tracked" => return Ok(Apart::Statistic),
            "running_mean" | "running_var" if !self.with_statistics => return Ok(Apart::Statistic),
            _ => {}
        }
        if let Elements::Unknown(_) = tensor.elements() {
            return Ok(Apart::Unknown(tensor.elements()));
        }
        let unsound = tensor.first_unsound(if self.as_stored { SEEN } else { usize::MAX });
        match buffers::known(tensor, unsound) {
            Some(buffer) => Ok(Apart::Buffer(buffer)),
            None if self.as_stored && tensor.dtype() != Dtype::BOOL => Err(None),
            None if tensor.is_float() => Err(unsound),
            None if tensor.is_empty() => Ok(Apart::Empty),
            None => Ok(Apart::Type(tensor.dtype())),
        }
    }
}

impl<'a> Selection<'a> {
    /// What lies in the weight memory, in its order.
    pub fn stored(&self) -> &[&'a Tensor] {
        &self.stored
    }

    /// What does not, by reason.
    pub fn apart(&self) -> &[KeptApart<'a>] {
        &self.apart
    }

    /// The share of some bytes among those of all tensors, 0 to 1.
    pub fn share(&self, bytes: u64) -> f64 {
        if self.bytes == 0 { 0.0 } else { bytes as f64 / self.bytes as f64 }
    }

    fn keep_apart(&mut self, tensor: &'a Tensor, why: Apart) {
        let bytes = tensor.bytes().len() as u64;
        // There are few reasons.
        match self.apart.iter_mut().find(|group| group.why == why) {
            Some(group) => {
                group.tensors.push(tensor);
                group.bytes += bytes;
            }
            None => self.apart.push(KeptApart { why, tensors: vec![tensor], bytes }),
        }
    }

    fn check_types(&self, as_stored: bool) -> Result<(), SelectError> {
        let unstorable = |group: &&KeptApart<'_>| match group.why {
            Apart::Unknown(_) => true,
            Apart::Type(_) => !as_stored,
            _ => false,
        };
        let groups: Vec<&KeptApart<'_>> = self.apart.iter().filter(unstorable).collect();
        if groups.is_empty() {
            return Ok(());
        }
        let share = self.share(groups.iter().map(|group| group.bytes).sum());
        let one = |tensor: &&Tensor| {
            (tensor.name.clone(), tensor.elements(), self.share(tensor.bytes().len() as u64))
        };
        let mut tensors: Vec<_> = groups.iter().flat_map(|group| &group.tensors).map(one).collect();
        tensors.sort_by(|a, b| b.2.total_cmp(&a.2));
        Err(SelectError::Unstorable { tensors, share })
    }

    fn check_any(&self) -> Result<(), SelectError> {
        if self.stored.iter().all(|tensor| tensor.is_empty()) {
            return Err(SelectError::Nothing { apart: self.words().collect() });
        }
        Ok(())
    }

    /// What is kept apart: a line for each reason, with the first names.
    pub fn words(&self) -> impl Iterator<Item = String> {
        self.apart.iter().map(|group| {
            let count = group.tensors.len();
            let (tensors, share) =
                (if count == 1 { "tensor" } else { "tensors" }, percent(self.share(group.bytes)));
            let names = first(group.tensors.iter().map(|tensor| &tensor.name));
            format!("{count} {tensors}, {share} % of the bytes, free of errors: {} ({names})", group.why)
        })
    }
}

impl fmt::Display for Apart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Excluded => f.write_str("named by --exclude"),
            Self::NotOnly => f.write_str("not named by --only"),
            Self::Statistic => f.write_str("statistics of BatchNorm"),
            Self::Buffer(buffer) => buffer.fmt(f),
            Self::Empty => f.write_str("without elements"),
            Self::Type(dtype) => write!(f, "of type {dtype}, which cannot be stored"),
            Self::Unknown(elements) => write!(f, "of {elements}, which is not known"),
        }
    }
}

impl NameGlob {
    /// Whether it matches all of a name.
    pub fn matches(&self, name: &str) -> bool {
        self.0.is_match(name)
    }
}

/// The longest pattern, in bytes.
const MAX_GLOB: usize = 1 << 12;

impl FromStr for NameGlob {
    type Err = NameGlobError;

    fn from_str(text: &str) -> Result<Self, NameGlobError> {
        if text.len() > MAX_GLOB {
            let what = format!("it has {} bytes, expected at most {MAX_GLOB}", text.len());
            return Err(NameGlobError { text: text.chars().take(20).collect::<String>() + "...", what });
        }
        let glob = GlobBuilder::new(text).backslash_escape(true).empty_alternates(true).build();
        let failed =
            |error: globset::Error| NameGlobError { text: text.to_owned(), what: error.kind().to_string() };
        Ok(Self(glob.map_err(failed)?.compile_matcher()))
    }
}

impl fmt::Display for NameGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.glob().glob())
    }
}
