//! Cells that a dump shows several times.

use sram_model::import::hex::{CountCells, HexOptions};

use crate::{FAULTS, import, import_files, lines, memory, mixed, options, plain};

#[test]
fn what_stands_in_a_dump_several_times_is_refused_or_kept_as_it_was_told() {
    let twice = |words: &[u128]| plain(words) + &plain(words);
    let in_a_row = |words: &[u128]| {
        let words: Vec<u128> = words.iter().flat_map(|&word| [word; 2]).collect();
        plain(&words)
    };
    for (text, part) in [
        (&twice as &dyn Fn(&[u128]) -> String, "each 1024 words seem to stand 2 times in a row"),
        (&in_a_row, "each word seems to stand 2 times in a row"),
    ] {
        let said = import(1024, 16, text, &options(16)).unwrap_err();
        assert!(said.contains(part) && said.contains("--count as-published"), "{said}");
        let told = HexOptions { count: Some(CountCells::AsPublished), ..options(16) };
        let dump = |faults| text(&memory(1024, 16, faults));
        let files = [("sram-0.60V.txt", dump(3)), ("sram-0.55V.txt", dump(FAULTS))];
        let (counts, report) = import_files(&files, &told).unwrap();
        assert_eq!(counts, [6, 80]);
        assert!(report.duplication.unwrap().to_string().contains(part) && !report.counted_once);
    }
}

/// Words of which the bits of some columns fail in these rows.
fn with_columns(bits: u128, rows: impl Fn(usize) -> bool) -> String {
    let words: Vec<u128> =
        (0..2048).map(|word| if rows(word % 1024) { 0xffff & !bits } else { 0xffff }).collect();
    plain(&words)
}

#[test]
fn dead_columns_half_a_word_apart_are_two_columns() {
    let counted = |text: String, options: &HexOptions| import_files(&[("sram-0.55V.txt", text)], options);
    for (rows, cells) in [
        (&(|_| true) as &dyn Fn(usize) -> bool, 4096),
        (&|row| row < 512, 2048),
        (&|row| row % 4 == 1, 1024),
        (&|row| (200..400).contains(&row), 800),
    ] {
        let (counts, report) = counted(with_columns(0x0202, rows), &options(16)).unwrap();
        assert_eq!((counts[0], report.duplication), (cells, None));
        let told = HexOptions { count: Some(CountCells::Once), ..options(16) };
        let said = counted(with_columns(0x0202, rows), &told).unwrap_err();
        assert!(said.contains("leave --count away"), "nothing to count once: {said}");
    }
}

/// As of a memory of bytes that two reads fill words of.
#[test]
fn bits_that_mostly_fail_in_two_copies_are_refused_or_counted_as_it_was_told() {
    let low = memory(1024, 8, 60);
    let weak = |word: usize, bit: usize, copy: usize| mixed(word * 16 + bit + 8 * copy + 77_777) % 100 < 80;
    let read = |word: usize, copy: usize| {
        (0..8)
            .filter(|&bit| low[word] >> bit & 1 == 0 && weak(word, bit, copy))
            .fold(0xff, |all, bit| all & !(1 << bit))
    };
    let words: Vec<u128> = (0..1024).map(|word| read(word, 1) << 8 | read(word, 0)).collect();
    let faults = |copy: u32| {
        words.iter().map(|word| (!(word >> (8 * copy)) & 0xff).count_ones() as usize).sum::<usize>()
    };
    let counts = |count| {
        let files = [("sram-0.55V.txt", plain(&words))];
        import_files(&files, &HexOptions { count, ..options(16) }).map(|(counts, report)| (counts[0], report))
    };
    let said = counts(None).unwrap_err();
    assert!(
        said.contains("each cell seems to be dumped 2 times: of the bits that fail in one copy of 8 bits"),
        "{said}"
    );
    assert!(
        said.contains("--count once, if it is; --count as-published, if they are cells of their own"),
        "{said}"
    );
    let (once, report) = counts(Some(CountCells::Once)).unwrap();
    assert_eq!((once, report.counted_once), (faults(0), true));
    let (all, report) = counts(Some(CountCells::AsPublished)).unwrap();
    assert_eq!((all, report.counted_once), (faults(0) + faults(1), false));
}

#[test]
fn reads_one_after_the_other_in_a_dump_are_refused() {
    let memory = memory(1024, 16, 200);
    for reads in [2, 3, 5, 6, 7, 16] {
        let read = |read: usize| -> Vec<u128> {
            let seen = |word: usize, bit: usize| mixed((read * 1024 + word) * 16 + bit + 99_999) % 100 < 80;
            let failing = |word: usize| {
                (0..16).filter(move |&bit| seen(word, bit)).fold(0, |bits, bit| bits | 1 << bit)
            };
            memory.iter().enumerate().map(|(at, word)| word | 0xffff & !failing(at)).collect()
        };
        let text: String = (0..reads).map(|number| plain(&read(number))).collect();
        let files = [("sram-0.55V.txt", text)];
        let said = import_files(&files, &options(16)).unwrap_err();
        assert!(said.contains(&format!("each 1024 words seem to stand {reads} times in a row")), "{said}");
        assert!(said.contains("--count as-published"), "{said}");
        let told = HexOptions { count: Some(CountCells::AsPublished), ..options(16) };
        assert!(import_files(&files, &told).is_ok());
    }
}

/// Two word lines that do not rise: the bits stand as their neighbours left them.
#[test]
fn two_dead_rows_beside_each_other_are_no_copies() {
    let text = |words: &[u128]| {
        let dead = |at: usize| if (320..336).contains(&at) { 1 << (at % 8) | 0x4100 } else { 0 };
        let words: Vec<u128> = words.iter().enumerate().map(|(at, word)| word & !dead(at)).collect();
        lines(&words, 4, 8, |_, words| words.to_owned())
    };
    assert!(import(2048, 16, text, &options(16)).is_ok());
    assert!(import_files(&[("sram-0.55V.txt", text(&vec![0xffff; 2048]))], &options(16)).is_ok(), "alone");
}

/// Reads of 1,024 words of which each shows other weak cells besides those that always fail.
fn noisy(read: usize) -> String {
    let mut words = memory(1024, 16, FAULTS);
    (0..40).for_each(|cell| {
        if mixed(cell + 100 * read).is_multiple_of(2) {
            words[mixed(cell) % 1024] &= !(1 << (cell % 16));
        }
    });
    plain(&words)
}

#[test]
fn a_read_that_is_a_copy_of_another_is_refused_where_others_differ() {
    let of = |reads: [usize; 3]| {
        let names = ["run1_0.60V.txt", "run2_0.60V.txt", "run3_0.60V.txt"];
        let files: Vec<(&str, String)> = names.into_iter().zip(reads.map(noisy)).collect();
        import_files(&files, &options(16)).map(|(_, report)| report.same_files)
    };
    assert_eq!(of([1, 2, 3]), Ok(vec![]));
    let said = of([1, 2, 2]).unwrap_err();
    assert!(
        said.contains("run2_0.60V.txt and run3_0.60V.txt, reads at 0.6 V, hold the same bytes"),
        "{said}"
    );
    assert!(said.contains("while run1_0.60V.txt differs from them in"), "{said}");
    // A memory may be as steady as that.
    let same = of([1, 1, 1]).unwrap();
    assert_eq!(same[0], "run1_0.60V.txt and run2_0.60V.txt, reads at 0.6 V, hold the same bytes");
    assert_eq!(same.len(), 2);
}

#[test]
fn a_dump_of_many_faults_under_two_voltages_is_refused() {
    let of = |faults: usize| {
        let text = plain(&memory(1024, 16, faults));
        let files = [("c-0.60V.txt", text.clone()), ("c-0.55V.txt", text)];
        import_files(&files, &options(16)).map(|(_, report)| report.same_files)
    };
    let said = of(FAULTS).unwrap_err();
    assert!(
        said.contains(
            "c-0.60V.txt at 0.6 V and c-0.55V.txt at 0.55 V hold the same bytes, while 40 cells fail in each"
        ),
        "{said}"
    );
    assert_eq!(
        of(3),
        Ok(vec!["c-0.60V.txt at 0.6 V and c-0.55V.txt at 0.55 V hold the same bytes".to_owned()])
    );
    assert_eq!(of(0), Ok(vec![]));
}
