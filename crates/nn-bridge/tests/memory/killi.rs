//! Killi: its states, line by line, and the laws of its reads.

mod capacity;
mod laws;
mod naive;
mod oracle;

use nn_bridge::memory::code::{Correction, WordCode};
use nn_bridge::memory::killi::{
    Eviction, Killi, KilliError, KilliOptions, KilliRead, LINE_BITS, LineState, MAX_WAYS, Misses, WrongBits,
};

const NONE: WrongBits<'static> = WrongBits { data: &[], parity: &[], checks: &[] };

/// Lines each of which has an entry in the ECC cache.
fn lines(count: usize) -> Killi {
    let options = KilliOptions { lines_per_entry: 1, ways: 1, eviction: Eviction::Lose };
    Killi::new(options, count as u64).unwrap()
}

/// Wrong data bits, by line.
fn of_lines(cases: &[Vec<u64>]) -> Vec<u64> {
    let of_line = |(line, case): (usize, &Vec<u64>)| -> Vec<u64> {
        case.iter().map(|bit| line as u64 * LINE_BITS + bit).collect()
    };
    cases.iter().enumerate().flat_map(of_line).collect()
}

/// Lines in a state, stored.
fn in_state(state: LineState, count: usize) -> Killi {
    let mut killi = lines(count);
    assert_eq!(killi.read(NONE).unwrap().misses, Misses { load: count as u64, ..Misses::default() });
    let before: &[u64] = match state {
        LineState::Unknown => return killi,
        LineState::Clean => &[],
        LineState::OneFault => &[77],
        LineState::Disabled => &[77, 100],
    };
    killi.read(WrongBits { data: &of_lines(&vec![before.to_vec(); count]), ..NONE }).unwrap();
    assert!((0..count as u64).all(|line| killi.state(line) == Some(state)));
    killi
}

/// Each case a line of its own that was in a state: what is read, and the states then.
fn read_in(state: LineState, cases: &[Vec<u64>]) -> (KilliRead, Vec<LineState>) {
    let mut killi = in_state(state, cases.len());
    let read = killi.read(WrongBits { data: &of_lines(cases), ..NONE }).unwrap();
    let states = (0..cases.len() as u64).map(|line| killi.state(line).unwrap()).collect();
    (read, states)
}

const IN_USE: [LineState; 3] = [LineState::Unknown, LineState::Clean, LineState::OneFault];

#[test]
fn lines_without_a_wrong_bit_are_clean() {
    for (before, after) in IN_USE.into_iter().zip([LineState::Clean, LineState::Clean, LineState::OneFault]) {
        let (read, states) = read_in(before, &[vec![], vec![]]);
        assert_eq!((read.clean, read.misses.all(), read.errors.len()), (2, 0, 0));
        assert_eq!(states, [after; 2]);
    }
}

#[test]
fn one_wrong_bit_anywhere_is_corrected_or_missed() {
    let cases: Vec<Vec<u64>> = (0..LINE_BITS).map(|bit| vec![bit]).collect();
    for before in IN_USE {
        let (read, states) = read_in(before, &cases);
        assert!(read.errors.is_empty() && read.silent == 0);
        if before == LineState::Clean {
            assert_eq!((read.misses.detected, states), (512, vec![LineState::Unknown; 512]));
        } else {
            assert_eq!((read.corrected, states), (512, vec![LineState::OneFault; 512]));
            assert_eq!(read.inverted, of_lines(&cases));
        }
    }
}

#[test]
fn two_wrong_bits_disable_a_line_unless_it_was_clean_and_they_share_one_of_four_segments() {
    let pairs = |first| (first + 1..LINE_BITS).map(move |second| vec![first, second]);
    let cases: Vec<Vec<u64>> = (0..LINE_BITS).flat_map(pairs).collect();
    for before in IN_USE {
        let (read, states) = read_in(before, &cases);
        assert!(read.inverted.is_empty());
        if before != LineState::Clean {
            assert_eq!(read.misses.found, cases.len() as u64);
            assert!(read.errors.is_empty() && states.iter().all(|&state| state == LineState::Disabled));
            continue;
        }
        let hidden: Vec<bool> = cases.iter().map(|case| (case[1] - case[0]) % 4 == 0).collect();
        for (&state, &hidden) in states.iter().zip(&hidden) {
            assert_eq!(state, if hidden { LineState::Clean } else { LineState::Unknown });
        }
        assert_eq!(read.silent, hidden.iter().filter(|&&hidden| hidden).count() as u64);
        assert_eq!(read.silent + read.misses.detected, cases.len() as u64);
        assert_eq!(read.errors.len() as u64, 2 * read.silent);
    }
}

#[test]
fn three_wrong_bits_are_seen_unless_all_checks_take_them_for_one() {
    let code = WordCode::named("secded:512").unwrap();
    // Of each relation between segments: all apart, two in one of sixteen or of four, all three.
    let triples = |a: u64| (a + 1..64).flat_map(move |b| (b + 1..64).map(move |c| vec![a, b, c]));
    let cases: Vec<Vec<u64>> = (0..64).flat_map(triples).collect();
    let taken_for = |case: &[u64]| {
        let segments = case.iter().fold(0u16, |sum, bit| sum ^ 1 << (bit % 16));
        let wrong: Vec<u32> = case.iter().map(|&bit| bit as u32).collect();
        match code.decode(code.syndrome(&wrong)) {
            Correction::One(bit) if bit < 512 && segments == 1 << (bit % 16) => Some(u64::from(bit)),
            _ => None,
        }
    };
    for before in IN_USE {
        let (read, states) = read_in(before, &cases);
        if before == LineState::Clean {
            assert_eq!((read.misses.detected, read.silent), (cases.len() as u64, 0));
            continue;
        }
        let taken: Vec<Option<u64>> = cases.iter().map(|case| taken_for(case)).collect();
        let silent = taken.iter().flatten().count() as u64;
        assert!(silent > 0 && silent < cases.len() as u64 / 20, "{silent}");
        assert_eq!((read.silent, read.misses.found), (silent, cases.len() as u64 - silent));
        assert_eq!((read.inverted.len() as u64, read.errors.len() as u64), (silent, 4 * silent));
        for (state, taken) in states.iter().zip(taken) {
            assert_eq!(*state, if taken.is_some() { LineState::OneFault } else { LineState::Disabled });
        }
    }
}

#[test]
fn disabled_lines_always_miss() {
    let (read, states) = read_in(LineState::Disabled, &[vec![], vec![3], vec![3, 4]]);
    assert_eq!((read.misses.disabled, read.lines.disabled), (3, 3));
    assert_eq!((states, read.lines.capacity()), (vec![LineState::Disabled; 3], 0.0));
}

#[test]
fn a_lone_wrong_parity_or_check_bit_is_no_single_fault() {
    let parity: Vec<u64> = (0..16).map(|at| at * 16 + at).collect();
    for before in [LineState::Unknown, LineState::OneFault] {
        let read = in_state(before, 16).read(WrongBits { parity: &parity, ..NONE }).unwrap();
        assert_eq!(read.misses.found, 16);
        let read = in_state(before, 11).read(WrongBits { checks: &[0, 12, 120], ..NONE }).unwrap();
        assert_eq!((read.misses.found, read.clean), (3, 8));
    }
    // A clean line has four parity bits, and no check bits.
    let read =
        in_state(LineState::Clean, 16).read(WrongBits { parity: &parity, checks: &[5], ..NONE }).unwrap();
    assert_eq!((read.misses.detected, read.clean), (4, 12));
}

#[test]
fn without_an_ecc_cache_there_is_parity_only() {
    let cases = [vec![], vec![9], vec![9, 25], vec![9, 10], vec![9, 25, 41], vec![9, 13, 25, 29]];
    let mut killi = Killi::new(KilliOptions { lines_per_entry: 0, ..KilliOptions::default() }, 6).unwrap();
    assert_eq!(killi.ecc_entries(), 0);
    assert_eq!(killi.read(NONE).unwrap().misses.load, 6);
    let wrong = of_lines(&cases);
    let read = killi.read(WrongBits { data: &wrong, ..NONE }).unwrap();
    assert_eq!((read.clean, read.corrected, read.silent, read.misses.found), (1, 0, 2, 3));
    assert_eq!((read.lines.clean, read.lines.disabled), (3, 3));
    let silent = wrong.iter().copied().filter(|bit| [2, 5].contains(&(bit / 512)));
    assert_eq!(read.errors, silent.collect::<Vec<_>>());
}

#[test]
fn lines_read_in_turn_never_learn_where_evicted_ones_are_lost() {
    let options = KilliOptions { lines_per_entry: 16, ways: 4, eviction: Eviction::Lose };
    let mut killi = Killi::new(options, 1024).unwrap();
    killi.read(NONE).unwrap();
    for _ in 0..3 {
        let read = killi.read(NONE).unwrap();
        assert_eq!((read.misses.evicted, read.lines.unknown), (1024, 1024));
    }
    let mut killi = Killi::new(KilliOptions { eviction: Eviction::Classify, ..options }, 1024).unwrap();
    assert_eq!(killi.read(NONE).unwrap().lines.unknown, killi.ecc_entries());
    let read = killi.read(NONE).unwrap();
    assert_eq!((read.clean, read.lines.clean), (1024, 1024));
}

#[test]
fn the_line_that_was_not_read_for_longest_makes_room() {
    let options = KilliOptions { lines_per_entry: 2, ways: 2, eviction: Eviction::Classify };
    let mut killi = Killi::new(options, 4).unwrap();
    let wrong = of_lines(&[vec![8], vec![], vec![], vec![8]]);
    (0..2).for_each(|_| drop(killi.read(WrongBits { data: &wrong, ..NONE }).unwrap()));
    assert_eq!((killi.lines().one_fault, killi.lines().clean), (2, 2));
    // Lines 0 and 3 have the two entries, in this order; line 0 was just read when line 1 needs one.
    killi.reload();
    killi.read(NONE).unwrap();
    let wrong = of_lines(&[vec![8], vec![9], vec![], vec![8]]);
    let read = killi.read(WrongBits { data: &wrong, ..NONE }).unwrap();
    assert_eq!((read.corrected, read.inverted, read.clean), (1, vec![8], 1));
    assert_eq!(read.misses, Misses { detected: 1, evicted: 1, ..Misses::default() });
}

#[test]
fn a_change_of_voltage_forgets_all_and_other_weights_forget_no_state() {
    let wrong = of_lines(&[vec![], vec![4], vec![4, 5], vec![]]);
    let mut killi = lines(4);
    (0..3).for_each(|_| drop(killi.read(WrongBits { data: &wrong, ..NONE }).unwrap()));
    let states = killi.lines();
    assert_eq!((states.clean, states.one_fault, states.disabled), (2, 1, 1));
    killi.reload();
    assert_eq!(killi.lines(), states);
    let read = killi.read(NONE).unwrap();
    assert_eq!((read.misses.load, read.misses.disabled, read.lines), (3, 1, states));
    killi.voltage_changed();
    assert_eq!(killi, lines(4));
}

#[test]
fn what_cannot_be_read_is_refused_and_changes_nothing() {
    for ways in [0, MAX_WAYS + 1] {
        let options = KilliOptions { ways, ..KilliOptions::default() };
        assert!(matches!(Killi::new(options, 1), Err(KilliError::Ways { found }) if found == ways));
    }
    assert!(matches!(Killi::new(KilliOptions::default(), 1 << 32), Err(KilliError::Lines { .. })));
    let mut killi = lines(2);
    for wrong in [&[3, 3][..], &[4, 3]] {
        let read = killi.read(WrongBits { data: wrong, ..NONE });
        assert!(matches!(read, Err(KilliError::Order { what: "data", found: 3, .. })));
    }
    let outside = [
        WrongBits { data: &[1024], ..NONE },
        WrongBits { parity: &[32], ..NONE },
        WrongBits { checks: &[22], ..NONE },
    ];
    for wrong in outside {
        assert!(matches!(killi.read(wrong), Err(KilliError::Outside { .. })));
    }
    assert_eq!(killi, lines(2));
    assert_eq!(Killi::new(KilliOptions::default(), 0).unwrap().read(NONE).unwrap(), KilliRead::default());
}
