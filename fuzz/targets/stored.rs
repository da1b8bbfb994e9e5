//! Files of weights of any bytes are read, mapped, or refused, with the same tensors both ways; what is mapped is written as it was,
//! and with bits inverted it differs in these; what its quantised layers are made of is of one layer each.
//!
//! The first byte chooses the form: a file of any bytes; an archive, whose parts a byte 0xfe parts, of NumPy arrays, plain or packed,
//! or of a pickle and the storages of its tensors; or a model in two files, so parted, too, with its index before them or without.

use std::collections::HashMap;
use std::io::{Cursor, Write};
use std::path::Path;

use nn_bridge::{LayerConfig, WeightError, WeightFile, quantised_layers};
use sram_fuzz::{bounded, folder, said, sound};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

const MARK: u8 = 0xfe;
const ARRAYS: [&str; 4] = ["a.weight.npy", "a.bias.npy", "b/c.npy", "ä.npy"];
/// What a pickle is called, and what says the byte order; storages follow, at most so many.
const CHECKPOINT: [&str; 2] = ["m/data.pkl", "m/byteorder"];
const STORAGES: usize = 16;
/// A file whose bytes are as they come.
const PLAIN: &str = "w";
const INDEX: &str = "model.safetensors.index.json";
const SHARDS: [&str; 2] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

pub(crate) fn run(bytes: &[u8]) {
    let Some((&form, bytes)) = bytes.split_first() else { return };
    let parts = || bytes.split(|&byte| byte == MARK);
    let arrays = |compression| archive(ARRAYS.iter().map(ToString::to_string).zip(parts()), compression);
    let checkpoint = || {
        let storages = (0..STORAGES).map(|number| format!("m/data/{number}"));
        let names = CHECKPOINT.iter().map(ToString::to_string).chain(storages);
        archive(names.zip(parts()), CompressionMethod::Stored)
    };
    bounded(bytes.len(), || match form {
        b'a' => check("w.npz", &[("w.npz", &arrays(CompressionMethod::Stored))]),
        b'p' => check("w.npz", &[("w.npz", &arrays(CompressionMethod::Deflated))]),
        b't' => check("w.pth", &[("w.pth", &checkpoint())]),
        b'i' => check(INDEX, &[INDEX].into_iter().chain(SHARDS).zip(parts()).collect::<Vec<_>>()),
        b'd' => check("", &SHARDS.into_iter().zip(parts()).collect::<Vec<_>>()),
        _ => check(PLAIN, &[(PLAIN, bytes)]),
    });
}

/// An archive of these files.
fn archive<'a>(files: impl Iterator<Item = (String, &'a [u8])>, compression: CompressionMethod) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(compression);
    for (name, part) in files {
        archive.start_file(name, options).expect("memory takes it");
        archive.write_all(part).expect("memory takes it");
    }
    archive.finish().expect("memory takes it").into_inner()
}

/// Opens the file of a name, or the folder of these files, in both ways.
fn check(name: &str, files: &[(&str, &[u8])]) {
    folder(files.iter().copied(), |folder| {
        let path = if name.is_empty() { folder.to_owned() } else { folder.join(name) };
        let (read, mapped) = (said(WeightFile::open(&path)), said(WeightFile::map(&path)));
        if let (Some(read), Some(mapped)) = (&read, &mapped) {
            assert_same(read, mapped);
        }
        [&read, &mapped].into_iter().flatten().for_each(layers);
        if read.is_some() || mapped.is_some() {
            sound();
        }
        if let Some(mapped) = mapped {
            invert(&mapped, name, folder);
        }
    });
}

fn assert_same(read: &WeightFile, mapped: &WeightFile) {
    assert_eq!((read.metadata(), read.ties()), (mapped.metadata(), mapped.ties()));
    assert_eq!(read.tensors().len(), mapped.tensors().len());
    for (read, mapped) in read.tensors().iter().zip(mapped.tensors()) {
        assert_eq!((&read.name, read.elements()), (&mapped.name, mapped.elements()));
        assert_eq!(read.len(), mapped.len(), "{}", read.name);
        // A mapped tensor may have its sides in another order: that of the file.
        if read.shape == mapped.shape {
            assert!(read.bytes() == mapped.bytes(), "{}", read.name);
        }
    }
}

/// Quantised layers are made of tensors that are there, each of one layer, and decode.
fn layers(weights: &WeightFile) {
    let config = LayerConfig::default();
    let mut claimed = Vec::new();
    for layer in quantised_layers(weights.tensors(), weights.metadata(), &config) {
        let _ = layer.decode();
        for (role, part) in layer.parts() {
            let is_there = weights.tensors().iter().any(|tensor| tensor.name == part.name);
            assert!(is_there && !claimed.contains(&part.name), "{}: {role:?} {}", layer.name, part.name);
            assert!(layer.role(&part.name, 0).is_some());
            claimed.push(part.name.clone());
        }
    }
}

/// Writes the files as they were, and with the first and the last bit of each tensor inverted.
fn invert(mapped: &WeightFile, name: &str, before: &Path) {
    let bits_of = |bytes: u64| if bytes == 0 { vec![] } else { vec![0, bytes * 8 - 1] };
    let (mut as_it_was, mut inverted) = (Vec::new(), Vec::new());
    for (number, file) in mapped.files().enumerate() {
        let own = std::fs::read(before.join(file)).expect("it is still there");
        let mut none = HashMap::<&str, std::vec::IntoIter<u64>>::new();
        mapped.write_inverted(number, &mut as_it_was, &mut none).expect("memory takes it");
        assert!(as_it_was == own, "{file} is written as it was");
        as_it_was.clear();
        let bits = |tensor: &nn_bridge::Tensor| bits_of(tensor.bytes().len() as u64).into_iter();
        let mut bits = mapped.tensors().iter().map(|tensor| (&*tensor.name, bits(tensor))).collect();
        let mut bytes = Vec::new();
        match mapped.write_inverted(number, &mut bytes, &mut bits) {
            // A checksum that is wrong is not made right.
            Err(WeightError::Damaged { .. }) => return,
            written => written.expect("memory takes it"),
        }
        for tensor in mapped.tensors() {
            let place = mapped.place(tensor).filter(|(file, _)| *file == number);
            let Some(at) = place.map(|(_, at)| at as usize) else { continue };
            assert!(own[at..].starts_with(tensor.bytes()), "{} lies in {file}", tensor.name);
        }
        assert_eq!(bytes.len(), own.len());
        inverted.push((file, bytes));
    }
    let files = inverted.iter().map(|(file, bytes)| (*file, &bytes[..]));
    folder(files, |folder| {
        let path = if name.is_empty() { folder.to_owned() } else { folder.join(name) };
        let again = WeightFile::map(&path).expect("what was written is mapped");
        assert_eq!(again.tensors().len(), mapped.tensors().len());
        for (after, tensor) in again.tensors().iter().zip(mapped.tensors()) {
            let mut bytes = tensor.bytes().to_vec();
            bits_of(bytes.len() as u64).iter().for_each(|bit| bytes[(bit / 8) as usize] ^= 1 << (bit % 8));
            assert_eq!((&after.name, &after.shape), (&tensor.name, &tensor.shape));
            assert!(after.bytes() == bytes, "{}: {:?}, expected {bytes:?}", tensor.name, after.bytes());
        }
    });
}
