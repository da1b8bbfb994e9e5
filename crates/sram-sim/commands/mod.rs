//! The commands, one a file.

pub(crate) mod chips;
#[cfg(feature = "torch")]
pub(crate) mod eval;
pub(crate) mod export;
pub(crate) mod fit;
#[cfg(feature = "torch")]
pub(crate) mod generalize;
pub(crate) mod import;
pub(crate) mod inject;
pub(crate) mod mbist;
pub(crate) mod predict;
pub(crate) mod profile;
pub(crate) mod stats;
pub(crate) mod synth;
#[cfg(feature = "torch")]
pub(crate) mod train;
pub(crate) mod validate;
pub(crate) mod yield_;
