//! The ECC cache: which lines have their check bits in it.

use super::KilliOptions;

/// Sets of entries, each with the lines that it holds, the most recently used first. Line n is in set n mod sets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EccCache {
    sets: u32,
    ways: u32,
    /// Way after way, set after set.
    entries: Vec<Option<u32>>,
}

impl EccCache {
    /// An empty one for so many lines; `None` if it has no entry. Its sets are full: entries are rounded up.
    pub(super) fn new(options: KilliOptions, lines: u32) -> Option<Self> {
        if options.lines_per_entry == 0 || lines == 0 {
            return None;
        }
        let entries = lines.div_ceil(options.lines_per_entry);
        let ways = options.ways.min(entries);
        let sets = entries.div_ceil(ways);
        Some(Self { sets, ways, entries: vec![None; sets as usize * ways as usize] })
    }

    pub(super) fn entries(&self) -> u64 {
        self.entries.len() as u64
    }

    /// Marks a line's entry as the one used last.
    pub(super) fn touch(&mut self, line: u32) {
        let set = self.set(line);
        if let Some(way) = set.iter().position(|&entry| entry == Some(line)) {
            set[..=way].rotate_right(1);
        }
    }

    /// Gives a line an entry, and returns the line whose entry it was.
    pub(super) fn insert(&mut self, line: u32) -> Option<u32> {
        let set = self.set(line);
        // Free ones are last.
        set.rotate_right(1);
        set[0].replace(line)
    }

    /// Frees a line's entry.
    pub(super) fn remove(&mut self, line: u32) {
        let set = self.set(line);
        if let Some(way) = set.iter().position(|&entry| entry == Some(line)) {
            set[way] = None;
            set[way..].rotate_left(1);
        }
    }

    /// The set of a line.
    fn set(&mut self, line: u32) -> &mut [Option<u32>] {
        let first = (line % self.sets) as usize * self.ways as usize;
        &mut self.entries[first..first + self.ways as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(lines_per_entry: u32, ways: u32, lines: u32) -> Option<EccCache> {
        EccCache::new(KilliOptions { lines_per_entry, ways, ..KilliOptions::default() }, lines)
    }

    #[test]
    fn the_least_recently_used_line_of_a_set_makes_room() {
        // Two sets of two ways: even and odd lines.
        let mut cache = cache(2, 2, 8).unwrap();
        assert_eq!([0, 1, 2].map(|line| cache.insert(line)), [None; 3]);
        cache.touch(0);
        assert_eq!(cache.insert(4), Some(2));
        assert_eq!(cache.insert(6), Some(0));
        cache.remove(4);
        assert_eq!(cache.insert(0), None);
        assert_eq!(cache.insert(2), Some(6));
        assert_eq!(cache.insert(3), None);
        assert_eq!(cache.insert(5), Some(1));
    }

    #[test]
    fn entries_are_a_share_of_the_lines_rounded_up() {
        let entries =
            |per_entry, ways, lines| cache(per_entry, ways, lines).map_or(0, |cache| cache.entries());
        assert_eq!(entries(16, 4, 1024), 64);
        assert_eq!(entries(16, 4, 1025), 68);
        assert_eq!(entries(256, 4, 10), 1);
        assert_eq!(entries(0, 4, 10), 0);
        assert_eq!(entries(1, 64, 0), 0);
        assert_eq!(entries(u32::MAX, 64, u32::MAX), 1);
    }
}
