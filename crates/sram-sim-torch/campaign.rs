//! Campaigns: a network asked about its images under many fault maps.

mod about;
mod how;
mod identity;
mod places;
mod plan;
mod rows;
mod source;

use anyhow::Result;
use cli_io::warn;
use flip_core::{PersistentErrors, ProtectedBits};
use indicatif::ProgressBar;
use nn_bridge::{Placement, Spread, expected_errors, read_errors};
use nn_torch::Evaluation;
use serde::{Deserialize, Serialize};

pub(crate) use self::about::About;
pub(crate) use self::how::How;
use self::identity::MapIdentity;
pub(crate) use self::plan::Plan;
pub(crate) use self::rows::{MAP_COLUMNS, OfNetwork};
use self::source::Faults;
pub(crate) use self::source::{OnChip, Point, Source, check_answers, check_vmin, points};
use crate::networks::Subject;

/// What is known of maps, in a file.
pub(crate) type Journal = campaign::Journal<MapResult>;

/// One fault map and what it did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MapResult {
    pub(crate) map: u32,
    pub(crate) seed: u64,
    /// Cell of the chip that holds the first bit.
    pub(crate) offset: Option<u64>,
    /// Bit errors to expect of such reads at this place, by the stored bits, per bit stored.
    pub(crate) expected_ber: f64,
    pub(crate) bit_errors: u64,
    pub(crate) realised_ber: f64,
    pub(crate) rerr: f64,
    pub(crate) rerr_paper: f64,
}

/// A point and what its maps did.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    #[serde(flatten)]
    pub(crate) source: Source,
    /// What the standard errors are over: random chips, or places on a chip.
    pub(crate) standard_error_over: &'static str,
    pub(crate) expected_ber: Spread,
    pub(crate) realised_ber: Spread,
    pub(crate) rerr: Spread,
    pub(crate) rerr_paper: Spread,
    pub(crate) maps: Vec<MapResult>,
}

/// Asks a network about its images under each map of a point.
pub(crate) fn measure(
    subject: &mut Subject,
    point: &Point,
    plan: &Plan,
    journal: &mut Option<Journal>,
    progress: &ProgressBar,
) -> Result<Measured> {
    let (source, faults) = point.read(plan)?;
    let mut results = Vec::new();
    for number in 0..plan.maps {
        // That there are so many is checked where the plan is made.
        let seed = plan.seed + u64::from(number);
        let map = Map { number, seed, offset: faults.cells().map(|cells| plan.places.offset(cells, number)) };
        let of = MapIdentity::digest(&subject.identity, &faults, map, plan)?;
        let known = journal.as_mut().map(|journal| journal.find(&of)).transpose()?.flatten();
        let result = match known {
            // Its number may be another in another campaign.
            Some(known) => MapResult { map: number, ..known },
            None => {
                let result = ask(&mut subject.evaluation, &faults, map, plan)?;
                if let Some(journal) = journal {
                    let what = format!("{}, {}, seed {seed}", subject.network, source.label());
                    journal.add(&of, &what, &result)?;
                }
                result
            }
        };
        results.push(result);
        progress.inc(1);
    }
    Ok(Measured::new(source, results))
}

/// One of the maps of a point.
#[derive(Clone, Copy)]
struct Map {
    number: u32,
    seed: u64,
    /// Cell of the chip that holds the first bit.
    offset: Option<u64>,
}

/// What one map does.
fn ask(evaluation: &mut Evaluation, faults: &Faults, map: Map, plan: &Plan) -> Result<MapResult> {
    let width = evaluation.image().layout().width();
    let bits = evaluation.image().layout().len_bits();
    let protected = ProtectedBits::most_significant(width, plan.protected_msb);
    let model = plan.read.model(map.seed);
    let mut expected = 0.0;
    let (answers, errors) = evaluation.under_drawn(|stored| match faults {
        Faults::Random(rate) => {
            let open = width.bits().saturating_sub(plan.protected_msb);
            expected = rate.get() * bits as f64 * f64::from(open) / f64::from(width.bits());
            let mask = PersistentErrors::new(map.seed).mask(*rate, 0, stored.len_bits());
            Ok(protected.protect(&mask).bit_errors(stored)?)
        }
        Faults::Chip { map: faults, .. } => {
            let placement = Placement::new(map.offset.unwrap_or(0), faults.geometry().cells());
            expected = expected_errors(faults, placement, stored, model, &protected);
            read_errors(faults, placement, stored, model, &protected)
        }
    })?;
    let per_bit = |errors: f64| errors / bits.max(1) as f64;
    Ok(MapResult {
        map: map.number,
        seed: map.seed,
        offset: map.offset,
        expected_ber: per_bit(expected),
        bit_errors: errors.count(),
        realised_ber: per_bit(errors.count() as f64),
        rerr: answers.error(),
        rerr_paper: answers.error_with(evaluation.clean()),
    })
}

impl Measured {
    fn new(source: Source, maps: Vec<MapResult>) -> Self {
        // Reads of one place on a chip are no samples of places; each random map is a chip of its own.
        let cluster = |map: &MapResult| map.offset.unwrap_or(u64::from(map.map));
        let spread = |value: fn(&MapResult) -> f64| {
            Spread::clustered(&maps.iter().map(|map| (cluster(map), value(map))).collect::<Vec<_>>())
        };
        Self {
            standard_error_over: if source.chip.is_some() { "places on the chip" } else { "random chips" },
            expected_ber: spread(|map| map.expected_ber),
            realised_ber: spread(|map| map.realised_ber),
            rerr: spread(|map| map.rerr),
            rerr_paper: spread(|map| map.rerr_paper),
            source,
            maps,
        }
    }
}

/// Says where the time went, on standard error: it differs from run to run, unlike results.
pub(crate) fn say_times(evaluation: &Evaluation) {
    let times = evaluation.times();
    let (injection, network) = (times.injection.as_secs_f64(), times.network.as_secs_f64());
    if network > 0.0 {
        let share = 100.0 * injection / (injection + network);
        warn(&format!("{network:.1} s in the network, {injection:.2} s ({share:.2} %) in bit errors"));
    }
}
