//! Networks and data as typed.

use std::ffi::OsString;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use cli_io::{Files, InputPath};
use nn_bridge::data::{DataSource, Dataset, Normalisation, Split};
use nn_bridge::torch::{Evaluation, Network, set_threads};
use nn_bridge::{Architecture, Device, ModelCard, Scheme, WeightFile};

use crate::arguments::SchemeArguments;
use crate::arguments::networks::{NetworkArguments, Normalise, Protocol};
use crate::{UsageError, scheme};

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
    /// All that its answers depend on, in words.
    pub(crate) identity: String,
}

/// Reads network, weights and images.
pub(crate) fn open(
    arguments: &NetworkArguments,
    scheme_arguments: &SchemeArguments,
    weights: Option<&InputPath>,
    protocol: Option<Protocol>,
    with_float: bool,
    files: &Files,
) -> Result<Subject> {
    if let Some(threads) = arguments.threads {
        set_threads(threads);
    }
    let read = |path| Ok::<_, anyhow::Error>(WeightFile::open(files.input(path)?)?);
    let file = weights.map(read).transpose()?;
    let card = file.as_ref().map(ModelCard::of).transpose();
    let named = || weights.map_or_else(String::new, ToString::to_string);
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
    let network = network(&name, file.as_ref().zip(weights), &loaded, arguments, files)?;
    let normalisation = normalisation(arguments.normalise, &name, &data, card.as_ref());
    let scheme = scheme::of(scheme_arguments, card.as_ref())?;
    let batch = arguments.batch.map_or_else(|| batch(arguments.device), |batch| batch as usize);
    let failed = || weights.map_or_else(|| name.clone(), ToString::to_string);
    let float = if with_float {
        Some(network.answers(&loaded, &normalisation, batch).with_context(failed)?.error())
    } else {
        None
    };
    let evaluation = Evaluation::new(network, scheme, &loaded, &normalisation, batch).with_context(failed)?;
    let codes = crc32fast::hash(evaluation.image().codes().as_bytes());
    let ranges = evaluation.image().tensors().iter().map(|tensor| tensor.quantizer.range());
    let ranges: Vec<u8> = ranges.flat_map(|(lo, hi)| [lo.to_le_bytes(), hi.to_le_bytes()].concat()).collect();
    let identity = format!(
        "{name}, {scheme}, codes {codes:08x}, ranges {:08x}; {} images {:08x}, {normalisation:?}",
        crc32fast::hash(&ranges),
        loaded.len(),
        loaded.checksum()
    );
    Ok(Subject { identity, evaluation, float, card, network: name, data, images: loaded.len(), scheme })
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
    weights: Option<(&WeightFile, &InputPath)>,
    data: &Dataset,
    arguments: &NetworkArguments,
    files: &Files,
) -> Result<Network> {
    let is_known = Architecture::NAMES.contains(&name);
    if !is_known && (Path::new(name).exists() || Path::new(name).extension().is_some()) {
        if let Some((_, weights)) = weights {
            let text = format!("--weights {weights}: the module {name} has its own weights");
            return Err(UsageError(text).into());
        }
        let module = InputPath::from(OsString::from(name));
        return Ok(Network::script(files.input(&module)?, arguments.device)?);
    }
    let architecture = Architecture::named(name, data.shape(), data.classes())?;
    let Some((file, path)) = weights else {
        return Err(UsageError(format!("--weights is missing: {name} has none of its own")).into());
    };
    Network::load(&architecture, file, arguments.device).with_context(|| path.to_string())
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
