//! Read noise and flicker.

use super::search::{maximise, standard_error, upper_limit};
use super::{Levels, MOSTLY};
use crate::fault::recovered;
use crate::model::{FitNotes, Model, RatePoints};
use crate::normal;
use flip_core::FaultKind;
use statrs::distribution::{Binomial, Discrete};

/// Margins, in units of the noise, that integrals run over, and their step.
const REACH: f64 = 6.0;
const STEP: f64 = 0.05;
/// Fewer faulty cells with probabilities between say nothing.
const LEAST_CELLS: usize = 10;

pub(super) struct Noise {
    pub(super) read: f64,
    pub(super) flicker: f64,
}

/// The share of cells above a voltage, both directions together.
struct Shares([Option<(f64, RatePoints)>; 2]);

impl Shares {
    fn of(model: &Model) -> Self {
        Self([FaultKind::ReadsOne, FaultKind::ReadsZero].map(|kind| {
            let share = model.share_of(kind);
            (share > 0.0).then(|| (share, RatePoints::new(model, kind)))
        }))
    }

    fn above(&self, v: f64) -> f64 {
        self.0.iter().flatten().map(|(share, points)| share * points.rate(v)).sum()
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
    pub(super) fn fit(levels: &Levels, model: &Model, notes: &mut FitNotes) -> Self {
        let shares = Shares::of(model);
        let scale = model.law.map_or(0.05, |law| law.deviation);
        let wander = fit_wander(levels, &shares, scale, notes, model);
        if levels.reads == Some(1) {
            return Self { read: wander, flicker: 0.0 };
        }
        Self { read: fit_read(levels, &shares, scale, notes, model), flicker: wander }
    }
}

/// From the cells that fail in most reads at one voltage and not at the next lower one: each voltage has critical
/// voltages moved by a normal number of its own, of the deviation sought. From single reads that is read noise, too.
fn fit_wander(levels: &Levels, shares: &Shares, scale: f64, notes: &mut FitNotes, model: &Model) -> f64 {
    let mostly: Vec<_> = levels.maps.iter().map(|map| map.flipping_from(MOSTLY)).collect();
    let steps: Vec<(f64, f64, f64, f64)> = mostly
        .windows(2)
        .filter(|pair| !pair[0].faults().is_empty())
        .map(|pair| {
            let all = pair[0].faults().len() as f64;
            let lost = recovered(pair[0].faults(), pair[1].faults()) as f64;
            (pair[0].voltage().get(), pair[1].voltage().get(), all - lost, lost)
        })
        .collect();
    let what = if levels.reads == Some(1) { "read_noise (with flicker)" } else { "flicker" };
    if steps.is_empty() {
        notes.not_identified.push(format!("{what}: no two voltages with faults; 0 is assumed"));
        return 0.0;
    }
    let likelihood = |log: f64| -> f64 {
        let noise = log.exp();
        let of_step = |&(high, low, kept, lost): &(f64, f64, f64, f64)| {
            let margins = shares.margins(high, noise);
            let fails = |margin: f64| normal::cdf(margin);
            let above: f64 = margins.iter().map(|(m, share)| share * fails(*m)).sum();
            let both: f64 =
                margins.iter().map(|(m, share)| share * fails(*m) * fails(m + (high - low) / noise)).sum();
            let keep = (both / above).clamp(1e-12, 1.0 - 1e-12);
            kept * keep.ln() + lost * (1.0 - keep).ln()
        };
        steps.iter().map(of_step).sum()
    };
    let (low, high) = ((1e-3 * scale).ln(), scale.ln());
    let lost: f64 = steps.iter().map(|step| step.3).sum();
    let all: f64 = steps.iter().map(|step| step.2 + step.3).sum();
    if lost == 0.0 {
        let limit = upper_limit(low, high, likelihood).exp();
        notes.found.push(format!(
            "{what}: none of {all:.0} faults recovers at the next lower voltage; below {limit:.2e} {} at 95 %",
            model.unit
        ));
        return 0.0;
    }
    let log = maximise(low, high, 1e-3, likelihood);
    let error = standard_error(log, 0.05, likelihood).map_or(f64::NAN, |error| error * log.exp());
    notes.found.push(format!(
        "{what}: {:.2e} {}, standard error {error:.1e}, from the {lost:.0} of {all:.0} faults that recover at the next lower \
         voltage",
        log.exp(),
        model.unit
    ));
    log.exp()
}

/// From the distribution of flip probabilities of faulty cells, tenth by tenth.
fn fit_read(levels: &Levels, shares: &Shares, scale: f64, notes: &mut FitNotes, model: &Model) -> f64 {
    let histograms: Vec<(f64, [f64; 10])> = levels
        .maps
        .iter()
        .filter(|map| !map.faults().is_empty())
        .map(|map| {
            let mut histogram = [0.0; 10];
            for fault in map.faults() {
                histogram[tenth(f64::from(fault.flip.p01().max(fault.flip.p10())))] += 1.0;
            }
            (map.voltage().get(), histogram)
        })
        .collect();
    let between: f64 = histograms.iter().flat_map(|(_, histogram)| &histogram[..9]).sum();
    if between < LEAST_CELLS as f64 {
        notes.not_identified.push(format!(
            "read_noise: {between:.0} flip probabilities lie below 0.9, too few; 0 is assumed"
        ));
        return 0.0;
    }
    let seen = |margin: f64| seen(normal::cdf(margin), levels.reads, f64::from(levels.least));
    let grid: Vec<[f64; 10]> = shares.margins(1.0, 0.0).iter().map(|(margin, _)| seen(*margin)).collect();
    let likelihood = |log: f64| -> f64 {
        let of_level = |(voltage, histogram): &(f64, [f64; 10])| {
            let mut expected = [0.0; 10];
            for ((_, share), seen) in shares.margins(*voltage, log.exp()).iter().zip(&grid) {
                expected.iter_mut().zip(seen).for_each(|(sum, p)| *sum += share * p);
            }
            let all: f64 = expected.iter().sum();
            let term = |(count, p): (&f64, &f64)| count * (p / all).max(1e-12).ln();
            histogram.iter().zip(&expected).map(term).sum::<f64>()
        };
        histograms.iter().map(of_level).sum()
    };
    let log = maximise((1e-3 * scale).ln(), (2.0 * scale).ln(), 1e-3, likelihood);
    let error = standard_error(log, 0.05, likelihood).map_or(f64::NAN, |error| error * log.exp());
    notes.found.push(format!(
        "read_noise: {:.2e} {}, standard error {error:.1e}, maximum likelihood from the flip probabilities",
        log.exp(),
        model.unit
    ));
    log.exp()
}

fn tenth(p: f64) -> usize {
    ((p * 10.0 + 1e-6) as usize).min(9)
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
