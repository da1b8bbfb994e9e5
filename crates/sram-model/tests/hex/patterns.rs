//! What was written before reading: each pattern shows the cells that fail from what it stored.

use std::fmt::Write;

use sram_model::import::hex::{FirstColumn, HexOptions, Pattern, Written, import_hex};
use sram_model::import::{Doubt, DoubtKind, ImportError};
use sram_model::{Between, CellFault, Profile, ProfileDraft};

use crate::{import_files, lines};

const WORDS: usize = 256;
const ROWS: u32 = 64;

fn options(written: Written) -> HexOptions {
    HexOptions { rows: ROWS, written, ..HexOptions::default() }
}

fn mixed(number: u64) -> u64 {
    let x = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 33
}

/// Of each hundred cells two, of which one half is stuck at 1 and one at 0.
fn stuck(cell: u64) -> Option<bool> {
    let number = mixed(cell) % 100;
    (number < 2).then_some(number == 1)
}

/// What is read after these words were written.
fn read(word: impl Fn(u64) -> u128) -> Vec<u128> {
    let bits = |at: u64| {
        (0..16u64).fold(word(at), |read, bit| match stuck(at * 16 + bit) {
            Some(true) => read | 1 << bit,
            Some(false) => read & !(1 << bit),
            None => read,
        })
    };
    (0..WORDS as u64).map(bits).collect()
}

fn checker(word: u64) -> u128 {
    if word.is_multiple_of(2) { 0x5555 } else { 0xaaaa }
}

fn dump(word: impl Fn(u64) -> u128) -> String {
    lines(&read(word), 4, 4, |_| String::new())
}

/// The stuck cells that stored the opposite, and whether they are stuck at 1.
fn shown(word: impl Fn(u64) -> u128) -> Vec<(u64, bool)> {
    let cells = (0..WORDS as u64 * 16).filter_map(|cell| Some((cell, stuck(cell)?)));
    let differs = |&(cell, one): &(u64, bool)| (word(cell / 16) >> (cell % 16) & 1 == 1) != one;
    cells.filter(differs).collect()
}

fn faults(draft: ProfileDraft) -> Vec<CellFault> {
    let profile = Profile::from_bytes(draft.encode().unwrap(), "test").unwrap();
    profile.at(profile.range().0, Between::NextLower).unwrap().faults().to_vec()
}

fn kinds(draft: ProfileDraft) -> Vec<(u64, bool)> {
    faults(draft).iter().map(|fault| (fault.cell, fault.flip.p01() > 0.0)).collect()
}

#[test]
fn each_pattern_shows_the_cells_that_cannot_hold_it() {
    type Word = fn(u64) -> u128;
    let patterns: [(Pattern, Word); 5] = [
        (Pattern::Ones, |_| 0xffff),
        (Pattern::Zeros, |_| 0),
        (Pattern::Checker, checker),
        (Pattern::CheckerInverse, |word| 0xffff ^ checker(word)),
        (Pattern::Address, u128::from),
    ];
    for (pattern, word) in patterns {
        let (draft, _) =
            import_files(&[("c-0.6V.txt", dump(word).as_bytes())], &options(pattern.clone().into())).unwrap();
        assert_eq!(kinds(draft), shown(word), "{pattern}");
    }
    // A dump of any words, with their check.
    let folder = tempfile::tempdir().unwrap();
    let word = |word: u64| u128::from(mixed(word + 77) & 0xffff);
    let words: Vec<u128> = (0..WORDS as u64).map(word).collect();
    std::fs::write(folder.path().join("written.hex"), lines(&words, 4, 1, |_| String::new())).unwrap();
    std::fs::write(folder.path().join("c-0.6V.txt"), dump(word)).unwrap();
    let written = Pattern::Dump(folder.path().join("written.hex"));
    let (draft, report) = import_hex(folder.path(), &options(written.into())).unwrap();
    assert_eq!(report.ignored[0].reason, "what was written");
    let inputs: Vec<&str> = draft.provenance.inputs.iter().map(|input| input.name.as_str()).collect();
    assert_eq!(inputs, ["c-0.6V.txt", "written.hex"]);
    assert_eq!(kinds(draft), shown(word));
}

#[test]
fn words_hold_their_address_or_the_one_beside_them() {
    let beside = |at: usize| format!("{:08x}: ", 0x2000_0000 + at * 2);
    let word = |word: u64| u128::from(0x2000_0000 + word * 2) & 0xffff;
    let text = lines(&read(word), 4, 4, beside);
    let import = |options: &HexOptions| {
        import_files(&[("c-0.6V.txt", text.as_bytes())], options).map(|(draft, _)| draft)
    };
    assert_eq!(kinds(import(&options(Pattern::Address.into())).unwrap()), shown(word));
    // A column that counts up is an address, and so no word.
    let plain = lines(&read(u128::from), 4, 4, |_| String::new());
    let words = HexOptions { first_column: Some(FirstColumn::Word), ..options(Pattern::Address.into()) };
    let (draft, _) = import_files(&[("c-0.6V.txt", plain.as_bytes())], &words).unwrap();
    assert_eq!(kinds(draft), shown(u128::from));
}

#[test]
fn a_pattern_and_its_opposite_show_both_directions_of_all_cells() {
    for (one, other, word) in [
        (Pattern::Ones, Pattern::Zeros, (|_| 0xffff) as fn(u64) -> u128),
        (Pattern::Checker, Pattern::CheckerInverse, checker),
    ] {
        let [first, second] = [dump(word), dump(|at| 0xffff ^ word(at))];
        let files = [("a_0.6V.txt", first.as_bytes()), ("b_0.6V.txt", second.as_bytes())];
        let written = Written { of: vec![("a_*".into(), one), ("b_0.6V.txt".into(), other)], rest: None };
        let anyway = HexOptions { anyway: true, ..options(written.clone()) };
        let (draft, report) = import_files(&files, &anyway).unwrap();
        assert!(report.tested[0].contains("both directions of all cells"), "{:?}", report.tested);
        let stuck: Vec<u64> = (0..WORDS as u64 * 16).filter(|&cell| stuck(cell).is_some()).collect();
        assert_eq!(faults(draft).iter().map(|fault| fault.cell).collect::<Vec<_>>(), stuck);
        // What each is called is that of its pattern only if it was told so; no cell fails in both.
        let rest = Written { of: written.of[..1].to_vec(), rest: Some(written.of[1].1.clone()) };
        let said = import_files(&files, &options(rest)).unwrap_err().to_string();
        assert!(said.contains("the names of a_0.6V.txt and b_0.6V.txt differ"), "{said}");
        assert!(said.contains("--manifest"), "{said}");
        assert!(import_files(&files, &options(written.clone())).is_ok());
        let chips = [("a_x1_0.6V.txt", first.as_bytes()), ("b_x2_0.6V.txt", second.as_bytes())];
        let globs =
            [("a_*", 0), ("b_*", 1)].map(|(glob, rule)| (glob.to_owned(), written.of[rule].1.clone()));
        let of_chips = Written { of: globs.to_vec(), rest: None };
        let said = import_files(&chips, &options(of_chips)).unwrap_err().to_string();
        assert!(said.contains("the names of a_x1_0.6V.txt and b_x2_0.6V.txt differ"), "{said}");
        let files = [("ones_0.6V.txt", first.as_bytes()), ("zeros_0.6V.txt", second.as_bytes())];
        let said = import_files(&files, &options(Written::default())).unwrap_err().to_string();
        assert!(
            said.contains("the voltage 0.6 V of ones_0.6V.txt again")
                && said.contains("--written NAME=PATTERN"),
            "{said}"
        );
    }
}

#[test]
fn reads_count_for_the_direction_that_they_tested() {
    let word = |bits: u128| lines(&[vec![bits], vec![0; 7]].concat(), 4, 1, |_| String::new());
    let ones = |bits: u128| lines(&[vec![bits], vec![0xffff; 7]].concat(), 4, 1, |_| String::new());
    let texts = [word(0), word(3), word(1), word(1), ones(0xfffe), ones(0xffff)];
    let names = ["zeros_run1", "zeros_run2", "zeros_run3", "zeros_run4", "ones_run1", "ones_run2"];
    let names = names.map(|name| format!("{name}_0.6V.txt"));
    let files: Vec<(&str, &[u8])> =
        names.iter().zip(&texts).map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
    let of = vec![("ones*".to_owned(), Pattern::Ones)];
    let written = Written { of, rest: Some(Pattern::Zeros) };
    let (draft, report) = import_files(&files, &HexOptions { rows: 8, ..options(written) }).unwrap();
    let reads: Vec<String> =
        report.series.iter().map(|series| format!("{} {}", series.written, series.reads)).collect();
    assert_eq!(reads, ["ones 2", "zeros 4"]);
    let found: Vec<(u64, f32, f32)> =
        faults(draft).iter().map(|fault| (fault.cell, fault.flip.p01(), fault.flip.p10())).collect();
    assert_eq!(found, [(0, 0.75, 0.5), (1, 0.25, 0.0)]);
}

#[test]
fn directions_that_no_pattern_tested_are_counted_and_noted() {
    let (high, low) = (dump(|_| 0xffff), dump(checker));
    let files = [("ones_0.6V.txt", high.as_bytes()), ("checker_0.55V.txt", low.as_bytes())];
    let of = vec![("ones*".to_owned(), Pattern::Ones), ("checker*".to_owned(), Pattern::Checker)];
    let anyway = HexOptions { anyway: true, ..options(Written { of, rest: None }) };
    let (draft, _) = import_files(&files, &anyway).unwrap();
    let notes = draft.provenance.notes.join("\n");
    assert!(notes.contains("at 0.6 V written with ones, so only 1→0 failures could be seen"), "{notes}");
    let half = "at 0.55 V written with checker, so of 4096 cells 2048 could not be seen to fail from 1 to 0, and 2048 not from 0 to 1";
    assert!(notes.contains(half), "{notes}");
    // An odd number of rows and columns: more cells of one colour.
    let words: String = (0..6).map(|word| format!("{}\n", ["5", "2", "5"][word % 3])).collect();
    let odd = HexOptions { rows: 3, word_bits: 3, ..options(Pattern::Checker.into()) };
    let (draft, _) = import_files(&[("c_0.6V.txt", words.as_bytes())], &odd).unwrap();
    let notes = draft.provenance.notes.join("\n");
    assert!(
        notes.contains("of 18 cells 8 could not be seen to fail from 1 to 0, and 10 not from 0 to 1"),
        "{notes}"
    );
    // Each cell of words that hold their addresses held one bit: as many ones as zeros, up to 0xff.
    let words: String = (0..256).map(|word| format!("{word:02x}\n")).collect();
    let byte = HexOptions { word_bits: 8, ..options(Pattern::Address.into()) };
    let (draft, _) = import_files(&[("c_0.6V.txt", words.as_bytes())], &byte).unwrap();
    assert!(
        draft.provenance.notes.join("\n").contains("of 2048 cells 1024 could not"),
        "{:?}",
        draft.provenance.notes
    );
}

fn doubts(refused: Result<impl std::fmt::Debug, ImportError>) -> (Vec<DoubtKind>, String) {
    let error = refused.unwrap_err();
    let said = error.to_string();
    let ImportError::Implausible { doubts, .. } = error else { panic!("{said}") };
    (doubts.iter().map(Doubt::kind).collect(), said)
}

/// What was not tested at a voltage would count as recovered there.
#[test]
fn voltages_at_which_not_the_same_directions_of_the_same_cells_were_tested_are_refused() {
    let [ones, zeros, checked, inverse] =
        [dump(|_| 0xffff), dump(|_| 0), dump(checker), dump(|word| 0xffff ^ checker(word))];
    let of = |name: &str, pattern| (format!("*{name}*"), pattern);
    let written = Written {
        of: vec![
            of("-ones", Pattern::Ones),
            of("-zeros", Pattern::Zeros),
            of("-checker.", Pattern::Checker),
            of("-inverse", Pattern::CheckerInverse),
        ],
        rest: None,
    };
    let import = |dumps: &[(&str, &String)], anyway| {
        let files: Vec<(&str, &[u8])> = dumps.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        let used = |name: &str| dumps.iter().any(|(file, _)| file.contains(name.trim_matches('*')));
        let of = written.of.iter().filter(|(name, _)| used(name)).cloned().collect();
        import_files(&files, &HexOptions { anyway, ..options(Written { of, rest: None }) })
    };
    let two = [("c-0.6V-ones.txt", &ones), ("c-0.6V-zeros.txt", &zeros)];
    let more = |words: [&str; 2]| ones.replacen("ffff", words[0], 1).replacen("ffff", words[1], 1);
    let [below, lowest] = [more(["fffe", "ffff"]), more(["fffe", "fffd"])];
    let low = ("c-0.55V-ones.txt", &below);
    let lower = ("c-0.5V-ones.txt", &lowest);
    let (kinds, said) = doubts(import(&[two[0], two[1], low, lower], false));
    assert_eq!(kinds, [DoubtKind::Untested], "{said}");
    assert!(
        said.contains("at 0.55 V, 0.5 V no dump tested 4096 cells while they held 0, at 0.6 V dumps did"),
        "{said}"
    );
    let (draft, _) = import(&[two[0], two[1], low], true).unwrap();
    let notes = draft.provenance.notes.join("\n");
    assert!(notes.contains("in spite of a doubt: at 0.55 V no dump tested 4096 cells"), "{notes}");
    let fewer = zeros.replacen("0000", "0001", 1);
    let all = [two[0], two[1], low, ("c-0.55V-zeros.txt", &fewer)];
    assert!(import(&all, false).is_ok());
    // As many cells of each bit, and others.
    let colours = [("c-0.6V-checker.txt", &checked), ("c-0.55V-inverse.txt", &inverse)];
    let (kinds, said) = doubts(import(&colours, false));
    assert!(kinds.contains(&DoubtKind::Untested), "{said}");
    assert!(
        said.contains("at 0.6 V, 0.55 V no dump tested 2048 cells while they held 0, at other voltages"),
        "{said}"
    );
    // Another pattern shows the same.
    let both = [two[0], two[1], ("c-0.55V-checker.txt", &checked), ("c-0.55V-inverse.txt", &inverse)];
    assert!(import(&both, false).is_ok());
}

#[test]
fn a_memory_that_was_written_with_another_pattern_is_refused_with_that_one() {
    type Word = fn(u64) -> u128;
    let held: [(Word, &str); 4] = [
        (|_| 0xffff, "--written ones"),
        (|_| 0, "--written zeros"),
        (checker, "--written checker,"),
        (|word| 0xffff ^ checker(word), "--written checker-inverse"),
    ];
    let told = [Pattern::Ones, Pattern::Zeros, Pattern::Checker, Pattern::CheckerInverse];
    for (number, (word, option)) in held.into_iter().enumerate() {
        let text = dump(word);
        for (other, pattern) in told.iter().enumerate().filter(|(other, _)| *other != number) {
            let import = import_files(&[("c_0.6V.txt", text.as_bytes())], &options(pattern.clone().into()));
            let (kinds, said) = doubts(import);
            let kind = if number / 2 == other / 2 { DoubtKind::Inverted } else { DoubtKind::Pattern };
            assert_eq!(kinds, [kind], "{said}");
            assert!(said.replace(';', ",").contains(option), "written {pattern}: {said}");
        }
    }
    // Of several patterns it is said which one.
    let (ones, zeros) = (dump(|_| 0xffff), dump(|_| 0xffff));
    let files = [("ones_0.6V.txt", ones.as_bytes()), ("zeros_0.6V.txt", zeros.as_bytes())];
    let of = vec![("zeros*".to_owned(), Pattern::Zeros)];
    let (_, said) = doubts(import_files(&files, &options(Written { of, rest: Some(Pattern::Ones) })));
    assert!(said.contains("written with zeros, at 0.6 V, the highest voltage"), "{said}");
}

#[test]
fn what_was_written_is_said_once_for_each_file_that_is_there() {
    let text = dump(|_| 0xffff);
    let import = |of: &[(&str, Pattern)], rest: Option<Pattern>| {
        let of = of.iter().map(|(name, pattern)| ((*name).to_owned(), pattern.clone())).collect();
        let files = [("a_0.6V.txt", text.as_bytes()), ("a_0.5V.txt", text.as_bytes())];
        import_files(&files, &options(Written { of, rest })).map_err(|error| error.to_string())
    };
    let said = import(&[("a_0.6V*", Pattern::Ones)], None).unwrap_err();
    assert!(said.contains("a_0.5V.txt: found no pattern for it"), "{said}");
    let said = import(&[("b*", Pattern::Ones)], Some(Pattern::Ones)).unwrap_err();
    assert!(said.contains("before `b*`, of which there is no dump"), "{said}");
    let said = import(&[("b*", Pattern::Ones)], None).unwrap_err();
    assert!(said.contains("before `b*`, of which there is no dump"), "not that other files lack one: {said}");
    let said = import(&[("a_*", Pattern::Ones), ("*0.6V.txt", Pattern::Zeros)], None).unwrap_err();
    assert!(said.contains("one pattern for a dump"), "{said}");
    let said = import(&[], Some(Pattern::Dump("oens".into()))).unwrap_err();
    assert!(said.contains("found no file") && said.contains("ones, zeros, checker"), "{said}");
}

#[test]
fn what_was_written_is_no_dump_that_was_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("c_0.6V.txt");
    std::fs::write(&path, dump(|_| 0xffff)).unwrap();
    let said = import_hex(folder.path(), &options(Pattern::Dump(path).into())).unwrap_err().to_string();
    assert!(said.contains("found no dump but c_0.6V.txt, which --written says was written"), "{said}");
}

/// Words that hold their addresses count as these do.
#[test]
fn addresses_beside_words_that_hold_theirs_are_read_as_it_was_told() {
    let text: String = (0..256).map(|word| format!("{word:04x} {word:04x}\n")).collect();
    let files = [("c_0.6V.txt", text.as_bytes())];
    let said = import_files(&files, &options(Pattern::Address.into())).unwrap_err().to_string();
    assert!(said.contains("--first-column address, if") && said.contains("--first-column word"), "{said}");
    let told = HexOptions { first_column: Some(FirstColumn::Address), ..options(Pattern::Address.into()) };
    let (draft, _) = import_files(&files, &told).unwrap();
    assert_eq!(faults(draft).len(), 0);
}

#[test]
fn a_dump_that_was_written_has_the_words_of_those_that_were_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("written.hex");
    let of = |words: usize| {
        std::fs::write(&path, "ffff\n".repeat(words)).unwrap();
        let text = "ffff\n".repeat(WORDS);
        let written = options(Pattern::Dump(path.clone()).into());
        import_files(&[("c_0.6V.txt", text.as_bytes())], &written)
            .map(|_| ())
            .map_err(|error| error.to_string())
    };
    assert_eq!(of(WORDS), Ok(()));
    let said = of(2 * WORDS).unwrap_err();
    assert!(said.contains("found 256 words, expected 512 words as in written.hex"), "{said}");
    // Of another part of the memory.
    let from = |base: usize| lines(&[0xffff; WORDS], 4, 4, |at| format!("{:x}: ", base + at));
    std::fs::write(&path, from(0x400)).unwrap();
    let written = options(Pattern::Dump(path.clone()).into());
    let said = import_files(&[("c_0.6V.txt", from(0x800).as_bytes())], &written).unwrap_err().to_string();
    assert!(
        said.contains("found addresses from 0x800 on, expected from 0x400 on as in written.hex"),
        "{said}"
    );
}

#[test]
fn a_line_that_stands_for_others_needs_a_pattern_that_goes_on() {
    let mut text = String::new();
    for line in [0usize, 31] {
        let words: Vec<String> = (0..8).map(|word| format!("{:04x}", checker(word))).collect();
        writeln!(text, "{:07x} {}", line * 16, words.join(" ")).unwrap();
        if line == 0 {
            text.push_str("*\n");
        }
    }
    text.push_str("0000200\n");
    let import = |pattern: Pattern| {
        let found = import_files(&[("c_0.6V.txt", text.as_bytes())], &options(pattern.into()));
        found.map(|(draft, _)| faults(draft).len()).map_err(|error| error.to_string())
    };
    assert_eq!(import(Pattern::Checker), Ok(0));
    let said = import(Pattern::Address).unwrap_err();
    assert!(said.contains("line 2: found `*`") && said.contains("hexdump -v"), "{said}");
}
