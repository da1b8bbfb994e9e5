//! Checkpoints of PyTorch, which PyTorch 2.11 wrote.

use std::collections::HashMap;
use std::io::{Cursor, Read};
use std::path::PathBuf;

use nn_bridge::WeightFile;
use proptest::prelude::*;

fn case(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/pytorch").join(name)
}

#[test]
fn its_tensors_are_those_that_pytorch_has_whatever_else_lies_there() {
    let file = WeightFile::open(&case("checkpoint.pth")).unwrap();
    let expected = WeightFile::open(&case("checkpoint.safetensors")).unwrap();
    assert_eq!(file.tensors().len(), expected.tensors().len());
    for tensor in file.tensors() {
        let same = expected.tensor(&tensor.name).unwrap();
        assert_eq!((tensor.dtype(), &tensor.shape), (same.dtype(), &same.shape), "{}", tensor.name);
        assert!(tensor.bytes() == same.bytes(), "{}", tensor.name);
    }
    // One storage under two names is one tensor.
    let ties: Vec<(&str, &str)> = file.ties().iter().map(|(other, name)| (&**other, &**name)).collect();
    assert_eq!(ties, [("head.weight", "embed.weight")]);
    assert_eq!(file.tensor("head.weight").unwrap().name, "embed.weight");
}

#[test]
fn what_lies_beside_a_networks_tensors_is_passed_over_by_name_and_what_lies_among_them_is_not() {
    let of = |name: &str| {
        let file = WeightFile::open(&case(name)).unwrap();
        let names = file.tensors().iter().map(|tensor| tensor.name.clone()).collect::<Vec<_>>().join(" ");
        (names, file.passed_over().join(" "))
    };
    // A number that was measured, a generator's state, and a sparse tensor, which is an object.
    assert_eq!(of("beside.pth"), ("w b".to_owned(), "best_acc1 rng sparse".to_owned()));
    // Without a name for the weights, all dictionaries and tuples are walked, but for the optimiser's.
    assert_eq!(of("parts.pth"), ("encoder.w packed.0 packed.2.0".to_owned(), "optimizer.m".to_owned()));
    let (_, beside) = of("checkpoint.pth");
    assert!(beside.contains("optimizer.state.0.exp_avg"), "{beside}");
    let refused = WeightFile::open(&case("complex.pth")).unwrap_err().to_string();
    assert!(refused.contains("tensor w: found elements of a type that is not read"), "{refused}");
}

#[test]
fn a_checksum_that_was_wrong_before_is_not_made_right() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.pth");
    let mut bytes = std::fs::read(case("checkpoint.pth")).unwrap();
    let clean = WeightFile::map(&case("checkpoint.pth")).unwrap();
    let (_, begin) = clean.place(clean.tensor("half").unwrap()).unwrap();
    bytes[begin as usize] ^= 4;
    std::fs::write(&path, bytes).unwrap();
    let file = WeightFile::map(&path).unwrap();
    let write = |name: &'static str| {
        let mut inverted = HashMap::from([(name, vec![9].into_iter())]);
        file.write_inverted(0, &mut Vec::new(), &mut inverted).map_err(|error| error.to_string())
    };
    assert!(write("half").unwrap_err().contains("m.pth is damaged"));
    assert_eq!(write("double"), Ok(()));
}

#[test]
fn where_it_is_mapped_elements_keep_their_order_and_bits_are_inverted_under_sound_checksums() {
    let file = WeightFile::map(&case("checkpoint.pth")).unwrap();
    let shape = |name: &str| file.tensor(name).unwrap().shape.clone();
    // Transposed, and with channels last.
    assert_eq!((shape("t"), shape("last")), (vec![3, 2], vec![4, 2, 2, 3]));
    let clean = std::fs::read(case("checkpoint.pth")).unwrap();
    let mut written = Vec::new();
    file.write_inverted(0, &mut written, &mut HashMap::<&str, std::vec::IntoIter<u64>>::new()).unwrap();
    assert!(written == clean);
    let bits = |name: &str| file.tensor(name).unwrap().bytes().len() as u64 * 8;
    let mut inverted = HashMap::from([("half", vec![0, 9, bits("half") - 1].into_iter())]);
    inverted.insert("embed.weight", vec![31].into_iter());
    written.clear();
    file.write_inverted(0, &mut written, &mut inverted).unwrap();
    // Reading each file of the archive checks its sum.
    let unpacked = |bytes: &[u8]| {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        let mut all = HashMap::new();
        for number in 0..archive.len() {
            let mut bytes = Vec::new();
            let mut entry = archive.by_index(number).unwrap();
            entry.read_to_end(&mut bytes).unwrap();
            all.insert(entry.name().unwrap().into_owned(), bytes);
        }
        all
    };
    let (before, after) = (unpacked(&clean), unpacked(&written));
    let changed: u32 = before.iter().map(|(name, bytes)| differing(bytes, &after[name])).sum();
    assert_eq!((before.len(), changed), (after.len(), 4));
}

fn differing(a: &[u8], b: &[u8]) -> u32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a ^ b).count_ones()).sum()
}

#[test]
fn what_is_no_dictionary_of_tensors_or_two_or_does_not_lie_together_is_refused() {
    let said = |name: &str, file: Result<WeightFile, nn_bridge::WeightError>| {
        file.map(|_| ()).unwrap_err().to_string().split(name).nth(1).unwrap().to_owned()
    };
    let open = |name: &str| said(name, WeightFile::open(&case(name)));
    assert!(open("two.pth").contains("several dictionaries of tensors, model, ema"), "{}", open("two.pth"));
    assert!(open("module.pth").contains("save model.state_dict()"), "{}", open("module.pth"));
    let map = |name: &str| said(name, WeightFile::map(&case(name)));
    assert!(map("slice.pth").contains("a.contiguous()"), "{}", map("slice.pth"));
    assert!(map("overlap.pth").contains("a and b share"), "{}", map("overlap.pth"));
    // As copies they are sound.
    let sides = |name: &str| WeightFile::open(&case(name)).unwrap().tensor("a").unwrap().shape.clone();
    assert_eq!((sides("slice.pth"), sides("overlap.pth")), (vec![5, 2], vec![5, 4]));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(changes in prop::collection::vec((0usize..4000, any::<u8>()), 1..6), map in any::<bool>()) {
        let mut bytes = std::fs::read(case("checkpoint.pth")).unwrap();
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.pth");
        std::fs::write(&path, &bytes).unwrap();
        let opened = if map { WeightFile::map(&path) } else { WeightFile::open(&path) };
        if let Ok(file) = opened {
            let held: usize = file.tensors().iter().map(|tensor| tensor.bytes().len()).sum();
            prop_assert!(held <= 64 * 64 * bytes.len());
        }
    }
}
