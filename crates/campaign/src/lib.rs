//! Long measurements that survive interruptions.
//!
//! * [`Digest`]: the identity of a result: SHA-256 over all that it depends on.
//! * [`Journal`]: a file of results by identity, which several processes may share and any of which may be killed.
//!
//! ```
//! use campaign::{Digest, Journal};
//!
//! #[derive(serde::Serialize)]
//! struct Identity<'a> {
//!     network: &'a str,
//!     seed: u64,
//! }
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("journal");
//! let of = Digest::of(&Identity { network: "lenet5", seed: 7 })?;
//!
//! let mut journal: Journal<f64> = Journal::open(&path)?;
//! assert_eq!(journal.find(&of)?, None);
//! journal.add(&of, "seed 7", &0.25)?;
//! assert_eq!(Journal::<f64>::open(&path)?.find(&of)?, Some(0.25));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod identity;
mod journal;

pub use identity::{Digest, IdentityError};
pub use journal::{Journal, JournalError};
