//! The same words in all forms that programs write them in.

use proptest::prelude::*;
use sram_model::import::hex::{ByteOrder, FirstColumn, HexOptions};

use crate::{ROWS, counts, faulty_cells, import, lines, options, weakened, words};

/// All forms in which the same words may come.
fn forms(words: &[u128], word_bits: u32) -> Vec<(&'static str, String)> {
    let digits = word_bits.div_ceil(4) as usize;
    let bytes = word_bits.div_ceil(8) as usize;
    let plain = lines(words, digits, 1, |_| String::new());
    let addressed = |each, before: &dyn Fn(usize) -> String| lines(words, digits, each, before);
    let gdb = |at: usize| format!("{:#010x} <sram+{}>:\t", 0x2000_0000 + at * bytes, at * bytes);
    let commented =
        format!("# of a tester\n// address 0000\n/* ffff\n ffff */\n{}", plain.replace('\n', " // ffff\n\n"));
    let with_signs: String = words
        .iter()
        .map(|word| {
            let digits = format!("{word:0digits$X}");
            format!("0x{}_{},", &digits[..1], &digits[1..])
        })
        .collect();
    vec![
        ("plain", plain.clone()),
        ("several a line", addressed(4, &|_| String::new())),
        ("line ends of other systems", plain.replace('\n', "\r\n")),
        ("line ends of old systems", plain.replace('\n', "\r")),
        ("the mark of UTF-8", format!("\u{feff}{plain}")),
        ("capitals", plain.to_uppercase()),
        ("comments", commented),
        ("0x, _ and commas", with_signs),
        ("a word's address before each", addressed(1, &|at| format!("{at:04x} "))),
        ("addresses in bytes", addressed(1, &|at| format!("{:08x} ", at * bytes))),
        ("addresses in bytes, several a line", addressed(4, &|at| format!("{:08x} ", 0x400 + at * bytes))),
        (
            "addresses of a power of two bytes",
            addressed(2, &|at| format!("{:x}: ", at * bytes.next_power_of_two())),
        ),
        ("decimal addresses", addressed(1, &|at| format!("{at:06} "))),
        (
            "octal addresses of od",
            addressed(4, &|at| format!("{:07o} ", at * bytes)) + &format!("{:07o}\n", words.len() * bytes),
        ),
        ("line numbers", addressed(1, &|at| format!("{:6}\t", at + 1))),
        ("numbered lines of grep", addressed(1, &|at| format!("{}:", at + 1))),
        ("a debugger", addressed(4, &gdb)),
        ("$readmemh", addressed(8, &|at| format!("@{at:x}\n"))),
        ("one $readmemh address", format!("@0\n{plain}")),
        ("packed", plain.replace('\n', "") + "\n"),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn all_forms_of_a_dump_give_the_same_cells(
        word_bits in 1u32..=128,
        banks in 2usize..5,
        weak in prop::collection::vec((any::<usize>(), any::<u128>()), 0..20),
    ) {
        let words = weakened(word_bits, banks, &weak);
        let expected = faulty_cells(&words, word_bits);
        for (name, text) in forms(&words, word_bits) {
            let found = import(&text, &options(word_bits)).map_err(|error| TestCaseError::fail(format!("{name}: {error}")))?;
            let found: Vec<u64> = found.iter().map(|fault| fault.cell).collect();
            // Cells that a dump shows several times are counted once; that is not what is tested here.
            let as_published = HexOptions { count: Some(sram_model::import::hex::CountCells::AsPublished), ..options(word_bits) };
            let all: Vec<u64> = import(&text, &as_published).unwrap().iter().map(|fault| fault.cell).collect();
            prop_assert_eq!(&all, &expected, "{}:\n{}", name, text);
            prop_assert!(found.len() <= all.len());
        }
    }
}

proptest! {
    #[test]
    fn any_text_is_a_dump_or_an_error(
        text in "([0-9a-fx]{1,6}|[@:*#|/_<>,]|[ \\t\\n\\r]|ffff ffff\\n|0000: |\\PC){0,60}",
        word_bits in 1u32..=128,
        rows in 1u32..4,
        packed in any::<bool>(),
        first_column in prop::option::of(prop_oneof![Just(FirstColumn::Address), Just(FirstColumn::Word)]),
        byte_order in prop::option::of(prop_oneof![Just(ByteOrder::Big), Just(ByteOrder::Little)]),
    ) {
        let told = HexOptions { rows, packed, first_column, byte_order, ..options(word_bits) };
        let _ = import(&text, &told);
    }
}

#[test]
fn repeated_lines_of_hexdump_stand_for_their_words() {
    let line = |at: usize, bad: bool| {
        format!("{at:07x} ffff ffff {} ffff ffff ffff ffff ffff\n", if bad { "7fff" } else { "ffff" })
    };
    let text = format!("{}*\n{}{}*\n{:07x}\n", line(0, false), line(0x40, true), line(0x50, false), 0x80);
    assert_eq!(counts(&text, &options(16)), Ok(1));
    // One after the other: the first two lines of 8 words, of 16 bits, are clean, two have a fault in bit 15 of word 2.
    let text = format!("{}*\n{}*\n{:07x}\n", line(0, false), line(0x20, true), 0x40);
    let cells: Vec<u64> = import(&text, &options(16)).unwrap().iter().map(|fault| fault.cell).collect();
    assert_eq!(cells, [18 * 16 + 15, 26 * 16 + 15]);
    let all_faulty = format!("{}*\n{:07x}\n", line(0, true), 0x80);
    assert_eq!(counts(&all_faulty, &options(16)), Ok(8));
    let bytes =
        "00000000  ff ff ff fe ff ff ff ff  ff ff ff ff ff ff ff ff  |................|\n*\n00000080\n";
    assert_eq!(counts(bytes, &options(8)), Ok(8));
    for (text, part) in [
        (format!("{}*\n", line(0, false)), "`*` at the end"),
        (format!("{}*\n{:07x}\n", line(0, false), 0x7e), "the address"),
        (format!("{}*\n{:07x}\n", line(0, true), 0xfff_fff0_u64 << 8), "at most 1048576 such bits"),
        // All lines `*` of a dump together.
        (
            format!("{}*\n{}*\n{:07x}\n", line(0, true), line(0x9_2000, true), 0x109_2000),
            "line 4: found `*`, which stands for 1048575 lines with 1048575 bits",
        ),
        ("ffff ffff\n*\nffff ffff\n".to_owned(), "addresses, which say for how many lines"),
    ] {
        let said = counts(&text, &options(16)).unwrap_err();
        assert!(said.contains(part), "{text}: {said}");
    }
}

/// All after it would be left out.
#[test]
fn a_comment_ends() {
    let words = "ffff\n".repeat(8);
    assert_eq!(counts(&format!("/* bank\n0 */\n{words}"), &options(16)), Ok(0));
    let error = counts(&format!("{words}/* bank 1\n{words}"), &options(16)).unwrap_err();
    assert!(error.contains("line 9") && error.contains("no `*/` until the end of the file"), "{error}");
}

#[test]
fn bytes_are_put_together_to_words_in_the_order_that_is_told() {
    // As `xxd` writes memory: the word 0xfe7f of a little-endian machine comes with its low byte first.
    let xxd = "00000000: ffff ffff 7ffe ffff 4142 ffff ffff ffff  ........AB......\n";
    let cells = |order| {
        let told = HexOptions { byte_order: Some(order), ..options(16) };
        import(xxd, &told).unwrap().iter().map(|fault| fault.cell).take(2).collect::<Vec<_>>()
    };
    assert_eq!(cells(ByteOrder::Little), [39, 40]);
    assert_eq!(cells(ByteOrder::Big), [32, 47]);
    let said = counts(xxd, &options(16)).unwrap_err();
    assert!(said.contains("--byte-order big") && said.contains("--byte-order little"), "{said}");
    // A byte a line, and with addresses that count bytes or words.
    let bytes: Vec<u128> = words().iter().flat_map(|word| [word & 0xff, word >> 8]).collect();
    for text in [
        lines(&bytes, 2, 1, |_| String::new()),
        lines(&bytes, 2, 1, |at| format!("{at:04x} ")),
        lines(&bytes, 2, 2, |at| format!("{:04x} ", at / 2)),
        lines(&bytes, 2, 16, |at| format!("{at:08x}: ")),
    ] {
        let told = HexOptions { byte_order: Some(ByteOrder::Little), ..options(16) };
        let found: Vec<u64> = import(&text, &told).unwrap().iter().map(|fault| fault.cell).collect();
        assert_eq!(found, [87, 88], "{text}");
        let said = counts(&text, &options(16)).unwrap_err();
        assert!(said.contains("--byte-order big") && said.contains("--word-bits 8"), "{said}");
    }
}

/// Loggers print words by `%04x` and `%08x`, whatever their width.
#[test]
fn words_may_stand_in_machine_words_of_which_the_rest_is_0() {
    for (bits, digits) in [(12, 4), (12, 8), (9, 4), (18, 8), (39, 16), (72, 32)] {
        let all = (1u128 << bits) - 1;
        let words: Vec<u128> = (0..ROWS).map(|row| if row == 3 { all & !0x102 } else { all }).collect();
        let expected = faulty_cells(&words, bits);
        for (each, addressed) in [(1, false), (4, false), (1, true), (4, true)] {
            if addressed && (bits, digits) == (12, 8) {
                continue;
            }
            let step = digits / 2;
            let text = lines(&words, digits, each, |word| {
                if addressed { format!("{:08x}: ", word * step) } else { String::new() }
            });
            let found = import(&text, &options(bits)).unwrap();
            let cells: Vec<u64> = found.iter().map(|fault| fault.cell).collect();
            assert_eq!(cells, expected, "{bits} bits in {digits} digits, {each} a line, {addressed}");
        }
        let wrong = lines(&[all | 1 << bits; ROWS as usize], digits, 1, |_| String::new());
        let refused = import(&wrong, &options(bits)).unwrap_err();
        assert!(refused.contains("the bits above them 0"), "{refused}");
    }
    // Digits of several words may be several words.
    assert!(import(&lines(&[0xff; ROWS as usize], 4, 1, |_| String::new()), &options(8)).is_err());
}
