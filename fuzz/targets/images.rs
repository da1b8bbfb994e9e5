//! Own images of any bytes are read or refused. The first byte chooses the form: npz, safetensors, or the arrays of an npz, parted
//! by a byte 0xfe.
#![no_main]

use std::io::{Cursor, Write};

use libfuzzer_sys::fuzz_target;
use nn_bridge::data::{DataSource, Split};
use sram_fuzz::images::check;
use sram_fuzz::{file, within};
use zip::write::SimpleFileOptions;

/// Small files may hold so much, and by channel it is there twice.
const MOST: usize = 512 << 20;
const NAMES: [&str; 5] = ["x", "y", "classes", "x_train", "y_train"];
const MARK: u8 = 0xfe;

fuzz_target!(|bytes: &[u8]| {
    let Some((&form, bytes)) = bytes.split_first() else { return };
    within(MOST, || {
        let (name, bytes) = match form {
            b's' => ("own.safetensors", bytes.to_vec()),
            b'a' => ("own.npz", npz(bytes)),
            _ => ("own.npz", bytes.to_vec()),
        };
        file(name, &bytes, |path| {
            let source = DataSource::Own { path: path.to_owned(), sha256: None };
            check(&source, Split::Test);
            check(&source, Split::Train);
        });
    });
});

/// An archive of these arrays, but for the empty ones.
fn npz(bytes: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, array) in NAMES.into_iter().zip(bytes.split(|&byte| byte == MARK)) {
        if !array.is_empty() {
            archive.start_file(format!("{name}.npy"), plain).expect("memory takes it");
            archive.write_all(array).expect("memory takes it");
        }
    }
    archive.finish().expect("memory takes it").into_inner()
}
