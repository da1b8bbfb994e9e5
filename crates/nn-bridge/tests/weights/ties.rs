//! Weights that have two names, or are there twice.

use nn_bridge::{WeightFile, equal_copies};

use crate::{f32s, file, write_file};

#[test]
fn names_in_the_metadata_are_names_of_the_tensors_that_they_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tied.safetensors");
    let metadata =
        serde_json::json!({"head": "embedding", "format": "pt", "embedding": "other", "lost": "gone"});
    let tensors = [("embedding", "F32", &[2][..], f32s(&[1.0, 2.0])), ("other", "F32", &[1], f32s(&[3.0]))];
    write_file(&path, &tensors, Some(metadata));
    let file = WeightFile::open(&path).unwrap();
    let ties: Vec<(&str, &str)> = file.ties().iter().map(|(other, name)| (&**other, &**name)).collect();
    assert_eq!(ties, [("head", "embedding")]);
    assert_eq!(file.tensor("head").unwrap().values(), Some(vec![1.0, 2.0]));
    assert_eq!((file.tensors().len(), file.tensor("lost").is_some()), (2, false));
    // They stay when the file is written with other values.
    let mut bytes = Vec::new();
    file.write_with(&mut bytes, &[("embedding", vec![5.0, 6.0])].into(), &[].into()).unwrap();
    let written = folder.path().join("written.safetensors");
    std::fs::write(&written, bytes).unwrap();
    assert_eq!(WeightFile::open(&written).unwrap().tensor("head").unwrap().values(), Some(vec![5.0, 6.0]));
}

#[test]
fn equal_copies_are_named_and_what_is_equal_by_chance_is_not() {
    let numbers = |offset: usize| f32s(&(0..128).map(|i| (i + offset) as f32).collect::<Vec<_>>());
    let (_folder, path) = file(&[
        ("a", "F32", &[128], numbers(0)),
        ("b", "F32", &[128], numbers(1)),
        ("c", "F32", &[128], numbers(0)),
        ("d", "F32", &[64, 2], numbers(0)),
        ("e", "I32", &[128], numbers(0)),
        ("f", "F32", &[128], numbers(0)),
        ("ones", "F32", &[128], f32s(&[1.0; 128])),
        ("other_ones", "F32", &[128], f32s(&[1.0; 128])),
        ("small", "F32", &[2], f32s(&[1.0, 2.0])),
        ("other_small", "F32", &[2], f32s(&[1.0, 2.0])),
    ]);
    for file in [WeightFile::open(&path).unwrap(), WeightFile::map(&path).unwrap()] {
        let tensors: Vec<_> = file.tensors().iter().collect();
        assert_eq!(equal_copies(&tensors), [("a", "c"), ("a", "f")]);
    }
}
