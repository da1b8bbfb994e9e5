//! Whether two chips are alike: tests of equality.

use serde::Serialize;

use super::{MapStatistics, Neighbour, Proportion, Unit, mux_of};
use crate::counts::Counts;
use crate::fault::FaultMap;
use crate::normal;

/// With more of both kinds together the exact test gives way to its normal approximation.
const EXACT_TO: u64 = 10_000;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EqualityMethod {
    /// Two shares, by Fisher's exact test (1935). It holds for independent cells; where faults cluster it finds differences
    /// that are only luck.
    FisherExact,
    /// Two shares, by the normal approximation of their difference, where more than 10,000 of the rarer kind were counted. It
    /// holds where Fisher's test does.
    TwoProportionZ,
    /// The faulty shares of units (banks or physical columns), by the normal approximation of the rank-sum test of Mann and
    /// Whitney (1947). It holds where the units are independent, whatever their cells are.
    MannWhitney,
    /// Two distributions, by the test of Kolmogorov and Smirnov, in its limit for many values.
    KolmogorovSmirnov,
}

impl EqualityMethod {
    /// The name of the test, for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::FisherExact => "Fisher exact",
            Self::TwoProportionZ => "two-proportion z",
            Self::MannWhitney => "Mann-Whitney",
            Self::KolmogorovSmirnov => "Kolmogorov-Smirnov",
        }
    }
}

/// A test that two chips are equal in something.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EqualityTest {
    /// In what.
    pub what: &'static str,
    /// How.
    pub method: EqualityMethod,
    /// The value of the first chip: a share, the mean of the units' shares, or the median.
    pub first: f64,
    /// That of the second.
    pub second: f64,
    /// The probability of such a difference, or a greater one, between equal chips.
    pub p_value: f64,
    /// The same, corrected for the number of tests, see [`correct_for_many`].
    pub corrected: f64,
}

/// Compares two maps; what one of them lacks is left out. The corrected probabilities are still those of single tests.
pub fn equality_tests(first: &FaultMap, second: &FaultMap) -> Vec<EqualityTest> {
    let statistics = [first, second].map(MapStatistics::of);
    let shares = |what, of: &dyn Fn(&MapStatistics) -> Option<Proportion>| {
        let [a, b] = statistics.each_ref().map(of);
        let (a, b) = (a?, b?);
        let (method, p_value) = share_test(a, b)?;
        Some(test(what, method, a.share()?, b.share()?, p_value))
    };
    let above = |stats: &MapStatistics| {
        stats.neighbours.iter().find(|found| found.neighbour == Neighbour::Above).map(|found| found.faulty)
    };
    let words = |stats: &MapStatistics| {
        let words = stats.words.iter().find(|words| words.bits == 64)?;
        Some(Proportion { count: words.found[2] + words.found[3], trials: words.found.iter().sum() })
    };
    let direction = |stats: &MapStatistics| {
        let [ones, zeros, _] = stats.directions;
        Some(Proportion { count: ones, trials: ones + zeros })
    };
    let mux = statistics.each_ref().map(mux_of).into_iter().max().unwrap_or(1);
    [
        shares("faulty cells", &|stats| Some(stats.faulty)),
        ranks("faulty cells by bank", first, second, Unit::Bank),
        ranks("faulty cells by physical column", first, second, Unit::PhysicalColumn { mux }),
        shares("faults from 0 to 1", &direction),
        shares("persistent faults", &|stats| Some(stats.persistent)),
        flips(first, second),
        shares("faults below faults", &above),
        shares("64-bit words with 2 or more faults", &words),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Corrects the probabilities of many tests by the method of Holm (1979): the k-th smallest of n is multiplied by n − k + 1,
/// and none is less than those before it. A corrected probability below 0.05 in any test comes by chance in 5 % of all such
/// sets of tests.
pub fn correct_for_many<'a>(tests: impl Iterator<Item = &'a mut EqualityTest>) {
    let mut tests: Vec<&mut EqualityTest> = tests.collect();
    tests.sort_by(|a, b| a.p_value.total_cmp(&b.p_value));
    let mut least = 0.0f64;
    for (left, test) in (1..=tests.len()).rev().zip(tests) {
        least = least.max(test.p_value * left as f64).min(1.0);
        test.corrected = least;
    }
}

fn test(what: &'static str, method: EqualityMethod, first: f64, second: f64, p_value: f64) -> EqualityTest {
    // A series of signed terms that are all too small for a double adds up to −0.0, which `+ 0.0` turns into 0.
    let p_value = p_value.clamp(0.0, 1.0) + 0.0;
    EqualityTest { what, method, first, second, p_value, corrected: p_value }
}

/// The test that was used and its probability; `None` of no trials.
fn share_test(a: Proportion, b: Proportion) -> Option<(EqualityMethod, f64)> {
    let difference = a.share()? - b.share()?;
    let (count, trials) = (a.count + b.count, a.trials + b.trials);
    if count.min(trials - count) <= EXACT_TO {
        return Some((EqualityMethod::FisherExact, fisher(a, b)));
    }
    let pooled = count as f64 / trials as f64;
    let error = (pooled * (1.0 - pooled) * (1.0 / a.trials as f64 + 1.0 / b.trials as f64)).sqrt();
    Some((EqualityMethod::TwoProportionZ, 2.0 * normal::cdf(-(difference / error).abs())))
}

/// Fisher's exact test, two-sided: the probability, given the sums, of all tables that are as improbable as this one or more.
/// (That of the library does not return for equal shares of many cells.)
fn fisher(a: Proportion, b: Proportion) -> f64 {
    let (count, trials) = (a.count + b.count, a.trials + b.trials);
    // The rarer kind is summed over.
    let rarer = |n: u64, all: u64| if count <= trials - count { n } else { all - n };
    let (found, sum) = (rarer(a.count, a.trials), rarer(count, trials));
    let possible = sum.saturating_sub(b.trials)..=sum.min(a.trials);
    // Logs of probabilities by that of the first: each from the one before, since factorials of 10⁹ cells have no digits to
    // spare.
    let mut log = 0.0;
    let logs: Vec<f64> = possible
        .clone()
        .map(|k| {
            let here = log;
            let (more, fewer) = ((a.trials - k) as f64 * (sum - k) as f64, (b.trials + k + 1 - sum) as f64);
            log += (more / ((k + 1) as f64 * fewer)).ln();
            here
        })
        .collect();
    let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let all: f64 = logs.iter().map(|log| (log - most).exp()).sum();
    let here = logs[(found - possible.start()) as usize];
    // Equal tables differ by rounding.
    let as_improbable = logs.iter().filter(|&&other| other <= here + 1e-9);
    (as_improbable.map(|log| (log - most).exp()).sum::<f64>() / all).min(1.0)
}

fn ranks(what: &'static str, first: &FaultMap, second: &FaultMap, unit: Unit) -> Option<EqualityTest> {
    /// The faulty shares of the units that have any, and how many have none.
    fn shares(map: &FaultMap, unit: Unit) -> (Vec<f64>, f64) {
        let geometry = map.geometry();
        let units = unit.count(geometry) as f64;
        let counts = Counts::of(map.faults().iter().map(|fault| unit.of(geometry, fault.cell)));
        let cells = geometry.cells() as f64 / units;
        (counts.each().map(|count| count as f64 / cells).collect(), units - counts.distinct() as f64)
    }
    let (a, b) = (shares(first, unit), shares(second, unit));
    let units = [a.0.len() as f64 + a.1, b.0.len() as f64 + b.1];
    if units[0] < 5.0 || units[1] < 5.0 {
        return None;
    }
    let mean = |shares: &[f64], units: f64| shares.iter().sum::<f64>() / units;
    let means = (mean(&a.0, units[0]), mean(&b.0, units[1]));
    Some(test(what, EqualityMethod::MannWhitney, means.0, means.1, mann_whitney(&a, &b)))
}

/// The rank-sum test, two-sided, by its normal approximation with the correction for ties and for continuity. Each sample is
/// its values above 0, and how many are 0, which are most of many: chips have more columns than faults. (That of the
/// library takes quadratic time.)
fn mann_whitney(first: &(Vec<f64>, f64), second: &(Vec<f64>, f64)) -> f64 {
    let units = [first, second].map(|sample| sample.0.len() as f64 + sample.1);
    let marked = |sample: &(Vec<f64>, f64), mark: bool| -> Vec<(f64, bool)> {
        sample.0.iter().map(|&value| (value, mark)).collect()
    };
    let mut all = [marked(first, true), marked(second, false)].concat();
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let zeros = first.1 + second.1;
    // Ranks of the first sample added; equal values share the mean of theirs.
    let mut ranks = first.1 * f64::midpoint(zeros, 1.0);
    let mut ties = zeros.powi(3) - zeros;
    let mut before = zeros;
    for same in all.chunk_by(|one, other| one.0 == other.0) {
        let count = same.len() as f64;
        let of_first = same.iter().filter(|value| value.1).count() as f64;
        ranks += of_first * (before + f64::midpoint(count, 1.0));
        ties += count.powi(3) - count;
        before += count;
    }
    let pairs = units[0] * units[1];
    let sum = units[0] + units[1];
    let variance = pairs / 12.0 * (sum + 1.0 - ties / (sum * (sum - 1.0)));
    if variance <= 0.0 {
        return 1.0;
    }
    let score = ranks - units[0] * (units[0] + 1.0) / 2.0;
    let distance = ((score - pairs / 2.0).abs() - 0.5).max(0.0);
    2.0 * normal::cdf(-distance / variance.sqrt())
}

fn flips(first: &FaultMap, second: &FaultMap) -> Option<EqualityTest> {
    let flips = |map: &FaultMap| -> Vec<f64> {
        map.faults().iter().map(|fault| f64::from(fault.flip.p01().max(fault.flip.p10()))).collect()
    };
    let (a, b) = (flips(first), flips(second));
    if a.len() < 5 || b.len() < 5 {
        return None;
    }
    let median = |flips: &[f64]| {
        let mut sorted = flips.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    };
    let medians = (median(&a), median(&b));
    let p_value = kolmogorov_smirnov(a, b);
    Some(test("flip probabilities", EqualityMethod::KolmogorovSmirnov, medians.0, medians.1, p_value))
}

/// The two-sample test of Kolmogorov and Smirnov, two-sided, by its limit for many values (Smirnov 1948). (That of the library
/// does not return for equal samples.)
fn kolmogorov_smirnov(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let below = |sorted: &[f64], x: f64| sorted.partition_point(|&y| y <= x) as f64 / sorted.len() as f64;
    let distance = a.iter().chain(&b).map(|&x| (below(&a, x) - below(&b, x)).abs()).fold(0.0, f64::max);
    let (n, m) = (a.len() as f64, b.len() as f64);
    let lambda = distance * (n * m / (n + m)).sqrt();
    if lambda < 0.2 {
        // The series alternates for long, and the limit is 1 to twelve digits.
        return 1.0;
    }
    let term = |k: i32| f64::from(1 - 2 * (k % 2)) * (-2.0 * f64::from(k * k) * lambda * lambda).exp();
    -2.0 * (1..=20).map(term).sum::<f64>()
}
