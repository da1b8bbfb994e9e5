//! What is typed for a chip or a model, and what it can mean.
//!
//! A name is read as a stored chip, as a file, or as `MODEL.toml#SEED`. What can be read in two ways is refused, and a mark in
//! front says which is meant: `stored:B`, `file:B`, `model:B.toml#7`; `./B` is a file, too.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::Path;

use anyhow::{Result, bail};
use clap_lex::OsStrExt as _;
use cli_io::{InputPath, shown_os};
use sram_model::StoredProfile;

/// A chip as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChipName(OsString);

/// A model of chips as typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelName(OsString);

/// What a name means.
#[derive(Clone, Debug)]
pub(super) enum Meaning {
    Stored(StoredProfile),
    File(InputPath),
    /// A chip of a model.
    Chip(Model, OsString),
}

/// Which model.
#[derive(Clone, Debug)]
pub(super) enum Model {
    Stored(StoredProfile),
    File(InputPath),
}

impl ChipName {
    /// What was typed, without a mark that says that it is a file.
    pub fn unmarked(&self) -> String {
        shown_os(self.0.strip_prefix("file:").unwrap_or(&self.0))
    }

    pub(super) fn meaning(&self) -> Result<Option<Meaning>> {
        meaning(&self.0)
    }

    /// The file that is meant, of what is none: what has an extension, or a folder, can be nothing else.
    pub(super) fn missing_file(&self) -> Option<InputPath> {
        let name = seeded(&self.0).map_or_else(|| self.0.clone(), |(name, _)| name);
        let path = Path::new(&name);
        let is_path = path.extension().is_some() || path.components().count() > 1;
        is_path.then(|| InputPath::from(name))
    }

    /// The file before the #, if that is all that is wrong.
    pub(super) fn seeded_file(&self) -> Option<InputPath> {
        seeded(&self.0).filter(|(name, _)| is_file(name)).map(|(name, _)| name.into())
    }
}

/// The most chips that one name may stand for.
const MAX_CHIPS: u64 = 100_000;

impl ChipName {
    /// The chips that the name stands for: `model.toml#0..19` for those of the seeds 0 to 19, any other for itself.
    pub(super) fn expand(&self) -> Result<Vec<Self>> {
        let range = seeded(&self.0).and_then(|(name, seeds)| {
            let (first, last) = seeds.to_str()?.split_once("..")?;
            Some((name, first.to_owned(), last.to_owned()))
        });
        let Some((name, first, last)) = range.filter(|_| !is_file(&self.0)) else {
            return Ok(vec![self.clone()]);
        };
        let seeds = first.parse::<u64>().ok().zip(last.parse::<u64>().ok());
        match seeds.filter(|(first, last)| first <= last && last - first < MAX_CHIPS) {
            Some((first, last)) => Ok((first..=last)
                .map(|seed| {
                    let mut chip = name.clone();
                    chip.push(format!("#{seed}"));
                    Self(chip)
                })
                .collect()),
            None => bail!(
                "`{self}`: found seeds `{first}..{last}`, expected the first and the last of at most {MAX_CHIPS} seeds, as in \
                 model.toml#0..19"
            ),
        }
    }
}

impl ModelName {
    /// A stored chip's model, or a file.
    pub(super) fn meaning(&self) -> Result<Model> {
        let typed = &*self.0;
        if let Some((mark, rest)) = marked(typed)? {
            return match (mark, stored(rest)) {
                ("stored:", Some(found)) => Ok(Model::Stored(found)),
                ("stored:", None) => bail!("there is no stored chip `{}`", shown_os(rest)),
                _ => Ok(Model::File(rest.to_owned().into())),
            };
        }
        match stored(typed) {
            Some(found) if is_file(typed) => bail!("{}", either(typed, found.name)),
            Some(found) => Ok(Model::Stored(found)),
            None => Ok(Model::File(typed.to_owned().into())),
        }
    }
}

/// What a chip's name means; `None` if nothing.
pub(in crate::chip) fn meaning(typed: &OsStr) -> Result<Option<Meaning>> {
    if let Some((mark, rest)) = marked(typed)? {
        return of_mark(mark, rest).map(Some);
    }
    let seeded = seeded(typed);
    let of_model = seeded.clone().and_then(|(name, seed)| match stored(&name) {
        Some(found) => Some(Meaning::Chip(Model::Stored(found), seed)),
        None if is_toml(&name) && is_file(&name) => Some(Meaning::Chip(Model::File(name.into()), seed)),
        None => None,
    });
    match (stored(typed), of_model, is_file(typed)) {
        (Some(found), _, true) => bail!("{}", either(typed, found.name)),
        (None, Some(_), true) => {
            let typed = shown_os(typed);
            bail!("`{typed}` is a file here and a chip of a model: type file:{typed} or model:{typed}")
        }
        (Some(found), ..) => Ok(Some(Meaning::Stored(found))),
        (None, Some(chip), _) => Ok(Some(chip)),
        (None, None, true) => Ok(Some(Meaning::File(typed.to_owned().into()))),
        // A folder is no chip, but it is what was meant.
        (None, None, false) => Ok(Path::new(typed).exists().then(|| Meaning::File(typed.to_owned().into()))),
    }
}

fn either(typed: &OsStr, stored: &str) -> String {
    let typed = shown_os(typed);
    format!("`{typed}` is a file here and the stored chip {stored}: type ./{typed} or stored:{stored}")
}

/// A mark and what follows it. A file whose name begins like a mark is asked for by its path.
fn marked(typed: &OsStr) -> Result<Option<(&'static str, &OsStr)>> {
    const MARKS: [&str; 3] = ["stored:", "file:", "model:"];
    let found = MARKS.into_iter().find_map(|mark| Some((mark, typed.strip_prefix(mark)?)));
    if found.is_some() && is_file(typed) {
        let typed = shown_os(typed);
        bail!("`{typed}` is a file here: type ./{typed} for it, or move it away for what the mark says");
    }
    Ok(found)
}

fn of_mark(mark: &str, rest: &OsStr) -> Result<Meaning> {
    let (name, seed) = seeded(rest).map_or((rest.to_owned(), None), |(name, seed)| (name, Some(seed)));
    match (mark, seed) {
        ("file:", _) => Ok(Meaning::File(rest.to_owned().into())),
        ("stored:", seed) => match (stored(&name), seed) {
            (Some(found), None) => Ok(Meaning::Stored(found)),
            (Some(found), Some(seed)) => Ok(Meaning::Chip(Model::Stored(found), seed)),
            (None, _) => bail!("there is no stored chip `{}`", shown_os(&name)),
        },
        (_, Some(seed)) => Ok(Meaning::Chip(Model::File(name.into()), seed)),
        (_, None) => bail!("`model:{}`: expected MODEL.toml#SEED after the mark", shown_os(rest)),
    }
}

/// What is before and after the last #.
fn seeded(typed: &OsStr) -> Option<(OsString, OsString)> {
    let mut parts: Vec<&OsStr> = typed.split("#").collect();
    let seed = parts.pop()?.to_owned();
    (!parts.is_empty()).then(|| (parts.join(OsStr::new("#")), seed))
}

fn stored(name: &OsStr) -> Option<StoredProfile> {
    name.to_str().and_then(StoredProfile::find)
}

fn is_toml(name: &OsStr) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

fn is_file(name: &OsStr) -> bool {
    std::fs::metadata(name).is_ok_and(|found| !found.is_dir())
}

impl From<OsString> for ChipName {
    fn from(typed: OsString) -> Self {
        Self(typed)
    }
}

impl From<OsString> for ModelName {
    fn from(typed: OsString) -> Self {
        Self(typed)
    }
}

/// On one line, for people.
impl fmt::Display for ChipName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shown_os(&self.0))
    }
}

/// On one line, for people.
impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shown_os(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_seeds_stands_for_its_chips_with_both_ends() {
        let expand = |text: &str| -> Result<Vec<String>> {
            Ok(ChipName(text.into()).expand()?.iter().map(ToString::to_string).collect())
        };
        assert_eq!(expand("m.toml#3..5").unwrap(), ["m.toml#3", "m.toml#4", "m.toml#5"]);
        assert_eq!(expand("A#7..7").unwrap(), ["A#7"]);
        for plain in ["A", "m.toml#7", "../m.toml", "../m.toml#1"] {
            assert_eq!(expand(plain).unwrap(), [plain]);
        }
        for wrong in ["m.toml#5..3", "m.toml#..", "m.toml#0..x", "m.toml#0..18446744073709551615"] {
            assert!(expand(wrong).unwrap_err().to_string().contains("#0..19"), "{wrong}");
        }
    }
}
