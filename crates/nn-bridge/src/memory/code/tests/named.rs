//! Named codes: their sizes, their distance, and what becomes of every word with few wrong bits.

use std::collections::HashMap;

use super::*;
use crate::memory::code::{Correction, MAX_CHECK_BITS, WordCodeError};

#[test]
fn sizes_are_those_of_the_literature() {
    let sizes = [
        ("parity:8", 9),
        ("hamming:1", 3),
        ("hamming:4", 7),
        ("hamming:8", 12),
        ("hamming:11", 15),
        ("hamming:57", 63),
        ("hamming:64", 71),
        ("hamming:120", 127),
        ("secded:1", 4),
        ("secded:4", 8),
        ("secded:8", 13),
        ("secded:16", 22),
        ("secded:32", 39),
        ("secded:57", 64),
        ("secded:64", 72),
        ("secded:128", 137),
        ("secded:512", 523),
        ("dected:1", 8),
        ("dected:7", 16),
        ("dected:16", 27),
        ("dected:32", 45),
        ("dected:64", 79),
        ("dected:128", 145),
        ("dected:512", 533),
    ];
    for (name, code_bits) in sizes {
        assert_eq!(named(name).code_bits(), code_bits, "{name}");
    }
    assert_eq!(named("secded:64").overhead(), 0.125);
}

#[test]
fn each_number_of_data_bits_has_its_codes() {
    for data_bits in 1..=512 {
        for kind in ["parity", "hamming", "secded", "dected"] {
            let code = named(&format!("{kind}:{data_bits}"));
            assert_eq!(code.data_bits(), data_bits);
            assert!(code.data_positions().iter().copied().eq(0..data_bits));
            assert!(code.check_positions().iter().copied().eq(data_bits..code.code_bits()));
            assert!(code.check_bits() <= MAX_CHECK_BITS);
        }
    }
}

#[test]
fn names_parse_back() {
    for name in NAMES {
        let code = named(name);
        assert_eq!((code.name(), code.to_string().as_str()), (name, name));
        assert_eq!(name.to_ascii_uppercase().parse::<WordCode>().unwrap(), code);
    }
    assert_eq!(named("secded:064").name(), "secded:64");
}

#[test]
fn what_is_no_name_is_refused() {
    for name in ["", "secded", "secded64", "hsiao:64", " secded:64"] {
        assert!(matches!(WordCode::named(name), Err(WordCodeError::Name { found }) if found == name));
    }
    for bits in ["", "0", "513", "+8", "8.0", "-1", "64 ", "99999999999999999999"] {
        let found = WordCode::named(&format!("secded:{bits}"));
        assert!(matches!(found, Err(WordCodeError::DataBits { found }) if found == bits));
    }
}

/// The number of ways to take `of` from `n`.
fn choose(n: u32, of: u32) -> u64 {
    (0..of).fold(1, |ways, i| ways * u64::from(n - i) / u64::from(i + 1))
}

#[test]
fn single_and_double_errors_become_what_each_kind_promises() {
    for name in NAMES {
        let code = named(name);
        let (single, double) = (outcomes(&code, 1), outcomes(&code, 2));
        let all = |outcome, errors| HashMap::from([(outcome, choose(code.code_bits(), errors))]);
        let (kind, _) = name.split_once(':').unwrap();
        let promised = match kind {
            "parity" => (Outcome::Detected, Outcome::Undetected),
            "secded" => (Outcome::Corrected, Outcome::Detected),
            "dected" => (Outcome::Corrected, Outcome::Corrected),
            _ => {
                assert_eq!(single, all(Outcome::Corrected, 1), "{name}");
                let of_two = [Outcome::Detected, Outcome::Miscorrected];
                assert!(double.keys().all(|outcome| of_two.contains(outcome)), "{name}: {double:?}");
                continue;
            }
        };
        assert_eq!((single, double), (all(promised.0, 1), all(promised.1, 2)), "{name}");
    }
}

#[test]
fn three_errors_are_detected_by_dected_and_never_taken_for_none_by_secded() {
    for name in ["dected:1", "dected:8", "dected:64"] {
        let code = named(name);
        assert_eq!(outcomes(&code, 3), HashMap::from([(Outcome::Detected, choose(code.code_bits(), 3))]));
    }
    assert_eq!(choose(79, 3), 79_079);
    for name in ["secded:8", "secded:57", "secded:64"] {
        let found = outcomes(&named(name), 3);
        assert!(
            found.keys().all(|o| [Outcome::Detected, Outcome::Miscorrected].contains(o)),
            "{name}: {found:?}"
        );
    }
    // All odd columns are taken, so each odd syndrome is one of them.
    assert_eq!(outcomes(&named("secded:57"), 3), HashMap::from([(Outcome::Miscorrected, choose(64, 3))]));
}

#[test]
fn all_codewords_have_the_distance() {
    let distances = [
        ("parity:8", 2),
        ("hamming:1", 3),
        ("hamming:4", 3),
        ("hamming:8", 3),
        ("secded:1", 4),
        ("secded:8", 4),
        ("dected:7", 6),
        ("dected:8", 6),
    ];
    for (name, distance) in distances {
        let code = named(name);
        let codewords: Vec<_> = (0..1u64 << code.data_bits()).map(|data| word(&code, &[data])).collect();
        let between = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(a, b)| a != b).count();
        let pairs =
            codewords.iter().enumerate().flat_map(|(i, a)| codewords[..i].iter().map(move |b| between(a, b)));
        assert_eq!(pairs.min(), Some(distance), "{name}");
        assert!(codewords.iter().all(|codeword| syndrome(&code, codeword) == 0), "{name}");
    }
}

#[test]
fn hsiao_columns_are_odd_and_their_ones_few_and_balanced() {
    for data_bits in 1..=512 {
        let code = named(&format!("secded:{data_bits}"));
        let weights: Vec<u32> = code.columns().iter().map(|column| column.count_ones()).collect();
        assert!(weights.iter().all(|weight| weight % 2 == 1));
        // Lighter columns are used up before heavier ones.
        let heaviest = *weights[..data_bits as usize].iter().max().unwrap();
        for lighter in (3..heaviest).step_by(2) {
            let used = weights.iter().filter(|&&weight| weight == lighter).count() as u64;
            assert_eq!(used, choose(code.check_bits(), lighter), "{data_bits}");
        }
        let rows: Vec<usize> = (0..code.check_bits()).map(|row| code.summands(row).len()).collect();
        assert!(rows.iter().max().unwrap() - rows.iter().min().unwrap() <= 1, "{data_bits}: {rows:?}");
    }
    // As in Hsiao's (72,64): 26 data bits in each check.
    assert!((0..8).all(|row| named("secded:64").summands(row).len() == 26));
}

#[test]
fn columns_are_pinned() {
    assert_eq!(named("hamming:4").columns(), [3, 5, 6, 7, 1, 2, 4]);
    assert_eq!(named("secded:8").columns(), [7, 11, 13, 14, 21, 22, 25, 26, 1, 2, 4, 8, 16]);
    assert_eq!(named("dected:64").columns()[..4], [21953, 25867, 31254, 20396]);
    // Computed apart from this code, from the definitions.
    let pins = [
        ("secded:64", 14_895_161_071_835_945_533),
        ("secded:512", 14_541_223_650_313_842_296),
        ("dected:64", 2_283_204_228_079_124_840),
        ("dected:512", 8_740_611_183_402_454_841),
    ];
    for (name, pin) in pins {
        let next = |hash: u64, &column: &u32| {
            hash.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(u64::from(column))
        };
        assert_eq!(named(name).columns().iter().fold(0, next), pin, "{name}");
    }
}

#[test]
fn what_the_decoder_does_is_told_by_the_syndrome() {
    let code = named("dected:64");
    assert_eq!(code.decode(0), Correction::Nothing);
    assert_eq!(code.decode(code.syndrome(&[78])), Correction::One(78));
    assert_eq!(code.decode(code.syndrome(&[3, 70])), Correction::Two(3, 70));
    assert_eq!(code.decode(code.syndrome(&[3, 7, 70])), Correction::GiveUp);
    assert_eq!(code.decode(u32::MAX), Correction::GiveUp);
}
