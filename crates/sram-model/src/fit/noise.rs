//! Read noise and flicker.

use super::Levels;
use super::levels::Level;
use super::progress::{FitStage, Watch};
use super::search::{maximise, standard_error, upper_limit};
use crate::fault::flip_bin;
use crate::model::{FitNotes, Model, RatePoints};
use crate::normal;
use crate::synth::Marginal;
use crate::voltage::VoltageUnit;
use flip_core::FaultKind;
use rayon::prelude::*;
use statrs::distribution::{Binomial, Discrete};

/// Margins, in units of the noise, that integrals run over, and their step.
const REACH: f64 = 6.0;
const STEP: f64 = 0.05;
/// Fewer faulty cells with probabilities between say nothing.
const LEAST_CELLS: usize = 10;
/// A log-likelihood that is greater by this is significant at 5 %.
const SIGNIFICANT: f64 = 1.35;

/// What the noises are fitted to.
struct Known<'a> {
    levels: &'a Levels,
    shares: Shares,
    /// The deviation of critical voltages, which noises are sought below.
    scale: f64,
    unit: VoltageUnit,
}

pub(super) struct Noise {
    pub(super) read: f64,
    pub(super) flicker: f64,
}

/// The share of cells whose critical voltage is above a voltage, both directions together.
struct Shares([Option<(f64, SharesOf)>; 2]);

/// That of the cells of one direction, from what is known of it.
enum SharesOf {
    /// The rate itself, which is that share but for the noise of reads.
    Rate(RatePoints),
    /// Without the noise.
    Critical(Marginal),
}

impl Shares {
    /// With the noise that the model has, if it has any.
    fn of(model: &Model) -> Self {
        Self([FaultKind::ReadsOne, FaultKind::ReadsZero].map(|kind| {
            let share = model.share_of(kind);
            let rates = || RatePoints::new(model, kind);
            (share > 0.0).then(|| {
                let noise = model.total_noise();
                let law = if noise > 0.0 {
                    SharesOf::Critical(Marginal::solve(&rates(), noise, model.flip_floor))
                } else {
                    SharesOf::Rate(rates())
                };
                (share, law)
            })
        }))
    }

    fn above(&self, v: f64) -> f64 {
        let of = |(share, law): &(f64, SharesOf)| {
            share
                * match law {
                    SharesOf::Rate(rates) => rates.rate(v),
                    SharesOf::Critical(marginal) => marginal.share_above(v),
                }
        };
        self.0.iter().flatten().map(of).sum()
    }

    /// Margins (Vc − V)/σ with the share of cells that lie there.
    fn margins(&self, voltage: f64, noise: f64) -> Vec<(f64, f64)> {
        let steps = (2.0 * REACH / STEP) as i32;
        let edge = |i: i32| -REACH + f64::from(i) * STEP;
        let mut before = self.above(voltage + noise * edge(0));
        (0..steps)
            .map(|i| {
                let after = self.above(voltage + noise * edge(i + 1));
                let share = (before - after).max(0.0);
                before = after;
                (edge(i) + 0.5 * STEP, share)
            })
            // All cells far above fail for certain.
            .chain([(REACH, self.above(voltage + noise * REACH))])
            .collect()
    }
}

impl Noise {
    pub(super) fn fit(levels: &Levels, model: &Model, notes: &mut FitNotes, watch: &Watch) -> Self {
        // Both noises are sought twice, each in some 20 or 30 steps.
        let watch = &watch.stage(FitStage::Noise, 4 * 30);
        // The noise blurs the rates, from which the law of critical voltages comes, and so is found twice: first as if it did
        // not.
        let blurred = Self::with_law(levels, model, &mut FitNotes::default(), watch);
        let (read_noise, flicker) = (blurred.read, blurred.flicker);
        let sharp = Model { read_noise, flicker, ..model.clone() };
        let usable = sharp.check().is_ok();
        Self::with_law(levels, if usable { &sharp } else { model }, notes, watch)
    }

    fn with_law(levels: &Levels, model: &Model, notes: &mut FitNotes, watch: &Watch) -> Self {
        let scale = model.law.map_or(0.05, |law| law.deviation);
        let known = Known { levels, shares: Shares::of(model), scale, unit: model.unit };
        if levels.single_reads() {
            // A single read moves a cell's critical voltage by both noises together.
            let both = fit_wander(&known, &|_, _| f64::NAN, None, notes, watch);
            return Self { read: both, flicker: 0.0 };
        }
        let read = fit_read(&known, notes, watch);
        let mostly = |which: usize, z: f64| match levels.reads {
            Some(reads) if read > 0.0 => fails_mostly(normal::cdf(z), reads[which]),
            _ => f64::from(u8::from(z >= 0.0)),
        };
        let flicker = fit_wander(&known, &mostly, Some(read), notes, watch);
        Self { read, flicker }
    }
}

/// The probability that half of the reads or more err, each with probability q.
fn fails_mostly(q: f64, reads: u32) -> f64 {
    let Ok(binomial) = Binomial::new(q.clamp(0.0, 1.0), reads.into()) else { return 0.0 };
    (reads.div_ceil(2)..=reads).map(|k| binomial.pmf(k.into())).sum()
}

/// The probability that a cell is seen to fail, by how far its critical voltage lies above the voltage, in steps of a
/// hundredth of `width`: of one whose critical voltage moves by a normal number of deviation `wander` first, and that then
/// fails in most reads with probability `mostly(distance/read)`.
fn seen_failing(width: f64, wander: f64, read: f64, mostly: &dyn Fn(f64) -> f64) -> Vec<f64> {
    let table: Vec<f64> = (-800..=800).map(|k| mostly(f64::from(k) * 0.01)).collect();
    let of = |z: f64| table[((z * 100.0).round().clamp(-800.0, 800.0) + 800.0) as usize];
    (-800..=800)
        .map(|k| {
            let distance = f64::from(k) * 0.01 * width;
            let term = |i: i32| {
                let number = f64::from(i) * 0.1;
                let moved = distance + wander * number;
                let fails = if read > 0.0 { of(moved / read) } else { f64::from(u8::from(moved >= 0.0)) };
                normal::density(number) * 0.1 * fails
            };
            (-50..=50).map(term).sum()
        })
        .collect()
}

/// What becomes of the cells of one direction that fail in most reads, from a voltage to the next lower one.
struct Step {
    which: usize,
    high: f64,
    low: f64,
    kept: f64,
    lost: f64,
}

impl Step {
    fn of(levels: &Levels, which: usize) -> Vec<Self> {
        let step = |pair: &[Level]| {
            let (faults, lost) = (pair[0].mostly[which], pair[0].recovering[which]);
            let (high, low) = (pair[0].voltage.get(), pair[1].voltage.get());
            Self { which, high, low, kept: (faults - lost) as f64, lost: lost as f64 }
        };
        levels.each.windows(2).filter(|pair| pair[0].mostly[which] > 0).map(step).collect()
    }
}

/// From the cells that fail in most reads at one voltage and not at the next lower one: at each voltage critical voltages have
/// moved by a normal number of the deviation sought. `read` is the read noise if it is known apart; single reads show both
/// together.
fn fit_wander(
    known: &Known,
    mostly: &dyn Fn(usize, f64) -> f64,
    read: Option<f64>,
    notes: &mut FitNotes,
    watch: &Watch,
) -> f64 {
    let Known { levels, shares, scale, unit } = known;
    let steps: Vec<Step> = [0, 1].into_iter().flat_map(|which| Step::of(levels, which)).collect();
    let what = if read.is_none() { "read_noise (with flicker)" } else { "flicker" };
    if steps.is_empty() {
        notes.not_identified.push(format!("{what}: no two voltages with faults; 0 is assumed"));
        return 0.0;
    }
    let likelihood = |log: f64| -> f64 {
        let wander = log.exp();
        let width = wander.hypot(read.unwrap_or(0.0));
        let table = |which| read.map(|read| seen_failing(width, wander, read, &|z| mostly(which, z)));
        let tables = [table(0), table(1)];
        let fails = |which: usize, distance: f64| match &tables[which] {
            Some(table) => table[((distance / width * 100.0).round().clamp(-800.0, 800.0) + 800.0) as usize],
            None => normal::cdf(distance / width),
        };
        let of_step = |&Step { which, high, low, kept, lost }: &Step| {
            let margins = shares.margins(high, width);
            let fails = |distance: f64| fails(which, distance);
            let above: f64 = margins.iter().map(|(m, share)| share * fails(m * width)).sum();
            let both: f64 = margins
                .iter()
                .map(|(m, share)| share * fails(m * width) * fails(m * width + high - low))
                .sum();
            let keep = (both / above).clamp(1e-12, 1.0 - 1e-12);
            kept * keep.ln() + lost * (1.0 - keep).ln()
        };
        watch.tick();
        // In parallel, and added in order.
        steps.par_iter().map(of_step).collect::<Vec<f64>>().iter().sum()
    };
    let (low, high) = ((1e-3 * scale).ln(), (0.8 * scale).ln());
    let lost: f64 = steps.iter().map(|step| step.lost).sum();
    let all: f64 = steps.iter().map(|step| step.kept + step.lost).sum();
    let log = maximise(low, high, 1e-3, likelihood);
    if lost == 0.0 || likelihood(log) - likelihood(low) < SIGNIFICANT {
        let limit = upper_limit(low, high, likelihood).exp();
        let why = if lost == 0.0 {
            format!("none of {all:.0} faults recovers at the next lower voltage")
        } else {
            format!(
                "read noise explains the {lost:.0} of {all:.0} faults that recover at the next lower voltage"
            )
        };
        notes.found.push(format!("{what}: none found, {why}; below {limit:.2e} {unit} at 95 %"));
        return 0.0;
    }
    let error = standard_error(log, 0.05, likelihood).map_or(f64::NAN, |error| error * log.exp());
    notes.found.push(format!(
        "{what}: {:.2e} {}, standard error {error:.1e}, from the {lost:.0} of {all:.0} faults that recover at the next lower \
         voltage",
        log.exp(),
        unit
    ));
    log.exp()
}

/// From the distribution of flip probabilities of faulty cells, tenth by tenth.
fn fit_read(known: &Known, notes: &mut FitNotes, watch: &Watch) -> f64 {
    let Known { levels, shares, scale, unit } = known;
    // At each voltage the cells of each direction, which may have been read more or less often.
    let histograms: Vec<(f64, usize, [f64; 10])> = levels
        .each
        .iter()
        .flat_map(|level| {
            [0, 1].map(|which| (level.voltage.get(), which, level.tenths[which].map(|count| count as f64)))
        })
        .filter(|(_, _, histogram)| histogram.iter().any(|&count| count > 0.0))
        .collect();
    let between: f64 = histograms.iter().flat_map(|(_, _, histogram)| &histogram[..9]).sum();
    if between < LEAST_CELLS as f64 {
        notes.not_identified.push(format!(
            "read_noise: {between:.0} flip probabilities lie below 0.9, too few; 0 is assumed"
        ));
        return 0.0;
    }
    let grid_of = |which: usize| -> Vec<[f64; 10]> {
        let reads = levels.reads.map(|reads| reads[which]);
        let seen = |margin: f64| seen(normal::cdf(margin), reads, f64::from(levels.least));
        shares.margins(1.0, 0.0).iter().map(|(margin, _)| seen(*margin)).collect()
    };
    let grids = [grid_of(0), grid_of(1)];
    let likelihood = |log: f64| -> f64 {
        let of_level = |(voltage, which, histogram): &(f64, usize, [f64; 10])| {
            let mut expected = [0.0; 10];
            for ((_, share), seen) in shares.margins(*voltage, log.exp()).iter().zip(&grids[*which]) {
                expected.iter_mut().zip(seen).for_each(|(sum, p)| *sum += share * p);
            }
            let all: f64 = expected.iter().sum();
            let term =
                |(count, p): (&f64, &f64)| if *count > 0.0 { count * (p / all).max(1e-12).ln() } else { 0.0 };
            histogram.iter().zip(&expected).map(term).sum::<f64>()
        };
        watch.tick();
        histograms.par_iter().map(of_level).collect::<Vec<f64>>().iter().sum()
    };
    let log = maximise((1e-3 * scale).ln(), (0.8 * scale).ln(), 1e-3, likelihood);
    let error = standard_error(log, 0.05, likelihood).map_or(f64::NAN, |error| error * log.exp());
    notes.found.push(format!(
        "read_noise: {:.2e} {}, standard error {error:.1e}, maximum likelihood from the flip probabilities",
        log.exp(),
        unit
    ));
    log.exp()
}

/// The tenth of a probability, as of the cells' own.
fn tenth(p: f64) -> usize {
    flip_bin(p as f32, 10)
}

/// The probabilities of a cell of flip probability `q` to be seen in each tenth: below `least` it is not seen.
fn seen(q: f64, reads: Option<u32>, least: f64) -> [f64; 10] {
    let mut tenths = [0.0; 10];
    match reads {
        None if q >= least => tenths[tenth(q)] = 1.0,
        None => {}
        Some(reads) => {
            if let Ok(binomial) = Binomial::new(q.clamp(0.0, 1.0), reads.into()) {
                for k in 1..=reads {
                    tenths[tenth(f64::from(k) / f64::from(reads))] += binomial.pmf(k.into());
                }
            }
        }
    }
    tenths
}
