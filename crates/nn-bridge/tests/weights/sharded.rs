//! Models in several files.

use std::fs;
use std::path::Path;

use nn_bridge::WeightFile;

use crate::{f32s, write_file};

/// Two files of a model and their index.
fn model(folder: &Path) {
    write_file(&folder.join("m-00001-of-00002.safetensors"), &[("b", "F32", &[2], f32s(&[1.0, 2.0]))], None);
    write_file(
        &folder.join("m-00002-of-00002.safetensors"),
        &[("c", "F16", &[1], vec![0, 0x3c]), ("a", "F32", &[1], f32s(&[3.0]))],
        None,
    );
}

fn index(folder: &Path, map: &str) -> std::path::PathBuf {
    let path = folder.join("m.safetensors.index.json");
    fs::write(&path, format!(r#"{{"metadata": {{"total_size": 14}}, "weight_map": {{{map}}}}}"#)).unwrap();
    path
}

const MAP: &str = r#""a": "m-00002-of-00002.safetensors", "b": "m-00001-of-00002.safetensors",
                      "c": "m-00002-of-00002.safetensors""#;

#[test]
fn a_model_in_several_files_is_one_by_its_folder_and_by_its_index() {
    let folder = tempfile::tempdir().unwrap();
    model(folder.path());
    let by_numbers = WeightFile::open(folder.path()).unwrap();
    let path = index(folder.path(), MAP);
    for given in [folder.path(), &path] {
        let model = WeightFile::open(given).unwrap();
        let names: Vec<&str> = model.tensors().iter().map(|tensor| &*tensor.name).collect();
        assert_eq!((names, model.files().len()), (vec!["b", "c", "a"], 0));
        for tensor in by_numbers.tensors() {
            assert_eq!(tensor.values(), model.tensor(&tensor.name).unwrap().values());
        }
        // Mapped, each lies in its file, and the index is one of the files.
        let mapped = WeightFile::map(given).unwrap();
        assert_eq!(mapped.files().len(), 3);
        let file = |name: &str| mapped.place(mapped.tensor(name).unwrap()).unwrap().0;
        assert_eq!((file("b"), file("a"), file("c")), (0, 1, 1));
    }
}

#[test]
fn each_file_is_written_with_its_own_bits_inverted() {
    let folder = tempfile::tempdir().unwrap();
    model(folder.path());
    index(folder.path(), MAP);
    let mapped = WeightFile::map(folder.path()).unwrap();
    let names: Vec<String> = mapped.files().map(str::to_owned).collect();
    let mut inverted = [("b", vec![0u64, 63, 64]), ("c", vec![15])]
        .into_iter()
        .map(|(name, bits)| (name, bits.into_iter()))
        .collect();
    for (file, name) in names.iter().enumerate() {
        let mut written = Vec::new();
        mapped.write_inverted(file, &mut written, &mut inverted).unwrap();
        let clean = fs::read(folder.path().join(name)).unwrap();
        let flipped: Vec<(usize, u8)> = clean
            .iter()
            .zip(&written)
            .enumerate()
            .filter(|(_, (a, b))| a != b)
            .map(|(at, (a, b))| (clean.len() - at, a ^ b))
            .collect();
        // Bits after the end of a tensor are none.
        let expected: &[(usize, u8)] = [&[(8, 1), (1, 128)][..], &[(5, 128)], &[]][file];
        assert_eq!((written.len(), &*flipped), (clean.len(), expected), "{name}");
    }
}

#[test]
fn what_is_missing_or_does_not_fit_is_named() {
    let folder = tempfile::tempdir().unwrap();
    model(folder.path());
    let said = |map: &str| WeightFile::open(&index(folder.path(), map)).unwrap_err().to_string();
    for (map, expected) in [
        (MAP.replace("00001-of", "00003-of"), "the file m-00003-of-00002.safetensors"),
        (
            MAP.replace("\"a\": \"m-00002", "\"a\": \"m-00001"),
            "tensor a lies in m-00001-of-00002.safetensors, where it is not",
        ),
        (MAP.replace("\"a\"", "\"x\""), "tensor x lies in m-00002-of-00002.safetensors, where it is not"),
        (MAP.replace("\"a\": \"m-00002-of-00002.safetensors\",", ""), "tensor a lies in one of its files"),
        (MAP.replace("\"m-00001", "\"../m-00001"), "expected the name of one beside it"),
        (MAP.replace('"', "'"), "expected an object with `weight_map`"),
    ] {
        let said = said(&map);
        assert!(said.contains(expected) && said.contains("index.json"), "{said}");
    }
    fs::remove_file(folder.path().join("m.safetensors.index.json")).unwrap();
    let said = || WeightFile::open(folder.path()).unwrap_err().to_string();
    fs::rename(
        folder.path().join("m-00001-of-00002.safetensors"),
        folder.path().join("m-00003-of-00003.safetensors"),
    )
    .unwrap();
    assert!(said().contains("files of two models"), "{}", said());
    fs::remove_file(folder.path().join("m-00003-of-00003.safetensors")).unwrap();
    assert!(said().contains("the file of number 1 of 2 is missing"), "{}", said());
    write_file(
        &folder.path().join("m-00001-of-00002.safetensors"),
        &[("a", "F32", &[1], f32s(&[3.0]))],
        None,
    );
    assert!(said().contains("tensor a lies in two of its files"), "{}", said());
    write_file(&folder.path().join("other.safetensors"), &[("z", "F32", &[1], f32s(&[3.0]))], None);
    assert!(said().contains("without an index"), "{}", said());
    let empty = tempfile::tempdir().unwrap();
    let said = WeightFile::map(empty.path()).unwrap_err().to_string();
    assert!(said.contains("no file of weights"), "{said}");
}
