//! The example that `sram-sim memory --init` writes.

use super::Description;

impl Description {
    /// A description that explains itself: what there is, and one region with everything.
    pub const EXAMPLE: &str = include_str!("example.toml");

    /// The description as TOML, which [`parse`](Self::parse) reads back.
    pub fn to_toml(&self) -> String {
        // All of its values can be said in TOML.
        toml::to_string(self).unwrap_or_default()
    }
}
