//! What each method means: quantisation, clipping, and bit errors.

use anyhow::{Context, Result};
use cli_io::Files;
use nn_bridge::{RangeRule, Scheme};
use nn_torch::{TrainingCells, TrainingFaults};
use sram_model::FaultMap;
use sram_sim_cli::UsageError;
use sram_sim_cli::arguments::TrainArguments;
use sram_sim_cli::arguments::training::Method;
use sram_sim_cli::chip::{self, ChipName};
use sram_sim_cli::memory::{Asked, CellFaults, MemoryPlan, PointFaults};
use sram_sim_cli::output::percent;
use sram_sim_cli::voltages;

/// Bit errors to train under.
pub(super) struct TrainedUnder {
    pub(super) faults: Option<TrainingFaults>,
    /// What the cells do, for each pattern of bit errors.
    pub(super) patterns: Vec<PointFaults>,
    /// The same in words.
    pub(super) words: String,
}

/// Name of the quantisation scheme.
pub(super) fn scheme_name(arguments: &TrainArguments) -> String {
    let default = if arguments.method == Method::Normal { "normal" } else { "rquant" };
    arguments.scheme.as_ref().map_or_else(|| default.to_owned(), ToString::to_string)
}

pub(super) fn scheme(arguments: &TrainArguments) -> Result<Scheme> {
    let scheme = Scheme::named(&scheme_name(arguments), arguments.bits)?;
    let limit = match (arguments.method, arguments.wmax) {
        (Method::Normal | Method::Rquant, Some(_)) => {
            return usage("--wmax goes with --method clipping, randbet, pattbet or mbet");
        }
        (Method::Clipping, None) => return usage("--method clipping needs --wmax"),
        (_, Some(limit)) => Some(limit),
        // Weights outside a global range could not be stored.
        (_, None) => match scheme.range() {
            RangeRule::Global(range) => Some(range),
            RangeRule::PerTensor => None,
            RangeRule::Stored => {
                return usage(
                    "--scheme stored is for weights that are integers times a scale already: training changes them",
                );
            }
        },
    };
    Ok(match limit {
        Some(limit) => scheme.clipped(limit).context("--wmax")?,
        None => scheme,
    })
}

/// What is trained under: of each pattern of bit errors what is asked of the regions that do not say it themselves.
pub(super) fn trained_under(
    arguments: &TrainArguments,
    memory: &MemoryPlan,
    files: &Files,
) -> Result<TrainedUnder> {
    let rates = &arguments.rate;
    let in_words = || rates.iter().map(|rate| percent(rate.get())).collect::<Vec<_>>().join(", ");
    let says_all = !memory.asks_for_cells();
    if !rates.is_empty() || arguments.chip.is_some() {
        memory.check_asks()?;
    }
    let (asked, words) = match (arguments.method, rates.as_slice(), &arguments.chip) {
        (Method::Normal | Method::Rquant | Method::Clipping, [], None) => {
            return Ok(TrainedUnder { faults: None, patterns: Vec::new(), words: String::new() });
        }
        (Method::Normal | Method::Rquant | Method::Clipping, ..) => {
            return usage(
                "--rate and --chip go with --method randbet, pattbet or mbet; `eval` tests under bit errors",
            );
        }
        (Method::Randbet | Method::Pattbet, [], None) if says_all => {
            (vec![Asked::Nothing], format!("cells of {}", memory.label()))
        }
        (Method::Randbet, [_], None) | (Method::Mbet, [_, _, ..], None) => {
            let asked = rates.iter().map(|rate| Asked::Rate(*rate)).collect();
            (asked, format!("BER {} %", in_words()))
        }
        (Method::Pattbet, [rate], None) => {
            let words = format!("pattern {} of BER {} %", arguments.seed, in_words());
            (vec![Asked::Rate(*rate)], words)
        }
        (Method::Pattbet, [], Some(name)) => of_chip(arguments, name, files)?,
        (Method::Randbet, ..) => {
            return usage("--method randbet needs one --rate, such as --rate 1%; several go with mbet");
        }
        (Method::Mbet, ..) => return usage("--method mbet needs several rates, such as --rate 0.1%,1%"),
        (Method::Pattbet, ..) => {
            return usage("--method pattbet needs --chip and --voltage, or one --rate");
        }
    };
    let of_pattern = |asked: &Asked| {
        if let Asked::Chip { name, .. } = asked {
            memory.check_chip(name)?;
        }
        memory.faults(asked, arguments.between.into())
    };
    let patterns = asked.iter().map(of_pattern).collect::<Result<Vec<PointFaults>>>()?;
    let cells =
        |faults: &PointFaults| faults.regions().map(|cells| training_cells(cells, arguments)).collect();
    let faults =
        TrainingFaults { patterns: patterns.iter().map(cells).collect(), which: arguments.read.which() };
    Ok(TrainedUnder { faults: Some(faults), patterns, words })
}

/// What the cells of a region do in training.
fn training_cells(cells: &CellFaults, arguments: &TrainArguments) -> TrainingCells {
    match cells {
        CellFaults::Safe => TrainingCells::Safe,
        CellFaults::Random(rate) if arguments.method == Method::Pattbet => {
            TrainingCells::Pattern { rate: *rate, seed: arguments.seed }
        }
        CellFaults::Random(rate) => TrainingCells::Fresh { rate: *rate },
        CellFaults::Chip { map, .. } => {
            TrainingCells::Chip { map: FaultMap::clone(map), offset: arguments.offset }
        }
    }
}

fn of_chip(arguments: &TrainArguments, name: &ChipName, files: &Files) -> Result<(Vec<Asked>, String)> {
    let Some(voltage) = arguments.voltage else { return usage("--chip needs --voltage") };
    let profile = chip::open(name, files)?;
    let voltage = voltages::for_chip(&profile, voltage);
    chip::warn_if_extrapolated(&profile, &[voltage]);
    let map = profile.at(voltage, arguments.between.into())?;
    let used = if map.voltage() == voltage { String::new() } else { format!(" (map of {})", map.voltage()) };
    let mark = if profile.info().extrapolates(voltage) { ", extrapolated" } else { "" };
    let words = format!("{} at {voltage}{used}{mark}", profile.info().name);
    let name = profile.info().name.clone();
    let vmin = chip::vmin(&profile, None)?;
    Ok((vec![Asked::Chip { name, profile: profile.into(), voltage, vmin }], words))
}

fn usage<T>(text: &str) -> Result<T> {
    Err(UsageError(text.to_owned()).into())
}
