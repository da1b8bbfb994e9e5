//! CIFAR-10 and CIFAR-100, binary version: records of labels and 3 × 32 × 32 pixels.

use std::path::{Path, PathBuf};

use super::{DataError, Dataset, Split, files};

#[derive(Clone, Copy)]
pub(super) enum Kind {
    Ten,
    Hundred,
}

const SHAPE: [usize; 3] = [3, 32, 32];
const PIXELS: usize = 3 * 32 * 32;

const HINT: &str = "get the binary version from www.cs.toronto.edu/~kriz/cifar.html and unpack it";

impl Kind {
    /// Bytes before the pixels; the last of them is the label.
    fn label_bytes(self) -> usize {
        match self {
            Self::Ten => 1,
            Self::Hundred => 2,
        }
    }

    fn classes(self) -> usize {
        match self {
            Self::Ten => 10,
            Self::Hundred => 100,
        }
    }

    /// The folder that the published archive unpacks to.
    fn folder(self) -> &'static str {
        match self {
            Self::Ten => "cifar-10-batches-bin",
            Self::Hundred => "cifar-100-binary",
        }
    }

    fn names(self, split: Split) -> &'static [&'static str] {
        match (self, split) {
            (Self::Ten, Split::Train) => &[
                "data_batch_1.bin",
                "data_batch_2.bin",
                "data_batch_3.bin",
                "data_batch_4.bin",
                "data_batch_5.bin",
            ],
            (Self::Ten, Split::Test) => &["test_batch.bin"],
            (Self::Hundred, Split::Train) => &["train.bin"],
            (Self::Hundred, Split::Test) => &["test.bin"],
        }
    }
}

pub(super) fn load(kind: Kind, folder: &Path, split: Split) -> Result<Dataset, DataError> {
    let folders: [PathBuf; 2] = [folder.to_owned(), folder.join(kind.folder())];
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    for name in kind.names(split) {
        let (path, bytes) = files::read(&folders, &[name], HINT)?;
        append(kind, &bytes, &mut pixels, &mut labels).map_err(|what| DataError::Format { path, what })?;
    }
    Ok(Dataset { shape: SHAPE, classes: kind.classes(), pixels, labels })
}

fn append(kind: Kind, bytes: &[u8], pixels: &mut Vec<u8>, labels: &mut Vec<u8>) -> Result<(), String> {
    let record = kind.label_bytes() + PIXELS;
    if bytes.is_empty() || !bytes.len().is_multiple_of(record) {
        return Err(format!("found {} bytes, expected a multiple of the {record} of an image", bytes.len()));
    }
    for (number, record) in bytes.chunks_exact(record).enumerate() {
        let (head, image) = record.split_at(kind.label_bytes());
        let label = head[head.len() - 1];
        if usize::from(label) >= kind.classes() {
            let classes = kind.classes();
            return Err(format!("image {number}: found class {label}, expected one of 0 to {}", classes - 1));
        }
        labels.push(label);
        pixels.extend_from_slice(image);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_and_unsound_ones_are_refused() {
        let record = |label: u8, value: u8| [vec![label], vec![value; PIXELS]].concat();
        let bytes = [record(3, 1), record(9, 200)].concat();
        let (mut pixels, mut labels) = (Vec::new(), Vec::new());
        append(Kind::Ten, &bytes, &mut pixels, &mut labels).unwrap();
        assert_eq!((labels, pixels.len(), pixels[PIXELS]), (vec![3, 9], 2 * PIXELS, 200));
        let append = |bytes: &[u8]| append(Kind::Ten, bytes, &mut Vec::new(), &mut Vec::new()).unwrap_err();
        assert!(append(&record(10, 0)).contains("image 0: found class 10"));
        assert!(append(&bytes[1..]).contains("3073") && append(&[]).contains("found 0 bytes"));
    }
}
