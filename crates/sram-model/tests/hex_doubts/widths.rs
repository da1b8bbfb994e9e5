//! Words of another width than was told.

use sram_model::import::hex::{ByteOrder, HexOptions, Pattern, Written};

use crate::{import, import_files, lines, memory, options, plain};

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

/// Loggers print words of 16 bits by `%08x`.
#[test]
fn words_with_zeros_above_are_refused_and_read_as_it_was_told() {
    let wide = |words: &[u128]| lines(words, 8, 4, |_, words| words.to_owned());
    let said = import(1024, 16, wide, &options(16)).unwrap_err();
    for part in [
        "`0000ffff`, 8 digits",
        "--word-bits 32 if each is one word of 32 bits",
        "--digits 8 if each is a word of 16 bits with zeros above",
        "--packed if each is 2 words",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let digits = |digits, bits| HexOptions { digits: Some(digits), ..options(bits) };
    assert_eq!(import(1024, 16, wide, &digits(8, 16)), Ok(vec![3, 40]));
    // Told the width of the tokens, the bits above seem to fail.
    let said = import(1024, 16, wide, &options(32)).unwrap_err();
    assert!(said.contains("has a word 16 bits (--word-bits 16 --digits 8)"), "{said}");
    // With addresses of the machine words, and without space between.
    let addressed = |words: &[u128]| lines(words, 8, 4, |line, words| format!("{:08x}: {words}", line * 16));
    assert_eq!(import(1024, 16, addressed, &digits(8, 16)), Ok(vec![3, 40]));
    assert_eq!(import(1024, 12, addressed, &digits(8, 12)), Ok(vec![3, 40]));
    let packed = |words: &[u128]| wide(words).replace(' ', "");
    let told = HexOptions { packed: true, ..digits(8, 16) };
    assert_eq!(import(1024, 16, packed, &told), Ok(vec![3, 40]));
    // No zeros above.
    let ones = |words: &[u128]| wide(words).replace("0000", "ffff");
    let said = import(1024, 16, ones, &digits(8, 16)).unwrap_err();
    assert!(said.contains("line 1, byte 0: found the word ffffffff, number 0"), "{said}");
    let said = import(1024, 16, ones, &options(16)).unwrap_err();
    assert!(!said.contains("--digits"), "{said}");
    let odd = |words: &[u128]| lines(words, 5, 4, |_, words| words.to_owned());
    assert!(import(1024, 12, odd, &options(12)).unwrap_err().contains("--digits 5"));
    assert_eq!(import(1024, 12, odd, &digits(5, 12)), Ok(vec![3, 40]));
    for (digits, bits) in [(3, 16), (33, 16), (0, 4)] {
        let told = HexOptions { digits: Some(digits), ..options(bits) };
        assert!(import(1024, 16, wide, &told).unwrap_err().contains("(--digits)"));
    }
}

#[test]
fn bits_above_the_words_that_never_fail_are_refused() {
    let zeros = |words: &[u128]| {
        let words: Vec<u128> = words.iter().map(|word| word ^ 0xffff).collect();
        lines(&words, 8, 4, |_, words| words.to_owned())
    };
    let told = |bits, digits| HexOptions { written: Pattern::Zeros.into(), digits, ..options(bits) };
    let said = import(1024, 16, zeros, &told(32, None)).unwrap_err();
    assert!(said.contains("bits 16 to 31 never fail (0 is the lowest), while those below do"), "{said}");
    assert!(said.contains("has a word 16 bits (--word-bits 16 --digits 8)?"), "{said}");
    assert_eq!(import(1024, 16, zeros, &told(16, Some(8))), Ok(vec![3, 40]));
    assert_eq!(import(1024, 16, zeros, &HexOptions { anyway: true, ..told(32, None) }), Ok(vec![3, 40]));
    // A sign above.
    let ones = |words: &[u128]| lines(words, 4, 1, |_, words| format!("ffff{words}"));
    let said = import(1024, 16, ones, &options(32)).unwrap_err();
    assert!(said.contains("has a word 16 bits (then leave only its own digits)?"), "{said}");
}

/// Chance, or a better layout, keeps the bits at the top of a word from failing; they are cells, as they held both bits.
#[test]
fn bits_that_held_ones_and_zeros_may_never_fail() {
    let spared = |words: &[u128], zeros: bool| -> Vec<u128> {
        words.iter().map(|word| (word | 0xff00) ^ if zeros { 0xffff } else { 0 }).collect()
    };
    let ones = lines(&spared(&memory(1024, 16, 100), false), 4, 8, |_, words| words.to_owned());
    let zeros = lines(&spared(&memory(1024, 16, 90), true), 4, 8, |_, words| words.to_owned());
    let of = vec![("ones*".to_owned(), Pattern::Ones), ("zeros*".to_owned(), Pattern::Zeros)];
    let both = HexOptions { written: Written { of, rest: None }, ..options(16) };
    let files = [("ones_0.60V.txt", ones.clone()), ("zeros_0.60V.txt", zeros)];
    assert!(import_files(&files, &both).is_ok());
    let said = import_files(&files[..1], &options(16)).unwrap_err();
    assert!(said.contains("bits 8 to 15 never fail"), "{said}");
    let big = HexOptions { byte_order: Some(ByteOrder::Big), ..options(16) };
    assert!(import_files(&files[..1], &big).is_ok(), "nobody puts ones above words in bytes");
}

/// Some columns that are bad are the bits of no 8.
#[test]
fn zeros_in_which_a_column_fails_are_no_octal_numbers() {
    let words: Vec<u128> = (0..1024).map(|word| if word % 8 == 0 { 4 } else { 0 }).collect();
    let text = lines(&words, 4, 8, |_, words| words.to_owned());
    let zeros = HexOptions { written: Pattern::Zeros.into(), ..options(16) };
    assert_eq!(import_files(&[("c_0.60V.txt", text)], &zeros).map(|(counts, _)| counts), Ok(vec![128]));
}

#[test]
fn packed_digits_in_groups_are_refused_with_what_they_may_be() {
    let groups = |words: &[u128]| {
        let halves: Vec<u128> = words.iter().flat_map(|word| [word >> 16, word & 0xffff]).collect();
        lines(&halves, 4, 8, |_, halves| halves.to_owned())
    };
    let packed = HexOptions { packed: true, ..options(32) };
    let said = import(1024, 32, groups, &packed).unwrap_err();
    for part in [
        "line 1, byte 0: found `ffff`, 4 digits, beside others on a line",
        "between blanks whole words of 8 digits",
        "take the blanks between the digits of a word away",
        "--byte-order big",
    ] {
        assert!(said.contains(part), "{said}");
    }
    let big = HexOptions { byte_order: Some(ByteOrder::Big), ..options(32) };
    assert_eq!(import(1024, 32, groups, &big), Ok(vec![3, 40]));
    let joined = |words: &[u128]| groups(words).replace(' ', "");
    assert_eq!(import(1024, 32, joined, &packed), Ok(vec![3, 40]));
    // Whole words between blanks are no question.
    assert_eq!(import(1024, 16, crate::plain, &HexOptions { packed: true, ..options(16) }), Ok(vec![3, 40]));
}

#[test]
fn octal_numbers_are_no_hex_digits() {
    for bits in [15, 16] {
        let octal =
            |words: &[u128]| words.iter().map(|word| format!("{:04o}\n", word & 0xfff)).collect::<String>();
        let said = import(1024, 12, octal, &options(bits)).unwrap_err();
        assert!(said.contains("octal or decimal numbers"), "{bits}: {said}");
    }
}

#[test]
fn one_dead_word_is_one_defect() {
    let dead = |words: &[u128]| {
        plain(&words.iter().enumerate().map(|(at, &word)| if at == 6 { 0 } else { word }).collect::<Vec<_>>())
    };
    let [high, low] = [3, 40].map(|faults| faults + 16);
    let counts = import(1024, 16, dead, &options(16)).unwrap();
    assert!(counts[0] <= high && counts[1] <= low && counts[0] >= 16, "{counts:?}");
}
