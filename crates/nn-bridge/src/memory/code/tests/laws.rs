//! Laws of all codes, with random data, random wrong bits and random matrices.

use flip_core::{Purpose, Stream};
use proptest::prelude::*;

use super::*;
use crate::memory::code::Correction;

/// A code by name, or of a random matrix of independent rows.
fn codes() -> impl Strategy<Value = WordCode> {
    let matrix = (1usize..=8, 1usize..=40).prop_flat_map(|(rows, data_bits)| {
        prop::collection::vec(prop::collection::vec(0u8..2, rows + data_bits), rows)
    });
    let text =
        |rows: Vec<Vec<u8>>| rows.iter().map(|row| format!("{row:?}\n").replace(['[', ']'], "")).collect();
    let of_matrix = matrix.prop_filter_map("no code", move |rows| {
        WordCode::from_matrix_text(&String::clone(&text(rows)), "random").ok()
    });
    prop_oneof![prop::sample::select(&NAMES[..]).prop_map(named), of_matrix]
}

fn limbs(code: &WordCode, seed: u64) -> Vec<u64> {
    let mut stream = Stream::new(seed, Purpose::named("test of word codes"), 0);
    (0..code.data_bits().div_ceil(64)).map(|_| stream.next_u64()).collect()
}

proptest! {
    #[test]
    fn a_stored_word_has_syndrome_0_and_any_other_does_not_decode_to_it_unseen(
        code in codes(), seed: u64, wrong in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let stored = word(&code, &limbs(&code, seed));
        prop_assert_eq!(syndrome(&code, &stored), 0);

        let mut wrong: Vec<u32> = wrong.iter().map(|at| at.index(code.code_bits() as usize) as u32).collect();
        wrong.sort_unstable();
        wrong.dedup();
        let mut read = stored.clone();
        wrong.iter().for_each(|&at| read[at as usize] ^= true);
        prop_assert_eq!(syndrome(&code, &read), code.syndrome(&wrong));

        // The word decoded, and its wrong bits decoded without it.
        let flips = match code.decode(syndrome(&code, &read)) {
            Correction::One(bit) => vec![bit],
            Correction::Two(first, second) => vec![first, second],
            Correction::Nothing | Correction::GiveUp => vec![],
        };
        flips.iter().for_each(|&at| read[at as usize] ^= true);
        let mut left = wrong.clone();
        let outcome = code.residual(&mut left);
        let differing = (0..code.code_bits()).filter(|&at| read[at as usize] != stored[at as usize]);
        prop_assert_eq!(&left, &differing.collect::<Vec<_>>());
        check_residual(&code, outcome, &wrong, &left);
        prop_assert_eq!(outcome == Outcome::Clean, wrong.is_empty());
    }

    #[test]
    fn encoding_is_linear(code in codes(), a: u64, b: u64) {
        let (a, b) = (limbs(&code, a), limbs(&code, b));
        let sum: Vec<u64> = a.iter().zip(&b).map(|(a, b)| a ^ b).collect();
        prop_assert_eq!(code.encode(&sum), code.encode(&a) ^ code.encode(&b));
        prop_assert_eq!(code.encode(&[]), 0);
    }

    #[test]
    fn check_bits_one_by_one_are_those_of_the_word(code in codes(), seed: u64) {
        let data = limbs(&code, seed);
        let checks = code.encode(&data);
        for check in 0..code.check_bits() {
            let bit = code.encode_bit(check, |bit| data[bit as usize / 64] >> (bit % 64) & 1 == 1);
            prop_assert_eq!(bit, checks >> check & 1 == 1);
        }
        prop_assert!(checks.checked_shr(code.check_bits()).unwrap_or(0) == 0);
    }

    #[test]
    fn encoding_all_words_is_encoding_each(
        code in codes(), bytes in prop::collection::vec(any::<u8>(), 0..300), spare in 0u64..8,
    ) {
        let len_bits = (bytes.len() as u64 * 8).saturating_sub(spare);
        let bit = |at: u64| at < len_bits && bytes[(at / 8) as usize] >> (at % 8) & 1 == 1;
        let word_bits = u64::from(code.data_bits());
        let expected: Vec<u32> = (0..len_bits.div_ceil(word_bits)).map(|word| {
            let check = |i| u32::from(code.encode_bit(i, |j| bit(word * word_bits + u64::from(j)))) << i;
            (0..code.check_bits()).map(check).sum()
        }).collect();

        let mut found = Vec::new();
        code.encode_all(&bytes, len_bits, |checks| found.push(checks)).unwrap();
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn data_of_another_length_are_refused() {
    let code = named("secded:8");
    assert!(code.encode_all(&[0; 2], 17, |_| ()).is_err());
    assert!(code.encode_all(&[0; 2], 8, |_| ()).is_err());
}
