//! Kinds of dumps: the same words as text of hex or binary digits, Intel HEX, S-records and raw bytes, and what is refused.

use std::fmt::Write;

use proptest::prelude::*;
use sram_model::import::hex::{ByteOrder, HexOptions, HexReport, Pattern, Radix};

use crate::{faulty_cells, import_files, lines, options, weakened};

/// Bytes of a record.
const RECORD: usize = 16;

fn bytes_of(words: &[u128], bytes: usize, order: ByteOrder) -> Vec<u8> {
    let of = |word: &u128| match order {
        ByteOrder::Big => word.to_be_bytes()[16 - bytes..].to_vec(),
        ByteOrder::Little => word.to_le_bytes()[..bytes].to_vec(),
    };
    words.iter().flat_map(of).collect()
}

/// A record of Intel HEX.
fn intel_record(address: u16, kind: u8, bytes: &[u8]) -> String {
    let [high, low] = address.to_be_bytes();
    let all = [&[bytes.len() as u8, high, low, kind], bytes].concat();
    let sum = all.iter().fold(0u8, |sum, byte| sum.wrapping_sub(*byte));
    let digits: String = all.iter().chain([&sum]).map(|byte| format!("{byte:02X}")).collect();
    format!(":{digits}\n")
}

/// An S-record, with an address of so many bytes.
fn s_record(kind: u8, address: u32, address_bytes: usize, bytes: &[u8]) -> String {
    let all =
        [&[(address_bytes + bytes.len() + 1) as u8], &address.to_be_bytes()[4 - address_bytes..], bytes]
            .concat();
    let sum = all.iter().fold(0xffu8, |sum, byte| sum.wrapping_sub(*byte));
    let digits: String = all.iter().chain([&sum]).map(|byte| format!("{byte:02X}")).collect();
    format!("S{kind}{digits}\n")
}

const END: &str = ":00000001FF\n";

/// Intel HEX of bytes from an address on, whose upper part stands in records of a type.
fn intel_hex(base: u32, upper: u8, bytes: &[u8]) -> String {
    let mut text = String::new();
    for (number, bytes) in bytes.chunks(RECORD).enumerate() {
        let address = base + (number * RECORD) as u32;
        let high = if upper == 2 { (address >> 4 & 0xf000) as u16 } else { (address >> 16) as u16 };
        text += &intel_record(0, upper, &high.to_be_bytes());
        text += &intel_record(address as u16, 0, bytes);
    }
    text + &intel_record(0, 5, &[0, 0, 1, 2]) + END
}

fn s_records(base: u32, address_bytes: usize, bytes: &[u8]) -> String {
    let kind = address_bytes as u8 - 1;
    let chunks = bytes.chunks(RECORD);
    let count = chunks.len() as u32;
    let mut text = s_record(0, 0, 2, b"memory");
    for (number, bytes) in chunks.enumerate() {
        text += &s_record(kind, base + (number * RECORD) as u32, address_bytes, bytes);
    }
    text + &s_record(5, count, 2, &[]) + &s_record(10 - kind, base, address_bytes, &[])
}

fn import(bytes: &[u8], options: &HexOptions) -> Result<(Vec<u64>, HexReport, String), String> {
    let (draft, report) =
        import_files(&[("c-0.6V.hex", bytes)], options).map_err(|error| error.to_string())?;
    let sram_model::Content::Measured(levels) = &draft.content else { panic!("measured") };
    let cells = levels[0].1.iter().map(|fault| fault.cell).collect();
    Ok((cells, report, draft.provenance.source))
}

fn said(bytes: impl AsRef<[u8]>, options: &HexOptions) -> String {
    import(bytes.as_ref(), options).unwrap_err()
}

fn bytes_options(word_bits: u32, order: ByteOrder) -> HexOptions {
    HexOptions { byte_order: Some(order), ..options(word_bits) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn all_kinds_of_a_dump_give_the_same_cells(
        word_bits in 1u32..=128,
        banks in 1usize..4,
        base in prop_oneof![Just(0u32), Just(0x2000), Just(0xfff0)],
        more in 0u32..4,
        weak in prop::collection::vec((any::<usize>(), any::<u128>()), 0..20),
    ) {
        let words = weakened(word_bits, banks, &weak);
        let expected = faulty_cells(&words, word_bits);
        let published = Some(sram_model::import::hex::CountCells::AsPublished);
        // In the least number of bytes, or in more of them.
        let bytes = (word_bits.div_ceil(8) + more).min(16);
        let digits = (bytes > word_bits.div_ceil(8)).then_some(bytes * 2);
        for order in [ByteOrder::Big, ByteOrder::Little] {
            let told = HexOptions { digits, count: published, ..bytes_options(word_bits, order) };
            let bytes = bytes_of(&words, bytes as usize, order);
            for (kind, text) in [
                ("Intel HEX", intel_hex(base, 4, &bytes)),
                ("Intel HEX", intel_hex(base, 2, &bytes)),
                ("S-record", s_records(base & 0x7f00, 2, &bytes)),
                ("S-record", s_records(base, 3, &bytes)),
                ("S-record", s_records(base, 4, &bytes).replace('\n', "\r\n")),
                ("hex", lines(&bytes.iter().map(|&byte| byte.into()).collect::<Vec<_>>(), 2, 1, |_| String::new())),
            ] {
                let (cells, _, source) = import(text.as_bytes(), &told).map_err(TestCaseError::fail)?;
                prop_assert_eq!(&cells, &expected, "{}:\n{}", kind, text);
                prop_assert!(source.starts_with(&format!("{kind} dumps in folder")), "{}", source);
            }
            let (cells, _, source) = import(&bytes, &HexOptions { raw: true, ..told }).map_err(TestCaseError::fail)?;
            prop_assert_eq!(&cells, &expected);
            prop_assert!(source.starts_with("raw dumps"), "{}", source);
        }
        let told = HexOptions { radix: Radix::Binary, count: published, ..options(word_bits) };
        let width = word_bits as usize;
        let binary = |word: &u128| format!("{word:0width$b}");
        let plain: String = words.iter().map(|word| binary(word) + "\n").collect();
        let addressed: String = words.iter().enumerate().map(|(at, word)| format!("@{at:x} {} // 1\n", binary(word))).collect();
        let grouped: String = words.iter().map(|word| { let digits = binary(word); format!("{}_{}\n", &digits[..1], &digits[1..]) }).collect();
        for text in [plain, addressed, if word_bits > 1 { grouped } else { String::new() }] {
            if !text.is_empty() {
                prop_assert_eq!(&import(text.as_bytes(), &told).map_err(TestCaseError::fail)?.0, &expected, "{}", text);
            }
        }
    }

    #[test]
    fn any_records_are_a_dump_or_an_error(
        records in prop::collection::vec("(:|S[0-9])[0-9A-F]{0,40}", 0..6),
        word_bits in 1u32..=40,
        damage in any::<(usize, u8)>(),
        raw in any::<bool>(),
    ) {
        let told = HexOptions { raw, missing_as_written: true, ..bytes_options(word_bits, ByteOrder::Big) };
        let mut text = (records.join("\n") + "\n" + &intel_hex(0, 4, &[0xff; 32])).into_bytes();
        let at = damage.0 % text.len();
        text[at] = damage.1;
        let _ = import(&text, &told);
        let _ = import(s_records(0, 2, &text[..text.len().min(64)]).as_bytes(), &told);
    }
}

#[test]
fn every_damaged_digit_of_a_record_is_found() {
    let bytes = [0xff; 16];
    for (text, told) in [(intel_hex(0, 4, &bytes), 8), (s_records(0, 3, &bytes), 8)] {
        assert!(import(text.as_bytes(), &HexOptions { rows: 16, ..options(told) }).unwrap().0.is_empty());
        for at in (0..text.len()).filter(|&at| text.as_bytes()[at].is_ascii_hexdigit()) {
            // Of the type, which is in no check sum, the place of the record tells.
            let mut damaged = text.clone().into_bytes();
            damaged[at] = if damaged[at] == b'0' { b'1' } else { b'0' };
            let found = import(&damaged, &HexOptions { rows: 16, ..options(told) });
            assert!(found.is_err(), "byte {at} of {text}");
        }
    }
}

#[test]
fn records_that_are_damaged_twice_there_or_cut_short_are_refused_by_line() {
    let byte = |address: u16, byte: u8| intel_record(address, 0, &[byte; 8]);
    let s = |address, byte: u8| s_record(1, address, 2, &[byte; 8]);
    let s_end = "S9030000FC\n";
    for (text, parts) in [
        (
            format!("{}{}", byte(0, 0xff).replace("FF00", "FF01"), END),
            ["line 1: found the check sum", "the line is damaged"],
        ),
        (byte(0, 0xff), ["found the end of the file", ":00000001FF"]),
        (
            format!("{}{END}{}", byte(0, 0xff), byte(8, 0xff)),
            ["line 3: found a line", "nothing after the end record in line 2"],
        ),
        (
            format!("{}{}{END}", byte(0, 0xff), byte(4, 0xff)),
            ["line 2: found the bytes at 0x4 again", "line 1"],
        ),
        (
            format!("{}ffff\n{END}", byte(0, 0xff)),
            ["line 2: found no record", "pairs of hex digits after its mark"],
        ),
        (format!("{}{END}", intel_record(0, 6, &[])), ["line 1: found a record of type 06", "00 to 05"]),
        (
            format!("{}{END}", intel_record(0, 4, &[1])),
            ["line 1: found a record of type 04 with 1 bytes", "two in 02 and 04"],
        ),
        (format!("{}{END}", byte(0xfffc, 0xff)), ["8 bytes from 0xfffc on", "ends in its 64 KiB"]),
        (format!("{}:0800{END}", byte(0, 0xff)), ["line 2: found no record", "its mark"]),
        (s(0, 0xff), ["found the end of the file", "S7, S8 or S9"]),
        (
            format!("{}{}{s_end}", s(0, 0xff), s_record(5, 2, 2, &[])),
            ["line 2: found a count of 2 records", "expected 1"],
        ),
        (format!("S4030000FC\n{s_end}"), ["line 1: found a record S4", "S5 to S9"]),
        (
            format!("{}{s_end}", s(0xfffc, 0xff)),
            ["8 bytes from 0xfffc on", "ends where addresses of 2 bytes do"],
        ),
        (
            format!("{}{}{s_end}", s(8, 0xff), s(12, 0xff)),
            ["line 2: found the bytes at 0xc again", "each byte once"],
        ),
    ] {
        let said = said(&text, &options(8));
        assert!(parts.iter().all(|part| said.contains(part)), "{text}{said}");
    }
    let order = said(intel_hex(0, 4, &[0xff; 16]), &options(16));
    assert!(order.contains("--byte-order big") && order.contains("--word-bits 8"), "{order}");
    let packed = said(intel_hex(0, 4, &[0xff; 16]), &HexOptions { packed: true, ..options(8) });
    assert!(packed.contains("Intel HEX, and --packed"), "{packed}");
}

#[test]
fn what_records_leave_out_is_refused_by_range_or_as_written() {
    let record = |address: u16, bytes: &[u8]| intel_record(address, 0, bytes);
    // Bytes 8 to 15 and 24 to 27 are missing; the record of the higher addresses stands first.
    let text = record(16, &[0xff; 8])
        + &record(0, &[0xff, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])
        + &record(28, &[0xff; 4])
        + END;
    let told = HexOptions { rows: 16, ..bytes_options(16, ByteOrder::Little) };
    let refused = said(&text, &told);
    for part in ["found no bytes for 0x8 to 0xf, 0x18 to 0x1b", "--missing-as-written"] {
        assert!(refused.contains(part), "{refused}");
    }
    for pattern in [Pattern::Ones, Pattern::Checker] {
        let written =
            HexOptions { missing_as_written: true, written: pattern.clone().into(), ..told.clone() };
        let (cells, report, _) = import(text.as_bytes(), &written).unwrap();
        // The words that are there, 10 of 16.
        let expected = if pattern == Pattern::Ones { 1 } else { 10 * 8 };
        assert!((expected - 1..=expected + 1).contains(&cells.len()), "{cells:?}");
        assert_eq!(
            report.missing(),
            ["c-0.6V.hex: 6 words (0x8 to 0xf, 0x18 to 0x1b) are in no record and are taken as written"]
        );
    }
    let part = record(0, &[0xff; 7]) + &record(8, &[0xff; 8]) + END;
    let refused = said(part, &HexOptions { missing_as_written: true, ..told.clone() });
    assert!(refused.contains("gaps of whole words of 2 bytes"), "{refused}");
    let far = s_record(3, 0, 4, &[0xff; 2]) + &s_record(3, 0xffff_fff0, 4, &[0xff; 2]) + "S70500000000FA\n";
    let refused = said(far, &HexOptions { missing_as_written: true, ..told });
    assert!(refused.contains("at most 16777216 missing bytes"), "{refused}");
}

#[test]
fn a_word_lies_in_its_bytes_with_zeros_above() {
    // Words of 9 bits: two bytes, of which the upper seven bits are 0.
    let words = [0x1ffu128, 0x1fe, 0x0ff, 0x1ff, 0x1ff, 0x1ff, 0x1ff, 0x1ff];
    let raw = |order| HexOptions { raw: true, ..bytes_options(9, order) };
    for order in [ByteOrder::Big, ByteOrder::Little] {
        assert_eq!(import(&bytes_of(&words, 2, order), &raw(order)).unwrap().0, [9, 26]);
    }
    let refused = said(bytes_of(&words, 2, ByteOrder::Big), &raw(ByteOrder::Little));
    assert!(
        refused.contains("byte 0: found the word ff01, number 0, expected a word of 9 bits"),
        "{refused}"
    );
    let refused = said([0xffu8; 15], &HexOptions { raw: true, ..bytes_options(16, ByteOrder::Big) });
    assert!(refused.contains("7 words and 1 of 2 bytes of one more"), "{refused}");
    let refused = said([0xffu8; 14], &HexOptions { raw: true, ..bytes_options(16, ByteOrder::Big) });
    assert!(refused.contains("7 words (raw bytes, words of 2 bytes, most significant first)"), "{refused}");
}

#[test]
fn bytes_need_to_be_told_from_text() {
    let refused = said([0xff; 16], &options(16));
    assert!(refused.contains("--raw"), "{refused}");
    let refused = said(vec![0xff; 1 << 17], &options(16));
    assert!(refused.contains("byte 0: found bytes of no text") && refused.contains("--raw"), "{refused}");
    let refused = said([0x00, 0xff, 0xff, 0xff], &options(16));
    assert!(refused.contains("found a byte of 0") && refused.contains("--raw"), "{refused}");
    for text in ["ffff\n".repeat(8), intel_hex(0, 4, &[0xff; 16])] {
        let raw = HexOptions { raw: true, anyway: false, ..bytes_options(8, ByteOrder::Big) };
        let refused = said(&text, &raw);
        assert!(refused.contains("found text") && refused.contains("leave it away"), "{refused}");
        let whole = &text.as_bytes()[..text.len() / 8 * 8];
        assert!(import(whole, &HexOptions { anyway: true, ..raw }).is_ok(), "as it was told");
    }
    // Patterns that were written, and are letters.
    for byte in [0x55u8, 0x33] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("written.bin");
        std::fs::write(&path, [byte; 8]).unwrap();
        let of_raw = HexOptions { raw: true, anyway: false, ..options(8) };
        let raw = HexOptions { written: Pattern::Dump(path).into(), ..of_raw };
        let mut read = [byte; 8];
        read[3] ^= 4;
        assert_eq!(import(&read, &raw).unwrap().0, [3 * 8 + 2], "{byte:x}");
    }
    let refused = said([0xff; 16], &HexOptions { raw: true, ..options(16) });
    assert!(refused.contains("raw bytes, whose bytes may be in either order"), "{refused}");
}

#[test]
fn many_words_that_are_not_as_they_were_written_are_refused_and_those_at_the_begin_alone_are_not() {
    const WORDS: usize = (1 << 20) + 8;
    let raw = HexOptions { raw: true, anyway: false, ..options(8) };
    let refused = said(vec![0u8; WORDS], &raw);
    assert!(
        refused.contains("c-0.6V.hex, written with ones, read at 0.6 V: 100.0000 % of all cells fail"),
        "{refused}"
    );
    assert!(refused.contains("Then --written zeros"), "{refused}");
    let rows: Vec<u8> = (0..WORDS).map(|row| if row % 2 == 0 { 0x55 } else { 0xaa }).collect();
    let refused = said(rows, &raw);
    assert!(
        refused.contains("what was read is a checkerboard") && refused.contains("--written checker"),
        "{refused}"
    );
    let mut begin = vec![0u8; WORDS];
    begin.resize(3 * WORDS, 0xff);
    let refused = said(begin, &raw);
    assert!(refused.contains("at 0.6 V, the highest voltage, 33.3 % of all cells fail"), "{refused}");
}

#[test]
fn binary_digits_are_zeros_and_ones() {
    let binary = |bits| HexOptions { radix: Radix::Binary, ..options(bits) };
    let mut text = String::new();
    (0..8).for_each(|_| writeln!(text, "1111").unwrap());
    for (change, parts) in [
        ("11x1", ["line 1, byte 2: found `x`", "a simulator does not know"]),
        ("11z1", ["line 1, byte 2: found `z`", "a simulator does not know"]),
        ("1121", ["line 1, byte 0: found `1121`", "binary digits"]),
        ("0b1111", ["line 1, byte 0: found `0b1111`", "4 binary digits for a word of 4 bits, without 0b"]),
        ("111", ["`111`, 3 digits", "4 binary digits for a word of 4 bits"]),
    ] {
        let refused = said(text.replacen("1111", change, 1), &binary(4));
        assert!(parts.iter().all(|part| refused.contains(part)), "{change}: {refused}");
    }
    let refused = said(&text, &binary(2));
    assert!(
        refused.contains("--packed if each is 2 words") && refused.contains("--word-bits 4"),
        "{refused}"
    );
    let refused = said("1111111111111111\n".repeat(8), &options(16));
    assert!(refused.contains("--radix 2, if these are binary digits"), "{refused}");
    let (_, report, source) = import(text.as_bytes(), &binary(4)).unwrap();
    assert_eq!(report.readings()[0].0, "one word of 4 binary digits a token");
    assert!(source.starts_with("binary dumps in folder"), "{source}");
}
