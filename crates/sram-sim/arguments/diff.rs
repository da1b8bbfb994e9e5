//! Arguments of `sram-sim diff`.

use clap::Args;
use cli_io::InputPath;

use super::Format;

#[derive(Debug, Args)]
pub struct DiffArguments {
    /// Weights as `inject` reads them: a file of any kind, the index or folder of a model in several files, or codes.
    #[arg(value_name = "FIRST")]
    pub first: InputPath,
    /// The others.
    #[arg(value_name = "SECOND")]
    pub second: InputPath,
    /// How to print what differs. CSV has a row for each bit, which `inject --replay` reads: the first file becomes the second.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
