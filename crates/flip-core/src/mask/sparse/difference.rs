//! What one of two ascending lists has and the other has not.

/// Searches that run beside each other: where each reads next is known when its comparison before is done, and so a search
/// alone waits most of the time.
const CHAINS: usize = 3;
/// Entries that each search looks for in a row.
const STRETCH: usize = 128;

/// The entries that are in one of `a` and `b` only, ascending, as these are.
pub(super) fn symmetric_difference(a: &[u64], b: &[u64]) -> Vec<u64> {
    // What fails at a voltage mostly fails below it, too.
    let (few, many) = if a.len() < b.len() { (a, b) } else { (b, a) };
    without_part(few, many).unwrap_or_else(|| merge(a, b))
}

/// The entries of `all` that are not in `part`, or none if `part` has others.
fn without_part(part: &[u64], all: &[u64]) -> Option<Vec<u64>> {
    // It stands for no entry, after the last.
    if [part, all].iter().any(|list| list.last() == Some(&u64::MAX)) {
        return None;
    }
    let mut left = split(part, all);
    let mut found: [Vec<u64>; CHAINS] = Default::default();
    let mut buffers = [Buffers { ends: [[0; STRETCH]; 2], written: [0; STRETCH] }; CHAINS];
    while left.iter().any(|[_, all]| !all.is_empty()) {
        search(&mut left, &mut buffers, &mut found);
    }
    left.iter().all(|[part, _]| part.is_empty()).then(|| found.concat())
}

/// Of a search.
#[derive(Clone, Copy)]
struct Buffers {
    /// The last entries of both lists, and after them what is no entry.
    ends: [[u64; STRETCH]; 2],
    /// Entries that were not found.
    written: [u64; STRETCH],
}

/// Pieces of both lists between the same values.
fn split<'a>(part: &'a [u64], all: &'a [u64]) -> [[&'a [u64]; 2]; CHAINS] {
    let mut left = (part, all);
    std::array::from_fn(|chain| {
        let (part, all) = left;
        let (piece, after) = all.split_at(all.len() / (CHAINS - chain));
        let end = after.first().map_or(part.len(), |&next| part.partition_point(|&entry| entry < next));
        let (of_part, part_after) = part.split_at(end);
        left = (part_after, after);
        [of_part, piece]
    })
}

/// Goes on with each search. Whether an entry is in both is a coin for a processor that predicts branches, so
/// there are none: each is written, and what is in both is overwritten.
fn search(left: &mut [[&[u64]; 2]; CHAINS], buffers: &mut [Buffers; CHAINS], found: &mut [Vec<u64>; CHAINS]) {
    let mut passed = [0; CHAINS];
    {
        let [a, b, c] = buffers.each_mut().map(|Buffers { ends, written }| (ends, written));
        let lists = [next(left[0], a.0), next(left[1], b.0), next(left[2], c.0)];
        let [passed_a, passed_b, passed_c] = &mut passed;
        for at in 0..STRETCH {
            look_for(lists[0], at, passed_a, a.1);
            look_for(lists[1], at, passed_b, b.1);
            look_for(lists[2], at, passed_c, c.1);
        }
    }
    for (chain, passed) in passed.into_iter().enumerate() {
        let [part, all] = &mut left[chain];
        found[chain].extend_from_slice(&buffers[chain].written[..STRETCH - passed]);
        *part = &part[passed.min(part.len())..];
        *all = &all[STRETCH.min(all.len())..];
    }
}

/// The next entries of both lists.
fn next<'a>(lists: [&'a [u64]; 2], ends: &'a mut [[u64; STRETCH]; 2]) -> [&'a [u64; STRETCH]; 2] {
    let [of_part, of_all] = ends;
    let next = |list: &'a [u64], end: &'a mut [u64; STRETCH]| -> &'a [u64; STRETCH] {
        list.first_chunk().unwrap_or_else(|| {
            end.fill(u64::MAX);
            end[..list.len()].copy_from_slice(list);
            end
        })
    };
    [next(lists[0], of_part), next(lists[1], of_all)]
}

/// Looks for the entry at `at`, where `passed` of those before were found.
#[inline(always)]
fn look_for([part, all]: [&[u64; STRETCH]; 2], at: usize, passed: &mut usize, written: &mut [u64; STRETCH]) {
    // Never more than `at`, which the compiler does not know.
    written[(at - *passed) % STRETCH] = all[at];
    *passed += usize::from(part[*passed % STRETCH] == all[at]);
}

/// The same for any two lists.
fn merge(mut a: &[u64], mut b: &[u64]) -> Vec<u64> {
    let mut found = Vec::new();
    while let (Some((&first, after_a)), Some((&other, after_b))) = (a.split_first(), b.split_first()) {
        if first != other {
            found.push(first.min(other));
        }
        a = if first <= other { after_a } else { a };
        b = if other <= first { after_b } else { b };
    }
    found.extend(a.iter().chain(b));
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{STRETCH, symmetric_difference, without_part};

    #[test]
    fn lists_differ_as_sets_do() {
        let long = 20 * STRETCH as u64;
        let list = |len: u64, every: u64, shift: u64| -> BTreeSet<u64> {
            (0..len).filter(|at| (at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) % every == shift).collect()
        };
        let mut lists = Vec::from([
            list(0, 1, 0),
            list(9, 1, 0),
            list(long, 1, 0),
            list(long, 2, 1),
            list(long, 4, 1),
            list(long, 3, 0),
            list(40, 3, 1),
        ]);
        lists.push([5, u64::MAX].into());
        lists.push([u64::MAX - 3, u64::MAX].into());
        for here in &lists {
            for there in &lists {
                let expected: Vec<u64> = here.symmetric_difference(there).copied().collect();
                let (a, b): (Vec<u64>, Vec<u64>) =
                    (here.iter().copied().collect(), there.iter().copied().collect());
                assert_eq!(symmetric_difference(&a, &b), expected);
                if here.is_subset(there) && b.last() != Some(&u64::MAX) {
                    assert_eq!(without_part(&a, &b), Some(expected));
                }
            }
        }
    }
}
