//! How often things occur.

/// How often each unit occurs, units that do not occur left out; by ascending unit.
pub(crate) struct Counts(Vec<(u64, u64)>);

impl Counts {
    pub(crate) fn of(units: impl Iterator<Item = u64>) -> Self {
        let mut units: Vec<u64> = units.collect();
        units.sort_unstable();
        Self(units.chunk_by(|a, b| a == b).map(|same| (same[0], same.len() as u64)).collect())
    }

    /// The units that occur.
    pub(crate) fn distinct(&self) -> u64 {
        self.0.len() as u64
    }

    /// The units that occur, ascending, and how often each does.
    pub(crate) fn units(&self) -> impl Iterator<Item = (u64, u64)> {
        self.0.iter().copied()
    }

    /// How often each unit that occurs does.
    pub(crate) fn each(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|unit| unit.1)
    }

    fn total(&self) -> u64 {
        self.0.iter().map(|(_, count)| count).sum()
    }

    /// Variance by mean of the counts of all `units`; `None` if nothing occurs or there is one unit.
    pub(crate) fn dispersion(&self, units: u64) -> Option<f64> {
        let total = self.total();
        let squares: f64 = self.0.iter().map(|(_, count)| (*count as f64).powi(2)).sum();
        let mean = total as f64 / units as f64;
        (total > 0 && units > 1).then(|| (squares / units as f64 - mean * mean) / mean)
    }

    /// The units that occur most, with their counts; equal counts in the order of the units.
    pub(crate) fn worst(&self, most: usize) -> Vec<(u64, u64)> {
        let mut counts = self.0.clone();
        counts.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        counts.truncate(most);
        counts
    }

    /// The share of all occurrences that the `units` most frequent units have; `None` if nothing occurs.
    pub(crate) fn share_of_worst(&self, units: u64) -> Option<f64> {
        let total = self.total();
        let worst: u64 = self.worst(units as usize).iter().map(|(_, count)| count).sum();
        (total > 0).then(|| worst as f64 / total as f64)
    }

    /// How many units occur just so often.
    pub(crate) fn with_count(&self, count: u64) -> u64 {
        self.0.iter().filter(|unit| unit.1 == count).count() as u64
    }
}
