//! CIFAR of any bytes, in each version, packed and as an archive, is read or refused. The first byte chooses the form. In what is not
//! packed, a byte 0xfe stands for the pixels of an image, so that small inputs hold some.

use nn_bridge::data::{DataSource, Split};
use sram_fuzz::images::{check, with_pixels};
use sram_fuzz::{file, within};

/// What a small packed file may unpack to is held twice for a moment, and xz may take 256 MiB.
const MOST: usize = 512 << 20;

pub(crate) fn run(bytes: &[u8]) {
    let Some((&form, bytes)) = bytes.split_first() else { return };
    let is_packed = matches!(form, b'g' | b'x' | b't');
    let bytes = if is_packed { bytes.to_vec() } else { with_pixels(bytes) };
    let (name, bytes) = match form {
        b'b' => ("test_batch.bin", bytes),
        b'B' => ("test.bin", bytes),
        b'P' => ("test", bytes),
        b'g' => ("test_batch.bin.gz", bytes),
        b'x' => ("test_batch.xz", bytes),
        b't' => ("cifar-10-python.tar", bytes),
        b'a' => ("cifar-10-python.tar", archive("cifar-10-batches-py/test_batch", &bytes)),
        b'A' => ("cifar-10-binary.tar", archive("cifar-10-batches-bin/test_batch.bin", &bytes)),
        _ => ("test_batch", bytes),
    };
    within(MOST, || {
        file(name, &bytes, |path| {
            let folder = path.parent().expect("a file has a folder").to_owned();
            let is_hundred = matches!(form, b'B' | b'P');
            let source = if is_hundred { DataSource::Cifar100(folder) } else { DataSource::Cifar10(folder) };
            check(&source, Split::Test);
        });
    });
}

fn archive(name: &str, bytes: &[u8]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    archive.append_data(&mut header, name, bytes).expect("memory takes it");
    archive.into_inner().expect("memory takes it")
}
