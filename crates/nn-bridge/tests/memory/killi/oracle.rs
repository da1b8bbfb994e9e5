//! Reads are those of lines that are simulated bit by bit.

use std::sync::LazyLock;

use nn_bridge::memory::code::WordCode;
use nn_bridge::memory::killi::{
    CHECK_BITS, Eviction, Killi, KilliOptions, KilliRead, LINE_BITS, LineState, PARITY_BITS, WrongBits,
};
use proptest::prelude::*;

use super::naive::{Naive, Wrong};

static CODE: LazyLock<WordCode> = LazyLock::new(|| WordCode::named("secded:512").unwrap());

#[derive(Clone, Debug)]
enum Step {
    /// Faults of which these do not show.
    Read(u64),
    Reload,
    Voltage,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => any::<u64>().prop_map(|hidden| Step::Read(hidden & hidden >> 7)),
        2 => Just(Step::Read(0)),
        1 => Just(Step::Reload),
        1 => Just(Step::Voltage),
    ]
}

/// A faulty cell: data bits often in few segments, some parity and check bits.
fn cell() -> impl Strategy<Value = (u8, u64)> {
    let segments = prop::sample::select(vec![0u64, 4, 16, 20, 32, 48, 49, 64, 80, 96]);
    prop_oneof![
        4 => segments.prop_map(|bit| (0, bit)),
        4 => (0..LINE_BITS).prop_map(|bit| (0, bit)),
        1 => (0..PARITY_BITS).prop_map(|bit| (1, bit)),
        1 => (0..CHECK_BITS).prop_map(|bit| (2, bit)),
    ]
}

fn shown(faults: &[(u64, (u8, u64))], hidden: u64) -> Wrong {
    let mut wrong = Wrong::default();
    for (_, &(line, (kind, bit))) in faults.iter().enumerate().filter(|(at, _)| hidden >> at & 1 == 0) {
        match kind {
            0 => wrong.data.insert(line * LINE_BITS + bit),
            1 => wrong.parity.insert(line * PARITY_BITS + bit),
            _ => wrong.checks.insert(line * CHECK_BITS + bit),
        };
    }
    wrong
}

/// Whether parity could not see a silent line: each segment has an even number of wrong bits, or more bits are wrong than one and
/// together look like one, which takes two in one segment.
fn can_be_silent(read: &KilliRead, wrong: &Wrong, line: u64) -> bool {
    let mut count = [0u32; 16];
    wrong.data.iter().filter(|&at| at / LINE_BITS == line).for_each(|at| count[(at % 16) as usize] += 1);
    let of_four = |s: usize| count[s] + count[s + 4] + count[s + 8] + count[s + 12];
    if read.inverted.iter().any(|at| at / LINE_BITS == line) {
        count.iter().sum::<u32>() >= 3 && count.iter().any(|&of| of >= 2)
    } else {
        (0..4).all(|s| of_four(s) % 2 == 0)
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn reads_are_those_of_lines_simulated_bit_by_bit(
        (count, lines_per_entry, ways, seed) in (1u64..14, 0u32..5, 1u32..4, any::<u64>()),
        eviction in prop::sample::select(vec![Eviction::Lose, Eviction::Classify]),
        faults in prop::collection::vec((0u64..14, cell()), 0..30),
        steps in prop::collection::vec(step(), 1..14),
    ) {
        let options = KilliOptions { lines_per_entry, ways, eviction };
        let faults: Vec<_> = faults.into_iter().map(|(line, cell)| (line % count, cell)).collect();
        let mut killi = Killi::new(options, count).unwrap();
        let mut naive = Naive::new(options, CODE.clone(), count, seed);
        for step in steps {
            let hidden = match step {
                Step::Read(hidden) => hidden,
                Step::Reload => {
                    killi.reload();
                    naive.empty();
                    continue;
                }
                Step::Voltage => {
                    killi.voltage_changed();
                    naive.lines.iter_mut().for_each(|line| line.state = LineState::Unknown);
                    naive.empty();
                    continue;
                }
            };
            let wrong = shown(&faults, hidden);
            let lists = [&wrong.data, &wrong.parity, &wrong.checks].map(|set| set.iter().copied().collect::<Vec<_>>());
            let read = killi.read(WrongBits { data: &lists[0], parity: &lists[1], checks: &lists[2] }).unwrap();
            prop_assert_eq!(&read, &naive.read(&wrong));
            prop_assert!((0..count).all(|line| killi.state(line) == Some(naive.lines[line as usize].state)));
            // Each line is counted once.
            let all = read.clean + read.corrected + read.silent + read.misses.all();
            prop_assert_eq!((all, read.lines.usable() + read.lines.disabled), (count, count));
            if wrong.parity.is_empty() && wrong.checks.is_empty() {
                prop_assert!(read.errors.iter().all(|at| can_be_silent(&read, &wrong, at / LINE_BITS)));
            }
        }
    }
}
