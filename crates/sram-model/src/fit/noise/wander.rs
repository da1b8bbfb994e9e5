//! How far critical voltages move from one voltage to the next, from cells that recover there.

use rayon::prelude::*;

use super::seen::{Table, seen_failing};
use super::{Known, Shares};
use crate::fit::Levels;
use crate::fit::levels::Level;
use crate::fit::progress::Watch;
use crate::fit::search::{SIGNIFICANT, maximise, standard_error, upper_limit};
use crate::model::FitNotes;
use crate::normal;

/// From the cells that fail in most reads at one voltage and not at the next lower one: at each voltage critical voltages have
/// moved by a normal number of the deviation sought. `read` is the read noise if it is known apart; single reads show both
/// together.
pub(super) fn fit_wander(
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
    let likelihood = |log: f64| {
        watch.tick();
        likelihood(&steps, shares, mostly, read, log.exp())
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
        "{what}: {:.2e} {unit}, standard error {error:.1e}, from the {lost:.0} of {all:.0} faults that recover at the next lower \
         voltage",
        log.exp(),
    ));
    log.exp()
}

/// The log-likelihood of all steps where critical voltages move by the deviation `wander`.
fn likelihood(
    steps: &[Step],
    shares: &Shares,
    mostly: &dyn Fn(usize, f64) -> f64,
    read: Option<f64>,
    wander: f64,
) -> f64 {
    let width = wander.hypot(read.unwrap_or(0.0));
    let table = |which| read.map(|read| seen_failing(width, wander, read, &|z| mostly(which, z)));
    let tables: [Option<Table>; 2] = [table(0), table(1)];
    let fails = |which: usize, distance: f64| match &tables[which] {
        Some(table) => table.at(distance / width),
        None => normal::cdf(distance / width),
    };
    let of_step = |step: &Step| step.likelihood(shares, width, |distance| fails(step.which, distance));
    // In parallel, and added in order.
    steps.par_iter().map(of_step).collect::<Vec<f64>>().iter().sum()
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

    /// The log-likelihood of what became of them, by the probability that a cell fails whose critical voltage lies so far above
    /// the voltage.
    fn likelihood(&self, shares: &Shares, width: f64, fails: impl Fn(f64) -> f64) -> f64 {
        let &Self { high, low, kept, lost, .. } = self;
        let margins = shares.margins(high, width);
        let above: f64 = margins.iter().map(|(m, share)| share * fails(m * width)).sum();
        let both: f64 =
            margins.iter().map(|(m, share)| share * fails(m * width) * fails(m * width + high - low)).sum();
        let keep = (both / above).clamp(1e-12, 1.0 - 1e-12);
        kept * keep.ln() + lost * (1.0 - keep).ln()
    }
}
