//! Campaigns: a network asked about its images under many fault maps.

mod about;
mod how;
mod identity;
mod places;
mod plan;
mod rows;
mod source;

use std::time::Duration;

use anyhow::Result;
use cli_io::warn;
use indicatif::ProgressBar;
use nn_bridge::Spread;
use nn_bridge::memory::Outcomes;
use nn_torch::{Evaluation, UnderRead};
use serde::{Deserialize, Serialize};
use sram_sim_cli::memory::{PointFaults, ReadReport, Source};

pub(crate) use self::about::About;
pub(crate) use self::how::How;
use self::identity::MapIdentity;
pub(crate) use self::plan::Plan;
pub(crate) use self::rows::{OfNetwork, map_columns};
pub(crate) use self::source::{OnChip, Point, check_answers, check_vmin, points};
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
    #[serde(flatten)]
    pub(crate) read: ReadReport,
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
    pub(crate) mean_squared_change: Spread,
    pub(crate) rerr: Spread,
    pub(crate) rerr_paper: Spread,
    /// Area of all cells, spare ones and what a chip leaves empty among them, relative to a plain cell for each bit of the weights.
    pub(crate) area: f64,
    /// Words of codes with a wrong bit, of all maps together.
    pub(crate) words: Outcomes,
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
    let asked = point.asked(plan)?;
    let faults = subject.plan.faults(&asked, plan.between.into())?;
    let energy = faults.energy(&subject.memory, 0);
    let source = Source { energy_relative_to_vmin: energy, ..faults.source(&asked) };
    let cells = faults.chip_cells(&subject.memory);
    let mut results = Vec::new();
    for number in 0..plan.maps {
        // That there are so many is checked where the plan is made.
        let seed = plan.seed + u64::from(number);
        let map = Map { number, seed, offset: cells.map(|cells| plan.places.offset(cells, number)) };
        let of = MapIdentity::digest(subject, &faults, map, plan)?;
        let known = journal.as_mut().map(|journal| journal.find(&of)).transpose()?.flatten();
        let result = match known {
            // Its number may be another in another campaign.
            Some(known) => MapResult { map: number, ..known },
            None => {
                let result = ask(subject, &faults, map, plan)?;
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
    Ok(Measured::new(source, faults.area(&subject.memory)?, results))
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
fn ask(subject: &mut Subject, faults: &PointFaults, map: Map, plan: &Plan) -> Result<MapResult> {
    let Subject { evaluation, memory, plan: of_memory, .. } = subject;
    let model = plan.read.model(map.seed);
    let cells = faults.cells(memory, map.seed, |cells| plan.places.offset(cells, map.number));
    let UnderRead { answers, read, squared_change } =
        evaluation.under_read(|image| of_memory.named(memory.read(image, &cells, model, 0)))?;
    Ok(MapResult {
        map: map.number,
        seed: map.seed,
        offset: map.offset,
        read: ReadReport::of(memory, faults, &read, squared_change),
        rerr: answers.error(),
        rerr_paper: answers.error_with(evaluation.clean()),
    })
}

impl Measured {
    fn new(source: Source, area: f64, maps: Vec<MapResult>) -> Self {
        // Reads of one place on a chip are no samples of places; each random map is a chip of its own.
        let cluster = |map: &MapResult| map.offset.unwrap_or(u64::from(map.map));
        let spread = |value: fn(&MapResult) -> f64| {
            Spread::clustered(&maps.iter().map(|map| (cluster(map), value(map))).collect::<Vec<_>>())
        };
        let mut words = Outcomes::default();
        maps.iter().for_each(|map| words += map.read.counts.words);
        Self {
            standard_error_over: if maps.iter().any(|map| map.offset.is_some()) {
                "places on the chip"
            } else {
                "random chips"
            },
            expected_ber: spread(|map| map.read.expected_ber),
            realised_ber: spread(|map| map.read.realised_ber),
            mean_squared_change: spread(|map| map.read.mean_squared_change),
            rerr: spread(|map| map.rerr),
            rerr_paper: spread(|map| map.rerr_paper),
            words,
            area,
            // With the words that maps read again.
            source: Source {
                energy_relative_to_vmin: mean(&maps, |map| map.read.energy_relative_to_vmin),
                ..source
            },
            maps,
        }
    }
}

/// The mean over maps, if all have it.
fn mean(maps: &[MapResult], of: fn(&MapResult) -> Option<f64>) -> Option<f64> {
    let first = of(maps.first()?)?;
    let more = maps.iter().map(|map| of(map).map(|value| value - first)).sum::<Option<f64>>()?;
    Some(first + more / maps.len() as f64)
}

/// Says where the time went, on standard error: it differs from run to run, unlike results. `generating` is what chips took.
pub(crate) fn say_times(evaluation: &Evaluation, generating: Duration) {
    let times = evaluation.times();
    let (injection, network) = (times.injection.as_secs_f64(), times.network.as_secs_f64());
    let share = 100.0 * injection / (injection + network);
    let of_network = (network > 0.0).then(|| {
        format!("{network:.1} s in the network, {injection:.2} s ({share:.2} % of both) in bit errors")
    });
    let of_chips =
        (!generating.is_zero()).then(|| format!("{:.1} s generating chips", generating.as_secs_f64()));
    let all: Vec<String> = of_network.into_iter().chain(of_chips).collect();
    if !all.is_empty() {
        warn(&all.join(", "));
    }
}
