//! What a pickle holds.

use std::borrow::Cow;
use std::rc::Rc;

/// What a pickle holds; parts of a value are numbers of other values.
#[derive(Debug)]
pub(in crate::data) enum Value<'a> {
    None,
    Bool(bool),
    Int(i64),
    /// Bytes, or text as UTF-8.
    Bytes(Text<'a>),
    List(Vec<usize>),
    Tuple(Vec<usize>),
    Dict(Vec<(usize, usize)>),
    Array(Array<'a>),
    /// A type of an array's elements.
    Type(Text<'a>),
    Function(Function),
}

/// An array of bytes, row by row.
#[derive(Debug, Default)]
pub(in crate::data) struct Array<'a> {
    pub(in crate::data) shape: Vec<usize>,
    pub(in crate::data) data: Text<'a>,
}

/// Bytes of the pickle, or made of them; many values may share them.
pub(in crate::data) type Text<'a> = Rc<Cow<'a, [u8]>>;

/// A function or class that arrays are made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data) enum Function {
    /// `_reconstruct`: an array yet without elements.
    Reconstruct,
    /// The class of arrays.
    Ndarray,
    /// `dtype`.
    Type,
    /// `_codecs.encode`: bytes from text.
    Encode,
    /// `_frombuffer`: an array with its elements, of protocol 5.
    FromBuffer,
}

impl Function {
    pub(super) fn named(module: &[u8], name: &[u8]) -> Option<Self> {
        Some(match (module, name) {
            (b"numpy.core.multiarray" | b"numpy._core.multiarray", b"_reconstruct") => Self::Reconstruct,
            (b"numpy", b"ndarray") => Self::Ndarray,
            (b"numpy", b"dtype") => Self::Type,
            (b"_codecs", b"encode") => Self::Encode,
            (b"numpy.core.numeric" | b"numpy._core.numeric", b"_frombuffer") => Self::FromBuffer,
            _ => return None,
        })
    }
}

impl Value<'_> {
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a truth value",
            Self::Int(_) => "a number",
            Self::Bytes(_) => "a text",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Dict(_) => "a dictionary",
            Self::Array(_) => "an array",
            Self::Type(_) => "a type of elements",
            Self::Function(_) => "a function",
        }
    }
}
