//! Several chips as typed, with commas between.

use std::ffi::{OsStr, OsString};

use anyhow::{Result, bail};
use clap_lex::OsStrExt as _;
use cli_io::shown_os;

use super::name::{ChipName, Meaning, meaning};

/// Chips as typed, with commas between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipNames(OsString);

impl From<OsString> for ChipNames {
    fn from(typed: OsString) -> Self {
        Self(typed)
    }
}

impl ChipNames {
    /// The chips, in order. A comma may also belong to the name of a file that is there.
    pub fn split(all: &[Self]) -> Result<Vec<ChipName>> {
        let mut names = Vec::new();
        for typed in all {
            for name in typed.chips()? {
                names.extend(name.expand()?);
            }
        }
        Ok(names)
    }

    fn chips(&self) -> Result<Vec<ChipName>> {
        let parts: Vec<OsString> = self.0.split(",").map(OsStr::to_owned).collect();
        if parts.len() == 1 || is_something(&self.0) && self.0.starts_with("file:") {
            return Ok(vec![self.0.clone().into()]);
        }
        let (fewest, most) = match readings(&parts) {
            None => (parts.clone(), parts),
            Some(found) => found,
        };
        if fewest != most {
            let list = |names: &[OsString]| {
                names.iter().map(|name| format!("--chip {}", shown_os(name))).collect::<Vec<_>>().join(" ")
            };
            bail!(
                "`{}` can be read in two ways: say {} or {}, with file: before the name of a file that has a comma",
                shown_os(&self.0),
                list(&fewest),
                list(&most)
            );
        }
        Ok(most.into_iter().map(ChipName::from).collect())
    }
}

/// Neighbouring parts put together so that each is something: the way with the longest first and that with the shortest
/// first, which are equal if there is no other.
fn readings(parts: &[OsString]) -> Option<(Vec<OsString>, Vec<OsString>)> {
    let count = parts.len();
    // For each start, the ends of parts from which the rest can be read, too.
    let mut ends: Vec<Vec<usize>> = vec![Vec::new(); count];
    let joined = |start: usize, end: usize| parts[start..end].join(OsStr::new(","));
    for start in (0..count).rev() {
        for end in start + 1..=count.min(start + MOST_PARTS) {
            let name = joined(start, end);
            if (end == count || !ends[end].is_empty()) && is_something(&name) {
                // The mark says that what follows is one file: the longest that is there.
                let marked =
                    name.strip_prefix("file:").is_some_and(|file| std::path::Path::new(file).exists());
                if marked {
                    ends[start].clear();
                }
                if marked || !parts[start].starts_with("file:") || ends[start].is_empty() {
                    ends[start].push(end);
                }
            }
        }
    }
    let walk = |choose: fn(&[usize]) -> Option<&usize>| {
        let (mut start, mut names) = (0, Vec::new());
        while start < count {
            let &end = choose(&ends[start])?;
            names.push(joined(start, end));
            start = end;
        }
        Some(names)
    };
    Some((walk(<[usize]>::last)?, walk(<[usize]>::first)?))
}

/// A path of more commas needs the mark `file:` and a --chip of its own.
const MOST_PARTS: usize = 32;

/// Whether a name is that of a chip or file; one that can be read in two ways is, too.
fn is_something(name: &OsStr) -> bool {
    meaning(name).map_or(true, |found| match found {
        // A seed has no comma.
        Some(Meaning::Chip(_, seed)) => !seed.contains(","),
        found => found.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(folder: &std::path::Path, files: &[&str], typed: &str) -> Result<Vec<String>, String> {
        for name in files {
            std::fs::write(folder.join(name), "").unwrap();
        }
        // Names are sought in the current folder, which tests share.
        let typed = typed.replace('@', folder.to_str().unwrap());
        let names = ChipNames::split(&[ChipNames(typed.into())]).map_err(|error| error.to_string())?;
        Ok(names.iter().map(|name| name.to_string().replace(folder.to_str().unwrap(), "@")).collect())
    }

    #[test]
    fn a_comma_divides_unless_it_belongs_to_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let split = |files: &[&str], typed: &str| split(folder.path(), files, typed);
        assert_eq!(split(&[], "A,b,C#3").unwrap(), ["A", "b", "C#3"]);
        assert_eq!(split(&["my,chip.sfp"], "A,@/my,chip.sfp,B").unwrap(), ["A", "@/my,chip.sfp", "B"]);
        assert_eq!(split(&[], "@/my,chip.sfp").unwrap(), ["@/my,chip.sfp"]);
        assert_eq!(split(&["x,.toml"], "@/x,.toml#7,A").unwrap(), ["@/x,.toml#7", "A"]);
        // What is nothing is told by whoever opens it.
        assert_eq!(split(&[], "A,none,,B").unwrap(), ["A", "none", "", "B"]);
    }

    #[test]
    fn a_comma_that_can_be_read_in_two_ways_is_refused_with_both() {
        let folder = tempfile::tempdir().unwrap();
        let split = |files: &[&str], typed: &str| split(folder.path(), files, typed);
        let refused = split(&["one", "one,A"], "B,@/one,A").unwrap_err();
        let at = folder.path().display();
        assert!(
            refused.contains(&format!("--chip B --chip {at}/one,A or --chip B --chip {at}/one --chip A")),
            "{refused}"
        );
        assert_eq!(split(&[], "B,file:@/one,A").unwrap(), ["B", "file:@/one,A"]);
    }

    #[test]
    fn long_lists_take_no_time() {
        let many = vec!["A"; 3000].join(",");
        assert_eq!(ChipNames::split(&[ChipNames(many.into())]).unwrap().len(), 3000);
    }
}
