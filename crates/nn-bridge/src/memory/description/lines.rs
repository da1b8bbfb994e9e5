//! Where in the file regions and keys stand.

/// The lines of a file's regions. They say nothing of what the memory is, so that all are equal.
#[derive(Clone, Debug, Default)]
pub(super) struct Lines {
    /// Line of each region's head, from 1.
    heads: Vec<usize>,
    /// Key and line of each line that begins with a key, ascending.
    keys: Vec<(String, usize)>,
}

impl PartialEq for Lines {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Lines {
    pub(super) fn of(text: &str) -> Self {
        let mut lines = Self::default();
        for (line, number) in text.lines().zip(1..) {
            let line = line.trim();
            if line.starts_with("[[") && line.trim_matches(['[', ']', ' ']).starts_with("region") {
                lines.heads.push(number);
            } else if let Some((key, _)) = line.split_once('=') {
                lines.keys.push((key.trim().trim_matches(['"', '\'']).to_owned(), number));
            }
        }
        lines
    }

    /// The line of a region's head.
    pub(super) fn of_region(&self, region: usize) -> Option<usize> {
        self.heads.get(region).copied()
    }

    /// The line of a region's key, or else of its head.
    pub(super) fn of_key(&self, region: usize, key: &str) -> Option<usize> {
        let head = self.of_region(region)?;
        let end = self.of_region(region + 1).unwrap_or(usize::MAX);
        let found = self.keys.iter().find(|(name, line)| name == key && (head..end).contains(line));
        Some(found.map_or(head, |(_, line)| *line))
    }
}
