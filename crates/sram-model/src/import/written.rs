//! What was written into a memory before it was read: a pattern for all dumps, or patterns for some of them by their names.

use std::fmt;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

use super::plausible::Stripes;
use super::{ImportError, ImportErrorKind, Place};

/// What each cell of a memory was written with.
///
/// Bit 0 of a word is its least significant bit and lies in column 0; rows are words of a bank, counted from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// 1 in each cell.
    Ones,
    /// 0 in each cell.
    Zeros,
    /// The cell of row r and column c holds (r + c + 1) mod 2: words of 16 bits are 0x5555 in even rows and 0xaaaa in odd ones.
    Checker,
    /// The cell of row r and column c holds (r + c) mod 2: words of 16 bits are 0xaaaa in even rows and 0x5555 in odd ones.
    CheckerInverse,
    /// Each word holds its own address, as far as its bits go (modulo 2^bits): the one that the dump has beside it or, of a dump
    /// without addresses, the number of the word in the dump, counted from 0.
    Address,
    /// What this dump of the same memory holds, which is read as all others are: one that was read at a safe voltage.
    Dump(PathBuf),
}

/// The patterns that have a name.
const NAMED: [(&str, Pattern); 5] = [
    ("ones", Pattern::Ones),
    ("zeros", Pattern::Zeros),
    ("checker", Pattern::Checker),
    ("checker-inverse", Pattern::CheckerInverse),
    ("address", Pattern::Address),
];

impl Pattern {
    /// The pattern of this name; any other text is the path of a dump.
    pub fn of(text: &str) -> Self {
        let named = NAMED.into_iter().find(|(name, _)| *name == text);
        named.map_or_else(|| Self::Dump(text.into()), |(_, pattern)| pattern)
    }

    /// The stripes that it is of, if it is.
    pub(super) fn stripes(&self) -> Option<Stripes> {
        match self {
            Self::Ones => Some(Stripes::ONES),
            Self::Zeros => Some(Stripes::ZEROS),
            Self::Checker => Some(Stripes::CHECKER),
            Self::CheckerInverse => Some(Stripes::CHECKER.inverted()),
            Self::Address | Self::Dump(_) => None,
        }
    }

    /// The names of patterns, for messages.
    pub(in crate::import) fn names() -> String {
        NAMED.map(|(name, _)| name).join(", ")
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, NAMED.iter().find(|(_, pattern)| pattern == self)) {
            (_, Some((name, _))) => f.write_str(name),
            // The name alone: a path is of this machine.
            (Self::Dump(path), None) => write!(f, "what {} holds", super::file_name(path)),
            (_, None) => Ok(()),
        }
    }
}

/// Which pattern was written before which dump was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Patterns of files by name, or by a pattern of names with `*`, `?` and `[…]`.
    pub of: Vec<(String, Pattern)>,
    /// The pattern of all others; if `None` and no file has one of its own, ones.
    pub rest: Option<Pattern>,
}

impl From<Pattern> for Written {
    /// One pattern for all dumps.
    fn from(pattern: Pattern) -> Self {
        Self { of: Vec::new(), rest: Some(pattern) }
    }
}

/// The patterns of files, ready to be asked.
#[derive(Debug)]
pub(in crate::import) struct Patterns<'a> {
    folder: &'a Path,
    rules: Vec<Rule<'a>>,
    rest: Option<&'a Pattern>,
    /// Dumps that were written, by the place that their paths lead to.
    references: Vec<PathBuf>,
}

/// The pattern of some files.
#[derive(Debug)]
struct Rule<'a> {
    name: &'a str,
    matcher: GlobMatcher,
    pattern: &'a Pattern,
    used: bool,
}

impl Rule<'_> {
    fn matches(&self, file: &str) -> bool {
        // A name with brackets is one, too.
        self.name == file || self.matcher.is_match(file)
    }
}

impl<'a> Patterns<'a> {
    /// # Errors
    /// [`ImportErrorKind::Options`] if a pattern of names makes no sense, or a dump that was written is not there.
    pub(in crate::import) fn new(folder: &'a Path, written: &'a Written) -> Result<Self, ImportError> {
        let rule = |(name, pattern): &'a (String, Pattern)| {
            let glob = GlobBuilder::new(name).backslash_escape(true).build().map_err(|error| {
                let found = format!("`{name}` ({}) before a pattern", error.kind());
                wrong(folder, found, "the name of a file, or names with * and ?, as in --written ones_*=ones")
            })?;
            Ok(Rule { name, matcher: glob.compile_matcher(), pattern, used: false })
        };
        let rules = written.of.iter().map(rule).collect::<Result<Vec<_>, _>>()?;
        let rest = if rules.is_empty() {
            Some(written.rest.as_ref().unwrap_or(&Pattern::Ones))
        } else {
            written.rest.as_ref()
        };
        let mut references = Vec::new();
        for pattern in written.of.iter().map(|(_, pattern)| pattern).chain(rest) {
            let Pattern::Dump(path) = pattern else { continue };
            if !path.is_file() {
                let expected = format!("a dump of what was written, or one of {}", Pattern::names());
                return Err(wrong(path, "no file", &expected));
            }
            references.extend(path.canonicalize().ok());
        }
        Ok(Self { folder, rules, rest, references })
    }

    /// Whether a file is what was written, and not read back.
    pub(in crate::import) fn is_reference(&self, path: &Path) -> bool {
        !self.references.is_empty() && path.canonicalize().is_ok_and(|path| self.references.contains(&path))
    }

    /// The pattern that was written before a dump was read.
    ///
    /// # Errors
    /// [`ImportErrorKind::Options`] if there is none, or if there are several.
    pub(in crate::import) fn of(&mut self, path: &Path) -> Result<&'a Pattern, ImportError> {
        let file = super::file_name(path);
        let mut own: Option<(&str, &'a Pattern)> = None;
        for rule in self.rules.iter_mut().filter(|rule| rule.matches(&file)) {
            rule.used = true;
            match own {
                Some((name, pattern)) if pattern != rule.pattern => {
                    let found = format!(
                        "{pattern} (`{name}`) and {} (`{}`) as what was written",
                        rule.pattern, rule.name
                    );
                    return Err(wrong(path, found, "one pattern for a dump"));
                }
                _ => own = Some((rule.name, rule.pattern)),
            }
        }
        own.map(|(_, pattern)| pattern).or(self.rest).ok_or_else(|| {
            let expected = "what was written before it was read: --written NAME=PATTERN for it, or --written PATTERN for all files \
                            that have none of their own";
            wrong(path, "no pattern for it, while other files have one", expected)
        })
    }

    /// The parts of the name by which the pattern of a file was told, between what stands for any and without the extension; none if
    /// it is that of all others.
    pub(in crate::import) fn parts_of_rule(&self, path: &Path) -> Vec<&'a str> {
        let file = super::file_name(path);
        let extension = path.extension().map(|extension| format!(".{}", extension.to_string_lossy()));
        let without = |name: &'a str| {
            extension.as_deref().and_then(|extension| name.strip_suffix(extension)).unwrap_or(name)
        };
        let rules = self.rules.iter().filter(|rule| rule.matches(&file));
        rules.flat_map(|rule| without(rule.name).split(['*', '?', '[', ']', '{', '}'])).collect()
    }

    /// Refuses patterns of files that are not there.
    pub(in crate::import) fn check_used(&self) -> Result<(), ImportError> {
        self.rules.iter().find(|rule| !rule.used).map_or(Ok(()), |rule| Err(self.without_dump(rule)))
    }

    /// Refuses patterns of names that none of these files has, before others are said to have no pattern.
    pub(in crate::import) fn check_match(&self, files: &[PathBuf]) -> Result<(), ImportError> {
        let names: Vec<String> = files.iter().map(|path| super::file_name(path)).collect();
        let unknown = |rule: &&Rule<'_>| !names.iter().any(|name| rule.matches(name));
        self.rules.iter().find(unknown).map_or(Ok(()), |rule| Err(self.without_dump(rule)))
    }

    fn without_dump(&self, Rule { name, pattern, .. }: &Rule<'_>) -> ImportError {
        let found = format!("{pattern} as what was written before `{name}`, of which there is no dump");
        wrong(self.folder, found, "the name of a dump in the folder, or names with * and ?")
    }
}

fn wrong(path: &Path, found: impl Into<String>, expected: &str) -> ImportError {
    ImportError::content(ImportErrorKind::Options, path, Place::File, found, expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(written: &Written, file: &str) -> Result<String, String> {
        let mut patterns = Patterns::new(Path::new("f"), written).map_err(|error| error.to_string())?;
        patterns.of(Path::new(file)).map(ToString::to_string).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_is_a_pattern_and_all_else_a_dump() {
        for (text, shown) in [
            ("checker-inverse", "checker-inverse"),
            ("address", "address"),
            ("a/ones.hex", "what ones.hex holds"),
        ] {
            assert_eq!(Pattern::of(text).to_string(), shown);
        }
    }

    #[test]
    fn each_file_has_one_pattern() {
        assert_eq!(of(&Written::default(), "a.hex").as_deref(), Ok("ones"), "as ever");
        let own = |rest| Written {
            of: vec![("z*".into(), Pattern::Zeros), ("z[1].hex".into(), Pattern::Checker)],
            rest,
        };
        assert_eq!(of(&own(None), "z2.hex").as_deref(), Ok("zeros"));
        assert_eq!(of(&own(Some(Pattern::Ones)), "a.hex").as_deref(), Ok("ones"));
        let said = of(&own(None), "a.hex").unwrap_err();
        assert!(
            said.contains("a.hex: found no pattern for it") && said.contains("--written PATTERN for all"),
            "{said}"
        );
        let said = of(&own(None), "z[1].hex").unwrap_err();
        assert!(said.contains("zeros (`z*`) and checker (`z[1].hex`)"), "{said}");
        let said = of(&Written { of: vec![("z[".into(), Pattern::Zeros)], rest: None }, "z").unwrap_err();
        assert!(said.contains("`z[`"), "{said}");
    }
}
