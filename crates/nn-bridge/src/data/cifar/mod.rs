//! CIFAR-10 and CIFAR-100 as they are published: the binary and the Python version, each as a folder or as the archive.

mod archive;
mod arrays;
mod binary;
mod python;

use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::load::Reading;
use super::{DataError, Dataset, Split, packed};

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Ten,
    Hundred,
}

const SHAPE: [usize; 3] = [3, 32, 32];
const PIXELS: usize = 3 * 32 * 32;

/// The two versions that are published.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Binary,
    Python,
}

/// Images of one file.
#[derive(Debug, Default)]
struct Part {
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

impl Kind {
    fn classes(self) -> usize {
        match self {
            Self::Ten => 10,
            Self::Hundred => 100,
        }
    }

    /// The folder that a published archive unpacks to.
    fn folder(self, version: Version) -> &'static str {
        match (self, version) {
            (Self::Ten, Version::Binary) => "cifar-10-batches-bin",
            (Self::Ten, Version::Python) => "cifar-10-batches-py",
            (Self::Hundred, Version::Binary) => "cifar-100-binary",
            (Self::Hundred, Version::Python) => "cifar-100-python",
        }
    }

    fn archives(self) -> [&'static str; 2] {
        match self {
            Self::Ten => ["cifar-10-binary.tar", "cifar-10-python.tar"],
            Self::Hundred => ["cifar-100-binary.tar", "cifar-100-python.tar"],
        }
    }

    /// The files of a part, in order.
    fn names(self, version: Version, split: Split) -> &'static [&'static str] {
        match (self, version, split) {
            (Self::Ten, Version::Binary, Split::Train) => &[
                "data_batch_1.bin",
                "data_batch_2.bin",
                "data_batch_3.bin",
                "data_batch_4.bin",
                "data_batch_5.bin",
            ],
            (Self::Ten, Version::Binary, Split::Test) => &["test_batch.bin"],
            (Self::Ten, Version::Python, Split::Train) => {
                &["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"]
            }
            (Self::Ten, Version::Python, Split::Test) => &["test_batch"],
            (Self::Hundred, Version::Binary, Split::Train) => &["train.bin"],
            (Self::Hundred, Version::Binary, Split::Test) => &["test.bin"],
            (Self::Hundred, Version::Python, Split::Train) => &["train"],
            (Self::Hundred, Version::Python, Split::Test) => &["test"],
        }
    }

    /// Images of a file at most.
    fn most(self, split: Split) -> usize {
        match (self, split) {
            (Self::Hundred, Split::Train) => 50_000,
            _ => 10_000,
        }
    }

    fn hint(self) -> String {
        let [binary, python] = self.archives();
        format!(
            "{binary}.gz or {python}.gz, unpacked or not, from www.cs.toronto.edu/~kriz/cifar.html, is what it takes"
        )
    }

    fn check_label(self, number: usize, label: u8) -> Result<(), String> {
        let classes = self.classes();
        if usize::from(label) < classes {
            return Ok(());
        }
        Err(format!("image {number}: found class {label}, expected one of 0 to {}", classes - 1))
    }
}

pub(super) fn load(
    kind: Kind,
    path: &Path,
    split: Split,
    reading: &Reading<'_>,
) -> Result<Dataset, DataError> {
    let parts = match find(kind, path, split)? {
        Place::Files(version, files) => read_files(kind, version, &files, split, reading)?,
        Place::Archive(archive) => archive::read(kind, &archive, split, reading)?,
    };
    let count: usize = parts.iter().map(|part| part.labels.len()).sum();
    let (mut pixels, mut labels) = (Vec::with_capacity(count * PIXELS), Vec::with_capacity(count));
    for mut part in parts {
        pixels.append(&mut part.pixels);
        labels.append(&mut part.labels);
    }
    Ok(Dataset { shape: SHAPE, classes: kind.classes(), pixels, labels }.first(reading.images()))
}

/// Where the files of a part are.
enum Place {
    Files(Version, Vec<PathBuf>),
    Archive(PathBuf),
}

/// The files in the folder, or in the one inside it that an archive unpacks to, or the archive.
fn find(kind: Kind, path: &Path, split: Split) -> Result<Place, DataError> {
    if path.is_file() {
        return Ok(Place::Archive(path.to_owned()));
    }
    if !path.is_dir() {
        return Err(DataError::NoPath { path: path.to_owned(), hint: kind.hint() });
    }
    for version in [Version::Binary, Version::Python] {
        let names = kind.names(version, split);
        for folder in [path.to_owned(), path.join(kind.folder(version))] {
            let found: Vec<Option<PathBuf>> =
                names.iter().map(|name| packed::find(&folder, &[name])).collect();
            if found.iter().all(Option::is_none) {
                continue;
            }
            let missing = names.iter().zip(&found).find(|(_, found)| found.is_none());
            if let Some((name, _)) = missing {
                return Err(DataError::Missing { files: (*name).to_owned(), folder, hint: kind.hint() });
            }
            return Ok(Place::Files(version, found.into_iter().flatten().collect()));
        }
    }
    let mut archives = kind.archives().into_iter().filter_map(|name| packed::find(path, &[name]));
    archives.next().map(Place::Archive).ok_or_else(|| {
        let [binary, python] =
            [Version::Binary, Version::Python].map(|version| kind.names(version, split)[0]);
        let [archive, _] = kind.archives();
        let files = format!("{binary}, {python} or {archive}");
        DataError::Missing { files, folder: path.to_owned(), hint: kind.hint() }
    })
}

/// Reads files at the same time, but no more than hold the images that are asked for.
fn read_files(
    kind: Kind,
    version: Version,
    files: &[PathBuf],
    split: Split,
    reading: &Reading<'_>,
) -> Result<Vec<Part>, DataError> {
    let wanted = reading.images();
    let first = wanted.div_ceil(kind.most(split)).min(files.len());
    reading.will_read(files[..first].iter().map(PathBuf::as_path));
    let read = |path: &PathBuf, wanted: usize| {
        let mut file = packed::open(path, reading).map_err(DataError::read(path))?;
        match version {
            Version::Binary => binary::read(kind, split, &mut file, wanted),
            Version::Python => python::read(kind, split, &mut file),
        }
        .map_err(DataError::read(path))?
        .map_err(DataError::format(path))
    };
    let at_once: Vec<_> = files[..first].par_iter().map(|path| read(path, wanted)).collect();
    let mut parts = at_once.into_iter().collect::<Result<Vec<Part>, _>>()?;
    // Files may hold less than they could.
    for path in &files[first..] {
        let found: usize = parts.iter().map(|part| part.labels.len()).sum();
        if found < wanted {
            parts.push(read(path, wanted - found)?);
        }
    }
    Ok(parts)
}
