//! Files of MNIST of any bytes are read or refused. The first byte chooses plain or packed images; two bytes say how many of the
//! others are the file of labels.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nn_bridge::data::{DataSource, Split};
use sram_fuzz::images::check;
use sram_fuzz::{folder, within};

/// What a small packed file may unpack to is held twice for a moment, and xz may take 256 MiB.
const MOST: usize = 512 << 20;

fuzz_target!(|bytes: &[u8]| {
    let Some((&[kind, low, high], rest)) = bytes.split_first_chunk() else { return };
    let (labels, images) = rest.split_at(usize::from(u16::from_le_bytes([low, high])).min(rest.len()));
    let name = match kind {
        b'g' => "t10k-images-idx3-ubyte.gz",
        b'x' => "t10k-images-idx3-ubyte.xz",
        _ => "t10k-images-idx3-ubyte",
    };
    within(MOST, || {
        folder([("t10k-labels-idx1-ubyte", labels), (name, images)], |folder| {
            check(&DataSource::Mnist(folder.to_owned()), Split::Test);
            check(&DataSource::FashionMnist(folder.to_owned()), Split::Train);
        });
    });
});
