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

/// Runs a command that needs libtorch.
#[cfg(feature = "torch")]
pub(crate) fn networks(
    command: &crate::arguments::Command,
    files: &cli_io::Files,
    out: &mut cli_io::Talk,
) -> anyhow::Result<()> {
    use crate::arguments::Command;
    crate::launch::check()?;
    match command {
        Command::Eval(arguments) => eval::run(arguments, files, out),
        Command::Train(arguments) => train::run(arguments, files, out),
        Command::Generalize(arguments) => generalize::run(arguments, files, out),
        Command::Yield(arguments) => yield_::network::run(arguments, files, out),
        _ => anyhow::bail!("this command runs no network: expected eval, train, generalize or yield"),
    }
}
