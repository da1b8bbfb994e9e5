//! Read noise, from the flip probabilities of faulty cells.

use rayon::prelude::*;

use super::seen::seen_in_tenths;
use super::{Known, Shares};
use crate::fit::Levels;
use crate::fit::levels::Level;
use crate::fit::progress::Watch;
use crate::fit::search::{maximise, standard_error};
use crate::model::FitNotes;
use crate::normal;

/// Fewer faulty cells with probabilities between say nothing.
const LEAST_CELLS: usize = 10;

/// From the distribution of flip probabilities of faulty cells, tenth by tenth.
pub(super) fn fit_read(known: &Known, notes: &mut FitNotes, watch: &Watch) -> f64 {
    let Known { levels, shares, scale, unit } = known;
    let histograms = Histogram::all(levels);
    let between: f64 = histograms.iter().flat_map(|histogram| &histogram.tenths[..9]).sum();
    if between < LEAST_CELLS as f64 {
        notes.not_identified.push(format!(
            "read_noise: {between:.0} flip probabilities lie below 0.9, too few; 0 is assumed"
        ));
        return 0.0;
    }
    let grid_of = |which: usize| -> Vec<[f64; 10]> {
        let reads = levels.reads.map(|reads| reads[which]);
        let seen = |margin: f64| seen_in_tenths(normal::cdf(margin), reads, f64::from(levels.least));
        shares.margins(1.0, 0.0).iter().map(|(margin, _)| seen(*margin)).collect()
    };
    let grids = [grid_of(0), grid_of(1)];
    let likelihood = |log: f64| -> f64 {
        let of = |histogram: &Histogram| histogram.likelihood(shares, log.exp(), &grids[histogram.which]);
        watch.tick();
        histograms.par_iter().map(of).collect::<Vec<f64>>().iter().sum()
    };
    let log = maximise((1e-3 * scale).ln(), (0.8 * scale).ln(), 1e-3, likelihood);
    let error = standard_error(log, 0.05, likelihood).map_or(f64::NAN, |error| error * log.exp());
    notes.found.push(format!(
        "read_noise: {:.2e} {unit}, standard error {error:.1e}, maximum likelihood from the flip probabilities",
        log.exp(),
    ));
    log.exp()
}

/// The flip probabilities of the cells of one direction at one voltage: each may have been read more or less often.
struct Histogram {
    voltage: f64,
    which: usize,
    tenths: [f64; 10],
}

impl Histogram {
    fn all(levels: &Levels) -> Vec<Self> {
        let of_level = |level: &Level| {
            [0, 1].map(|which| Self {
                voltage: level.voltage.get(),
                which,
                tenths: level.tenths[which].map(|count| count as f64),
            })
        };
        let counted = |histogram: &Self| histogram.tenths.iter().any(|&count| count > 0.0);
        levels.each.iter().flat_map(of_level).filter(counted).collect()
    }

    /// The log-likelihood of reads with this noise, by the tenths in which cells of each margin are seen.
    fn likelihood(&self, shares: &Shares, noise: f64, grid: &[[f64; 10]]) -> f64 {
        let mut expected = [0.0; 10];
        for ((_, share), seen) in shares.margins(self.voltage, noise).iter().zip(grid) {
            expected.iter_mut().zip(seen).for_each(|(sum, p)| *sum += share * p);
        }
        let all: f64 = expected.iter().sum();
        let term =
            |(count, p): (&f64, &f64)| if *count > 0.0 { count * (p / all).max(1e-12).ln() } else { 0.0 };
        self.tenths.iter().zip(&expected).map(term).sum::<f64>()
    }
}
