//! What a pickle holds.

use std::borrow::Cow;
use std::rc::Rc;

use super::Dialect;

/// What a pickle holds; parts of a value are numbers of other values.
pub(crate) enum Value<'a, O> {
    None,
    Bool(bool),
    Int(i64),
    /// A float, or a whole number of more than 64 bits: nobody asks for its value.
    Float,
    /// Bytes, or text as UTF-8.
    Bytes(Text<'a>),
    List(Vec<usize>),
    Tuple(Vec<usize>),
    Dict(Vec<(usize, usize)>),
    /// Of a dialect's own.
    Own(O),
}

/// Bytes of the pickle, or made of them; many values may share them.
pub(crate) type Text<'a> = Rc<Cow<'a, [u8]>>;

impl<'a, O> Value<'a, O> {
    /// What it is, with an article.
    pub(crate) fn kind<D: Dialect<'a, Own = O>>(&self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool(_) => "a truth value",
            Self::Int(_) | Self::Float => "a number",
            Self::Bytes(_) => "a text",
            Self::List(_) => "a list",
            Self::Tuple(_) => "a tuple",
            Self::Dict(_) => "a dictionary",
            Self::Own(own) => D::kind(own),
        }
    }
}
