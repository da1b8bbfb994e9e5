//! Power-up states.

use sram_model::import::hex::{HexOptions, Pattern, PowerupReport, import_powerup};
use sram_model::import::{Doubt, DoubtKind, ImportError};
use sram_model::{Between, Content, Profile, ProfileDraft, fit, powerup_ones};

use crate::{lines, options};

const WORDS: u64 = 256;

fn mixed(number: u64) -> u64 {
    let x = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 33
}

/// One power-up of a chip: of ten cells one is noisy, and comes up either way; the others are half ones.
fn state(chip: u64, read: u64) -> String {
    let one = |cell: u64| {
        let own = mixed(cell + 1_000_000 * chip);
        if own.is_multiple_of(10) { mixed(own + read).is_multiple_of(2) } else { own / 10 % 2 == 1 }
    };
    let word = |word: u64| (0..16).filter(|bit| one(word * 16 + bit)).fold(0u128, |all, bit| all | 1 << bit);
    lines(&(0..WORDS).map(word).collect::<Vec<_>>(), 4, 8, |_| String::new())
}

fn import(
    files: &[(String, String)],
    options: &HexOptions,
) -> Result<(ProfileDraft, PowerupReport), ImportError> {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    import_powerup(folder.path(), options)
}

fn strict() -> HexOptions {
    HexOptions { anyway: false, ..options(16) }
}

/// Reads at two supplies, of chips.
fn reads(chips: [u64; 2], reads: u64) -> Vec<(String, String)> {
    let of = |(voltage, chip): (&'static str, u64), run: u64| {
        (format!("puf_run{run}_{voltage}V.txt"), state(chip, run + if voltage == "1.2" { 0 } else { 100 }))
    };
    let supplies = ["1.2", "1.0"].into_iter().zip(chips);
    supplies.flat_map(|supply| (0..reads).map(move |run| of(supply, run))).collect()
}

#[test]
fn a_cell_reads_as_one_as_often_as_it_came_up_so_whatever_is_stored() {
    let words = [
        [0xffffu128, 0, 0xff00, 0x0ff0],
        [0xffff, 1, 0xff00, 0xf00f],
        [0xffff, 1, 0xff00, 0x0ff0],
        [0xffff, 1, 0xff00, 0x0ff0],
    ];
    let files: Vec<(String, String)> = (1..)
        .zip(words)
        .map(|(run, words)| (format!("run{run}_1.2V.txt"), lines(&words, 4, 1, |_| String::new())))
        .collect();
    let (draft, report) = import(&files, &HexOptions { rows: 4, ..strict() }).unwrap();
    let profile = Profile::from_bytes(draft.encode().unwrap(), "test").unwrap();
    let map = profile.at("1.2 V".parse().unwrap(), Between::NextLower).unwrap();
    assert_eq!((map.faults().len(), map.rates().p()), (64, 1.0));
    let flips: Vec<(f32, f32)> = [0, 16, 17, 48, 52]
        .map(|cell: usize| map.faults()[cell].flip)
        .map(|flip| (flip.p01(), flip.p10()))
        .into();
    assert_eq!(flips, [(1.0, 0.0), (0.75, 0.25), (0.0, 1.0), (0.25, 0.75), (0.75, 0.25)]);
    let condition = &report.conditions[0];
    // 17 of 64 cells came up otherwise once in four reads: 2 · 3 · 1/(4 · 3) = 1/2 of their pairs differ.
    assert_eq!(condition.stable.map(|stable| stable.count), Some(47));
    assert!((condition.distance.unwrap() - 17.0 * 0.5 / 64.0).abs() < 1e-12);
    assert!((condition.min_entropy.unwrap() - 17.0 * -(0.75f64.log2()) / 64.0).abs() < 1e-12);
    assert_eq!(condition.ones, f64::from(4 * 16 + 3 + 4 * 8 + 4 * 8) / 256.0);
    assert_eq!(powerup_ones(&map).unwrap().faults().len(), 16 + 1 + 8 + 8);
    let said = fit(&profile).unwrap_err().to_string();
    assert!(said.contains("power-up states, which are no faults"), "no law of critical voltages: {said}");
}

#[test]
fn reads_say_how_steady_a_memory_is_at_each_supply() {
    let (draft, report) = import(&reads([1, 1], 8), &strict()).unwrap();
    let [high, low] = &report.conditions[..] else { panic!("two supplies") };
    for condition in [high, low] {
        let stable = condition.stable.unwrap();
        // A noisy cell comes up alike in eight reads once in 128 times.
        let (least, most) = stable.interval(0.999);
        let truth = 0.9 + 0.1 / 128.0;
        assert!(least < truth && truth < most, "{condition}");
        assert!(
            (condition.distance.unwrap() - 0.05).abs() < 0.01 && (condition.ones - 0.5).abs() < 0.03,
            "{condition}"
        );
    }
    assert_eq!(high.from_first, None);
    assert!((low.from_first.unwrap() - 0.05).abs() < 0.02, "half of the noisy cells");
    let Content::Measured(levels) = &draft.content else { panic!("measured") };
    assert!(levels.iter().all(|(_, faults)| faults.len() as u64 == WORDS * 16));
    assert!(draft.provenance.source.starts_with("power-up states, hex dumps in folder"));
    assert!(
        draft.provenance.notes[0].contains("nothing was written") && draft.vmin.is_none(),
        "{:?}",
        draft.provenance.notes
    );
    let (_, once) = import(&reads([1, 1], 1), &strict()).unwrap();
    assert_eq!((once.conditions[0].stable, once.conditions[0].distance), (None, None));
}

#[test]
fn states_of_two_memories_and_of_one_that_was_written_are_refused() {
    let doubts = |files: &[(String, String)]| {
        let error = import(files, &strict()).unwrap_err();
        let ImportError::Implausible { doubts, .. } = &error else { panic!("{error}") };
        (doubts.iter().map(Doubt::kind).collect::<Vec<_>>(), error.to_string())
    };
    let (kinds, said) = doubts(&reads([1, 2], 4));
    assert_eq!(kinds, [DoubtKind::OtherCells], "{said}");
    let mut mixed_up = reads([1, 1], 4);
    mixed_up[2].1 = state(3, 2);
    let (kinds, said) = doubts(&mixed_up);
    assert_eq!(kinds, [DoubtKind::OtherReads], "{said}");
    assert!(
        said.contains("puf_run2_1.2V.txt differs from the other reads at 1.2 V in 49.8 % of all bits"),
        "{said}"
    );
    let cleared = [("a_1.2V.txt".to_owned(), "0000\n".repeat(8))];
    let (kinds, said) = doubts(&cleared);
    assert_eq!(kinds, [DoubtKind::Cleared], "{said}");
    let written = HexOptions { written: Pattern::Ones.into(), ..strict() };
    let said = import(&reads([1, 1], 2), &written).unwrap_err().to_string();
    assert!(said.contains("found a pattern that was written"), "{said}");
}

#[test]
fn a_pattern_is_no_power_up_state() {
    let dump = |word: fn(u128) -> u128| -> String {
        lines(&(0..u128::from(WORDS)).map(word).collect::<Vec<_>>(), 4, 8, |_| String::new())
    };
    for (word, part) in [
        ((|row| if row % 2 == 0 { 0x5555 } else { 0xaaaa }) as fn(u128) -> u128, "a checkerboard"),
        (|row| if row % 2 == 0 { 0xaaaa } else { 0x5555 ^ u128::from(row % 16 == 1) }, "a checkerboard"),
        (|row| if row % 2 == 0 { 0xffff } else { 0 }, "ones and zeros in turn, row by row"),
        (|_| 0xaaaa, "ones and zeros in turn, column by column"),
        (|row| 0x100 + row, "the addresses of the words"),
    ] {
        let addressed = part.contains("addresses");
        let text = dump(word);
        let text = if addressed {
            (0x100u128..).zip(text.split_whitespace()).map(|(at, word)| format!("{at:x}: {word}\n")).collect()
        } else {
            text
        };
        let files = [1, 2, 3].map(|run| (format!("puf_run{run}_1.2V.txt"), text.clone()));
        let error = import(&files, &strict()).unwrap_err();
        let ImportError::Implausible { doubts, .. } = &error else { panic!("{error}") };
        assert_eq!(doubts[0].kind(), DoubtKind::Cleared, "{error}");
        assert!(error.to_string().contains(&format!("at 1.2 V the likely states are {part}")), "{error}");
        assert!(import(&files, &HexOptions { anyway: true, ..strict() }).is_ok());
    }
}

#[test]
fn two_power_up_states_that_are_the_same_are_a_copy() {
    let mut files = reads([1, 1], 3);
    files[2].1 = files[0].1.clone();
    let error = import(&files, &strict()).unwrap_err();
    let ImportError::Implausible { doubts, .. } = &error else { panic!("{error}") };
    assert_eq!(doubts.iter().map(Doubt::kind).collect::<Vec<_>>(), [DoubtKind::CopiedFiles], "{error}");
    assert!(
        error.to_string().contains("puf_run0_1.2V.txt and puf_run2_1.2V.txt hold the same bytes"),
        "{error}"
    );
}
