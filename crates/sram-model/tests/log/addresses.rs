//! From addresses and bits to cells: against slow references.

use proptest::prelude::*;
use sram_model::Geometry;
use sram_model::import::log::{AddressUnit, LogOptions, Radix, Scramble};

use crate::{at, faults, refused};

fn options(banks: u64, rows: u64, columns: u64) -> LogOptions {
    LogOptions {
        geometry: Some(Geometry::new(banks, rows, columns).unwrap()),
        anyway: true,
        ..LogOptions::default()
    }
}

/// The cells of a chip in the order in which words and their bits are counted, one step after another.
fn walk(geometry: Geometry, word_bits: u32, interleave: bool) -> Vec<Vec<(u32, u32, u32)>> {
    let mut words = Vec::new();
    for bank in 0..geometry.banks() {
        for row in 0..geometry.rows() {
            let per_row = geometry.columns() / word_bits;
            let mut of_row = vec![Vec::new(); per_row as usize];
            for column in 0..geometry.columns() {
                let word = if interleave { column % per_row } else { column / word_bits };
                of_row[word as usize].push((bank, row, column));
            }
            words.extend(of_row);
        }
    }
    words
}

proptest! {
    #[test]
    fn bits_of_words_lie_where_a_walk_finds_them(
        (banks, rows, word_bits, per_row) in (1..4u64, 1..5u64, 1..20u32, 1..5u32),
        interleave: bool,
        bytes: bool,
        pick: (prop::sample::Index, prop::sample::Index),
    ) {
        let word_bits = if bytes { word_bits.div_ceil(8) * 8 } else { word_bits };
        let options = LogOptions {
            word_bits: Some(word_bits),
            interleave,
            address_unit: if bytes { AddressUnit::Bytes } else { AddressUnit::Words },
            radix: Some(Radix::Hex),
            ..options(banks, rows, u64::from(word_bits * per_row))
        };
        let words = walk(options.geometry.unwrap(), word_bits, interleave);
        let word = pick.0.index(words.len());
        let bit = pick.1.index(word_bits as usize);
        let (bank, row, column) = words[word][bit];
        let step = if bytes { word_bits as usize / 8 } else { 1 };
        let address = word * step;
        for text in [
            format!("v,address,expected,actual\n0.6,{address:#x},{:x},0\n", 1u32 << bit),
            format!("v,address,bit,polarity\n0.6,{address:#x},{bit},SA0\n"),
        ] {
            prop_assert_eq!(faults(&text, &options), [("0.6".to_owned(), bank, row, column, 0.0, 1.0)], "{}", text);
        }
        // The same, with an address that counts through its bank.
        let in_bank = word % (words.len() / banks as usize) * step;
        let text = format!("v,bank,address,bit,polarity\n0.6,{bank},{in_bank:#x},{bit},SA0\n");
        prop_assert_eq!(faults(&text, &options), [("0.6".to_owned(), bank, row, column, 0.0, 1.0)], "{}", text);
    }

    #[test]
    fn a_scramble_is_a_bijection_and_its_inverse_takes_it_back(
        bits in Just((0..7u32).collect::<Vec<_>>()).prop_shuffle(),
        mask in 0..128u64,
        xor_first: bool,
    ) {
        let list = |bits: &[u32]| bits.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let mut back = vec![0; bits.len()];
        for (to, &from) in (0..).zip(&bits) {
            back[from as usize] = to;
        }
        let (xor, there, back) = (format!("xor:{mask:#x}"), format!("bits:{}", list(&bits)), format!("bits:{}", list(&back)));
        let (there, back) = if xor_first {
            (format!("{xor}+{there}"), format!("{back}+{xor}"))
        } else {
            (format!("{there}+{xor}"), format!("{xor}+{back}"))
        };
        let (there, back): (Scramble, Scramble) = (there.parse().unwrap(), back.parse().unwrap());
        prop_assert!(there.check(128).is_ok() && there.check(64).is_err() && there.check(96).is_err());
        let mut found: Vec<u64> = (0..128).map(|address| there.apply(address)).collect();
        prop_assert!((0..128).all(|address| back.apply(there.apply(address)) == address));
        found.sort_unstable();
        prop_assert!(found.into_iter().eq(0..128));
        prop_assert_eq!(there.to_string().parse::<Scramble>().unwrap(), there);
    }
}

#[test]
fn scrambled_addresses_mean_other_words() {
    let scrambled = |scramble: &str| LogOptions { scramble: scramble.parse().unwrap(), ..options(1, 8, 4) };
    let text = "v,address,expected,actual\n0.6,0x1,0xf,0xe\n";
    let row = |scramble: &str| faults(text, &scrambled(scramble))[0].2;
    assert_eq!(row("xor:0x6"), 7);
    // Bit 2 of the physical address is bit 0 of the logged one.
    assert_eq!(row("bits:1,2,0"), 4);
    assert_eq!(row("bits:1,2,0+xor:0x1"), 5);
    assert_eq!(row("xor:0x1+bits:1,2,0"), 0);
    for (scramble, words) in [("xor:0x8", 8), ("bits:1,0", 8), ("xor:0x1", 6)] {
        let options = LogOptions { scramble: scramble.parse().unwrap(), ..options(1, words, 4) };
        let said = refused(text, &options);
        assert!(
            said.contains(&format!("a chip of {words} words, which `{scramble}` does not permute")),
            "{said}"
        );
    }
    for text in [
        "",
        "xor:5",
        "xor:0x",
        "xor:0x+1",
        "bits:",
        "bits:0,0",
        "bits:1,2",
        "bits:0,1+",
        "mul:3",
        "xor:0x10000000000000000",
    ] {
        assert!(text.parse::<Scramble>().is_err(), "{text}");
    }
    assert!(Scramble::default().is_none() && Scramble::default().check(7).is_ok());
}

#[test]
fn words_may_have_128_bits() {
    let word = |bits: &str| {
        format!("v,address,expected,actual\n0.6,0x1,0x{},0x{bits}{}\n", "f".repeat(32), "f".repeat(31))
    };
    assert_eq!(faults(&word("7"), &options(1, 2, 128)), [at(1, 127, 0.0, 1.0)]);
    let wide = options(1, 2, 256);
    assert!(refused(&word("7"), &wide).contains("--word-bits"));
    let halves = LogOptions { word_bits: Some(128), ..wide };
    assert_eq!(faults(&word("7"), &halves), [at(0, 255, 0.0, 1.0)]);
}
