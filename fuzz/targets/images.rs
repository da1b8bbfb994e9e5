//! Own images of any bytes are read or refused. The first byte chooses the form: npz, safetensors, or the arrays of an npz, parted
//! by a byte 0xfe, or sound arrays of a layout, sides and a type of labels that the next bytes choose.

use std::io::{Cursor, Write};

use nn_bridge::data::{DataSource, Split};
use sram_fuzz::images::check;
use sram_fuzz::{file, within};
use zip::write::SimpleFileOptions;

/// Small files may hold so much, and by channel it is there twice.
const MOST: usize = 512 << 20;
const NAMES: [&str; 5] = ["x", "y", "classes", "x_train", "y_train"];
const MARK: u8 = 0xfe;

pub(crate) fn run(bytes: &[u8]) {
    let Some((&form, bytes)) = bytes.split_first() else { return };
    within(MOST, || {
        let (name, bytes) = match form {
            b's' => ("own.safetensors", bytes.to_vec()),
            b'a' => ("own.npz", npz(bytes.split(|&byte| byte == MARK))),
            b'm' => return made(bytes),
            _ => ("own.npz", bytes.to_vec()),
        };
        file(name, &bytes, |path| {
            let source = DataSource::Own { path: path.to_owned(), sha256: None };
            check(&source, Split::Test);
            check(&source, Split::Train);
        });
    });
}

/// An archive of these arrays, but for the empty ones.
fn npz<'a>(arrays: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, array) in NAMES.into_iter().zip(arrays).filter(|(_, array)| !array.is_empty()) {
        archive.start_file(format!("{name}.npy"), plain).expect("memory takes it");
        archive.write_all(array).expect("memory takes it");
    }
    archive.finish().expect("memory takes it").into_inner()
}

const TYPES: [&str; 9] = ["|u1", "<u2", ">u2", "<i4", ">i4", "<u8", ">u8", "<i8", ">i8"];

/// Sound arrays must be read, to the labels and pixels that they hold.
fn made(bytes: &[u8]) {
    let Some((&[layout, height, width, count, of], pixels)) = bytes.split_first_chunk() else { return };
    if pixels.is_empty() {
        return;
    }
    let [height, width] = [height, width].map(|side| 4 + usize::from(side % 8));
    let count = 1 + usize::from(count % 4);
    let (shape, channels) = match layout % 5 {
        0 => (vec![count, height, width], 1),
        1 => (vec![count, 1, height, width], 1),
        2 => (vec![count, 3, height, width], 3),
        3 => (vec![count, height, width, 1], 1),
        _ => (vec![count, height, width, 3], 3),
    };
    let size = channels * height * width;
    let pixels: Vec<u8> = pixels.iter().copied().cycle().take(count * size).collect();
    let (labels, descr) = (&pixels[..count], TYPES[usize::from(of) % TYPES.len()]);
    let label = |&label: &u8| {
        let bytes = usize::from(descr.as_bytes()[2] - b'0');
        let number = u64::from(label);
        if descr.starts_with('>') {
            number.to_be_bytes()[8 - bytes..].to_vec()
        } else {
            number.to_le_bytes()[..bytes].to_vec()
        }
    };
    let y = npy(descr, &[count], &labels.iter().flat_map(label).collect::<Vec<_>>());
    let x = npy("|u1", &shape, &pixels);
    file("own.npz", &npz([&x[..], &y].into_iter()), |path| {
        let source = DataSource::Own { path: path.to_owned(), sha256: None };
        check(&source, Split::Test);
        let data = source.load(Split::Test).expect("sound arrays are read");
        assert_eq!((data.labels(), data.shape()), (labels, [channels, height, width]));
        let is_last = layout % 5 > 2;
        for (number, &pixel) in pixels.iter().enumerate() {
            let (image, at) = (number / size, number % size);
            let area = height * width;
            let place = if is_last { at % channels * area + at / channels } else { at };
            assert_eq!(data.image(image)[place], pixel, "pixel {at} of image {image}");
        }
    });
}

fn npy(descr: &str, shape: &[usize], bytes: &[u8]) -> Vec<u8> {
    let shape: String = shape.iter().map(|side| format!("{side}, ")).collect();
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), bytes].concat()
}
