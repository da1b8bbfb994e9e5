//! Data sets as they are downloaded, made small here, and what is not one.

mod cifar;
mod mnist;
mod own;
mod pickled;

use std::io::Write;
use std::path::{Path, PathBuf};

use nn_bridge::data::{DataError, DataSource, Dataset, Load, Split};

/// A folder of these files.
fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    folder
}

fn source(text: &str) -> DataSource {
    text.parse().unwrap()
}

fn test(source: &DataSource) -> Result<Dataset, DataError> {
    source.load(Split::Test)
}

fn first(source: &DataSource, split: Split, images: usize) -> Result<Dataset, DataError> {
    source.load_with(split, Load { images: Some(images), ..Load::default() })
}

/// The whole message, with its causes.
fn said(result: Result<Dataset, DataError>) -> String {
    let error = result.unwrap_err();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let options = lzma_rust2::XzOptions::with_preset(0);
    let mut packed = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// A tar archive of these members.
fn tar(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, &content[..]).unwrap();
    }
    archive.into_inner().unwrap()
}

fn at(folder: &tempfile::TempDir, name: &str) -> PathBuf {
    folder.path().join(name)
}

fn in_words(kind: &str, path: &Path) -> DataSource {
    source(&format!("{kind}:{}", path.display()))
}

#[test]
fn sources_are_read_as_they_are_printed() {
    let sum = "0123456789abcdef".repeat(4);
    let pinned = format!("a b.npz#sha256={sum}");
    for text in [
        "cifar10:x",
        "cifar100:a:b",
        "mnist:/d",
        "fashion-mnist:d",
        "digits:7",
        "x.npz",
        "x.safetensors",
        &pinned,
    ] {
        assert_eq!(source(text).to_string(), text);
    }
    assert_eq!(source("digits"), DataSource::Digits { seed: 0 });
    for text in
        ["", "cifar10", "cifar10:", "imagenet:x", "digits:x", "x.csv", "npz", "x.npz#sha256=12", "x.npz#7"]
    {
        assert!(text.parse::<DataSource>().is_err(), "{text}");
    }
}
