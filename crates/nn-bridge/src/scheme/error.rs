//! What is no quantisation scheme.

use thiserror::Error;

/// What is no quantisation scheme.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum SchemeError {
    /// A width that weights cannot be quantised to.
    #[error("weights cannot be quantised to {found} bits: expected 2 to 8, 16 or 32")]
    Bits {
        /// The bits asked for.
        found: u32,
    },
    /// An unknown name.
    #[error(
        "`{part}` in scheme `{name}` is unknown: expected global, normal, rquant or stored, then any of +symmetric, \
         +asymmetric, +signed, +unsigned, +truncated, +rounded"
    )]
    Name {
        /// The whole name.
        name: String,
        /// The part that is unknown.
        part: String,
    },
    /// Two switches that exclude each other.
    #[error("scheme `{name}` says both +{first} and +{second}: expected one of them")]
    Contradiction {
        /// The whole name.
        name: String,
        /// The first.
        first: String,
        /// The second.
        second: String,
    },
    /// A range or bound that is no number above 0.
    #[error("{what} {found}: expected a number above 0")]
    Limit {
        /// What it bounds.
        what: &'static str,
        /// What was found.
        found: f64,
    },
    /// Something that changes weights, with the scheme that keeps them.
    #[error("scheme `stored` keeps weights as they are: {what} does not go with it")]
    AsTheyAre {
        /// What would change them.
        what: &'static str,
    },
}
