//! Files of MNIST of any bytes are read or refused. The first byte chooses plain or packed images; two bytes say how many of the
//! others are the file of labels. Few files have as many images as labels, so plain ones are tried once more as such.

use nn_bridge::data::{DataSource, Split};
use sram_fuzz::images::check;
use sram_fuzz::{folder, within};

/// What a small packed file may unpack to is held twice for a moment, and xz may take 256 MiB.
const MOST: usize = 512 << 20;
const NAME: &str = "t10k-images-idx3-ubyte";
const LABELS: &str = "t10k-labels-idx1-ubyte";

pub(crate) fn run(bytes: &[u8]) {
    let Some((&[kind, low, high], rest)) = bytes.split_first_chunk() else { return };
    let (labels, images) = rest.split_at(usize::from(u16::from_le_bytes([low, high])).min(rest.len()));
    let name = match kind {
        b'g' => "t10k-images-idx3-ubyte.gz",
        b'x' => "t10k-images-idx3-ubyte.xz",
        _ => NAME,
    };
    within(MOST, || {
        if let Some((labels, images)) = mended(labels, images).filter(|_| name == NAME) {
            folder([(LABELS, &labels[..]), (NAME, &images)], |folder| {
                let source = DataSource::Mnist(folder.to_owned());
                check(&source, Split::Test);
                let data = source.load(Split::Test).expect("sound files are read");
                assert_eq!((data.labels(), data.pixels()), (&labels[8..], &images[16..]));
            });
        }
        folder([(LABELS, labels), (name, images)], |folder| {
            check(&DataSource::Mnist(folder.to_owned()), Split::Test);
            check(&DataSource::FashionMnist(folder.to_owned()), Split::Train);
        });
    });
}

/// Files of as many images as labels, of sides and pixels that follow from the bytes.
fn mended(labels: &[u8], images: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (labels, pixels) = (labels.get(8..)?, images.get(16..).filter(|pixels| !pixels.is_empty())?);
    let [height, width] = [images[11], images[15]].map(|side| 1 + u32::from(side % 8));
    let head = |sides: &[u32]| {
        let magic = [0, 0, 8, sides.len() as u8];
        magic.into_iter().chain(sides.iter().flat_map(|side| side.to_be_bytes())).collect::<Vec<u8>>()
    };
    let (count, size) = (labels.len(), (height * width) as usize);
    let pixels: Vec<u8> = pixels.iter().copied().cycle().take(count * size).collect();
    let labels: Vec<u8> = labels.iter().map(|label| label % 10).collect();
    Some(([head(&[count as u32]), labels].concat(), [head(&[count as u32, height, width]), pixels].concat()))
}
