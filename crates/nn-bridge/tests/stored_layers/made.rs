//! Layers made for tests: tensors, and the weights that they are, by plain code.

use std::io::Write;

use flip_core::{Purpose, Stream};
use nn_bridge::{LayerConfig, WeightFile};
use tempfile::NamedTempFile;

pub(crate) struct Made {
    pub(crate) name: String,
    pub(crate) dtype: &'static str,
    pub(crate) shape: Vec<usize>,
    pub(crate) bytes: Vec<u8>,
}

/// A layer, and what is known of it.
pub(crate) struct Layer {
    pub(crate) format: &'static str,
    pub(crate) tensors: Vec<Made>,
    /// Tensors beside it that are no part of it.
    pub(crate) beside: Vec<Made>,
    /// Of the file: key and text.
    pub(crate) metadata: Option<(String, String)>,
    /// The text of `quantize_config.json`.
    pub(crate) config: Option<&'static str>,
    pub(crate) weights: Vec<f64>,
}

impl Layer {
    pub(crate) fn new(format: &'static str, tensors: Vec<Made>, weights: Vec<f64>) -> Self {
        Self { format, tensors, beside: Vec::new(), metadata: None, config: None, weights }
    }

    /// A safetensors file of it.
    pub(crate) fn file(&self) -> Vec<u8> {
        let mut end = 0;
        let mut entries: Vec<String> = Vec::new();
        for Made { name, dtype, shape, bytes } in self.tensors.iter().chain(&self.beside) {
            let begin = end;
            end += bytes.len();
            entries.push(format!(
                r#""{name}":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{begin},{end}]}}"#
            ));
        }
        if let Some((key, text)) = &self.metadata {
            entries.push(format!(r#""__metadata__":{{"{key}":{text:?}}}"#));
        }
        let header = format!("{{{}}}", entries.join(","));
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        self.tensors.iter().chain(&self.beside).for_each(|tensor| file.extend(&tensor.bytes));
        file
    }

    pub(crate) fn config(&self) -> LayerConfig {
        LayerConfig::of([self.config.map(str::as_bytes), None]).unwrap()
    }

    /// Writes its file and opens that.
    pub(crate) fn open(&self) -> WeightFile {
        open(&self.file())
    }

    /// Writes its file and maps that.
    pub(crate) fn map(&self) -> WeightFile {
        WeightFile::map(written(&self.file()).path()).unwrap()
    }
}

/// The file of these bytes.
pub(crate) fn open(bytes: &[u8]) -> WeightFile {
    WeightFile::open(written(bytes).path()).unwrap()
}

/// A new file for each: to write one anew can take as long as the disk.
fn written(bytes: &[u8]) -> NamedTempFile {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    file
}

pub(crate) fn tensor(name: &str, dtype: &'static str, shape: &[usize], bytes: Vec<u8>) -> Made {
    Made { name: name.to_owned(), dtype, shape: shape.to_vec(), bytes }
}

pub(crate) fn words(words: &[u32]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

pub(crate) fn floats(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// Random numbers below a bound.
pub(crate) fn random(seed: u64, count: usize, below: u64) -> Vec<u64> {
    let mut stream = Stream::new(seed, Purpose::named("nn-bridge test of layers"), 0);
    (0..count).map(|_| stream.next_u64() % below).collect()
}

/// Random scales from 0.001 on.
pub(crate) fn scales(seed: u64, count: usize) -> Vec<f32> {
    random(seed, count, 1000).iter().map(|&n| 0.001 + n as f32 * 1e-5).collect()
}

/// Random signed bytes.
pub(crate) fn signed(seed: u64, count: usize) -> Vec<i8> {
    random(seed, count, 256).iter().map(|&code| (code as u8).cast_signed()).collect()
}

pub(crate) fn bytes(codes: &[i8]) -> Vec<u8> {
    codes.iter().map(|code| code.cast_unsigned()).collect()
}

/// Codes of `bits` bits, one after the other in words of 32 bits.
pub(crate) fn packed(codes: &[u64], bits: usize) -> Vec<u32> {
    let mut words = vec![0u32; (codes.len() * bits).div_ceil(32)];
    for (at, code) in codes.iter().enumerate() {
        for bit in 0..bits {
            let place = at * bits + bit;
            words[place / 32] |= ((code >> bit & 1) as u32) << (place % 32);
        }
    }
    words
}

/// Codes of a matrix packed down its columns, the words of a row side by side.
pub(crate) fn packed_down(codes: &[u64], columns: usize, bits: usize) -> Vec<u32> {
    let column = |column: usize| codes.iter().skip(column).step_by(columns).copied().collect::<Vec<_>>();
    let by_column: Vec<Vec<u32>> = (0..columns).map(|at| packed(&column(at), bits)).collect();
    (0..by_column[0].len()).flat_map(|row| by_column.iter().map(move |column| column[row])).collect()
}

/// Two codes a byte, the first in the lower half.
pub(crate) fn nibbles(codes: &[u64]) -> Vec<u8> {
    codes.chunks(2).map(|two| (two[0] | two[1] << 4) as u8).collect()
}

/// The number of a code of E2M1.
pub(crate) fn e2m1(code: u64) -> f64 {
    let size = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0][(code & 7) as usize];
    if code < 8 { size } else { -size }
}

/// The number of a code of E4M3 that is one.
pub(crate) fn e4m3(code: u64) -> f64 {
    let (exponent, fraction) = ((code >> 3 & 15) as i32, (code & 7) as f64);
    let size = if exponent == 0 {
        fraction * 2f64.powi(-9)
    } else {
        (1.0 + fraction / 8.0) * 2f64.powi(exponent - 7)
    };
    if code < 128 { size } else { -size }
}

/// Random codes of E4M3 that are numbers.
pub(crate) fn e4m3_codes(seed: u64, count: usize) -> Vec<u64> {
    random(seed, count, 254).iter().map(|code| code / 127 * 128 + code % 127).collect()
}

/// The same in bytes.
pub(crate) fn small(codes: &[u64]) -> Vec<u8> {
    codes.iter().map(|&code| code as u8).collect()
}
