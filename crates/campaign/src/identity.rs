//! Identities: what a result depends on, as one number.

use std::fmt::{self, Write};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// SHA-256 of a value in canonical form: compact JSON, fields in the order of their declaration, numbers as short as they come
/// back exactly. Equal digests stand for equal values; a value should name its own version, so that a later meaning of the
/// same fields has another digest.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of a value. Maps in it have to have an order (`BTreeMap`), and floats to be finite: JSON writes others as
    /// `null`, and would not tell them apart.
    ///
    /// # Errors
    /// [`IdentityError::Unserialisable`] if it has no JSON form.
    pub fn of(value: &impl Serialize) -> Result<Self, IdentityError> {
        let json =
            serde_json::to_vec(value).map_err(|error| IdentityError::Unserialisable(error.to_string()))?;
        Ok(Self::of_bytes(&json))
    }

    /// The digest of bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Its first 64 bits in hexadecimal digits: enough to find damage, not to tell all results apart.
    pub(crate) fn short(&self) -> String {
        hex(&self.0[..8])
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<[u8; 32]> for Digest {
    /// A SHA-256 that was computed elsewhere.
    fn from(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

impl From<Digest> for String {
    fn from(digest: Digest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Digest {
    type Error = IdentityError;

    fn try_from(text: String) -> Result<Self, IdentityError> {
        text.parse()
    }
}

impl FromStr for Digest {
    type Err = IdentityError;

    /// Reads 64 lower-case hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, IdentityError> {
        let wrong = || IdentityError::NoDigest(text.chars().take(80).collect());
        let digits = text.as_bytes();
        let is_hex = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
        if digits.len() != 64 || !digits.iter().all(is_hex) {
            return Err(wrong());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
        }
        Ok(Self(bytes))
    }
}

/// Why there is no identity.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// The value has no JSON form.
    #[error("what a result depends on cannot be written as JSON: {0}")]
    Unserialisable(String),
    /// The text is no digest.
    #[error("found `{0}`, expected a SHA-256 digest of 64 lower-case hexadecimal digits")]
    NoDigest(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_sha_256_of_compact_json() {
        #[derive(Serialize)]
        struct Pair {
            b: f64,
            a: Option<&'static str>,
        }
        let digest = Digest::of(&Pair { b: 0.1, a: None }).unwrap();
        assert_eq!(digest, Digest::of_bytes(br#"{"b":0.1,"a":null}"#));
        assert_ne!(digest, Digest::of(&Pair { b: 0.1, a: Some("") }).unwrap());
        // From the standard's own examples (FIPS 180-4).
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Digest::of_bytes(b"abc").to_string(), text);
        assert_eq!(text.parse(), Ok(Digest::of_bytes(b"abc")));
        assert_eq!(Digest::of_bytes(b"abc").short(), text[..16]);
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        let good = Digest::of_bytes(b"").to_string();
        let upper = good.to_uppercase();
        let signed = format!("+{}", &good[1..]);
        for text in ["", &good[1..], &upper, &signed, &"é".repeat(32), &format!("{good}0")] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }
}
