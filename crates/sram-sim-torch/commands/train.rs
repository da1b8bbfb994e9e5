//! `sram-sim train`.

mod due;
mod epoch;
mod log;
mod method;

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::{Result, bail, ensure};
use cli_io::{Files, Output, OutputFolder, Talk};
use nn_bridge::data::{DataSource, Normalisation, Split};
use nn_bridge::{Architecture, Augmentation, Device, LayerScheme, ModelCard, Scheme};
use nn_torch::{Gradient, Precision, Start, Storage, TrainSettings, Trainer};
use sram_sim_cli::arguments::TrainArguments;
use sram_sim_cli::arguments::training::{Augment, GradientRule, PrecisionName, StartRule};
use sram_sim_cli::memory::{MemoryPlan, MemoryReport};

use self::due::Due;
use self::epoch::{Subject, epoch, write_line, write_reads};
use self::log::Log;
use self::method::{TrainedUnder, scheme, trained_under};
use crate::{loading, networks, threads};

/// The files of a training.
struct Outputs<'f> {
    folder: OutputFolder<'f>,
    weights: Output,
    checkpoint: Output,
    log: Output,
}

impl<'f> Outputs<'f> {
    fn check(arguments: &TrainArguments, files: &'f Files) -> Result<Self> {
        let folder = files.output_folder(&arguments.out)?;
        Ok(Self {
            weights: folder.output("weights.safetensors")?,
            checkpoint: folder.output("checkpoint.safetensors")?,
            log: folder.output("log.jsonl")?,
            folder,
        })
    }

    /// Whether to go on from a checkpoint. Refuses to begin over one.
    fn resumes(&self, arguments: &TrainArguments) -> Result<bool> {
        let checkpoint = &self.checkpoint;
        if checkpoint.before().is_some() {
            ensure!(
                arguments.resume,
                "{checkpoint} is there: add --resume to go on from it, or choose another folder for --out"
            );
            return Ok(true);
        }
        if self.weights.before().is_some() {
            bail!("{} is there: choose another folder for --out", self.weights);
        }
        Ok(false)
    }
}

pub(crate) fn run(arguments: &TrainArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let scheme = scheme(arguments)?;
    let outputs = Outputs::check(arguments, files)?;
    loading::announce(Some(&arguments.data), files)?;
    let plan = MemoryPlan::of(&arguments.memory, files)?;
    let TrainedUnder { faults, patterns, words } = trained_under(arguments, &plan, files)?;
    outputs.resumes(arguments)?;
    let train = loading::images(arguments.images, &arguments.data, Split::Train)?;
    let test = loading::images(None, &arguments.data, Split::Test)?;
    let architecture = Architecture::named(&arguments.model, train.shape(), train.classes())?;
    let normalisation = arguments.data.normalisation(train.shape()[0]);
    let parameters = Storage::parameters(&architecture);
    let outlines: Vec<(&str, &[usize])> =
        parameters.iter().map(|parameter| (parameter.name.as_str(), &parameter.shape[..])).collect();
    let memory = plan.memory(&outlines, &|_| Ok(scheme))?;
    patterns.iter().try_for_each(|faults| plan.named(faults.check(&memory, arguments.offset)))?;
    let settings = settings(arguments);
    threads::set(arguments.threads, architecture.weights() as u64 * settings.batch as u64);
    let data = arguments.data.pinned()?.name();
    let trained_in = if plan.is_plain() { String::new() } else { plan.label() };
    let schemes = memory.schemes().unwrap_or_default();
    let other = outlines.iter().zip(&schemes).filter(|(_, of_tensor)| **of_tensor != scheme);
    let layers =
        other.map(|((name, _), of_tensor)| ((*name).to_owned(), LayerScheme::of(of_tensor))).collect();
    let card = ModelCard {
        trained_in,
        layers,
        ..card(arguments, data, &architecture, &settings, scheme, &normalisation, words)
    };
    let epochs = settings.epochs;
    let augmentation = augmentation(arguments, &normalisation);
    let device = arguments.device;
    let storage = Storage { memory: memory.clone(), faults };
    let mut trainer =
        Trainer::new(&architecture, settings, storage, train, &normalisation, augmentation, device)?;
    // Nothing is refused from here on but what only the folder tells, so that no empty one is left.
    let _lock = outputs.folder.lock()?;
    let resumes = outputs.resumes(arguments)?;
    let mut log = Log::begin(outputs.log, &card, trainer.identity())?;
    if let Some(checkpoint) = outputs.checkpoint.before().filter(|_| resumes) {
        trainer.resume(checkpoint)?;
        log.keep(trainer.epochs());
        writeln!(out, "goes on after epoch {} of {}", trainer.epochs(), outputs.checkpoint)?;
    }
    write_normalised(&arguments.data, &normalisation, out)?;
    let subject = Subject {
        epochs,
        architecture: &architecture,
        memory: &memory,
        patterns: &patterns,
        test: &test,
        normalisation: &normalisation,
        arguments,
    };
    let mut due = Due::new();
    let mut last = None;
    while trainer.epochs() < epochs {
        let line = epoch(&mut trainer, &subject)?;
        log.add(&line)?;
        if due.now() || trainer.epochs() == epochs {
            let checkpoint = &outputs.checkpoint;
            due.took(|| {
                Ok(checkpoint
                    .write(|out| trainer.checkpoint()?.write_to(out).map_err(anyhow::Error::from))?)
            })?;
        }
        write_line(&line, epochs, out)?;
        last = Some(line);
    }
    if let Some(line) = last.filter(|_| !plan.is_plain()) {
        write_reads(&line, &MemoryReport::new(&plan, &memory, line.clamped.clone()), out)?;
    }
    let metadata = [(ModelCard::KEY.to_owned(), serde_json::to_string(&card)?)].into_iter().collect();
    let weights = trainer.weights()?.with_metadata(metadata);
    outputs.weights.write(|out| weights.write_to(out))?;
    writeln!(out, "wrote {}", outputs.weights)?;
    Ok(())
}

/// How images are normalised, before the network sees any.
fn write_normalised(data: &DataSource, by: &Normalisation, out: &mut impl Write) -> Result<()> {
    let own = matches!(data, DataSource::Own { .. });
    let from = if own { "none: nothing is known of own images" } else { "of the data" };
    Ok(writeln!(out, "normalised  {}", networks::Normalised { by: by.clone(), from })?)
}

fn settings(arguments: &TrainArguments) -> TrainSettings {
    let is_cifar = matches!(arguments.data, DataSource::Cifar10(_) | DataSource::Cifar100(_));
    let of_100 = matches!(arguments.data, DataSource::Cifar100(_));
    let loss = arguments.start_loss.unwrap_or(if of_100 { Start::LOSS_OF_100 } else { Start::LOSS });
    let paper = TrainSettings::paper();
    // At the paper's rate some trainings without normalisation never begin to learn.
    let learning_rate = if arguments.model == "lenet5" { 0.02 } else { paper.learning_rate };
    TrainSettings {
        epochs: arguments.epochs.unwrap_or(if is_cifar { 250 } else { 100 }),
        batch: arguments.batch as usize,
        learning_rate: arguments.learning_rate.unwrap_or(learning_rate),
        momentum: arguments.momentum,
        weight_decay: arguments.weight_decay,
        gradient: match arguments.gradient {
            GradientRule::Average => Gradient::Average,
            GradientRule::Sum => Gradient::Sum,
        },
        perturbed_limit: arguments.perturbed_limit,
        start: match arguments.start {
            StartRule::EachBatch => Start::EachBatch { loss },
            StartRule::Once => Start::Once { loss },
        },
        seed: arguments.seed,
        precision: match arguments.precision {
            Some(PrecisionName::Bfloat16) => Precision::Bfloat16,
            Some(PrecisionName::Float32) => Precision::Float32,
            None if arguments.device == Device::Cpu => Precision::Float32,
            Some(PrecisionName::Tf32) | None => Precision::Tf32,
        },
    }
}

fn augmentation(arguments: &TrainArguments, normalisation: &Normalisation) -> Augmentation {
    let is_cifar = matches!(arguments.data, DataSource::Cifar10(_) | DataSource::Cifar100(_));
    match arguments.augment.unwrap_or(if is_cifar { Augment::Paper } else { Augment::None }) {
        Augment::None => Augmentation::default(),
        Augment::Paper => Augmentation::paper(&normalisation.mean),
    }
}

fn card(
    arguments: &TrainArguments,
    data: String,
    architecture: &Architecture,
    settings: &TrainSettings,
    scheme: Scheme,
    normalisation: &Normalisation,
    trained_under: String,
) -> ModelCard {
    ModelCard {
        network: architecture.name().to_owned(),
        classes: architecture.classes(),
        data,
        normalisation: normalisation.clone(),
        scheme: method::scheme_name(arguments),
        bits: arguments.bits,
        clip: scheme.clip(),
        trained_in: String::new(),
        layers: BTreeMap::new(),
        method: arguments.method.name().to_owned(),
        trained_under,
        epochs: settings.epochs,
        seed: arguments.seed,
        made_by: concat!("sram-sim ", env!("CARGO_PKG_VERSION")).to_owned(),
    }
}
