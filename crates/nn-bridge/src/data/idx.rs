//! MNIST and Fashion-MNIST: idx files, one of images and one of labels.

use std::path::Path;

use super::{DataError, Dataset, Split, files};

pub(super) const MNIST_HINT: &str =
    "get its four idx files from yann.lecun.com/exdb/mnist or a mirror of it, such as torchvision's";
pub(super) const FASHION_HINT: &str = "get its four idx files from github.com/zalandoresearch/fashion-mnist";

const CLASSES: usize = 10;

/// Images of more pixels a side are not read.
const MAX_SIDE: usize = 1024;

pub(super) fn load(folder: &Path, split: Split, hint: &'static str) -> Result<Dataset, DataError> {
    let folders = [folder.to_owned(), folder.join("raw")];
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
    let (path, bytes) = files::read(&folders, &names[0], hint)?;
    let images = parse::<3>(&bytes).map_err(|what| DataError::Format { path, what })?;
    let (path, bytes) = files::read(&folders, &names[1], hint)?;
    let labels = parse::<1>(&bytes).map_err(|what| DataError::Format { path: path.clone(), what })?;
    join(images, labels).map_err(|what| DataError::Format { path, what })
}

/// The sides and elements of a file of N dimensions.
fn parse<const N: usize>(bytes: &[u8]) -> Result<([usize; N], &[u8]), String> {
    let (magic, mut rest) = bytes.split_first_chunk::<4>().ok_or("found no header")?;
    if *magic != [0, 0, 8, N as u8] {
        return Err(format!(
            "at byte 0: found {magic:02x?}, expected [00, 00, 08, {N:02x}]: bytes in {N} dimensions"
        ));
    }
    let mut sides = [0; N];
    for side in &mut sides {
        let (bytes, behind) = rest.split_first_chunk::<4>().ok_or("found a header that is cut off")?;
        (*side, rest) = (u32::from_be_bytes(*bytes) as usize, behind);
    }
    let expected = sides.iter().try_fold(1usize, |product, &side| product.checked_mul(side));
    match expected {
        Some(expected) if expected == rest.len() => Ok((sides, rest)),
        _ => {
            Err(format!("found {} bytes of data, expected those of {sides:?} as the header says", rest.len()))
        }
    }
}

fn join(images: ([usize; 3], &[u8]), labels: ([usize; 1], &[u8])) -> Result<Dataset, String> {
    let (([count, height, width], pixels), ([label_count], labels)) = (images, labels);
    if count != label_count {
        return Err(format!("found {label_count} labels, expected {count}, one for each image"));
    }
    if height == 0 || width == 0 || height > MAX_SIDE || width > MAX_SIDE {
        return Err(format!("its images have {height} x {width} pixels, expected 1 to {MAX_SIDE} a side"));
    }
    if let Some(number) = labels.iter().position(|&label| usize::from(label) >= CLASSES) {
        return Err(format!("label {number}: found {}, expected 0 to {}", labels[number], CLASSES - 1));
    }
    Ok(Dataset {
        shape: [1, height, width],
        classes: CLASSES,
        pixels: pixels.to_vec(),
        labels: labels.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(sides: &[u32], data: &[u8]) -> Vec<u8> {
        let header = sides.iter().flat_map(|side| side.to_be_bytes());
        [0, 0, 8, sides.len() as u8].into_iter().chain(header).chain(data.iter().copied()).collect()
    }

    #[test]
    fn files_come_back_and_unsound_ones_are_refused() {
        let images = file(&[2, 2, 3], &[7; 12]);
        let labels = file(&[2], &[9, 0]);
        let data = join(parse(&images).unwrap(), parse(&labels).unwrap()).unwrap();
        assert_eq!((data.shape(), data.labels(), data.image(1)), ([1, 2, 3], &[9, 0][..], &[7; 6][..]));
        assert!(parse::<3>(&labels).unwrap_err().contains("at byte 0"));
        assert!(parse::<3>(&images[..9]).unwrap_err().contains("cut off"));
        assert!(parse::<3>(&images[..20]).unwrap_err().contains("[2, 2, 3]"));
        assert!(parse::<3>(&file(&[u32::MAX; 3], &[])).is_err() && parse::<3>(&[]).is_err());
        let bad = |labels: &[u8], count| join(parse(&images).unwrap(), ([count], labels)).unwrap_err();
        assert!(bad(&[1, 10], 2).contains("label 1") && bad(&[1], 1).contains("found 1 labels"));
    }
}
