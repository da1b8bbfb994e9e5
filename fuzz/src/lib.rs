//! What the targets share: files for a moment, a bound on memory, a count of the inputs that were sound.

pub mod dumps;
pub mod images;
mod memory;
mod sound;

use std::path::Path;

use sram_model::interchange::{CsvOptions, export_csv, import_csv};
use sram_model::{Between, Content, Profile, ProfileDraft};

pub use memory::{bounded, within};
pub use sound::sound;

/// Gives a function the path of a file with these bytes, which is gone afterwards.
///
/// # Panics
/// If the file cannot be written.
pub fn file<T>(name: &str, bytes: &[u8], use_it: impl FnOnce(&Path) -> T) -> T {
    folder([(name, bytes)], |folder| use_it(&folder.join(name)))
}

/// Gives a function the path of a folder with these files, which is gone afterwards.
///
/// # Panics
/// If the files cannot be written.
pub fn folder<'a, T>(
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    use_it: impl FnOnce(&Path) -> T,
) -> T {
    let folder = tempfile::tempdir().expect("a folder for the files");
    for (name, bytes) in files {
        std::fs::write(folder.path().join(name), bytes).expect("the file is written");
    }
    use_it(folder.path())
}

/// What worked; an error is put into words, which must work, too.
pub fn said<T, E: std::error::Error>(result: Result<T, E>) -> Option<T> {
    let say = |error: E| {
        let mut source: Option<&dyn std::error::Error> = Some(&error);
        while let Some(error) = source {
            assert!(!error.to_string().is_empty());
            source = error.source();
        }
    };
    result.map_err(say).ok()
}

/// Chips of more faults than a small file lists go through CSV in other inputs: here they would take seconds.
const MOST_FAULTS: usize = 1 << 14;

/// The profile of a draft, as bytes and opened, unless it says why there is none.
///
/// # Panics
/// If what is written cannot be read, or is another profile once it went through CSV.
pub fn profile(draft: ProfileDraft) -> Option<(Vec<u8>, Profile)> {
    let faults = match &draft.content {
        Content::Measured(levels) => levels.iter().map(|(_, faults)| faults.len()).sum(),
        Content::Critical(content) => content.cells.len(),
    };
    let bytes = said(draft.encode())?;
    let profile = Profile::from_bytes(bytes.clone(), "fuzz").expect("what was written is a profile");
    if faults > MOST_FAULTS {
        return Some((bytes, profile));
    }
    assert_eq!(through_csv(&profile).encode().expect("and stays one as CSV"), bytes);
    Some((bytes, profile))
}

/// What comes back of a sound profile from its CSV.
///
/// # Panics
/// If it cannot be written or is refused.
pub fn through_csv(profile: &Profile) -> ProfileDraft {
    let mut text = Vec::new();
    export_csv(profile, &mut text).expect("memory takes it");
    let imported = file("profile.csv", &text, |path| import_csv(path, &CsvOptions::default()));
    imported.expect("what was exported is imported").0
}

/// Checks that two profiles are of the same chip.
///
/// # Panics
/// If they are not.
pub fn assert_same(a: &Profile, b: &Profile) {
    assert_eq!(a.info(), b.info());
    assert_eq!(a.floorplan(), b.floorplan());
    let cells = |profile: &Profile| profile.critical_cells().expect("sound records");
    assert_eq!(cells(a), cells(b));
    let (mut down, mut also) = (a.sweep(), b.sweep());
    for voltage in a.info().voltages() {
        let maps = [&mut down, &mut also].map(|sweep| sweep.at(voltage, Between::NextLower));
        let [a, b] = maps.map(|map| map.expect("a map of sound records"));
        assert_eq!(a, b, "at {voltage}");
    }
}
