//! Weight files, images and the damage of bit errors, on small tensors made by hand.

mod foreign;
mod gguf;
mod header;
mod selection;
mod sharded;
mod ties;
mod torch;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flip_core::{FaultKind, SparseMask};
use nn_bridge::{Damage, Scheme, SelectionRules, Tensor, TensorOrder, WeightError, WeightFile, WeightImage};

/// A safetensors file of these tensors: name, type, shape, bytes.
fn file(tensors: &[(&str, &str, &[usize], Vec<u8>)]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("net.safetensors");
    write_file(&path, tensors, None);
    (folder, path)
}

/// Writes such a file, with metadata.
fn write_file(path: &Path, tensors: &[(&str, &str, &[usize], Vec<u8>)], metadata: Option<serde_json::Value>) {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, dtype, shape, bytes) in tensors {
        let start = data.len();
        data.extend_from_slice(bytes);
        let entry = serde_json::json!({"dtype": dtype, "shape": shape, "data_offsets": [start, data.len()]});
        header.insert((*name).to_owned(), entry);
    }
    if let Some(metadata) = metadata {
        header.insert("__metadata__".to_owned(), metadata);
    }
    let header = serde_json::Value::Object(header).to_string();
    let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat();
    std::fs::write(path, bytes).unwrap();
}

fn f32s(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn every_float_type_is_read_as_its_values() {
    let values = [1.5f32, -2.0, 0.25];
    let doubles = values.iter().flat_map(|&v| f64::from(v).to_le_bytes()).collect();
    let halves = values.iter().flat_map(|&v| half::f16::from_f32(v).to_le_bytes()).collect();
    let brains = values.iter().flat_map(|&v| half::bf16::from_f32(v).to_le_bytes()).collect();
    let (_folder, path) = file(&[
        ("d", "F64", &[3], doubles),
        ("f", "F32", &[3], f32s(&values)),
        ("h", "F16", &[3], halves),
        ("b", "BF16", &[3], brains),
        ("i", "I8", &[3], vec![1, 2, 3]),
    ]);
    let weights = WeightFile::open(&path).unwrap();
    for tensor in weights.tensors() {
        let expected = (tensor.name != "i").then(|| values.to_vec());
        assert_eq!(tensor.values(), expected, "{}", tensor.name);
    }
    let rules = SelectionRules { keep_apart: true, ..SelectionRules::default() };
    let names = |order| {
        let selection = rules.select(weights.tensors(), order).unwrap();
        selection.stored().iter().map(|t| t.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(TensorOrder::File), ["d", "f", "h", "b"]);
    assert_eq!(names(TensorOrder::Name), ["b", "d", "f", "h"]);
}

#[test]
fn statistics_are_stored_only_when_asked_for() {
    let one = || f32s(&[1.0]);
    let tensors = [
        ("bn.weight", "F32", &[1][..], one()),
        ("bn.running_mean", "F32", &[1], one()),
        ("running_mean_of", "F32", &[1], one()),
    ];
    let (_folder, path) = file(&tensors);
    let weights = WeightFile::open(&path).unwrap();
    let count = |with_statistics| {
        let rules = SelectionRules { with_statistics, ..SelectionRules::default() };
        rules.select(weights.tensors(), TensorOrder::Name).unwrap().stored().len()
    };
    assert_eq!((count(false), count(true)), (2, 3));
}

/// Writes bytes to a file and tries to read weights from it.
fn open(name: &str, bytes: &[u8]) -> Result<WeightFile, WeightError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    WeightFile::open(&path)
}

fn with_length(length: u64, json: &[u8]) -> Vec<u8> {
    [&length.to_le_bytes()[..], json].concat()
}

#[test]
fn written_files_keep_what_was_not_replaced_and_refuse_what_does_not_fit() {
    let (folder, path) = file(&[("h", "F16", &[1], vec![0, 0x3c]), ("f", "F32", &[2], f32s(&[1.0, 2.0]))]);
    let weights = WeightFile::open(&path).unwrap();
    let out = folder.path().join("out");
    let mut bytes = Vec::new();
    weights.write_with(&mut bytes, &BTreeMap::from([("f", vec![3.0, 4.0])]), &BTreeMap::new()).unwrap();
    std::fs::write(&out, bytes).unwrap();
    let again = WeightFile::open(&out).unwrap();
    let values: BTreeMap<_, _> =
        again.tensors().iter().map(|t| (t.name.clone(), t.values().unwrap())).collect();
    assert_eq!(values, BTreeMap::from([("f".to_owned(), vec![3.0, 4.0]), ("h".to_owned(), vec![1.0])]));
    for wrong in [BTreeMap::from([("f", vec![3.0])]), BTreeMap::from([("g", vec![3.0])])] {
        let refused = weights.write_with(&mut Vec::new(), &wrong, &BTreeMap::new());
        assert!(matches!(refused, Err(WeightError::Mismatch { .. })));
    }
}

/// The codes of all tensors.
fn codes(image: &WeightImage) -> Vec<u32> {
    (0..image.tensors().len())
        .flat_map(|tensor| image.tensor_codes(tensor).iter().collect::<Vec<_>>())
        .collect()
}

/// Two tensors of 4-bit codes, range ±1 in 7 steps of 1.001/7.
fn image() -> WeightImage {
    let tensors = [
        Tensor::from_f32("a", vec![2], &[0.0, 1.0]).unwrap(),
        Tensor::from_f32("b", vec![1, 1], &[-0.5]).unwrap(),
    ];
    WeightImage::build(Scheme::global(4).unwrap(), &[&tensors[0], &tensors[1]]).unwrap()
}

#[test]
fn damage_is_that_of_the_changed_codes() {
    let clean = image();
    assert_eq!(codes(&clean), [0, 6, 16 - 3]);
    // 0 becomes 0b0101 = 5; 6 stays; −3 = 0b1101 becomes 0b0101 = 5.
    let errors = [0, 2, 11].map(|bit| (bit, FaultKind::Inverts));
    let errors = SparseMask::from_faults(12, errors).unwrap();
    let damage = Damage::of(&clean, &errors);
    let step = 1.001f64 / 7.0;
    assert_eq!((damage.bit_errors, damage.bit_errors_by_position.clone()), (3, vec![1, 0, 1, 1]));
    assert_eq!((damage.tensors[0].bit_errors, damage.tensors[0].changed_weights), (2, 1));
    assert_eq!((damage.tensors[1].bit_errors, damage.tensors[1].weights), (1, 1));
    assert!((damage.tensors[0].l_inf - 5.0 * step).abs() < 1e-6);
    assert!((damage.l_inf() - 8.0 * step).abs() < 1e-6);
    assert!((damage.l2() - (25.0f64 + 64.0).sqrt() * step).abs() < 1e-6);
    assert!((damage.realised_ber() - 0.25).abs() < 1e-12);

    let mut faulty = clean.clone();
    errors.apply(&mut faulty.bits_mut()).unwrap();
    let values: Vec<f32> = [faulty.decode(0), faulty.decode(1)].concat();
    let expected = [5.0, 6.0, 5.0].map(|code| code * step);
    assert!(values.iter().zip(expected).all(|(v, e)| (f64::from(*v) - e).abs() < 1e-6), "{values:?}");
}

#[test]
fn requantising_replaces_one_tensor() {
    let mut image = image();
    image.requantise(0, &[-1.0, 0.5]).unwrap();
    assert_eq!(codes(&image), [16 - 6, 3, 16 - 3]);
    assert!(image.requantise(0, &[f32::NAN, 0.0]).is_err());
    assert_eq!(codes(&image), [16 - 6, 3, 16 - 3]);
    assert!(Tensor::from_f32("c", vec![usize::MAX, 2], &[]).is_none());
}
