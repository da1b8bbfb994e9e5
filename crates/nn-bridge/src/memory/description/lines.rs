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

    /// Where a region stands that is called `name` in messages.
    pub(super) fn of_region(&self, region: usize, name: String) -> RegionPlace {
        let head = self.heads.get(region).copied();
        let begin = head.unwrap_or(usize::MAX);
        let end = self.heads.get(region + 1).copied().unwrap_or(usize::MAX);
        let keys = self.keys.iter().filter(|(_, line)| (begin..end).contains(line)).cloned();
        RegionPlace { name, head, keys: keys.collect() }
    }
}

/// Where a region and its keys stand, for messages.
#[derive(Clone, Debug)]
pub(in crate::memory) struct RegionPlace {
    name: String,
    /// None if the description comes from no file.
    head: Option<usize>,
    keys: Vec<(String, usize)>,
}

impl RegionPlace {
    /// The region's name.
    pub(in crate::memory) fn name(&self) -> &str {
        &self.name
    }

    /// The region's name with the line of its head.
    pub(in crate::memory) fn head(&self) -> String {
        self.at(self.head)
    }

    /// The region's name with the line of a key, or else of its head.
    pub(in crate::memory) fn key(&self, key: &str) -> String {
        self.at(self.keys.iter().find(|(name, _)| name == key).map(|(_, line)| *line).or(self.head))
    }

    /// The same with the first of these keys that is there.
    pub(in crate::memory) fn first_key(&self, keys: &[&str]) -> String {
        let there = keys.iter().find(|key| self.keys.iter().any(|(name, _)| name == *key));
        there.map_or_else(|| self.head(), |key| self.key(key))
    }

    fn at(&self, line: Option<usize>) -> String {
        line.map_or_else(String::new, |line| format!("line {line}, ")) + &self.name
    }
}
