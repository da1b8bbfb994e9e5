//! What the programs share at their edge.
//!
//! * [`parse`] reads the command line.
//! * Paths are typed as [`InputPath`] or [`OutputPath`], which do not give away their path. One [`Files`] a run does: it opens
//!   the former and gives an [`Output`] for the latter, and refuses what would overwrite an input or another output. So a
//!   command cannot write without that check.
//! * [`Talk`] is what a program says on standard output: text for people, in which nothing from a file can steer the
//!   terminal, or [`Data`] for programs, as it is.
//! * [`shown()`] makes one harmless line of a name; [`warn`] says one on standard error.
//! * [`end_whole_on_signals`]: signals end a program without leaving half a file.
//!
//! This is no library for others: unlike those, it prints, and ends the process on a signal.

mod error;
mod files;
mod lock;
mod output;
mod paths;
mod shown;
mod signals;
mod system;
mod talk;
mod typed;

pub use error::FileError;
pub use files::{Files, OutputFolder};
pub use lock::FolderLock;
pub use output::{KeptFile, Output};
pub use paths::{InputPath, OutputPath};
pub use shown::{cut, harmless, one_line, shown, shown_os, warn};
pub use signals::end_whole_on_signals;
pub use talk::{Data, Talk};
pub use typed::parse;
