//! Why there is no such network.

use thiserror::Error;

use super::Architecture;

/// No network is known by this name, or none for such images.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ArchitectureError {
    /// An unknown name.
    #[error("unknown network `{found}`: expected one of {}", Architecture::NAMES.join(", "))]
    Name {
        /// The name.
        found: String,
    },
    /// The images are too small or have other sides.
    #[error(
        "{name} is for images of {} (channels x height x width), not of {}{advice}",
        sides(expected),
        sides(found)
    )]
    Input {
        /// The network.
        name: String,
        /// The images it is for.
        expected: [usize; 3],
        /// The images there are.
        found: [usize; 3],
        /// What else could be taken.
        advice: &'static str,
    },
}

fn sides([channels, height, width]: &[usize; 3]) -> String {
    format!("{channels}x{height}x{width}")
}
