//! Hex dumps in the forms that people have them in: the same cells from all of them, or a refusal.

use std::fmt::Write;
use std::path::Path;

use proptest::prelude::*;
use sram_model::import::ImportError;
use sram_model::import::hex::{ByteOrder, FirstColumn, HexOptions, HexReport, import_hex};
use sram_model::{Between, CellFault, Profile, ProfileDraft};

const ROWS: u32 = 8;

fn options(word_bits: u32) -> HexOptions {
    HexOptions { rows: ROWS, word_bits, anyway: true, ..HexOptions::default() }
}

fn import_files(
    files: &[(&str, &[u8])],
    options: &HexOptions,
) -> Result<(ProfileDraft, HexReport), ImportError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, content) in files {
        std::fs::write(folder.path().join(name), content).unwrap();
    }
    import_hex(folder.path(), options)
}

/// The faults of one dump, in the order of their cells.
fn import(text: &str, options: &HexOptions) -> Result<Vec<CellFault>, String> {
    let (draft, _) =
        import_files(&[("chip-0.60.txt", text.as_bytes())], options).map_err(|e| e.to_string())?;
    let profile = Profile::from_bytes(draft.encode().unwrap(), "test").unwrap();
    let voltage = profile.info().voltages[0];
    Ok(profile.at(voltage, Between::NextLower).unwrap().faults().to_vec())
}

/// Cells whose bits are 0, numbered as a dump of these words has them.
fn faulty_cells(words: &[u128], word_bits: u32) -> Vec<u64> {
    let bits = |word: u128| (0..word_bits).filter(move |bit| word >> bit & 1 == 0);
    let cells = words.iter().zip(0u64..);
    cells
        .flat_map(|(&word, i)| bits(word).map(move |bit| i * u64::from(word_bits) + u64::from(bit)))
        .collect()
}

/// Lines of words, each of `each` of them but the last, which may have fewer; `before` is what stands before them.
fn lines(words: &[u128], digits: usize, each: usize, before: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for (line, words) in words.chunks(each).enumerate() {
        let words: Vec<String> = words.iter().map(|word| format!("{word:0digits$x}")).collect();
        writeln!(text, "{}{}", before(line * each), words.join(" ")).unwrap();
    }
    text
}

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
        let ones = u128::MAX >> (128 - word_bits);
        let mut words = vec![ones; banks * ROWS as usize];
        for (at, bits) in weak {
            let at = at % words.len();
            words[at] &= !(bits & ones & 0x1001_0000_0000_1000_0001_0000_0000_1001);
        }
        let expected = faulty_cells(&words, word_bits);
        for (name, text) in forms(&words, word_bits) {
            let found = import(&text, &options(word_bits)).map_err(|error| TestCaseError::fail(format!("{name}: {error}")))?;
            let found: Vec<u64> = found.iter().map(|fault| fault.cell).collect();
            // Cells that a dump shows several times are counted once; that is not what is tested here.
            let as_published = HexOptions { count: sram_model::import::hex::CountCells::AsPublished, ..options(word_bits) };
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

fn counts(text: &str, options: &HexOptions) -> Result<usize, String> {
    import(text, options).map(|faults| faults.len())
}

/// 16 words of 16 bits, of which the sixth has two faulty bits.
fn words() -> Vec<u128> {
    let mut words = vec![0xffff; 16];
    words[5] = 0xfe7f;
    words
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
        ("1111111111111111\n".repeat(8), 16, ["binary digits", "not read"]),
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
    let utf16: Vec<u8> = [0xff, 0xfe].into_iter().chain("ffff".bytes().flat_map(|b| [b, 0])).collect();
    let said = import_files(&[("a-0.6.txt", &utf16)], &options(16)).unwrap_err().to_string();
    assert!(said.contains("UTF-16"), "{said}");
}

#[test]
fn places_are_those_of_the_file_as_it_is() {
    let said = counts("\u{feff}ffff\r\nffzz\r\n", &options(16)).unwrap_err();
    assert!(said.contains("line 2, byte 11: found `z`"), "{said}");
}

#[test]
fn reads_of_one_voltage_give_flip_probabilities() {
    let dump = |words: &[u128]| lines(words, 4, 1, |_| String::new()).into_bytes();
    let read = |bits: &[u128]| {
        let mut words = words();
        bits.iter().for_each(|bit| words[0] &= !(1 << bit));
        dump(&words)
    };
    let reads = [read(&[0, 1]), read(&[0]), read(&[0, 2]), read(&[])];
    let mut files: Vec<(String, &[u8])> =
        (1..).zip(&reads).map(|(run, bytes)| (format!("chip_run{run}_0.60V.txt"), &bytes[..])).collect();
    let clean = dump(&[0xffff; 16]);
    files.push(("chip_0.65V.txt".to_owned(), &clean));
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    let (draft, report) = import_files(&files, &options(16)).unwrap();
    assert_eq!(
        report.repeated().iter().map(|(v, reads)| format!("{v} {reads}")).collect::<Vec<_>>(),
        ["0.6 4"]
    );
    assert!(
        draft.provenance.notes.iter().any(|note| note.contains("0.6 V was read 4 times")),
        "{:?}",
        draft.provenance.notes
    );
    assert_eq!(draft.vmin.map(|vmin| vmin.to_string()).as_deref(), Some("0.65"));
    let profile = Profile::from_bytes(draft.encode().unwrap(), "test").unwrap();
    let map = profile.at("0.6".parse().unwrap(), Between::NextLower).unwrap();
    let flips: Vec<(u64, f32)> = map.faults().iter().map(|fault| (fault.cell, fault.flip.p10())).collect();
    assert_eq!(flips, [(0, 0.75), (1, 0.25), (2, 0.25), (87, 1.0), (88, 1.0)]);
}

#[test]
fn files_that_cannot_belong_together_are_refused() {
    let clean = lines(&[0xffff; 8], 4, 1, |_| String::new());
    let moved = lines(&[0xffff; 8], 4, 1, |at| format!("{:x}: ", 0x10 + at));
    let at_zero = lines(&[0xffff; 8], 4, 1, |at| format!("{at:x}: "));
    for (files, parts) in [
        (
            [("board1_0.6V.txt", &clean), ("board2_0.6V.txt", &clean)],
            ["the voltage 0.6 V of board1_0.6V.txt again", "run1"],
        ),
        ([("x_0.6V_25C.txt", &clean), ("x_0.5V_85C.txt", &clean)], ["25 °C and others", "one temperature"]),
        (
            [("x_0.6V.txt", &clean), ("vdd0.5V_io1.8V.txt", &clean)],
            ["0.5 V and 1.8 V in the name", "--voltage FILE"],
        ),
        ([("x_0.6V.txt", &clean), ("x_0.5V.log", &clean)], ["x_0.5V.log", "the extension .bin"]),
        ([("x_0.6V.txt", &clean), ("x_500.txt", &clean)], ["no voltage in the name `x_500`", "530mV"]),
        (
            [("x_0.6V.txt", &at_zero), ("x_0.5V.txt", &moved)],
            ["addresses from 0x10 on", "from 0x0 on as in x_0.6V.txt"],
        ),
    ] {
        let files = files.map(|(name, text)| (name, text.as_bytes()));
        let said = import_files(&files, &options(16)).unwrap_err().to_string();
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
}

#[test]
fn a_voltage_that_is_told_goes_before_the_name() {
    let clean = lines(&[0xffff; 8], 4, 1, |_| String::new());
    let files =
        [("x_500.txt", clean.as_bytes()), ("y_0.7V.log", clean.as_bytes()), ("notes.md", b"".as_slice())];
    let told = |name: &str, voltage: &str| (name.to_owned(), voltage.parse().unwrap());
    let voltages = vec![told("x_500.txt", "0.5"), told("y_0.7V.log", "0.6")];
    let (_, report) = import_files(&files, &HexOptions { voltages, ..options(16) }).unwrap();
    let found: Vec<String> =
        report.dumps.iter().map(|dump| format!("{} {}", dump.file, dump.voltage)).collect();
    assert_eq!(found, ["y_0.7V.log 0.6", "x_500.txt 0.5"]);
    assert_eq!(report.ignored.iter().map(|ignored| ignored.file.as_str()).collect::<Vec<_>>(), ["notes.md"]);
    let voltages = vec![told("z.txt", "0.5")];
    let said = import_files(&files, &HexOptions { voltages, ..options(16) }).unwrap_err().to_string();
    assert!(
        said.contains("`z.txt`, which is not there") || said.contains("no voltage in the name"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn links_and_pipes_among_dumps_are_refused_and_others_are_named() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("x_0.6V.txt"), lines(&[0xffff; 8], 4, 1, |_| String::new())).unwrap();
    std::fs::create_dir(at("old")).unwrap();
    symlink("nowhere", at("README")).unwrap();
    let ignored = |options: &HexOptions| -> Result<Vec<String>, String> {
        let (_, report) = import_hex(folder.path(), options).map_err(|error| error.to_string())?;
        Ok(report
            .ignored
            .into_iter()
            .map(|ignored| format!("{}: {}", ignored.file, ignored.reason))
            .collect())
    };
    assert_eq!(ignored(&options(16)).unwrap(), ["README: a link that leads nowhere", "old: a folder"]);
    symlink(Path::new("nowhere"), at("x_0.5V.txt")).unwrap();
    assert!(ignored(&options(16)).unwrap_err().contains("x_0.5V.txt: found a link that leads nowhere"));
    std::fs::remove_file(at("x_0.5V.txt")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(at("x_0.5V.txt")).status().unwrap().success());
    assert!(ignored(&options(16)).unwrap_err().contains("x_0.5V.txt: found a pipe or a device"));
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
