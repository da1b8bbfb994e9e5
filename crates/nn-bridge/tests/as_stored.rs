//! Tensors in memory as their file has them: bits in error are inverted in place, and nothing else changes.

use std::path::Path;

use flip_core::Rate;
use nn_bridge::memory::{Cells, Description, Memory, Read, ReadModel, Which};
use nn_bridge::{SelectionRules, StoredDamage, StoredImage, TensorOrder, WeightFile};
use sram_model::{Between, FaultMap, STORED};

/// Name, type, elements, bytes of the tensors of a file, whose header no program would write so.
const TENSORS: [(&str, &str, usize, usize); 16] = [
    ("m.i64", "I64", 5, 40),
    ("b.f32", "F32", 301, 1204),
    ("a.f16", "F16", 77, 154),
    ("z.bf16", "BF16", 64, 128),
    ("c.i32", "I32", 33, 132),
    ("c.u8", "U8", 1001, 1001),
    ("d.f8", "F8_E4M3", 13, 13),
    ("d.f8b", "F8_E5M2", 12, 12),
    ("d.scale", "F8_E8M0", 9, 9),
    ("e.f4", "F4", 10, 5),
    ("e.f6", "F6_E2M3", 8, 6),
    ("f.f64", "F64", 7, 56),
    ("g.i16", "I16", 3, 6),
    ("h.c64", "C64", 4, 32),
    ("i.u64", "U64", 2, 16),
    ("k.empty", "I8", 0, 0),
];

fn file() -> Vec<u8> {
    let mut entries = Vec::new();
    let mut end = 0;
    for (name, dtype, elements, bytes) in TENSORS {
        let begin = end;
        end += bytes;
        entries.push(format!(
            r#" "{name}" : {{"shape":[{elements}], "data_offsets":[{begin},{end}],"dtype":"{dtype}"}}"#
        ));
    }
    let header = format!(r#"{{{}, "__metadata__":{{"z":"1","a":"2"}} }}   "#, entries.join(",\n"));
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    file.extend((0..end as u64).map(|at| (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8));
    file
}

/// Reads a file's tensors in these cells and writes them; gives the bytes, the errors, and the damage.
fn read(
    path: &Path,
    order: TensorOrder,
    cells: Cells<'_>,
    memory: &str,
) -> (Vec<u8>, Read, StoredDamage, Vec<String>) {
    let file = WeightFile::map(path).unwrap();
    let rules = SelectionRules { as_stored: true, ..SelectionRules::default() };
    let selection = rules.select(file.tensors(), order).unwrap();
    let image = StoredImage::of(&selection);
    let memory = Memory::new(&Description::parse(memory).unwrap(), &image.outlines()).unwrap();
    let model = ReadModel { which: Which::Sampled, seed: 3 };
    let read = memory.read_stored(image.stored(&memory), &[cells], model, 0).unwrap();
    let damage = StoredDamage::of(&image, memory.layout(), &read.errors);
    let names: Vec<String> = image.tensors().iter().map(|stored| stored.tensor.name.clone()).collect();
    let mut out = Vec::new();
    file.write_inverted(0, &mut out, &mut image.by_tensor(memory.layout(), &read.errors)).unwrap();
    (out, read, damage, names)
}

/// The file with the errors of an image inverted, bit by bit.
fn expected(clean: &[u8], read: &Read, names: &[String]) -> Vec<u8> {
    let data = clean.len() - TENSORS.iter().map(|tensor| tensor.3).sum::<usize>();
    let mut all = Vec::new();
    for name in names {
        let index = TENSORS.iter().position(|tensor| tensor.0 == name).unwrap();
        let begin = data + TENSORS[..index].iter().map(|tensor| tensor.3).sum::<usize>();
        all.extend((0..TENSORS[index].3 * 8).map(|bit| (begin + bit / 8, bit % 8)));
    }
    let mut faulty = clean.to_vec();
    for (bit, _) in read.errors.iter() {
        let (byte, bit) = all[bit as usize];
        faulty[byte] ^= 1 << bit;
    }
    faulty
}

#[test]
fn bits_in_error_are_inverted_in_place_and_nothing_else_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.safetensors");
    let clean = file();
    std::fs::write(&path, &clean).unwrap();
    let map = |name: &str, voltage: &str| -> FaultMap {
        let chip = STORED.iter().find(|stored| stored.name == name).unwrap().open().unwrap();
        let voltage = chip.info().voltages().find(|at| at.voltage.to_string() == voltage).unwrap();
        chip.at(voltage, Between::NextLower).unwrap()
    };
    let low = map("B", "0.75");
    let random = |rate| Cells::Random { rate: Rate::new(rate).unwrap(), seed: 1, fresh: false };
    for order in [TensorOrder::Name, TensorOrder::File] {
        for cells in [random(0.0), random(0.01), random(1.0), Cells::Chip { map: &low, offset: 77 }] {
            let (faulty, read, damage, names) = read_plain(&path, order, cells);
            assert!(faulty == expected(&clean, &read, &names), "{cells:?}");
            assert_eq!(names.is_sorted(), order == TensorOrder::Name);
            let differing: u32 = clean.iter().zip(&faulty).map(|(a, b)| (a ^ b).count_ones()).sum();
            assert_eq!(u64::from(differing), damage.bit_errors);
            assert_eq!(damage.image_bits, TENSORS.iter().map(|tensor| tensor.3 as u64 * 8).sum::<u64>());
            for tensor in &damage.tensors {
                assert_eq!(tensor.bit_errors_by_position.iter().sum::<u64>(), tensor.bit_errors);
                assert!(tensor.changed_elements <= tensor.elements.min(tensor.bit_errors), "{tensor:?}");
            }
        }
    }
    let (same, ..) = read_plain(&path, TensorOrder::Name, Cells::Safe);
    assert!(same == clean);
    let (all, _, damage, _) = read_plain(&path, TensorOrder::Name, random(1.0));
    assert!(damage.tensors.iter().all(|tensor| tensor.changed_elements == tensor.elements));
    assert_eq!(all.len(), clean.len());
}

fn read_plain(
    path: &Path,
    order: TensorOrder,
    cells: Cells<'_>,
) -> (Vec<u8>, Read, StoredDamage, Vec<String>) {
    read(path, order, cells, "format = 1\n[[region]]\n")
}

#[test]
fn codes_correct_what_is_stored_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("all.safetensors");
    std::fs::write(&path, file()).unwrap();
    let cells = Cells::Random { rate: Rate::new(0.002).unwrap(), seed: 5, fresh: false };
    let (_, plain, ..) = read_plain(&path, TensorOrder::Name, cells);
    let coded = "format = 1\n[[region]]\ncode = \"secded:64\"\n";
    let (faulty, read, damage, names) = read(&path, TensorOrder::Name, cells, coded);
    assert!(plain.errors.count() > 20 && read.errors.count() < plain.errors.count() / 4);
    assert!(faulty == expected(&file(), &read, &names));
    assert_eq!(damage.bit_errors, read.errors.count());
}

#[test]
fn damage_is_in_numbers_of_the_type() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.safetensors");
    // 1 and 2 as F16, of which all bits are inverted: NaN, and −1.99….
    let header = r#"{"w":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend([0x00, 0x3c, 0x00, 0x40]);
    std::fs::write(&path, &bytes).unwrap();
    let all = Cells::Random { rate: Rate::ONE, seed: 0, fresh: false };
    let (faulty, _, damage, _) = read_plain(&path, TensorOrder::Name, all);
    assert_eq!(faulty[bytes.len() - 4..], [0xff, 0xc3, 0xff, 0xbf]);
    let tensor = &damage.tensors[0];
    assert_eq!((tensor.change.not_finite, tensor.changed_elements, tensor.bit_errors), (0, 2, 32));
    // 0xc3ff is −3.998…, 0xbfff is −1.999….
    assert!((tensor.change.l_inf - 4.998_046_875).abs() < 1e-9, "{}", tensor.change.l_inf);
}
