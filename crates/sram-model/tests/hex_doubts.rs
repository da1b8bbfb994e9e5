//! Dumps that look right and are not: of all of them the true cells, or a refusal that says why. Nothing is imported in silence.

use std::fmt::Write;

use sram_model::Content;
use sram_model::import::hex::{ByteOrder, CountCells, FirstColumn, HexOptions, HexReport, import_hex};

/// The cells that fail at 0.55 V; the first three of them fail at 0.60 V, too.
const FAULTS: usize = 40;

fn mixed(number: usize) -> usize {
    let mut x = (number as u64).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x ^ (x >> 29)) as usize & 0xff_ffff
}

/// A memory of words in which so many cells fail, of ones.
fn memory(words: usize, bits: usize, faults: usize) -> Vec<u128> {
    let mut memory = vec![u128::MAX >> (128 - bits); words];
    let mut left = faults;
    for number in 0.. {
        let (word, bit) = (mixed(2 * number) % words, mixed(2 * number + 1) % bits);
        if left == 0 {
            break;
        }
        left -= (memory[word] >> bit & 1) as usize;
        memory[word] &= !(1 << bit);
    }
    memory
}

fn options(word_bits: u32) -> HexOptions {
    HexOptions { word_bits, ..HexOptions::default() }
}

/// The faulty cells of each voltage, or what was said.
fn import_files(files: &[(&str, String)], options: &HexOptions) -> Result<(Vec<usize>, HexReport), String> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let (draft, report) = import_hex(folder.path(), options).map_err(|error| error.to_string())?;
    let Content::Measured(levels) = draft.content else { panic!("measured") };
    Ok((levels.iter().map(|(_, faults)| faults.len()).collect(), report))
}

/// Imports two dumps of a memory.
fn import(
    words: usize,
    bits: usize,
    text: impl Fn(&[u128]) -> String,
    options: &HexOptions,
) -> Result<Vec<usize>, String> {
    let dump = |faults| text(&memory(words, bits, faults));
    let files = [("sram-0.60V.txt", dump(3)), ("sram-0.55V.txt", dump(FAULTS))];
    import_files(&files, options).map(|(counts, _)| counts)
}

fn lines(words: &[u128], digits: usize, each: usize, line: impl Fn(usize, &str) -> String) -> String {
    let mut text = String::new();
    for (number, words) in words.chunks(each).enumerate() {
        let words: Vec<String> = words.iter().map(|word| format!("{word:0digits$x}")).collect();
        writeln!(text, "{}", line(number, &words.join(" "))).unwrap();
    }
    text
}

fn plain(words: &[u128]) -> String {
    lines(words, 4, 8, |_, words| words.to_owned())
}

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
fn what_stands_in_a_dump_several_times_is_refused_or_kept_as_it_was_told() {
    let twice = |words: &[u128]| plain(words) + &plain(words);
    let in_a_row = |words: &[u128]| {
        let words: Vec<u128> = words.iter().flat_map(|&word| [word; 2]).collect();
        plain(&words)
    };
    for (text, part) in [
        (&twice as &dyn Fn(&[u128]) -> String, "each 1024 words stand 2 times in a row"),
        (&in_a_row, "each word stands 2 times in a row"),
    ] {
        let said = import(1024, 16, text, &options(16)).unwrap_err();
        assert!(said.contains(part) && said.contains("--count as-published"), "{said}");
        let told = HexOptions { count: CountCells::AsPublished, ..options(16) };
        let dump = |faults| text(&memory(1024, 16, faults));
        let files = [("sram-0.60V.txt", dump(3)), ("sram-0.55V.txt", dump(FAULTS))];
        let (counts, report) = import_files(&files, &told).unwrap();
        assert_eq!(counts, [6, 80]);
        assert!(report.duplication.unwrap().to_string().contains(part) && !report.counted_once);
    }
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

#[test]
fn reads_that_have_nothing_in_common_are_refused() {
    let of_chip = |seed: usize| {
        let mut words = memory(1024, 16, 0);
        (0..FAULTS).for_each(|number| words[mixed(number + 1000 * seed) % 1024] &= !(1 << (number % 16)));
        plain(&words)
    };
    let names = ["run1_0.60V.txt", "run2_0.60V.txt", "run3_0.60V.txt"];
    let of = |seeds: [usize; 3]| {
        let files: Vec<(&str, String)> = names.into_iter().zip(seeds.map(of_chip)).collect();
        import_files(&files, &options(16)).map(|(counts, _)| counts[0])
    };
    for seeds in [[1, 2, 3], [1, 1, 2], [2, 1, 1]] {
        let said = of(seeds).unwrap_err();
        assert!(said.contains("fail in another read at 0.6 V: are these reads of one chip"), "{said}");
    }
    assert!((38..=40).contains(&of([1, 1, 1]).unwrap()));
    // Weak cells, of which each fails once in ten reads.
    let weak = |read: usize| {
        let mut words = memory(8192, 16, 0);
        let fails = |cell: &usize| mixed(cell + 7777 * read).is_multiple_of(10);
        (0..600).filter(fails).for_each(|cell| words[mixed(cell) % 8192] &= !(1 << (cell % 16)));
        plain(&words)
    };
    let files: Vec<(&str, String)> = names.into_iter().zip([1, 2, 3].map(weak)).collect();
    assert!(import_files(&files, &options(16)).is_ok());
}

#[test]
fn names_of_two_things_are_refused_unless_the_same_cells_fail() {
    let files = |names: [&'static str; 2], other: usize| {
        let high = memory(1024, 16, 9);
        let mut low = memory(1024, 16, FAULTS);
        if other > 0 {
            low = memory(1024, 16, 0);
            (0..FAULTS).for_each(|number| low[mixed(number + 1000 * other) % 1024] &= !(1 << (number % 16)));
        }
        [(names[0], plain(&high)), (names[1], plain(&low))]
    };
    for names in [
        ["boardA_0.60V.txt", "boardB_0.59V.txt"],
        ["chip1_0.60V.txt", "chip2_0.59V.txt"],
        ["fpga1_0.60V.txt", "fpga2_0.59V.txt"],
        ["bram1_0.60V.txt", "bram2_0.59V.txt"],
    ] {
        let said = import_files(&files(names, 1), &options(16)).unwrap_err();
        assert!(said.contains(&format!("the names of {} and {} differ", names[0], names[1])), "{said}");
        let anyway = HexOptions { anyway: true, ..options(16) };
        assert!(import_files(&files(names, 1), &anyway).is_ok());
        assert_eq!(import_files(&files(names, 0), &options(16)).unwrap().0, [9, 40], "the same cells fail");
    }
    for names in [
        ["board_0.60V_x1.txt", "board_0.59V_x2.txt"],
        ["Mon-07-June-2024_0.60V.txt", "Tue-08-July-2024_0.59V.txt"],
    ] {
        assert!(import_files(&files(names, 1), &options(16)).is_ok(), "{names:?}");
    }
    let told = vec![("boardB_0.59V.txt".to_owned(), "0.59".parse().unwrap())];
    let told = HexOptions { voltages: told, ..options(16) };
    assert!(import_files(&files(["boardA_0.60V.txt", "boardB_0.59V.txt"], 1), &told).is_ok());
}

#[test]
fn what_has_a_voltage_in_its_name_is_read_or_refused() {
    let clean = || plain(&memory(1024, 16, 0));
    for name in [
        "c_0.50V.csv",
        "c_0.50V",
        "c_0.50V.log",
        "c_0.50V.txt.gz",
        "c_0.50V.txt.bak",
        "c_0.50V.txt~",
        "c_0.50",
        "c_500mV.json",
    ] {
        let files = [("c_0.60V.txt", clean()), (name, clean())];
        let said = import_files(&files, &options(16)).unwrap_err();
        assert!(said.contains(&format!("{name}: found a name with a voltage")), "{said}");
        assert!(said.contains("--voltage FILE=V"), "{said}");
        let voltages = vec![(name.to_owned(), "0.5".parse().unwrap())];
        let (counts, _) = import_files(&files, &HexOptions { voltages, ..options(16) }).unwrap();
        assert_eq!(counts.len(), 2, "{name}");
    }
    for name in ["notes.csv", "plot_0.50V.png", "readme", "counts.json", ".c_0.50V.txt.swp", "v2"] {
        let files = [("c_0.60V.txt", clean()), (name, clean())];
        let (_, report) = import_files(&files, &options(16)).unwrap();
        let by_name = ["readme", "v2"].contains(&name);
        let reason = if by_name { "no dump, by its name" } else { "no dump, by its extension" };
        let reason = if name.starts_with('.') { "hidden" } else { reason };
        assert_eq!(
            report.ignored.iter().map(|ignored| ignored.reason).collect::<Vec<_>>(),
            [reason],
            "{name}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c_0.60V.txt"), clean()).unwrap();
    std::fs::create_dir(folder.path().join("0.50V")).unwrap();
    let said = import_hex(folder.path(), &options(16)).unwrap_err().to_string();
    assert!(said.contains("0.50V: found a name with a voltage") && said.contains("of a folder"), "{said}");
}

#[test]
fn conditions_that_contradict_each_other_are_refused() {
    let clean = || plain(&memory(1024, 16, 0));
    for (names, part) in [
        (["0.60V_25 °C.txt", "0.55V_85 °C.txt"], "25 °C and others"),
        (["0.60V_25C.txt", "0.55V_358K.txt"], "25 °C and others"),
        (["0.60V_77F.txt", "0.55V_85C.txt"], "77 °F and others"),
        (["0.60V.txt", "0.60-0.55V.txt"], "0.55 V and 0.6 V in the name"),
        (["0.60V.txt", "sweep-3_vdd-550.txt"], "`550` in the name `sweep-3_vdd-550`"),
        (["0.60V.txt", "run_4_dump_1.txt"], "no voltage in the name"),
        (["sample1_0.60V.txt", "sample2_0.60V.txt"], "the voltage 0.6 V of sample1_0.60V.txt again"),
        (["0.60V_1.txt", "0.60V_2.txt"], "after a word such as run or read"),
    ] {
        let files = names.map(|name| (name, clean()));
        let said = import_files(&files, &options(16)).unwrap_err();
        assert!(said.contains(part), "{said}");
    }
    let told = |voltage: &str| ("x.txt".to_owned(), voltage.parse().unwrap());
    let files = [("x.txt", clean())];
    let twice = HexOptions { voltages: vec![told("0.5"), told("0.6")], ..options(16) };
    let said = import_files(&files, &twice).unwrap_err();
    assert!(said.contains("--voltage x.txt=0.5 and --voltage x.txt=0.6"), "{said}");
    let same = HexOptions { voltages: vec![told("0.5"), told("0.5")], ..options(16) };
    assert!(import_files(&files, &same).is_ok());
    for names in [["0.60V_25C.txt", "0.55V_298K.txt"], ["0.60V_77F.txt", "0.55V_25 °C.txt"]] {
        assert!(import_files(&names.map(|name| (name, clean())), &options(16)).is_ok());
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["0.60V_25C.txt", "0.55V.txt"] {
        std::fs::write(folder.path().join(name), clean()).unwrap();
    }
    let (draft, _) = import_hex(folder.path(), &options(16)).unwrap();
    let notes = draft.provenance.notes.join("\n");
    assert!(notes.contains("the name `0.55V.txt` says no temperature, others say 25 °C"), "{notes}");
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
