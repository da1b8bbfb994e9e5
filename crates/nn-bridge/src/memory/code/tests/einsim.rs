//! The codes of `EINSim` (Patel et al., DSN 2019), where their files are there.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::*;
use crate::memory::code::Correction;

const FILES: [(&str, u32, u32); 4] = [
    ("hamming-sec-7_4_3", 7, 4),
    ("hamming-sec-15_11_4", 15, 11),
    ("hamming-sec-63_57_6", 63, 57),
    ("hamming-sec-127_120_7", 127, 120),
];

/// The text of each file, with its code.
fn files() -> Vec<(String, WordCode)> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/einsim_ecc"));
    if !folder.exists() {
        println!("skipped: {} is not there", folder.display());
        return Vec::new();
    }
    let read = |(name, code_bits, data_bits): (&str, u32, u32)| {
        let text = fs::read_to_string(folder.join(name).with_extension("json")).unwrap();
        let code = WordCode::from_matrix_text(&text, name).unwrap();
        assert_eq!((code.name(), code.code_bits(), code.data_bits()), (name, code_bits, data_bits));
        (text, code)
    };
    FILES.into_iter().map(read).collect()
}

fn json(text: &str) -> Value {
    let lines = text.lines().filter(|line| !line.starts_with("//"));
    serde_json::from_str(&lines.collect::<String>()).unwrap()
}

fn ones(row: &Value) -> Vec<u32> {
    row.as_array()
        .unwrap()
        .iter()
        .zip(0..)
        .filter(|(bit, _)| bit.as_u64() == Some(1))
        .map(|(_, at)| at)
        .collect()
}

#[test]
fn words_are_those_of_the_generator() {
    for (text, code) in files() {
        let json = json(&text);
        let generator = |data: u32| -> Vec<u32> {
            match json.get("GT") {
                Some(rows) => ones(&rows[data as usize]),
                None => {
                    let rows = json["G"].as_array().unwrap().iter().zip(0..);
                    rows.filter(|(row, _)| row[data as usize] == 1).map(|(_, at)| at).collect()
                }
            }
        };
        for data in 0..code.data_bits() {
            let mut limbs = [0; 2];
            limbs[data as usize / 64] = 1 << (data % 64);
            let word = word(&code, &limbs);
            let found: Vec<u32> = (0..code.code_bits()).filter(|&at| word[at as usize]).collect();
            assert_eq!(found, generator(data), "{code}");
            assert_eq!(ones(&json["R"][data as usize]), [code.data_positions()[data as usize]], "{code}");
        }
    }
}

#[test]
fn they_correct_one_error_and_miscorrect_each_two() {
    for (_, code) in files() {
        let n = u64::from(code.code_bits());
        assert_eq!(outcomes(&code, 1), HashMap::from([(Outcome::Corrected, n)]));
        // As they are perfect, each syndrome is a column.
        assert_eq!(outcomes(&code, 2), HashMap::from([(Outcome::Miscorrected, n * (n - 1) / 2)]));
    }
}

/// A row of the profile: the data that is stored, and the data bits that may read wrong although their cells are not
/// charged, if only charged cells (ones, of data and check bits) fail.
#[test]
fn miscorrection_profiles_are_those_published() {
    for (text, code) in files() {
        let json = json(&text);
        let profile = json["miscorrection_profile"].as_array().unwrap();
        assert_eq!(profile.len(), code.data_bits() as usize);
        for row in profile {
            let data = ones(&row[0]);
            let mut limbs = [0u64; 2];
            data.iter().for_each(|bit| limbs[*bit as usize / 64] |= 1 << (bit % 64));
            let stored = word(&code, &limbs);
            let charged: Vec<u32> = (0..code.code_bits()).filter(|&at| stored[at as usize]).collect();

            let mut reached: Vec<u32> = Vec::new();
            for set in 0..1u32 << charged.len() {
                let failed = charged.iter().zip(0..).filter(|&(_, i)| set >> i & 1 == 1).map(|(&at, _)| at);
                let Correction::One(bit) = code.decode(code.syndrome(&failed.collect::<Vec<_>>())) else {
                    continue;
                };
                reached.extend(match code.held(bit) {
                    Some(CodeBit::Data(bit)) if !data.contains(&bit) => Some(bit),
                    _ => None,
                });
            }
            reached.sort_unstable();
            reached.dedup();
            assert_eq!(reached, ones(&row[1]), "{code}: {data:?}");
        }
    }
}
