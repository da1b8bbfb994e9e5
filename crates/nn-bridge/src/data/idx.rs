//! MNIST and Fashion-MNIST: idx files, one of images and one of labels.

use std::path::{Path, PathBuf};

use super::load::Reading;
use super::{DataError, Dataset, Split, packed};

/// The two data sets of these files.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Mnist,
    Fashion,
}

const CLASSES: usize = 10;

/// Images of more pixels a side are not read.
const MAX_SIDE: usize = 1024;

/// Bytes of pixels at most: 1 GiB. Those of the published files have 47 MB.
const MAX_BYTES: u64 = 1 << 30;

impl Kind {
    /// What torchvision calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Mnist => "MNIST",
            Self::Fashion => "FashionMNIST",
        }
    }

    fn hint(self, folder: &Path) -> String {
        let (name, folder) = (self.name(), folder.display());
        let other = match self {
            Self::Mnist => "",
            Self::Fashion => {
                "; or take its four files from data/fashion of github.com/zalandoresearch/fashion-mnist"
            }
        };
        format!(
            "python3 -c \"import torchvision; torchvision.datasets.{name}('{folder}', download=True)\" gets it{other}"
        )
    }
}

pub(super) fn load(
    kind: Kind,
    folder: &Path,
    split: Split,
    reading: &Reading<'_>,
) -> Result<Dataset, DataError> {
    let [images, labels] = find(kind, folder, split)?;
    reading.will_read([&*images, &*labels]);
    let (sides, pixels) = read::<3>(&images, reading)?;
    let (label_sides, label_bytes) = read::<1>(&labels, reading)?;
    join((sides, pixels), (label_sides, label_bytes)).map_err(DataError::format(labels))
}

/// The files of images and labels: in the folder, in the `raw` that torchvision makes, or in that of the data set's own folder.
fn find(kind: Kind, folder: &Path, split: Split) -> Result<[PathBuf; 2], DataError> {
    let names = match split {
        Split::Train => [
            ["train-images-idx3-ubyte", "train-images.idx3-ubyte"],
            ["train-labels-idx1-ubyte", "train-labels.idx1-ubyte"],
        ],
        Split::Test => [
            ["t10k-images-idx3-ubyte", "t10k-images.idx3-ubyte"],
            ["t10k-labels-idx1-ubyte", "t10k-labels.idx1-ubyte"],
        ],
    };
    if !folder.is_dir() {
        return Err(DataError::NoPath { path: folder.to_owned(), hint: kind.hint(folder) });
    }
    let own = folder.join(kind.name());
    let folders = [folder.to_owned(), folder.join("raw"), own.join("raw"), own];
    let missing = |files: &str, folder: &Path| DataError::Missing {
        files: files.to_owned(),
        folder: folder.to_owned(),
        hint: kind.hint(folder),
    };
    for folder in &folders {
        match names.map(|names| packed::find(folder, &names)) {
            [Some(images), Some(labels)] => return Ok([images, labels]),
            [Some(_), None] => return Err(missing(names[1][0], folder)),
            [None, Some(_)] => return Err(missing(names[0][0], folder)),
            [None, None] => {}
        }
    }
    Err(missing(names[0][0], folder))
}

/// The sides of a file of N dimensions, and its first images, or as many labels, as are asked for.
fn read<const N: usize>(path: &Path, reading: &Reading<'_>) -> Result<([usize; N], Vec<u8>), DataError> {
    let cannot = || DataError::read(path);
    let mut file = packed::open(path, reading).map_err(cannot())?;
    let head = packed::take(&mut file, 4 + 4 * N as u64).map_err(cannot())?;
    let sides = header::<N>(&head).map_err(DataError::format(path))?;
    let wanted = sides[0].min(reading.images());
    let expected = expected_bytes(wanted, &sides[1..]).map_err(DataError::format(path))?;
    // If these are all, one more, to see whether there is more.
    let after = u64::from(wanted == sides[0]);
    let bytes = packed::take(&mut file, expected + after).map_err(cannot())?;
    if bytes.len() as u64 == expected {
        return Ok((sides, bytes));
    }
    let found = if bytes.len() as u64 > expected { "more".to_owned() } else { bytes.len().to_string() };
    let what =
        format!("found {found} bytes of data, expected the {expected} of {sides:?} as the header says");
    Err(DataError::Format { path: path.to_owned(), what })
}

/// The sides of a file of N dimensions.
fn header<const N: usize>(bytes: &[u8]) -> Result<[usize; N], String> {
    let (magic, sides) = bytes.split_first_chunk::<4>().ok_or("found no header")?;
    if *magic != [0, 0, 8, N as u8] {
        return Err(format!(
            "at byte 0: found {magic:02x?}, expected [00, 00, 08, {N:02x}]: bytes in {N} dimensions"
        ));
    }
    let (sides, _) = sides.as_chunks::<4>();
    let sides: Vec<usize> = sides.iter().map(|&side| u32::from_be_bytes(side) as usize).collect();
    sides.try_into().map_err(|_| "found a header that is cut off".to_owned())
}

fn expected_bytes(count: usize, sides: &[usize]) -> Result<u64, String> {
    if sides.iter().any(|&side| side == 0 || side > MAX_SIDE) {
        return Err(format!("found images of {sides:?} pixels, expected 1 to {MAX_SIDE} a side"));
    }
    let bytes = sides.iter().fold(count as u64, |bytes, &side| bytes.saturating_mul(side as u64));
    if bytes > MAX_BYTES {
        return Err(format!("found {count} images, {bytes} bytes, expected at most {MAX_BYTES} bytes"));
    }
    Ok(bytes)
}

fn join(images: ([usize; 3], Vec<u8>), labels: ([usize; 1], Vec<u8>)) -> Result<Dataset, String> {
    let (([count, height, width], pixels), ([label_count], labels)) = (images, labels);
    if count != label_count {
        return Err(format!("found {label_count} labels, expected {count}, one for each image"));
    }
    if let Some(number) = labels.iter().position(|&label| usize::from(label) >= CLASSES) {
        return Err(format!("label {number}: found {}, expected 0 to {}", labels[number], CLASSES - 1));
    }
    Ok(Dataset { shape: [1, height, width], classes: CLASSES, pixels, labels })
}
