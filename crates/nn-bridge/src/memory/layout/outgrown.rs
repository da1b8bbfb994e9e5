//! What happens when weights outgrow the cells of their region. The placing itself is done elsewhere.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::error::LayoutError;

/// What follows the last cell of a region.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Outgrown {
    /// The first cell of another copy of the chip, as if weights were stored on as many copies as they need.
    #[default]
    Copies,
    /// Each tensor begins anew at the region's start.
    Restart,
    /// Nothing: weights that outgrow the region are refused.
    Refuse,
}

impl Outgrown {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Copies, Self::Restart, Self::Refuse];

    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Copies => "copies",
            Self::Restart => "restart-per-tensor",
            Self::Refuse => "refuse",
        }
    }
}

impl fmt::Display for Outgrown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Outgrown {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, LayoutError> {
        let known = || Self::ALL.map(Self::name).join(", ");
        let wrong = || LayoutError::Outgrown { found: text.to_owned(), known: known() };
        Self::ALL.into_iter().find(|outgrown| outgrown.name() == text).ok_or_else(wrong)
    }
}

impl TryFrom<String> for Outgrown {
    type Error = LayoutError;

    fn try_from(text: String) -> Result<Self, LayoutError> {
        text.parse()
    }
}

impl From<Outgrown> for String {
    fn from(outgrown: Outgrown) -> Self {
        outgrown.name().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for outgrown in Outgrown::ALL {
            assert_eq!(outgrown.to_string().parse(), Ok(outgrown));
            let json = serde_json::to_string(&outgrown).unwrap();
            assert_eq!(json, format!("\"{outgrown}\""));
            assert_eq!(serde_json::from_str::<Outgrown>(&json).unwrap(), outgrown);
        }
        let refused = "wrap".parse::<Outgrown>().unwrap_err().to_string();
        assert!(
            refused.contains("`wrap`") && refused.contains("copies, restart-per-tensor, refuse"),
            "{refused}"
        );
    }
}
