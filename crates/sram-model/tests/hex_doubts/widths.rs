//! Words of another width than was told.

use sram_model::import::hex::{ByteOrder, HexOptions};

use crate::{import, import_files, lines, options};

#[test]
fn words_that_are_given_too_many_bits_are_refused_with_the_width() {
    for (bits, digits, told, bit, width) in [
        (18, 5, 20, "bits 18, 19 fail", Some("--word-bits 18")),
        (39, 10, 40, "bit 39 fails", Some("--word-bits 39")),
        (15, 4, 16, "bit 15 fails", Some("--word-bits 15")),
        (33, 9, 36, "bits 33, 34, 35 fail", Some("--word-bits 33")),
        (72, 20, 80, "bits 72, 73, 74, 75, 76, 77, 78, 79 fail", Some("--word-bits 72")),
        (127, 32, 128, "bit 127 fails", Some("--word-bits 127")),
    ] {
        let text = |words: &[u128]| lines(words, digits, 1, |_, words| words.to_owned());
        let said = import(1024, bits, text, &options(told)).unwrap_err();
        assert!(said.contains(bit) && width.is_none_or(|width| said.contains(width)), "{bits}: {said}");
        assert!(said.contains("dead column"), "{said}");
        let anyway = HexOptions { anyway: true, ..options(told) };
        let more = (told as usize - bits) * 1024;
        assert_eq!(import(1024, bits, text, &anyway), Ok(vec![more + 3, more + 40]));
        if bits.div_ceil(4) == digits {
            assert_eq!(import(1024, bits, text, &options(bits as u32)), Ok(vec![3, 40]));
        }
    }
    let checked = |words: &[u128]| lines(words, 16, 1, |_, words| format!("5a{words}"));
    let said = import(1024, 64, checked, &options(72)).unwrap_err();
    assert!(said.contains("bits 64, 66, 69, 71 fail"), "{said}");
    // A half of each word.
    let halves = |words: &[u128]| lines(words, 10, 1, |_, words| words.to_owned());
    let said = import(1024, 39, halves, &HexOptions { packed: true, ..options(20) }).unwrap_err();
    assert!(said.contains("it reads 7ffff, ") && said.contains("another width (--word-bits)"), "{said}");
}

#[test]
fn plain_bytes_are_words_with_a_byte_order() {
    let bytes = |words: &[u128]| {
        words
            .iter()
            .map(|word| {
                format!(
                    "{:02x} {:02x} {:02x} {:02x}\n",
                    word & 255,
                    word >> 8 & 255,
                    word >> 16 & 255,
                    word >> 24
                )
            })
            .collect()
    };
    let little = HexOptions { byte_order: Some(ByteOrder::Little), ..options(32) };
    assert_eq!(import(1024, 32, bytes, &little), Ok(vec![3, 40]));
    let addressed = |words: &[u128]| {
        let line =
            |(at, word): (usize, &u128)| format!("{:04x} {:02x} {:02x}\n", at * 2, word & 255, word >> 8);
        words.iter().enumerate().map(line).collect()
    };
    let little = HexOptions { byte_order: Some(ByteOrder::Little), ..options(16) };
    assert_eq!(import(1024, 16, addressed, &little), Ok(vec![3, 40]));
}

#[test]
fn tokens_of_another_width_are_refused_with_the_option() {
    let clean = |text: &str| import_files(&[("c-0.60.txt", text.repeat(1024))], &options(16)).unwrap_err();
    for (text, part) in [
        ("3ffff\n", "--word-bits 20, or fewer, down to 17"),
        ("1ff\n", "--word-bits 12, or fewer, down to 9"),
        (
            "80000000: ffffffff ffffffff ffffffff ffffffff    ................\n",
            "--word-bits 32 --byte-order big",
        ),
    ] {
        let said = clean(text);
        assert!(said.contains(part), "{said}");
    }
}
