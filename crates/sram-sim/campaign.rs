//! Campaigns: a network asked about its images under many fault maps.

use anyhow::Result;
use cli_io::{Files, warn};
use flip_core::{PersistentErrors, Rate, STREAM_VERSION};
use indicatif::ProgressBar;
use nn_bridge::torch::Evaluation;
use nn_bridge::{Placement, Spread, read_errors};
use serde::{Deserialize, Serialize};
use sram_model::{FaultMap, Profile, Voltage, relative_energy};

use crate::arguments::Read;
use crate::arguments::networks::{CampaignArguments, Protocol};
use crate::chip::{self, ChipNames};
use crate::journal::Journal;
use crate::networks::Subject;
use crate::output::{percent, significant};

/// Maps of the paper's protocol.
const PAPER_MAPS: u32 = 50;

/// Where the faults of a point come from.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Source {
    /// The chip's name; none for random errors.
    pub(crate) chip: Option<String>,
    /// In the unit of the chip.
    pub(crate) voltage: Option<Voltage>,
    pub(crate) unit: Option<String>,
    /// Mean over cells of the flip probabilities of both directions added.
    pub(crate) fault_rate: f64,
    pub(crate) energy_relative_to_vmin: Option<f64>,
    pub(crate) extrapolated: bool,
}

/// One rate, or one chip at one voltage.
pub(crate) struct Point {
    pub(crate) source: Source,
    faults: Faults,
}

enum Faults {
    Random(Rate),
    Chip(FaultMap),
}

/// One fault map and what it did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MapResult {
    pub(crate) map: u32,
    pub(crate) seed: u64,
    /// Cell of the chip that holds the first bit.
    pub(crate) offset: Option<u64>,
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
    pub(crate) realised_ber: Spread,
    pub(crate) rerr: Spread,
    pub(crate) rerr_paper: Spread,
    pub(crate) maps: Vec<MapResult>,
}

/// The rates, or chips and voltages, of a campaign in the order typed, voltages from high to low.
pub(crate) fn points(arguments: &CampaignArguments, files: &Files) -> Result<Vec<Point>> {
    let mut points: Vec<Point> = arguments.rate.iter().map(|&rate| Point::random(rate)).collect();
    for name in &ChipNames::split(&arguments.chip)? {
        let profile = chip::open(name, files)?;
        let Some(list) = &arguments.voltage else { continue };
        let voltages = list.of(&profile)?;
        chip::warn_if_extrapolated(&profile, &voltages);
        for voltage in voltages {
            let map = profile.at(voltage, arguments.between.into())?;
            points.push(Point { source: Source::of(&profile, &map, voltage), faults: Faults::Chip(map) });
        }
    }
    Ok(points)
}

impl Faults {
    /// All that a read of them depends on but its seed, in words.
    fn identity(&self, offset: Option<u64>, read: Read) -> String {
        match (self, offset) {
            (Self::Random(rate), _) => format!("rate {rate}, streams {STREAM_VERSION}"),
            (Self::Chip(map), offset) => {
                let (geometry, sum) = (map.geometry(), map.checksum());
                format!("faults {sum:08x} of {geometry} from cell {}, read {read:?}", offset.unwrap_or(0))
            }
        }
    }
}

impl Point {
    fn random(rate: Rate) -> Self {
        let source = Source {
            chip: None,
            voltage: None,
            unit: None,
            fault_rate: rate.get(),
            energy_relative_to_vmin: None,
            extrapolated: false,
        };
        Self { source, faults: Faults::Random(rate) }
    }
}

impl Source {
    fn of(profile: &Profile, map: &FaultMap, voltage: Voltage) -> Self {
        let info = profile.info();
        Self {
            chip: Some(info.name.clone()),
            voltage: Some(voltage),
            unit: Some(info.unit.to_string()),
            fault_rate: map.rates().p(),
            energy_relative_to_vmin: info.vmin.map(|vmin| relative_energy(voltage, vmin)),
            extrapolated: info.extrapolates(voltage),
        }
    }

    /// In few words.
    pub(crate) fn label(&self) -> String {
        match (&self.chip, self.voltage) {
            (Some(chip), Some(voltage)) => format!("{chip} at {voltage}"),
            _ => format!("p = {} %", percent(self.fault_rate)),
        }
    }
}

/// How many maps each point has. Where every read of a chip is the same, only places tell maps apart.
pub(crate) fn maps(arguments: &CampaignArguments) -> u32 {
    let maps = match arguments.protocol {
        Some(Protocol::Paper) => PAPER_MAPS,
        None => arguments.maps,
    };
    match arguments.offsets {
        Some(places) if arguments.read != Read::Sampled => maps.min(places),
        _ => maps,
    }
}

/// Asks a network about its images under each map of a point.
pub(crate) fn measure(
    subject: &mut Subject,
    point: &Point,
    arguments: &CampaignArguments,
    journal: &mut Journal,
    progress: &ProgressBar,
) -> Result<Measured> {
    let Subject { evaluation, identity, .. } = subject;
    let bits = evaluation.image().layout().len_bits();
    let count = maps(arguments);
    let mut results = Vec::new();
    for number in 0..count {
        let seed = arguments.seed.wrapping_add(u64::from(number));
        let offset = match &point.faults {
            Faults::Random(_) => None,
            Faults::Chip(map) => Some(offset(map, number, arguments.offsets.unwrap_or(count))),
        };
        let of = format!("{identity}; {}, seed {seed}", point.faults.identity(offset, arguments.read));
        if let Some(known) = journal.find(&of) {
            // Its number may be another in another campaign.
            results.push(MapResult { map: number, ..known });
            progress.inc(1);
            continue;
        }
        let (answers, errors) = evaluation.under_drawn(|stored| match &point.faults {
            Faults::Random(rate) => {
                Ok(PersistentErrors::new(seed).mask(*rate, 0, stored.len_bits()).bit_errors(stored)?)
            }
            Faults::Chip(map) => {
                let placement = Placement::new(offset.unwrap_or(0), map.geometry().cells());
                read_errors(map, placement, stored, arguments.read.model(seed))
            }
        })?;
        let result = MapResult {
            map: number,
            seed,
            offset,
            bit_errors: errors.count(),
            realised_ber: errors.count() as f64 / bits.max(1) as f64,
            rerr: answers.error(),
            rerr_paper: answers.error_with(evaluation.clean()),
        };
        journal.add(of, &result)?;
        results.push(result);
        progress.inc(1);
    }
    let spread = |value: fn(&MapResult) -> f64| Spread::of(&results.iter().map(value).collect::<Vec<_>>());
    Ok(Measured {
        source: point.source.clone(),
        realised_ber: spread(|result| result.realised_ber),
        rerr: spread(|result| result.rerr),
        rerr_paper: spread(|result| result.rerr_paper),
        maps: results,
    })
}

/// The cell at which the weights begin for a map: one of so many places, evenly spread.
fn offset(map: &FaultMap, number: u32, places: u32) -> u64 {
    let cells = u128::from(map.geometry().cells());
    (cells * u128::from(number % places) / u128::from(places)) as u64
}

/// What CSV rows of maps hold.
pub(crate) const MAP_COLUMNS: [&str; 12] = [
    "chip",
    "voltage",
    "fault_rate",
    "energy",
    "map",
    "seed",
    "offset",
    "bit_errors",
    "ber",
    "err",
    "rerr",
    "rerr_paper",
];

impl Measured {
    /// A row of CSV for each map, under [`MAP_COLUMNS`]; `err` is the clean test error.
    pub(crate) fn map_rows(&self, err: f64) -> impl Iterator<Item = [String; 12]> {
        let source = &self.source;
        let text = |value: Option<String>| value.unwrap_or_default();
        self.maps.iter().map(move |map| {
            [
                text(source.chip.clone()),
                text(source.voltage.map(|voltage| voltage.to_string())),
                source.fault_rate.to_string(),
                text(source.energy_relative_to_vmin.map(|energy| significant(energy, 6))),
                map.map.to_string(),
                map.seed.to_string(),
                text(map.offset.map(|offset| offset.to_string())),
                map.bit_errors.to_string(),
                map.realised_ber.to_string(),
                err.to_string(),
                map.rerr.to_string(),
                map.rerr_paper.to_string(),
            ]
        })
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
