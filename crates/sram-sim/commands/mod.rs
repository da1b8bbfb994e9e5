//! The commands, one a file.

pub(crate) mod chips;
pub(crate) mod diff;
pub(crate) mod export;
pub(crate) mod fit;
pub(crate) mod import;
pub(crate) mod inject;
pub(crate) mod mbist;
pub(crate) mod memory;
pub(crate) mod predict;
pub(crate) mod profile;
pub(crate) mod stats;
pub(crate) mod synth;
pub(crate) mod validate;
pub mod yield_;
