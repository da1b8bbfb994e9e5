//! Files of images of any bytes are read or refused.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nn_bridge::data::{DataSource, Split};

fuzz_target!(|input: (u8, &[u8])| {
    let (kind, bytes) = input;
    let names = ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", "t10k-images-idx3-ubyte.gz", "test_batch.bin.xz", "test_batch.bin"];
    let folder = tempfile::tempdir().expect("a folder");
    let name = names[usize::from(kind) % names.len()];
    std::fs::write(folder.path().join(name), bytes).expect("the file is written");
    // The labels of one image, so that images alone can be sound.
    if name.contains("images") {
        let labels = [0, 0, 8, 1, 0, 0, 0, 1, 7];
        std::fs::write(folder.path().join("t10k-labels-idx1-ubyte"), labels).expect("the file is written");
    }
    let source = if name.contains("batch") { DataSource::Cifar10 } else { DataSource::Mnist };
    if let Ok(data) = source(folder.path().to_owned()).load(Split::Test) {
        assert_eq!(data.pixels().len(), data.len() * data.shape().iter().product::<usize>());
    }
});
