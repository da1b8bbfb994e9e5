//! An archive as it is published, read from its beginning to the last file that is needed.

use std::path::Path;

use super::super::load::Reading;
use super::{DataError, Kind, Part, Split, Version, binary, packed, python};

/// Reads the files of a part from an archive, tar, packed or not.
pub(super) fn read(
    kind: Kind,
    path: &Path,
    split: Split,
    reading: &Reading<'_>,
) -> Result<Vec<Part>, DataError> {
    reading.will_read([path]);
    let cannot = || DataError::read(path);
    let file = packed::open(path, reading).map_err(cannot())?;
    let mut archive = tar::Archive::new(file);
    let mut parts: Vec<Option<Part>> = Vec::new();
    // Raw: what describes the next member, and could ask for memory, is no member of these archives.
    for member in archive.entries().map_err(cannot())?.raw(true) {
        let mut member = member.map_err(|source| {
            let what = format!("found no sound tar archive ({source}); {}", kind.hint());
            DataError::Format { path: path.to_owned(), what }
        })?;
        let name = String::from_utf8_lossy(&member.path_bytes()).into_owned();
        let Some((version, number, of)) = member_of(kind, split, &name) else { continue };
        let part = match version {
            Version::Binary => binary::read(kind, split, &mut member, usize::MAX),
            Version::Python => python::read(kind, split, &mut member),
        };
        let inside = path.join(name);
        let part = part.map_err(DataError::read(&inside))?.map_err(DataError::format(&inside))?;
        parts.resize_with(of, || None);
        parts[number] = Some(part);
        let first = parts.iter().map_while(Option::as_ref);
        let images: usize = first.map(|part| part.labels.len()).sum();
        if images >= reading.images() || parts.iter().all(Option::is_some) {
            break;
        }
    }
    let whole = parts.iter().take_while(|part| part.is_some()).count();
    // What comes after a gap is not read on to.
    let images: usize = parts.iter().map_while(Option::as_ref).map(|part| part.labels.len()).sum();
    if whole == 0 || (whole < parts.len() && images < reading.images()) {
        let missing = kind.names(Version::Binary, split).get(whole).copied().unwrap_or_default();
        let folder = path.to_owned();
        return Err(DataError::Missing { files: missing.to_owned(), folder, hint: kind.hint() });
    }
    Ok(parts.into_iter().map_while(|part| part).collect())
}

/// Which file of a part a member is, and how many there are.
fn member_of(kind: Kind, split: Split, member: &str) -> Option<(Version, usize, usize)> {
    [Version::Binary, Version::Python].into_iter().find_map(|version| {
        let names = kind.names(version, split);
        let is_named = |name: &&str| {
            let folder = kind.folder(version);
            member
                .strip_suffix(*name)
                .is_some_and(|rest| rest.trim_start_matches("./") == format!("{folder}/"))
        };
        names.iter().position(is_named).map(|number| (version, number, names.len()))
    })
}
