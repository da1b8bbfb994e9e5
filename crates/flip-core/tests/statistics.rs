//! Random bit errors against independent bits, on 10⁹ bits for each way of drawing them.
//!
//! Every statistic is turned into a z-score: how many standard deviations it lies from what independent errors of
//! probability p give. Seeds are fixed, so a test passes or fails for good; a score of 5 would come by chance once in two
//! million.

use flip_core::{BitsMut, PersistentErrors, Rate, TransientErrors};

/// Words of 64 cells: 10⁹ cells.
const WORDS: usize = 15_625_000;
const CELLS: f64 = WORDS as f64 * 64.0;
const BOUND: f64 = 5.0;

/// Scores of some errors, each with its name.
type Scores = Vec<(String, f64)>;

fn z(found: f64, expected: f64, variance: f64) -> f64 {
    (found - expected) / variance.sqrt()
}

/// The score of a sum of squares, whose cube root is close to normal (Wilson and Hilferty 1931).
fn chi_square(sum: f64, degrees: f64) -> f64 {
    let spread = 2.0 / (9.0 * degrees);
    ((sum / degrees).cbrt() - (1.0 - spread)) / spread.sqrt()
}

/// Pearson's statistic of counts, each with what is expected; rare classes are taken together.
fn pearson(counts: &[(f64, f64)]) -> f64 {
    let rare = counts.iter().filter(|(_, expected)| *expected < 10.0);
    let rare = rare.fold((0.0, 0.0), |sum, class| (sum.0 + class.0, sum.1 + class.1));
    let common = counts.iter().copied().filter(|(_, expected)| *expected >= 10.0);
    let classes = common.chain((rare.1 >= 10.0).then_some(rare));
    let terms: Vec<f64> = classes.map(|(found, expected)| (found - expected).powi(2) / expected).collect();
    chi_square(terms.iter().sum(), terms.len() as f64 - 1.0)
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> + Clone {
    bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word))
}

/// Calls `found` with the position of each error.
fn for_each_error(bytes: &[u8], mut found: impl FnMut(u64)) {
    for (index, word) in (0u64..).zip(words(bytes)) {
        let mut left = word;
        while left != 0 {
            found(index * 64 + u64::from(left.trailing_zeros()));
            left &= left - 1;
        }
    }
}

/// Counts: of all cells, and of blocks of two sizes.
fn counts(bytes: &[u8], p: f64, scores: &mut Scores) {
    let ones = |bytes: &[u8]| words(bytes).map(|word| f64::from(word.count_ones())).sum::<f64>();
    scores.push(("count".into(), z(ones(bytes), CELLS * p, CELLS * p * (1.0 - p))));
    for size in [8 << 10, 128 << 10] {
        let cells = f64::from(size) * 8.0;
        let square = |block| z(ones(block), cells * p, cells * p * (1.0 - p)).powi(2);
        let blocks = bytes.chunks_exact(size as usize);
        let number = blocks.len() as f64;
        let sum: f64 = blocks.map(square).sum();
        scores.push((format!("counts of {size} bytes"), chi_square(sum, number)));
    }
}

/// Places: bits of a word, and words of a block of 8 KiB.
fn positions(bytes: &[u8], p: f64, scores: &mut Scores) {
    let (mut by_bit, mut by_word) = ([0f64; 64], [0f64; 1024]);
    for_each_error(bytes, |position| {
        by_bit[(position % 64) as usize] += 1.0;
        by_word[(position / 64 % 1024) as usize] += 1.0;
    });
    // Words at the end are no whole block.
    let cells = |word: usize| ((WORDS - word).div_ceil(1024) * 64) as f64;
    let square = |count: f64, cells: f64| z(count, cells * p, cells * p * (1.0 - p)).powi(2);
    let sum = by_bit.iter().map(|&count| square(count, WORDS as f64)).sum();
    scores.push(("bits of a word".into(), chi_square(sum, 64.0)));
    let sum = by_word.iter().enumerate().map(|(word, &count)| square(count, cells(word))).sum();
    scores.push(("words of a block".into(), chi_square(sum, 1024.0)));
}

/// The 256 patterns of a byte.
fn patterns(bytes: &[u8], p: f64, scores: &mut Scores) {
    let mut counts = [0u64; 256];
    bytes.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let expected = |byte: usize| {
        let ones = byte.count_ones() as i32;
        bytes.len() as f64 * p.powi(ones) * (1.0 - p).powi(8 - ones)
    };
    let classes: Vec<(f64, f64)> = (0..256).map(|byte| (counts[byte] as f64, expected(byte))).collect();
    scores.push(("patterns of a byte".into(), pearson(&classes)));
}

/// Distances from error to error, which are geometric.
fn gaps(bytes: &[u8], p: f64, scores: &mut Scores) {
    // Classes of equal width up to five mean gaps, and one after.
    let width = (1.0 / (20.0 * p)).ceil();
    let mut counts = [0f64; 101];
    let mut last: Option<u64> = None;
    for_each_error(bytes, |position| {
        if let Some(last) = last {
            let class = (position - last - 1) / width as u64;
            counts[class.min(100) as usize] += 1.0;
        }
        last = Some(position);
    });
    let total: f64 = counts.iter().sum();
    let beyond = |class: usize| ((-p).ln_1p() * width * class as f64).exp();
    let share = |class| if class == 100 { beyond(100) } else { beyond(class) - beyond(class + 1) };
    let classes: Vec<(f64, f64)> = (0..101).map(|class| (counts[class], total * share(class))).collect();
    scores.push(("gaps".into(), pearson(&classes)));
}

/// Errors in both of two cells: at every distance within a word, and at the same bit of words some way apart.
fn pairs(bytes: &[u8], p: f64, scores: &mut Scores) {
    let mut by_distance = [0u64; 64];
    for word in words(bytes).filter(|&word| !word.is_power_of_two()) {
        for (distance, count) in by_distance.iter_mut().enumerate().skip(1) {
            *count += u64::from((word & (word >> distance)).count_ones());
        }
    }
    // A cell is in up to two pairs, which are then not independent.
    let variance = |pairs: f64| pairs * p * p * (1.0 - p * p) + 2.0 * pairs * p * p * p * (1.0 - p);
    // A sum of squares would count what the pairs have in common once a distance, as each distance sees the same errors:
    // the one farthest off counts, of 63.
    let score = |distance: usize| {
        let pairs = (64 - distance) as f64 * WORDS as f64;
        z(by_distance[distance] as f64, pairs * p * p, variance(pairs))
    };
    let farthest = (1..64).map(score).max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0);
    scores.push(("pairs in a word".into(), farthest));
    for apart in [1, 32, 1024, 16384] {
        let both = words(bytes).zip(words(&bytes[apart * 8..])).map(|(a, b)| u64::from((a & b).count_ones()));
        let pairs = (WORDS - apart) as f64 * 64.0;
        let score = z(both.sum::<u64>() as f64, pairs * p * p, variance(pairs));
        scores.push((format!("pairs {apart} words apart"), score));
    }
}

fn scores(bytes: &[u8], p: f64) -> Scores {
    let mut scores = Vec::new();
    counts(bytes, p, &mut scores);
    positions(bytes, p, &mut scores);
    patterns(bytes, p, &mut scores);
    gaps(bytes, p, &mut scores);
    pairs(bytes, p, &mut scores);
    scores
}

/// Rates on every path of both models.
const RATES: [f64; 7] = [0.0004, 0.0012, 0.003, 0.012, 0.05, 0.2, 0.6];

fn assert_independent(name: &str, inject: impl Fn(Rate, &mut BitsMut<'_>)) {
    let mut bytes = vec![0u8; WORDS * 8];
    for p in RATES {
        bytes.fill(0);
        inject(Rate::new(p).unwrap(), &mut BitsMut::new(&mut bytes));
        for (statistic, score) in scores(&bytes, p) {
            println!("{name} {p}: {statistic} {score:.2}");
            assert!(score.abs() < BOUND, "{name} errors at {p}: {statistic} has score {score:.2}");
        }
    }
}

#[test]
fn transient_errors_are_independent() {
    assert_independent("transient", |rate, bits| TransientErrors::new(20, rate).inject(0, bits, 0));
}

#[test]
fn persistent_errors_are_independent() {
    let chip = PersistentErrors::new(21);
    assert_independent("persistent", |rate, bits| chip.inject(rate, bits, 0));
}

/// Rates at which memory holds too few errors: 2³⁸ cells, a block at a time.
#[test]
fn rare_errors_are_as_many_as_they_should_be() {
    let (blocks, block_cells, group) = (1u64 << 18, 1u64 << 20, 1024);
    let cells = (blocks * block_cells) as f64;
    let mut bytes = vec![0u8; block_cells as usize / 8];
    // The errors of many blocks lie in one buffer, where two of them seldom meet and cancel.
    let mut count = |inject: &dyn Fn(&mut BitsMut<'_>, u64)| -> f64 {
        let of_group = |first: u64| {
            bytes.fill(0);
            let group = first..first + group;
            group.for_each(|block| inject(&mut BitsMut::new(&mut bytes), block * block_cells));
            words(&bytes).map(|word| u64::from(word.count_ones())).sum::<u64>() as f64
        };
        (0..blocks).step_by(group as usize).map(of_group).sum()
    };
    for p in [1e-9, 1e-8, 1e-6] {
        let rate = Rate::new(p).unwrap();
        let (chip, reads) = (PersistentErrors::new(4), TransientErrors::new(4, rate));
        let persistent = count(&|bits, cell| chip.inject(rate, bits, cell));
        let transient = count(&|bits, cell| reads.inject(0, bits, cell));
        for (name, found) in [("persistent", persistent), ("transient", transient)] {
            let cancelled = cells * p * p * group as f64;
            let score = z(found, cells * p - cancelled, cells * p);
            println!("{name} {p}: {found} errors, score {score:.2}");
            assert!(score.abs() < BOUND, "{name} errors at {p}: {found}, score {score:.2}");
        }
    }
}

/// What these tests are worth: flaws that tools have had are found.
#[test]
fn flawed_errors_are_found_out() {
    let p = 0.05;
    let drawn = |rate: f64| {
        let mut bytes = vec![0u8; WORDS * 8];
        TransientErrors::new(22, Rate::new(rate).unwrap()).inject(0, &mut BitsMut::new(&mut bytes), 0);
        bytes
    };
    let assert_found = |flaw: &str, bytes: &[u8], expected: &str| {
        let found: Scores = scores(bytes, p).into_iter().filter(|(_, score)| score.abs() > BOUND).collect();
        assert!(found.iter().any(|(statistic, _)| statistic == expected), "{flaw}: {found:?}");
    };
    assert_found("a rate one in a thousand too high", &drawn(p * 1.001), "count");
    let mut repeated = drawn(p);
    for block in repeated.chunks_exact_mut(16 << 10).take(200) {
        block.copy_within(..8 << 10, 8 << 10);
    }
    assert_found("the errors of a block used twice", &repeated, "pairs 1024 words apart");
    let mut single = drawn(p);
    single.iter_mut().for_each(|byte| *byte &= byte.wrapping_neg());
    assert_found("one error a byte at most", &single, "patterns of a byte");
    let mut even = drawn(p);
    even[..1 << 20].iter_mut().for_each(|byte| *byte &= 0x55);
    assert_found("a bit that never fails", &even, "bits of a word");
}
