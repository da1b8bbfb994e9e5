//! Networks and data as typed.

mod given;
mod normalised;

use std::ffi::OsString;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result, anyhow};
use campaign::Digest;
use cli_io::{Files, InputPath};
use nn_bridge::data::{DataSource, Dataset, Normalisation, Split};
use nn_bridge::memory::Memory;
use nn_bridge::{Architecture, Device, ModelCard, Tensor, WeightFile};
use nn_torch::{Evaluation, Network, Precision, Stored};
use sram_sim_cli::arguments::networks::{
    CampaignArguments, ComputeIn, ImageArguments, NetworkArguments, Protocol,
};
use sram_sim_cli::arguments::{SchemeArguments, SelectionArguments};
use sram_sim_cli::memory::{MemoryPlan, MemoryReport};
use sram_sim_cli::scheme::OwnSchemes;
use sram_sim_cli::{UsageError, progress};

use self::given::Given;
pub(crate) use self::normalised::Normalised;
use crate::{loading, threads};

/// A network in memory with the images that it is asked about.
pub(crate) struct Subject {
    pub(crate) evaluation: Evaluation,
    /// Test error before quantisation, if it was asked for.
    pub(crate) float: Option<f64>,
    pub(crate) card: Option<ModelCard>,
    pub(crate) network: String,
    pub(crate) data: DataSource,
    pub(crate) images: usize,
    pub(crate) plan: Rc<MemoryPlan>,
    pub(crate) memory: Memory,
    /// The memory in a report.
    pub(crate) stored: MemoryReport,
    pub(crate) normalised: Normalised,
    /// What is free of bit errors, in words: a line for each reason.
    pub(crate) kept_apart: Vec<String>,
    /// All that its answers depend on.
    pub(crate) identity: Digest,
}

/// What a network is made of.
pub(crate) struct Ask<'a> {
    /// Name of a known network, or path of a module, as typed.
    pub(crate) model: Option<&'a str>,
    /// The option that says so.
    pub(crate) model_option: &'static str,
    pub(crate) images: &'a ImageArguments,
    pub(crate) scheme: &'a SchemeArguments,
    pub(crate) selection: &'a SelectionArguments,
    pub(crate) memory: &'a Rc<MemoryPlan>,
    /// File of weights, or a module.
    pub(crate) weights: Option<&'a InputPath>,
    pub(crate) protocol: Option<Protocol>,
    /// Whether to measure the test error before quantisation, too.
    pub(crate) with_float: bool,
}

impl<'a> Ask<'a> {
    /// A network of a campaign.
    pub(crate) fn of_campaign(
        network: &'a NetworkArguments,
        scheme: &'a SchemeArguments,
        (selection, memory): (&'a SelectionArguments, &'a Rc<MemoryPlan>),
        campaign: &CampaignArguments,
        weights: Option<&'a InputPath>,
        with_float: bool,
    ) -> Self {
        let NetworkArguments { model, images } = network;
        let (model, protocol) = (model.as_deref(), campaign.protocol);
        Self {
            model,
            model_option: "--model",
            images,
            scheme,
            selection,
            memory,
            weights,
            protocol,
            with_float,
        }
    }
}

/// Reads network, weights and images.
pub(crate) fn open(ask: &Ask<'_>, files: &Files) -> Result<Subject> {
    let arguments = ask.images;
    let Given { module, file, card } = Given::open(ask.weights, files)?;
    let name = name(ask, module.map(|(typed, _)| typed), card.as_ref())?;
    let data = data(arguments.data.as_ref(), card.as_ref())?;
    loading::announce(Some(&data), files)?;
    let data = data.pinned()?;
    let loaded = images(&data, arguments, ask.protocol)?;
    let (network, loaded) = match module {
        Some((_, path)) => {
            let network = Network::script(path, arguments.device)?;
            let classes = outputs(&network, &data, &loaded)?;
            (network, of_network(loaded, classes, &name)?)
        }
        None => {
            let classes = classes(&name, &data, &loaded, file.as_ref(), card.as_ref());
            let loaded = of_network(loaded, classes, &name)?;
            (network(&name, file.as_ref().zip(ask.weights), &loaded, arguments, files)?, loaded)
        }
    };
    let network = network.computing_in(match arguments.precision {
        ComputeIn::Float32 => Precision::Float32,
        ComputeIn::Bfloat16 => Precision::Bfloat16,
    })?;
    let normalised =
        Normalised::of(arguments.normalise.as_ref(), &network, &data, card.as_ref(), loaded.shape()[0])?;
    let own = OwnSchemes::of(file.as_ref(), card.as_ref())?;
    // What cannot be is said before the network runs.
    own.asked(ask.scheme)?;
    let batch = arguments.batch.map_or_else(|| batch(arguments.device), |batch| batch as usize);
    threads::set(arguments.threads, network.parameters() as u64 * batch as u64);
    let failed = || ask.weights.map_or_else(|| name.clone(), ToString::to_string);
    let busy = progress::busy(format!("asking without bit errors, {} images", loaded.len()));
    let float = if ask.with_float {
        Some(network.answers(&loaded, &normalised.by, batch).with_context(failed)?.error())
    } else {
        None
    };
    let selection = ask.selection;
    let stored = network.stored(&selection.rules(), selection.order()).with_context(failed)?;
    let Stored { tensors, kept_apart } = stored;
    let codes = |weights: Tensor| match file.as_ref().and_then(|file| file.tensor(&weights.name)) {
        Some(of_file) => weights.lying_as_in(of_file),
        None => weights,
    };
    let weights = network.all_weights(&tensors).with_context(failed)?.into_iter().map(codes);
    let weights: Vec<Tensor> = weights.collect();
    let plan = Rc::clone(ask.memory);
    let (memory, image, clamped) = plan
        .store(&weights.iter().collect::<Vec<_>>(), &|tensor| own.asked_of(ask.scheme, tensor))
        .with_context(failed)?;
    let stored = MemoryReport::new(&plan, &memory, clamped);
    let evaluation =
        Evaluation::of_image(network, tensors, image, &loaded, &normalised.by, batch).with_context(failed)?;
    busy.finish_and_clear();
    let identity = Digest::of(&evaluation.identity(&loaded)?)?;
    let images = loaded.len();
    Ok(Subject {
        evaluation,
        float,
        card,
        network: name,
        data,
        images,
        plan,
        memory,
        stored,
        normalised,
        kept_apart,
        identity,
    })
}

const NO_MODEL: &str = "is missing: the weights do not say which network they are of; give a known one (`eval --help` lists them), \
                        or any network as TorchScript, which one line of Python writes: \
                        torch.jit.trace(model.eval(), images[:1]).save('net.pt'); net.pt then stands in place of the weights (README, \"Networks under bit errors\")";

/// Name of a network that is known, or path of a module.
fn name(ask: &Ask<'_>, module: Option<&InputPath>, card: Option<&ModelCard>) -> Result<String> {
    let option = ask.model_option;
    match (module, ask.model) {
        (Some(module), Some(model)) => {
            let text = format!("{option} {model}: the module {module} is a network of its own");
            Err(UsageError(text).into())
        }
        (Some(module), None) => Ok(module.lossy()),
        (None, Some(model)) => Ok(model.to_owned()),
        (None, None) => card.map(|card| card.network.clone()).ok_or_else(|| {
            let missing = match ask.weights {
                None => "--weights is missing: the file of the network that is asked".to_owned(),
                Some(_) => format!("{option} {NO_MODEL}"),
            };
            UsageError(missing).into()
        }),
    }
}

/// The test images that are asked for.
fn images(data: &DataSource, arguments: &ImageArguments, protocol: Option<Protocol>) -> Result<Dataset> {
    match protocol {
        Some(Protocol::Paper) => loading::at_most(PAPER_IMAGES, data, Split::Test),
        None => loading::images(arguments.images, data, Split::Test),
    }
}

/// Images that a network is given at a time. On a CPU a thread alone is as fast from 32 to 400, several like more of them.
pub(crate) fn batch(device: Device) -> usize {
    if device == Device::Cpu { 200 } else { 1000 }
}

/// Test images of the paper's protocol; the authors keep the last 1,000 for other uses.
const PAPER_IMAGES: usize = 9000;

fn data(typed: Option<&DataSource>, card: Option<&ModelCard>) -> Result<DataSource> {
    match (typed, card) {
        (Some(data), _) => Ok(data.clone()),
        (None, Some(card)) => card.data.parse().map_err(|_| {
            let data = &card.data;
            UsageError(format!("--data is missing: the weights were trained with {data}, but not where it is: --data {data}:FOLDER"))
                .into()
        }),
        (None, None) => {
            let text = "--data is missing: the weights do not say what they were trained with";
            Err(UsageError(text.to_owned()).into())
        }
    }
}

/// The classes that a network of these weights tells apart, if the images are own ones: those have just some labels.
fn classes(
    name: &str,
    data: &DataSource,
    loaded: &Dataset,
    file: Option<&WeightFile>,
    card: Option<&ModelCard>,
) -> Option<usize> {
    if !matches!(data, DataSource::Own { .. }) {
        return None;
    }
    let of_file = || {
        let architecture = Architecture::named(name, loaded.shape(), loaded.classes()).ok()?;
        let last = architecture.parameters().last()?.name.clone();
        file?.tensor(&last)?.shape.first().copied()
    };
    card.map(|card| card.classes).or_else(of_file)
}

/// The same of a module: how many numbers it answers with.
fn outputs(network: &Network, data: &DataSource, loaded: &Dataset) -> Result<Option<usize>> {
    if !matches!(data, DataSource::Own { .. }) || loaded.is_empty() {
        return Ok(None);
    }
    let none = Normalisation::none(loaded.shape()[0]);
    Ok(Some(network.logits(&loaded.clone().first(1), &none)?.len()))
}

fn of_network(loaded: Dataset, classes: Option<usize>, name: &str) -> Result<Dataset> {
    let Some(classes) = classes else { return Ok(loaded) };
    loaded.of_classes(classes).map_err(|(image, label)| {
        anyhow!("image {image} has the label {label}, and {name} tells {classes} classes apart: expected labels below that")
    })
}

fn network(
    name: &str,
    weights: Option<(&WeightFile, &InputPath)>,
    data: &Dataset,
    arguments: &ImageArguments,
    files: &Files,
) -> Result<Network> {
    let is_known = Architecture::NAMES.contains(&name);
    if !is_known && (Path::new(name).exists() || Path::new(name).extension().is_some()) {
        if let Some((_, weights)) = weights {
            let text = format!("--weights {weights}: the module {name} has its own weights");
            return Err(UsageError(text).into());
        }
        let module = InputPath::from(OsString::from(name));
        let path = files.input(&module)?;
        if path.is_file() && !Network::is_script(path) {
            // What it is and what to do, if it is anything else that is known.
            WeightFile::open(path).with_context(|| format!("{module} is no TorchScript module"))?;
            let text = format!("{module} has weights, but is no TorchScript module: it goes with --weights");
            return Err(UsageError(text).into());
        }
        return Ok(Network::script(path, arguments.device)?);
    }
    let architecture = Architecture::named(name, data.shape(), data.classes())?;
    let Some((file, path)) = weights else {
        return Err(UsageError(format!("--weights is missing: {name} has none of its own")).into());
    };
    Network::load(&architecture, file, arguments.device).with_context(|| path.to_string())
}
