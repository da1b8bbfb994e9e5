//! GGUF files.

use std::path::PathBuf;

use nn_bridge::{Elements, Foreign, SelectionRules, TensorOrder, WeightError, WeightFile};
use proptest::prelude::*;

/// A file of every type of blocks, that the Python package `gguf` wrote.
fn golden() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/gguf/blocks.gguf")
}

/// Maps a file of these bytes.
fn map(bytes: &[u8]) -> Result<WeightFile, WeightError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("m.gguf");
    std::fs::write(&path, bytes).unwrap();
    WeightFile::map(&path)
}

/// A tensor's name, sides with the fastest first, type and offset.
type Info<'a> = (&'a str, &'a [u64], u32, u64);

/// A file: one value, these tensors, so many bytes of data.
fn file(version: u32, value: &[u8], tensors: &[Info<'_>], data: usize) -> Vec<u8> {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let mut bytes = [&b"GGUF"[..], &version.to_le_bytes()].concat();
    bytes.extend((tensors.len() as u64).to_le_bytes());
    bytes.extend(u64::from(!value.is_empty()).to_le_bytes());
    bytes.extend(value);
    for (name, sides, kind, offset) in tensors {
        bytes.extend(text(name));
        bytes.extend((sides.len() as u32).to_le_bytes());
        sides.iter().for_each(|side| bytes.extend(side.to_le_bytes()));
        bytes.extend(kind.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
    }
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    bytes.resize(bytes.len() + data, 7);
    bytes
}

/// A value of this name and type.
fn value(key: &str, kind: u32, bytes: &[u8]) -> Vec<u8> {
    [&(key.len() as u64).to_le_bytes()[..], key.as_bytes(), &kind.to_le_bytes(), bytes].concat()
}

/// One file of a model in several, whose number is counted from 0 on.
fn part(number: u16, all: u16, tensor: &str) -> Vec<u8> {
    let values = [
        value("split.no", 2, &number.to_le_bytes()),
        value("split.count", 2, &all.to_le_bytes()),
        value("split.tensors.count", 5, &3i32.to_le_bytes()),
    ];
    let mut bytes = file(3, &values.concat(), &[(tensor, &[8], 0, 0)], 32);
    bytes[16..24].copy_from_slice(&3u64.to_le_bytes());
    bytes
}

#[test]
fn a_model_in_several_files_is_one_and_each_file_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = |number: usize| folder.path().join(format!("m-{number:05}-of-00003.gguf"));
    // Part 2 has the first name.
    let parts = [part(0, 3, "b"), part(1, 3, "a"), part(2, 3, "c")];
    let refused = |path: &std::path::Path, parts: &[&str]| {
        let said = WeightFile::map(path).unwrap_err().to_string();
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    };
    std::fs::write(at(1), &parts[0]).unwrap();
    refused(&at(1), &["it is the first of 3 files of a model", "m-00002-of-00003.gguf is missing"]);
    std::fs::write(at(2), &parts[1]).unwrap();
    std::fs::write(at(3), &parts[2]).unwrap();
    for path in [at(1), folder.path().to_owned()] {
        let model = WeightFile::map(&path).unwrap();
        assert_eq!(model.files().len(), 3);
        let place = |name: &str| model.place(model.tensor(name).unwrap()).unwrap().0;
        assert_eq!([place("a"), place("b"), place("c")], [1, 0, 2]);
        let mut inverted = std::collections::HashMap::from([("a", vec![5u64].into_iter())]);
        for (number, part) in parts.iter().enumerate() {
            let mut out = Vec::new();
            model.write_inverted(number, &mut out, &mut inverted).unwrap();
            let differ: Vec<usize> = (0..part.len()).filter(|&at| out[at] != part[at]).collect();
            assert_eq!((out.len(), differ.len()), (part.len(), usize::from(number == 1)));
        }
    }
    refused(&at(2), &["it is file 2 of 3 of a model: give the first", "m-00001-of-00003.gguf"]);
    // Files of other numbers than their names say, of other models, and twice the same tensor.
    let renamed = folder.path().join("renamed.gguf");
    std::fs::write(&renamed, &parts[0]).unwrap();
    refused(&renamed, &["expected the name …-00001-of-00003.gguf"]);
    std::fs::remove_file(&renamed).unwrap();
    for (third, parts) in [
        (part(1, 3, "c"), ["it says that it is file 2 of 3", "expected the name …-00002-of-00003.gguf"]),
        (part(2, 4, "c"), ["it says that it is file 3 of 4", "expected the name …-00003-of-00004.gguf"]),
        (file(3, &[], &[("c", &[8], 0, 0)], 32), ["it does not say that it is one of several", "split.no"]),
        (part(2, 3, "a"), ["tensor a lies in two of its files", ""]),
    ] {
        std::fs::write(at(3), third).unwrap();
        refused(&at(1), &parts);
        refused(folder.path(), &parts);
    }
    // A whole one under the name of a part, by what it says or does not say.
    for whole in [part(0, 1, "c"), file(3, &[], &[("c", &[8], 0, 0)], 32)] {
        let path = folder.path().join("w-00001-of-00002.gguf");
        std::fs::write(&path, &whole).unwrap();
        refused(&path, &["of a model"]);
        std::fs::rename(&path, folder.path().join("whole.gguf")).unwrap();
        assert_eq!(WeightFile::map(&folder.path().join("whole.gguf")).unwrap().tensors().len(), 1);
        std::fs::remove_file(folder.path().join("whole.gguf")).unwrap();
    }
    for (key, kind, bytes, expected) in [
        ("split.count", 2, &[2, 0][..], "one of split.no and split.count, expected both"),
        ("split.no", 2, &[0, 0], "one of split.no and split.count, expected both"),
        ("split.count", 6, &[0; 4], "split.count of type 6, expected a whole number"),
        ("split.tensors.count", 5, &[0xff; 4], "split.tensors.count of type 5, expected a whole number"),
    ] {
        let said = map(&file(3, &value(key, kind, bytes), &[("c", &[8], 0, 0)], 32)).unwrap_err().to_string();
        assert!(said.contains(expected), "{said}");
    }
    let mut more = file(3, &value("x", 2, &[0; 2]), &[("c", &[8], 0, 0), ("d", &[8], 0, 32)], 64);
    std::fs::write(at(3), &more).unwrap();
    refused(&at(1), &["it does not say that it is one of several"]);
    more[0] = b'X';
    std::fs::write(at(3), &more).unwrap();
    refused(&at(1), &["found other first bytes, expected `GGUF`"]);
    let counts = part(2, 3, "c");
    let at_count = counts.windows(19).position(|bytes| bytes == b"split.tensors.count").unwrap() + 19 + 4;
    for (number, mut part) in [part(0, 3, "b"), part(1, 3, "a"), counts].into_iter().enumerate() {
        part[at_count] = 7;
        std::fs::write(at(number + 1), part).unwrap();
    }
    refused(&at(1), &["its files have 3 tensors, and say that they have 7"]);
    for (number, part) in parts.iter().enumerate() {
        std::fs::write(at(number + 1), part).unwrap();
    }
    std::fs::write(at(3), &parts[2]).unwrap();
    std::fs::write(folder.path().join("model.safetensors"), b"").unwrap();
    refused(folder.path(), &["files of two kinds, model.safetensors and m-00001-of-00003.gguf"]);
}

#[test]
fn tensors_lie_where_the_file_says_with_their_types_and_shapes() {
    let file = WeightFile::map(&golden()).unwrap();
    assert_eq!(file.tensors().len(), 15);
    let whole = std::fs::read(golden()).unwrap();
    for tensor in file.tensors() {
        let (_, begin) = file.place(tensor).unwrap();
        assert_eq!((begin % 32, &whole[begin as usize..][..tensor.bytes().len()]), (0, tensor.bytes()));
    }
    let shape = |name: &str| {
        let tensor = file.tensor(name).unwrap();
        (tensor.elements().to_string(), tensor.shape.clone())
    };
    // Of blocks in bytes: two rows of a block of 256, or of two of 32.
    assert_eq!(shape("blk.Q4_K.weight"), ("Q4_K".to_owned(), vec![2, 144]));
    assert_eq!(shape("blk.Q4_0.weight"), ("Q4_0".to_owned(), vec![2, 36]));
    assert_eq!(shape("norm.weight"), ("F32".to_owned(), vec![7]));
    assert_eq!(shape("half.weight"), ("F16".to_owned(), vec![3, 5]));
    // As floats they are not read.
    let refused = WeightFile::open(&golden()).unwrap_err();
    assert!(matches!(refused, WeightError::Foreign { foreign: Foreign::Gguf, .. }), "{refused}");
    assert!(refused.to_string().contains("--as-stored"), "{refused}");
}

#[test]
fn types_that_are_not_known_are_named_and_pass_through_only_if_that_is_asked_for() {
    let bytes = file(3, &[], &[("known", &[8], 0, 0), ("new", &[256], 77, 32), ("last", &[8], 24, 96)], 104);
    let model = map(&bytes).unwrap();
    let new = model.tensor("new").unwrap();
    assert_eq!((new.elements(), new.bytes().len()), (Elements::Unknown(77), 64));
    let rules = |keep_apart| SelectionRules { as_stored: true, keep_apart, ..SelectionRules::default() };
    let refused = rules(false).select(model.tensors(), TensorOrder::Name).unwrap_err().to_string();
    assert!(refused.contains("new (type 77 of llama.cpp, 61.5 %)"), "{refused}");
    let selection = rules(true).select(model.tensors(), TensorOrder::Name).unwrap();
    assert_eq!((selection.stored().len(), selection.apart().len()), (2, 1));
}

#[test]
fn what_a_file_claims_and_does_not_have_is_refused_by_place() {
    let one: &[Info<'_>] = &[("w", &[8], 0, 0)];
    let alignment = |kind: u32, bytes: &[u8]| value("general.alignment", kind, bytes);
    assert!(map(&file(3, &alignment(4, &64u32.to_le_bytes()), one, 64)).is_ok());
    assert!(map(&file(2, &[], one, 32)).is_ok());
    let long: Vec<u8> = [&9u32.to_le_bytes()[..], &u64::MAX.to_le_bytes()].concat();
    for (bytes, expected) in [
        (file(1, &[], one, 32), "version 1"),
        (file(4, &[], one, 32), "version 4"),
        (file(3u32.swap_bytes(), &[], one, 32), "big-endian"),
        (file(3, &[], one, 31), "room for 31 bytes"),
        (file(3, &[], &[("w", &[8], 0, 64)], 32), "at byte 64 of the data"),
        (file(3, &[], &[("w", &[8, 1 << 40, 1 << 40], 0, 0)], 32), "expected those of F32"),
        (file(3, &[], &[("w", &[48], 2, 0)], 64), "rows of 48 weights"),
        (file(3, &[], &[("w", &[1, 1, 1, 1, 1], 0, 0)], 64), "5 sides"),
        (file(3, &[], &[("w", &[8], 0, 0), ("w", &[8], 0, 32)], 64), "there twice"),
        (file(3, &[], &[("w", &[8], 0, 0), ("v", &[8], 0, 16)], 64), "room for 16 bytes"),
        (file(3, &alignment(4, &3u32.to_le_bytes()), one, 64), "an alignment of Some(3)"),
        (file(3, &alignment(10, &[0; 8]), one, 64), "(type 10)"),
        (file(3, &value("x", 13, &[]), one, 64), "a value of type 13"),
        (
            file(3, &value("x", 9, &[&8u32.to_le_bytes()[..], &u64::MAX.to_le_bytes()].concat()), one, 64),
            "the end of the file",
        ),
        (
            file(3, &value("x", 9, &[&0u32.to_le_bytes()[..], &u64::MAX.to_le_bytes()].concat()), one, 64),
            "the end of the file",
        ),
        (file(3, &value("x", 9, &long.repeat(8)), one, 64), "arrays in arrays"),
        (b"GGUF\x03\0\0\0".to_vec(), "at byte 8: found the end of the file"),
    ] {
        let said = map(&bytes).unwrap_err().to_string();
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(changes in prop::collection::vec((0usize..1200, any::<u8>()), 1..8), cut in 0usize..3616) {
        let mut bytes = std::fs::read(golden()).unwrap();
        for (at, byte) in changes {
            bytes[at] = byte;
        }
        bytes.truncate(if cut % 3 == 0 { cut } else { bytes.len() });
        if let Ok(model) = map(&bytes) {
            for tensor in model.tensors() {
                prop_assert!(tensor.bytes().len() <= bytes.len());
            }
        }
    }
}
