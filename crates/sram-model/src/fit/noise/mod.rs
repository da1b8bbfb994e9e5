//! Read noise and flicker.

mod read;
mod seen;
mod shares;
mod wander;

use self::read::fit_read;
use self::seen::fails_mostly;
use self::shares::Shares;
use self::wander::fit_wander;
use super::Levels;
use super::progress::{FitStage, Watch};
use crate::model::{FitNotes, Model};
use crate::normal;
use crate::voltage::VoltageUnit;

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
