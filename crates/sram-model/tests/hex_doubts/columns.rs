//! Words of a dump that are none, and what of a chip looks like them.

use sram_model::import::hex::{FirstColumn, HexOptions, Pattern};

use crate::{import, lines, options, plain};

#[test]
fn columns_that_are_no_words_are_refused() {
    type OfLine = fn(usize) -> usize;
    let columns: [(&str, OfLine); 11] = [
        ("shuffled addresses", |line| line * 389 % 1024 * 8),
        ("Gray code", |line| 8 * (line ^ (line >> 1))),
        ("a tag", |_| 0x1234),
        ("a tag of one 0", |_| 0xfffe),
        ("a bank's number", |line| line / 128),
        ("a page's number", |line| line / 512),
        ("a time of uneven steps", |line| line * 10 + line % 3),
        ("a slow time", |line| 0x2000 + line / 7),
        ("a check sum", |line| (line * line * 7919) & 0xffff),
        ("high addresses out of order", |line| 0xe000 + (line ^ 5) * 8),
        ("another tag", |_| 0xf7ff),
    ];
    for (name, column) in columns {
        for each in [8, 16, 32] {
            let first =
                |words: &[u128]| lines(words, 4, each, |line, words| format!("{:04x} {words}", column(line)));
            let said = import(each * 1024, 16, first, &options(16)).expect_err(name);
            assert!(said.contains("the first column of its lines"), "{name}: {said}");
            assert!(said.contains("cut it off; or --first-column word, if they are words"), "{name}: {said}");
            assert!(said.contains(&format!("it reads {:04x}, ", column(0))), "{name}: {said}");
        }
        let last = |words: &[u128]| lines(words, 4, 8, |line, words| format!("{words} {:04x}", column(line)));
        let said = import(8192, 16, last, &options(16)).expect_err(name);
        assert!(
            said.contains("the last column of its lines") || said.contains("count in column 9"),
            "{name}: {said}"
        );
        let alone =
            |words: &[u128]| lines(words, 4, 8, |line, words| format!("{:04x}\n{words}", column(line)));
        let said = import(8192, 16, alone, &options(16)).expect_err(name);
        assert!(said.contains("number 1 of each 9 words"), "{name}: {said}");
        let packed = |words: &[u128]| first_of_each(words, column).replace(' ', "");
        let said = import(8192, 16, packed, &HexOptions { packed: true, ..options(16) }).expect_err(name);
        assert!(said.contains("the first column of its lines"), "{name}: {said}");
    }
    let first = |words: &[u128]| first_of_each(words, |_| 0x1234);
    let word = HexOptions { first_column: Some(FirstColumn::Word), ..options(16) };
    assert_eq!(import(8192, 16, first, &word), Ok(vec![11 * 1024 + 3, 11 * 1024 + 40]), "as it was told");
    let anyway = HexOptions { anyway: true, ..options(16) };
    assert_eq!(import(8192, 16, first, &anyway), Ok(vec![11 * 1024 + 3, 11 * 1024 + 40]));
    assert_eq!(import(8192, 16, plain, &options(16)), Ok(vec![3, 40]));
}

/// Of lines of 4, 8 or 16 words in all a column is at the place of one of a multiplexer, but fails in more than one bit.
#[test]
fn columns_that_make_lines_of_a_power_of_two_are_refused() {
    let columns: [fn(usize) -> usize; 4] =
        [|_| 0xa5a5, |_| 0x0001, |line| 0x2000 + line / 7, |line| (line * line * 7919) & 0xffff];
    for column in columns {
        for each in [3, 7, 15, 31] {
            let options = HexOptions { rows: 256, ..options(16) };
            let first =
                |words: &[u128]| lines(words, 4, each, |line, words| format!("{:04x} {words}", column(line)));
            let said = import(each * 1024, 16, first, &options).unwrap_err();
            assert!(said.contains("the first column of its lines"), "{said}");
            let last =
                |words: &[u128]| lines(words, 4, each, |line, words| format!("{words} {:04x}", column(line)));
            let said = import(each * 1024, 16, last, &options).unwrap_err();
            assert!(
                said.contains("the last column of its lines") || said.contains("that count in"),
                "{said}"
            );
        }
    }
    // What was expected, or a mask, at the end of each line.
    let mask = |words: &[u128]| lines(words, 4, 3, |_, words| format!("{words} ffff"));
    let said = import(3 * 1024, 16, mask, &options(16)).unwrap_err();
    assert!(said.contains("the last word of each line never fails"), "{said}");
}

fn first_of_each(words: &[u128], column: impl Fn(usize) -> usize) -> String {
    lines(words, 4, 8, |line, words| format!("{:04x} {words}", column(line)))
}

#[test]
fn check_sums_and_addresses_of_other_widths_are_refused() {
    // 16 bytes and their sum.
    let sum = |words: &[u128]| {
        words
            .chunks(16)
            .map(|line| {
                lines(line, 2, 16, |_, words| format!("{words} {:02x}", line.iter().sum::<u128>() & 255))
            })
            .collect()
    };
    let said = import(16384, 8, sum, &options(8)).unwrap_err();
    assert!(said.contains("the last column of its lines"), "{said}");
    // Addresses of two lines each, of 32 bits as the words.
    let wide = |words: &[u128]| {
        lines(words, 8, 8, |line, words| format!("{:08x} {words}", line / 2 * 256 + line % 2 * 32))
    };
    let said = import(8192, 32, wide, &options(32)).unwrap_err();
    assert!(said.contains("the first column"), "{said}");
    // Eight digits of an address before words of four.
    let glued = |words: &[u128]| {
        lines(words, 4, 8, |line, words| format!("{:08x}{words}", line * 48).replace(' ', ""))
    };
    let said = import(8192, 16, glued, &HexOptions { packed: true, ..options(16) }).unwrap_err();
    assert!(said.contains("column 1, 2 of its lines"), "{said}");
}

#[test]
fn real_columns_rows_and_banks_that_are_dead_are_imported() {
    let dead = |of: fn(usize) -> u128| {
        move |words: &[u128]| {
            let words: Vec<u128> = words.iter().enumerate().map(|(at, word)| word & !of(at)).collect();
            plain(&words)
        }
    };
    let counts = |words, of| import(words, 16, dead(of), &options(16)).map(|counts| counts[0] > 100);
    assert_eq!(counts(1024, |_| 0x80), Ok(true), "a column");
    assert_eq!(counts(2048, |word| if word < 1024 { 0x8000 } else { 0 }), Ok(true), "one of one bank");
    for width in [2, 4, 8, 16] {
        let of: fn(usize) -> u128 = match width {
            2 => |word| u128::from(word % 2 == 0) << 3,
            4 => |word| u128::from(word % 4 == 3) << 15,
            8 => |word| u128::from(word % 8 == 0),
            _ => |word| u128::from(word / 16 % 8 == 1) * 0xffff,
        };
        assert!(import(1024, 16, dead(of), &options(16)).is_ok(), "{width}");
    }
    assert_eq!(counts(8192, |word| u128::from(word / 1024 == 3) * 0xffff), Ok(true), "a bank");
    assert_eq!(counts(1024, |word| u128::from(word / 8 % 16 == 3) * 0xffff), Ok(true), "rows");
}

#[test]
fn what_was_expected_beside_what_was_read_is_refused() {
    let pairs = |words: &[u128]| lines(words, 4, 1, |_, word| format!("ffff {word}"));
    let said = import(1024, 16, pairs, &options(16)).unwrap_err();
    assert!(said.contains("what was expected beside what was read"), "{said}");
    let after = |words: &[u128]| lines(words, 4, 4, |_, words| format!("{words} ffff ffff ffff ffff"));
    let said = import(1024, 16, after, &options(16)).unwrap_err();
    assert!(said.contains("of each two blocks of 4 words the second never fails"), "{said}");
    let anyway = HexOptions { anyway: true, ..options(16) };
    assert_eq!(import(1024, 16, pairs, &anyway), Ok(vec![3, 40]));
}

/// Of an odd number of ones the sum is ones, and of zeros it is zeros.
#[test]
fn check_sums_that_look_like_words_are_refused() {
    let summed = |clean: u128, sum: fn(&[u128]) -> u128| {
        move |words: &[u128]| {
            let line = |words: &[u128]| {
                let words: Vec<u128> = words.iter().map(|word| word ^ 0xffff ^ clean).collect();
                lines(&[&words[..], &[sum(&words) & 0xffff]].concat(), 4, 8, |_, words| words.to_owned())
            };
            words.chunks(7).map(line).collect::<String>()
        }
    };
    let xor = |words: &[u128]| words.iter().fold(0, |sum, word| sum ^ word);
    let added = |words: &[u128]| words.iter().sum();
    let zeros = HexOptions { written: Pattern::Zeros.into(), ..options(16) };
    for (clean, sum, told) in
        [(0xffff, xor as fn(&[u128]) -> u128, &options(16)), (0, xor, &zeros), (0, added, &zeros)]
    {
        let said = import(7168, 16, summed(clean, sum), told).unwrap_err();
        assert!(said.contains("is one word of each line a check sum"), "{said}");
        assert_eq!(
            import(7168, 16, summed(clean, sum), &HexOptions { anyway: true, ..told.clone() }),
            Ok(vec![6, 80])
        );
    }
}
