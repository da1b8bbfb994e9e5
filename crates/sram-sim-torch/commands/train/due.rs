//! When checkpoints are written.

use std::time::{Duration, Instant};

use anyhow::Result;

/// When to write a checkpoint: after each epoch as long as writing takes a fiftieth of the time at most, and once a minute anyhow.
pub(super) struct Due {
    last: Instant,
    /// What the last one took to write.
    cost: Duration,
}

impl Due {
    pub(super) fn new() -> Self {
        Self { last: Instant::now(), cost: Duration::ZERO }
    }

    pub(super) fn now(&self) -> bool {
        is_due(self.last.elapsed(), self.cost)
    }

    pub(super) fn took(&mut self, write: impl FnOnce() -> Result<()>) -> Result<()> {
        let begin = Instant::now();
        write()?;
        self.cost = begin.elapsed();
        self.last = Instant::now();
        Ok(())
    }
}

/// Whether to write a checkpoint this long after the last, which took this long to write.
fn is_due(since: Duration, cost: Duration) -> bool {
    since >= (50 * cost).min(Duration::from_secs(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_take_a_fiftieth_of_the_time_at_most_but_one_a_minute_is_written() {
        let due = |since, cost| is_due(Duration::from_millis(since), Duration::from_millis(cost));
        assert!(due(0, 0) && due(500, 10) && !due(499, 10));
        assert!(due(60_000, 10_000) && !due(59_999, 10_000));
    }
}
