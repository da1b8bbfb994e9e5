//! Dumps that could be read in no way or in two: what is said.

use sram_model::import::hex::{FirstColumn, HexOptions};

use crate::{counts, import_files, lines, options, words};

#[test]
fn what_could_be_addresses_or_words_is_refused_or_told() {
    // Two lines: too few to know that the first column counts.
    let two = "0000 ffff ffff ffff ffff ffff ffff ffff ffff\n0008 ffff ffff ffff ffff ffff ffff ffff ffff\n";
    assert_eq!(counts(two, &options(16)), Ok(0), "18 words are no whole banks");
    let either = HexOptions { rows: 2, ..options(16) };
    let said = counts(two, &either).unwrap_err();
    assert!(said.contains("--first-column address or --first-column word"), "{said}");
    let told = |column| counts(two, &HexOptions { first_column: Some(column), ..either.clone() });
    assert_eq!((told(FirstColumn::Address), told(FirstColumn::Word)), (Ok(0), Ok(31)));
}

#[test]
fn columns_that_are_nearly_addresses_are_refused_where_they_leave_the_count() {
    let addressed =
        |address: &dyn Fn(usize) -> usize| lines(&words(), 4, 1, |at| format!("{:04x} ", address(at)));
    for (text, parts) in [
        // A gap, a repetition, a step of neither words nor bytes, down.
        (
            addressed(&|at| at + usize::from(at > 9)),
            ["line 11", "the address 0x000a"].map(|s| s.replace("0x000a", "000b")),
        ),
        (
            addressed(&|at| at - usize::from(at > 9)),
            ["line 11".to_owned(), "expected the address 0xa".to_owned()],
        ),
        (addressed(&|at| at * 7), ["line 2".to_owned(), "the address 0007".to_owned()]),
        (addressed(&|at| 0x100 - at), ["count up".to_owned(), "--first-column word".to_owned()]),
        // Address, expected and read: no column of a dump.
        (
            words().iter().enumerate().map(|(at, word)| format!("{at:04x} ffff {word:04x}\n")).collect(),
            ["line 2".to_owned(), "the address 0001".to_owned()],
        ),
        // The address last.
        (
            words().iter().enumerate().map(|(at, word)| format!("{word:04x} {at:04x}\n")).collect(),
            ["numbers that count in column 2".to_owned(), "no column but the first".to_owned()],
        ),
        // Marked, with a gap.
        (
            lines(&words(), 4, 4, |at| format!("{:x}: ", at * 2 + usize::from(at > 7) * 16)),
            ["line 3".to_owned(), "expected the address 0x10".to_owned()],
        ),
        ("@0 ffff ffff\n@4 ffff ffff\n".repeat(4), ["line 3".to_owned(), "the address 0".to_owned()]),
    ] {
        let said = counts(&text, &options(16)).unwrap_err();
        assert!(parts.iter().all(|part| said.contains(part)), "{text}\n{said}");
    }
}

#[test]
fn tokens_that_are_no_words_are_refused_with_what_they_may_be() {
    let wide = "ffffffff\n".repeat(8);
    for (text, word_bits, parts) in [
        ("ffff\n".repeat(15) + "fff\n", 16, ["line 16, byte 75", "with leading zeros"]),
        (wide.clone(), 16, ["--word-bits 32 if each is one word", "--packed if each is 2 words"]),
        ("1111111111111111\n".repeat(8), 16, ["--radix 2", "binary digits"]),
        ("1ff\n".repeat(7) + "2ff\n", 9, ["line 8", "the bits above them 0"]),
        ("ffff\n".repeat(7), 16, ["found 7 words", "whole banks of 8 words"]),
        (String::new(), 16, ["found 0 words", "whole banks"]),
        // `xxd -p` of 15 words a line.
        (
            "f".repeat(60) + "\n" + &"f".repeat(36) + "\n",
            16,
            ["--packed if each is 15 words", "--byte-order if they are bytes"],
        ),
        ("00: ffffffff\n04: ffffffff\n".to_owned(), 16, ["`ffffffff`, 8 digits", "--word-bits 32"]),
        ("65535\n".repeat(8), 16, ["`65535`, 5 digits", "4 digits"]),
        ("ffff\nfffx\n".to_owned(), 16, ["line 2, byte 8", "found `x`"]),
    ] {
        let said = counts(&text, &options(word_bits)).unwrap_err();
        assert!(parts.iter().all(|part| said.contains(part)), "{text}\n{said}");
    }
    assert_eq!(counts(&wide, &HexOptions { packed: true, ..options(16) }), Ok(0));
    let in_groups = "ffffffff fffffffe\n".repeat(2);
    assert_eq!(
        counts(&in_groups, &HexOptions { packed: true, ..options(16) }),
        Ok(2),
        "two words in each group"
    );
    let said = counts("ffff\n", &HexOptions { digits: Some(8), ..options(16) }).unwrap_err();
    assert!(said.contains("leave --digits away"), "{said}");
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("ffff".bytes().flat_map(|b| [b, 0])).collect();
    let said = import_files(&[("a-0.6.txt", &utf16)], &options(16)).unwrap_err().to_string();
    assert!(said.contains("UTF-16"), "{said}");
}

#[test]
fn places_are_those_of_the_file_as_it_is() {
    let said = counts("\u{feff}ffff\r\nffzz\r\n", &options(16)).unwrap_err();
    assert!(said.contains("line 2, byte 11: found `z`"), "{said}");
}
