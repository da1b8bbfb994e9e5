//! Laws of reads of any wrong bits.

use nn_bridge::memory::killi::{LINE_BITS, LineState, WrongBits};
use proptest::prelude::*;

use super::{NONE, lines};

proptest! {
    #[test]
    fn two_loads_find_all_stuck_cells_that_do_not_hide_in_segments(
        stuck in prop::collection::btree_map(0u64..40 * LINE_BITS, any::<bool>(), 0..80),
    ) {
        let at = |one: bool| -> Vec<u64> {
            stuck.iter().filter(|(_, is_one)| **is_one == one).map(|(&bit, _)| bit).collect()
        };
        // All ones show cells stuck at zero; then their inverse the others.
        let (mut killi, shown) = (lines(40), [at(false), at(true)]);
        let (mut inverted, mut last) = (Vec::new(), Vec::new());
        for wrong in &shown {
            killi.reload();
            for _ in 0..4 {
                let read = killi.read(WrongBits { data: wrong, ..NONE }).unwrap();
                inverted.extend(read.inverted.clone());
                last = read.errors;
            }
        }
        for line in 0..40 {
            let here = |bits: &[u64]| -> Vec<u64> {
                bits.iter().copied().filter(|bit| bit / LINE_BITS == line).collect()
            };
            let faults = shown.each_ref().map(|bits| here(bits));
            let most = faults.iter().map(Vec::len).max().unwrap();
            if most > 2 {
                continue;
            }
            let is_hidden = !here(&last).is_empty();
            let expected = match (most, is_hidden) {
                (0, _) | (2, true) => LineState::Clean,
                (1, _) => LineState::OneFault,
                _ => LineState::Disabled,
            };
            prop_assert_eq!(killi.state(line), Some(expected));
            if is_hidden {
                // Clean under the first load, and then two in one of four segments.
                prop_assert_eq!((faults[0].len(), (faults[1][1] - faults[1][0]) % 4), (0, 0));
            } else if most == 1 {
                let mut found = here(&inverted);
                found.sort_unstable();
                found.dedup();
                prop_assert_eq!(found, here(&stuck.keys().copied().collect::<Vec<_>>()));
            }
        }
    }

    #[test]
    fn lines_with_an_entry_each_do_not_depend_on_others(
        reads in prop::collection::vec(prop::collection::btree_set(0u64..3 * LINE_BITS, 0..6), 1..6),
    ) {
        let mut all = lines(3);
        let mut apart = [lines(1), lines(1), lines(1)];
        for wrong in reads {
            let wrong: Vec<u64> = wrong.into_iter().collect();
            let together = all.read(WrongBits { data: &wrong, ..NONE }).unwrap();
            let mut errors = Vec::new();
            for (line, killi) in (0..).zip(&mut apart) {
                let own: Vec<u64> =
                    wrong.iter().filter(|&bit| bit / LINE_BITS == line).map(|bit| bit % LINE_BITS).collect();
                let read = killi.read(WrongBits { data: &own, ..NONE }).unwrap();
                errors.extend(read.errors.iter().map(|bit| line * LINE_BITS + bit));
                prop_assert_eq!(killi.state(0), all.state(line));
            }
            prop_assert_eq!(together.errors, errors);
        }
    }
}
