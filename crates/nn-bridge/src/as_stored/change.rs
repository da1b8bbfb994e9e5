//! How numbers change.

use serde::Serialize;

/// How far numbers of a tensor moved.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct NumberChanges {
    /// Numbers that were finite, and are infinite or NaN now.
    pub not_finite: u64,
    /// The greatest change of a number that was and is finite; NaN of bytes of blocks, which are no numbers by themselves.
    pub l_inf: f64,
    /// The Euclidean norm of the changes of numbers that were and are finite; NaN of bytes of blocks.
    pub l2: f64,
}

impl NumberChanges {
    /// Of what is no number.
    pub(crate) fn unknown() -> Self {
        Self { not_finite: 0, l_inf: f64::NAN, l2: f64::NAN }
    }

    /// Counts a number that may have changed. What was not finite before cannot get worse.
    pub(crate) fn count(&mut self, before: f64, after: f64) {
        if !before.is_finite() {
            return;
        }
        if !after.is_finite() {
            self.not_finite += 1;
            return;
        }
        let change = (after - before).abs();
        self.l_inf = self.l_inf.max(change);
        self.l2 = self.l2.hypot(change);
    }
}
