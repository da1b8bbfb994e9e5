//! Networks and data as typed, and campaigns: a network asked about its images under many fault maps.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use flip_core::{PersistentErrors, Rate};
use indicatif::ProgressBar;
use nn_bridge::data::{DataSource, Dataset, Normalisation, Split};
use nn_bridge::torch::{Evaluation, Network, set_threads};
use nn_bridge::{Architecture, Device, ModelCard, Placement, Scheme, Spread, WeightFile, read_mask};
use serde::Serialize;
use sram_model::{FaultMap, Profile, Voltage, relative_energy};

use crate::arguments::networks::{CampaignArguments, NetworkArguments, Normalise, Protocol};
use crate::arguments::{Read, SchemeArguments};
use crate::{UsageError, chip, scheme};

/// A network in memory with the images that it is asked about.
pub(crate) struct Subject {
    pub(crate) evaluation: Evaluation,
    /// Test error before quantisation, if it was asked for.
    pub(crate) float: Option<f64>,
    pub(crate) card: Option<ModelCard>,
    pub(crate) network: String,
    pub(crate) data: DataSource,
    pub(crate) images: usize,
    pub(crate) scheme: Scheme,
}

/// Reads network, weights and images.
pub(crate) fn open(
    arguments: &NetworkArguments,
    scheme_arguments: &SchemeArguments,
    weights: Option<&Path>,
    protocol: Option<Protocol>,
    with_float: bool,
) -> Result<Subject> {
    if let Some(threads) = arguments.threads {
        set_threads(threads);
    }
    let file = weights.map(WeightFile::open).transpose()?;
    let card = file.as_ref().map(ModelCard::of).transpose();
    let named = || weights.map_or_else(String::new, |path| path.display().to_string());
    let card = card.with_context(named)?.flatten();
    let name = arguments.model.clone().or_else(|| card.as_ref().map(|card| card.network.clone()));
    let name = name.ok_or_else(|| {
        UsageError("--model is missing: the weights do not say which network they are of".to_owned())
    })?;
    let data = data(arguments.data.as_ref(), card.as_ref())?;
    let images = match protocol {
        Some(Protocol::Paper) => Some(PAPER_IMAGES),
        None => arguments.images.map(|images| images as usize),
    };
    let loaded = data.load(Split::Test)?;
    let loaded = match images {
        Some(count) if protocol.is_none() => first(loaded, count, &data)?,
        Some(count) => loaded.first(count),
        None => loaded,
    };
    let network = network(&name, file.as_ref(), weights, &loaded, arguments)?;
    let normalisation = normalisation(arguments.normalise, &name, &data, card.as_ref());
    let scheme = scheme::of(scheme_arguments, card.as_ref())?;
    let batch = arguments.batch.map_or_else(|| batch(arguments.device), |batch| batch as usize);
    let failed = || weights.map_or_else(|| name.clone(), |path| path.display().to_string());
    let float = if with_float {
        Some(network.answers(&loaded, &normalisation, batch).with_context(failed)?.error())
    } else {
        None
    };
    let evaluation = Evaluation::new(network, scheme, &loaded, &normalisation, batch).with_context(failed)?;
    Ok(Subject { evaluation, float, card, network: name, data, images: loaded.len(), scheme })
}

/// The first images of a part of the data.
pub(crate) fn first(loaded: Dataset, count: usize, data: &DataSource) -> Result<Dataset> {
    ensure!(count <= loaded.len(), "--images {count}: this part of {data} has {} images", loaded.len());
    Ok(loaded.first(count))
}

/// Images that a network is given at a time: on a CPU, what is between layers should stay in the cache.
pub(crate) fn batch(device: Device) -> usize {
    if device == Device::Cpu { 32 } else { 1000 }
}

/// Test images of the paper's protocol; the authors keep the last 1,000 for other uses.
const PAPER_IMAGES: usize = 9000;

/// Maps of the paper's protocol.
const PAPER_MAPS: u32 = 50;

fn data(typed: Option<&DataSource>, card: Option<&ModelCard>) -> Result<DataSource> {
    match (typed, card) {
        (Some(data), _) => Ok(data.clone()),
        (None, Some(card)) => Ok(card.data.parse()?),
        (None, None) => {
            let text = "--data is missing: the weights do not say what they were trained with";
            Err(UsageError(text.to_owned()).into())
        }
    }
}

fn network(
    name: &str,
    file: Option<&WeightFile>,
    weights: Option<&Path>,
    data: &Dataset,
    arguments: &NetworkArguments,
) -> Result<Network> {
    let is_known = Architecture::NAMES.contains(&name);
    if !is_known && (Path::new(name).exists() || Path::new(name).extension().is_some()) {
        if let Some(weights) = weights {
            let text = format!("--weights {}: the module {name} has its own weights", weights.display());
            return Err(UsageError(text).into());
        }
        return Ok(Network::script(Path::new(name), arguments.device)?);
    }
    let architecture = Architecture::named(name, data.shape(), data.classes())?;
    let (Some(file), Some(path)) = (file, weights) else {
        return Err(UsageError(format!("--weights is missing: {name} has none of its own")).into());
    };
    Network::load(&architecture, file, arguments.device).with_context(|| path.display().to_string())
}

fn normalisation(
    typed: Option<Normalise>,
    network: &str,
    data: &DataSource,
    card: Option<&ModelCard>,
) -> Normalisation {
    match (typed, card) {
        (Some(Normalise::Imagenet), _) => Normalisation::imagenet(),
        (None, Some(card)) => card.normalisation.clone(),
        // The published weights of this name were trained so.
        (None, None) if network == "resnet20" => Normalisation::imagenet(),
        (Some(Normalise::Data), _) | (None, None) => data.normalisation(),
    }
}

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
#[derive(Debug, Serialize)]
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
pub(crate) fn points(arguments: &CampaignArguments) -> Result<Vec<Point>> {
    let mut points: Vec<Point> = arguments.rate.iter().map(|&rate| Point::random(rate)).collect();
    for name in &arguments.chip {
        let profile = chip::open(name)?;
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
            _ => format!("p = {} %", crate::output::percent(self.fault_rate)),
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
    evaluation: &mut Evaluation,
    point: &Point,
    arguments: &CampaignArguments,
    progress: &ProgressBar,
) -> Result<Measured> {
    let bits = evaluation.image().layout().len_bits();
    let count = maps(arguments);
    let mut results = Vec::new();
    for number in 0..count {
        let seed = arguments.seed.wrapping_add(u64::from(number));
        let offset = match &point.faults {
            Faults::Random(_) => None,
            Faults::Chip(map) => Some(offset(map, number, arguments.offsets.unwrap_or(count))),
        };
        let (answers, errors) = evaluation.under_drawn(|bits| {
            let mask = match &point.faults {
                Faults::Random(rate) => PersistentErrors::new(seed).mask(*rate, 0, bits),
                Faults::Chip(map) => {
                    let placement = Placement::new(offset.unwrap_or(0), map.geometry().cells());
                    read_mask(map, placement, bits, arguments.read.model(seed))?
                }
            };
            Ok(Cow::Owned(mask))
        })?;
        results.push(MapResult {
            map: number,
            seed,
            offset,
            bit_errors: errors.count(),
            realised_ber: errors.count() as f64 / bits.max(1) as f64,
            rerr: answers.error(),
            rerr_paper: answers.error_with(evaluation.clean()),
        });
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

/// Says where the time went, on standard error: it differs from run to run, unlike results.
pub(crate) fn say_times(evaluation: &Evaluation) {
    let times = evaluation.times();
    let (injection, network) = (times.injection.as_secs_f64(), times.network.as_secs_f64());
    if network > 0.0 {
        let share = 100.0 * injection / (injection + network);
        let text = format!("{network:.1} s in the network, {injection:.2} s ({share:.2} %) in bit errors");
        // Nothing is left to do if this cannot be said.
        let _ = writeln!(io::stderr(), "{text}");
    }
}
