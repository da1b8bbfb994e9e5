//! The chips that come with the program.

use super::{Profile, ProfileError};
use crate::bytes::Bytes;

/// A chip that comes with the program, in its binary.
#[derive(Clone, Copy, Debug)]
pub struct StoredProfile {
    /// The name that it is asked for by.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// The recipe that it was made by (TOML).
    pub recipe: &'static str,
    /// The profile file.
    pub bytes: &'static [u8],
}

/// The chips that come with the program. Each is made by its recipe, bit for bit.
pub const STORED: [StoredProfile; 3] = [
    StoredProfile {
        name: "A",
        about: "independent cells, half of them stuck at each value; fault rates of the paper's 14 nm arrays",
        recipe: include_str!("../../../../profiles/A.toml"),
        bytes: include_bytes!("../../../../profiles/A.sfp"),
    },
    StoredProfile {
        name: "B",
        about: "weak columns, mostly 0→1; fault rates of the paper's chip 2",
        recipe: include_str!("../../../../profiles/B.toml"),
        bytes: include_bytes!("../../../../profiles/B.sfp"),
    },
    StoredProfile {
        name: "C",
        about: "weak columns, mostly 0→1; fault rates of the paper's chip 3",
        recipe: include_str!("../../../../profiles/C.toml"),
        bytes: include_bytes!("../../../../profiles/C.sfp"),
    },
];

impl StoredProfile {
    /// The stored chip of this name, upper or lower case.
    pub fn find(name: &str) -> Option<Self> {
        STORED.into_iter().find(|stored| stored.name.eq_ignore_ascii_case(name))
    }

    /// Opens it.
    ///
    /// # Errors
    /// [`ProfileError::Format`] if the program was built with a damaged profile.
    pub fn open(self) -> Result<Profile, ProfileError> {
        Profile::of_bytes(Bytes::Memory(self.bytes.into()), format!("stored chip {}", self.name))
    }
}
