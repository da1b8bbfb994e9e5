//! Quantised layers as files hold them: their weights, and what bit errors in each of their tensors do to these.

use std::path::Path;

use flip_core::{Purpose, Rate, Stream};
use nn_bridge::memory::{Cells, Description, Memory, ReadModel, Which};
use nn_bridge::{LayerRole, SelectionRules, StoredImage, TensorOrder, WeightFile, quantised_layers};

struct Made {
    name: String,
    dtype: &'static str,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

fn tensor(name: &str, dtype: &'static str, shape: &[usize], bytes: Vec<u8>) -> Made {
    Made { name: name.to_owned(), dtype, shape: shape.to_vec(), bytes }
}

fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn write(path: &Path, tensors: &[Made]) {
    let mut end = 0;
    let entries: Vec<String> = tensors
        .iter()
        .map(|tensor| {
            let begin = end;
            end += tensor.bytes.len();
            let Made { name, dtype, shape, .. } = tensor;
            format!(r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{begin},{end}]}}"#)
        })
        .collect();
    let header = format!("{{{}}}", entries.join(","));
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend(header.as_bytes());
    tensors.iter().for_each(|tensor| file.extend(&tensor.bytes));
    std::fs::write(path, file).unwrap();
}

/// Random numbers below a bound.
fn random(seed: u64, count: usize, below: u64) -> Vec<u64> {
    let mut stream = Stream::new(seed, Purpose::named("nn-bridge test of layers"), 0);
    (0..count).map(|_| stream.next_u64() % below).collect()
}

/// Codes of `bits` bits, one after the other in words of 32 bits.
fn packed(codes: &[u64], bits: usize) -> Vec<u32> {
    let mut words = vec![0u32; (codes.len() * bits).div_ceil(32)];
    for (at, code) in codes.iter().enumerate() {
        for bit in 0..bits {
            let place = at * bits + bit;
            words[place / 32] |= ((code >> bit & 1) as u32) << (place % 32);
        }
    }
    words
}

const ROWS: usize = 64;
const COLUMNS: usize = 32;
const GROUPS: usize = 4;

/// A GPTQ layer and its weights, row by row.
fn gptq(bits: usize, act_order: bool) -> (Vec<Made>, Vec<f64>) {
    let codes = random(bits as u64, ROWS * COLUMNS, 1 << bits);
    let zeros = random(10 + bits as u64, GROUPS * COLUMNS, (1 << bits) - 1);
    let scales: Vec<f32> =
        random(20, GROUPS * COLUMNS, 1000).iter().map(|&n| 0.001 + n as f32 * 1e-5).collect();
    let group = |row: usize| if act_order { (row * 7 + 3) % GROUPS } else { row / (ROWS / GROUPS) };
    // Down each column, then the words of a row side by side.
    let by_column: Vec<Vec<u32>> = (0..COLUMNS)
        .map(|column| packed(&(0..ROWS).map(|row| codes[row * COLUMNS + column]).collect::<Vec<_>>(), bits))
        .collect();
    let word_rows = ROWS * bits / 32;
    let qweight: Vec<u32> =
        (0..word_rows).flat_map(|row| by_column.iter().map(move |column| column[row])).collect();
    let qzeros: Vec<u32> = zeros.chunks(COLUMNS).flat_map(|zeros| packed(zeros, bits)).collect();
    let mut tensors = vec![
        tensor("up.qweight", "I32", &[word_rows, COLUMNS], words(&qweight)),
        tensor("up.qzeros", "I32", &[GROUPS, COLUMNS * bits / 32], words(&qzeros)),
        tensor("up.scales", "F32", &[GROUPS, COLUMNS], floats(&scales)),
    ];
    if act_order {
        let groups: Vec<u32> = (0..ROWS).map(|row| group(row) as u32).collect();
        tensors.push(tensor("up.g_idx", "I32", &[ROWS], words(&groups)));
    }
    let weight = |at: usize| {
        let place = group(at / COLUMNS) * COLUMNS + at % COLUMNS;
        f64::from(scales[place]) * (codes[at] as f64 - (zeros[place] + 1) as f64)
    };
    (tensors, (0..ROWS * COLUMNS).map(weight).collect())
}

fn awq() -> (Vec<Made>, Vec<f64>) {
    let codes = random(1, ROWS * COLUMNS, 16);
    let zeros = random(2, GROUPS * COLUMNS, 16);
    let scales: Vec<f32> =
        random(3, GROUPS * COLUMNS, 1000).iter().map(|&n| 0.001 + n as f32 * 1e-5).collect();
    let pack = |codes: &[u64]| -> Vec<u32> {
        let order = [0, 2, 4, 6, 1, 3, 5, 7];
        codes
            .chunks(8)
            .map(|eight| (0..8).fold(0, |word, at| word | (eight[order[at]] as u32) << (4 * at)))
            .collect()
    };
    let tensors = vec![
        tensor("up.qweight", "I32", &[ROWS, COLUMNS / 8], words(&pack(&codes))),
        tensor("up.qzeros", "I32", &[GROUPS, COLUMNS / 8], words(&pack(&zeros))),
        tensor("up.scales", "F32", &[GROUPS, COLUMNS], floats(&scales)),
    ];
    let weight = |at: usize| {
        let place = at / COLUMNS / (ROWS / GROUPS) * COLUMNS + at % COLUMNS;
        f64::from(scales[place]) * (codes[at] as f64 - zeros[place] as f64)
    };
    (tensors, (0..ROWS * COLUMNS).map(weight).collect())
}

fn nf4() -> (Vec<Made>, Vec<f64>) {
    let codes = random(4, ROWS * COLUMNS, 16);
    let scales: Vec<f32> =
        random(5, ROWS * COLUMNS / 64, 100).iter().map(|&n| 0.01 + n as f32 * 1e-3).collect();
    let table: Vec<f32> = (0..16).map(|code| (code as f32 - 7.5) / 7.5).collect();
    let bytes = codes.chunks(2).map(|two| (two[0] << 4 | two[1]) as u8).collect();
    let tensors = vec![
        tensor("fc.weight", "U8", &[ROWS * COLUMNS / 2, 1], bytes),
        tensor("fc.weight.absmax", "F32", &[scales.len()], floats(&scales)),
        tensor("fc.weight.quant_map", "F32", &[16], floats(&table)),
    ];
    let weight = |at: usize| f64::from(table[codes[at] as usize]) * f64::from(scales[at / 64]);
    (tensors, (0..ROWS * COLUMNS).map(weight).collect())
}

fn int8() -> (Vec<Made>, Vec<f64>) {
    let codes: Vec<i8> =
        random(6, ROWS * COLUMNS, 256).iter().map(|&code| (code as u8).cast_signed()).collect();
    let scales: Vec<f32> = random(7, ROWS, 100).iter().map(|&n| 0.1 + n as f32 * 1e-3).collect();
    let tensors = vec![
        tensor("fc.weight", "I8", &[ROWS, COLUMNS], codes.iter().map(|code| code.cast_unsigned()).collect()),
        tensor("fc.SCB", "F32", &[ROWS], floats(&scales)),
    ];
    let weight = |at: usize| f64::from(codes[at]) * f64::from(scales[at / COLUMNS]) / 127.0;
    (tensors, (0..ROWS * COLUMNS).map(weight).collect())
}

fn all() -> Vec<(&'static str, Vec<Made>, Vec<f64>)> {
    let mut all = Vec::new();
    for bits in [2, 3, 4, 8] {
        for act_order in [false, true] {
            let (tensors, weights) = gptq(bits, act_order);
            all.push(("GPTQ", tensors, weights));
        }
    }
    for (format, (tensors, weights)) in
        [("AWQ", awq()), ("bitsandbytes, 4 bits", nf4()), ("bitsandbytes, 8 bits", int8())]
    {
        all.push((format, tensors, weights));
    }
    all
}

#[test]
fn layers_have_the_weights_that_their_tensors_make() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.safetensors");
    for (format, tensors, weights) in all() {
        write(&path, &tensors);
        let file = WeightFile::open(&path).unwrap();
        let layers = quantised_layers(file.tensors());
        assert_eq!((layers.len(), layers[0].format), (1, format));
        assert_eq!(layers[0].parts().count(), tensors.len());
        assert!(layers[0].decode() == weights, "{format}");
    }
}

#[test]
fn damage_is_that_of_all_weights_decoded_again() {
    let folder = tempfile::tempdir().unwrap();
    let (clean_path, faulty_path) =
        (folder.path().join("clean.safetensors"), folder.path().join("faulty.safetensors"));
    for (format, tensors, weights) in all() {
        write(&clean_path, &tensors);
        let file = WeightFile::map(&clean_path).unwrap();
        let rules = SelectionRules { as_stored: true, ..SelectionRules::default() };
        let selection = rules.select(file.tensors(), TensorOrder::Name).unwrap();
        let image = StoredImage::of(&selection);
        let memory = Memory::new(&Description::default(), &image.outlines()).unwrap();
        let layers = quantised_layers(file.tensors());
        for rate in [0.0, 0.001, 0.01] {
            let cells = [Cells::Random { rate: Rate::new(rate).unwrap(), seed: 9, fresh: false }];
            let model = ReadModel { which: Which::Sampled, seed: 0 };
            let read = memory.read_stored(image.stored(&memory), &cells, model, 0).unwrap();
            let damage = layers[0].damage(&image, memory.layout(), &read.errors);
            // The same file with just some of its tensors hit.
            let decoded = |hit: &dyn Fn(&str) -> bool| {
                let mut bytes = Vec::new();
                let mut inverted = image.by_tensor(memory.layout(), &read.errors);
                inverted.retain(|name, _| hit(name));
                file.write_inverted(0, &mut bytes, &mut inverted).unwrap();
                std::fs::write(&faulty_path, bytes).unwrap();
                let faulty = WeightFile::open(&faulty_path).unwrap();
                // Groups that there are not are no layer any more.
                quantised_layers(faulty.tensors()).first().map(nn_bridge::QuantisedLayer::decode)
            };
            for (role, (_, tensor)) in damage.roles.iter().zip(layers[0].parts()) {
                let Some(faulty) = decoded(&|name| name == tensor.name) else {
                    assert_eq!(role.role, LayerRole::Groups);
                    continue;
                };
                let changed = weights.iter().zip(&faulty).filter(|(a, b)| a != b).count() as u64;
                assert_eq!(role.change.changed_weights, changed, "{format} {rate} {role:?}");
                let greatest = weights.iter().zip(&faulty).map(|(a, b)| (a - b).abs());
                let greatest = greatest.filter(|change| change.is_finite()).fold(0.0, f64::max);
                assert_eq!(role.change.l_inf, greatest, "{format} {rate} {role:?}");
            }
            if let Some(faulty) = decoded(&|_| true) {
                let changed = weights.iter().zip(&faulty).filter(|(a, b)| a != b).count() as u64;
                assert_eq!(damage.all.changed_weights, changed, "{format} {rate}");
            }
            assert_eq!(damage.roles.iter().map(|role| role.bit_errors).sum::<u64>(), read.errors.count());
        }
    }
}

#[test]
fn tensors_that_only_look_like_a_layer_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer.safetensors");
    for (_, mut tensors, _) in all() {
        tensors.pop();
        if tensors.len() < 3 && !tensors.iter().any(|tensor| tensor.name == "up.scales") {
            write(&path, &tensors);
            assert!(quantised_layers(WeightFile::open(&path).unwrap().tensors()).is_empty());
        }
    }
    let (mut tensors, _) = gptq(4, true);
    tensors[3].bytes[..4].copy_from_slice(&99u32.to_le_bytes());
    write(&path, &tensors);
    assert!(
        quantised_layers(WeightFile::open(&path).unwrap().tensors()).is_empty(),
        "a group that there is not"
    );
}
