//! What each method means: quantisation, clipping, and bit errors.

use anyhow::{Context, Result};
use cli_io::Files;
use nn_bridge::{RangeRule, Scheme};
use nn_torch::{ChipRead, TrainingFaults};
use sram_sim_cli::UsageError;
use sram_sim_cli::arguments::training::Method;
use sram_sim_cli::arguments::{Read, TrainArguments};
use sram_sim_cli::chip::{self, ChipName};
use sram_sim_cli::output::percent;

/// Bit errors to train under, and the same in words.
pub(super) struct Faults {
    pub(super) faults: Option<TrainingFaults>,
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
        },
    };
    Ok(match limit {
        Some(limit) => scheme.clipped(limit).context("--wmax")?,
        None => scheme,
    })
}

pub(super) fn faults(arguments: &TrainArguments, files: &Files) -> Result<Faults> {
    let rates = &arguments.rate;
    let in_words = || rates.iter().map(|rate| percent(rate.get())).collect::<Vec<_>>().join(", ");
    match (arguments.method, rates.as_slice(), &arguments.chip) {
        (Method::Normal | Method::Rquant | Method::Clipping, [], None) => {
            Ok(Faults { faults: None, words: String::new() })
        }
        (Method::Normal | Method::Rquant | Method::Clipping, ..) => usage(
            "--rate and --chip go with --method randbet, pattbet or mbet; `eval` tests under bit errors",
        ),
        (Method::Randbet, [_], None) | (Method::Mbet, [_, _, ..], None) => {
            let faults = Some(TrainingFaults::Random { rates: rates.clone() });
            Ok(Faults { faults, words: format!("BER {} %", in_words()) })
        }
        (Method::Pattbet, [rate], None) => {
            let faults = Some(TrainingFaults::Pattern { rate: *rate, seed: arguments.seed });
            Ok(Faults { faults, words: format!("pattern {} of BER {} %", arguments.seed, in_words()) })
        }
        (Method::Pattbet, [], Some(name)) => of_chip(arguments, name, files),
        (Method::Randbet, ..) => {
            usage("--method randbet needs one --rate, such as --rate 1%; several go with mbet")
        }
        (Method::Mbet, ..) => usage("--method mbet needs several rates, such as --rate 0.1%,1%"),
        (Method::Pattbet, ..) => usage("--method pattbet needs --chip and --voltage, or one --rate"),
    }
}

fn of_chip(arguments: &TrainArguments, name: &ChipName, files: &Files) -> Result<Faults> {
    let Some(voltage) = arguments.voltage else { return usage("--chip needs --voltage") };
    let profile = chip::open(name, files)?;
    chip::warn_if_extrapolated(&profile, &[voltage]);
    let map = profile.at(voltage, arguments.between.into())?;
    let read = match arguments.read {
        Read::Sampled => ChipRead::Sampled,
        Read::Persistent => ChipRead::Persistent,
        Read::Worst => ChipRead::Worst,
    };
    let unit = profile.info().unit;
    let used =
        if map.voltage() == voltage { String::new() } else { format!(" (map of {} {unit})", map.voltage()) };
    let mark = if profile.info().extrapolates(voltage) { ", extrapolated" } else { "" };
    let words = format!("{} at {voltage} {unit}{used}{mark}", profile.info().name);
    Ok(Faults { faults: Some(TrainingFaults::Chip { map, offset: arguments.offset, read }), words })
}

fn usage<T>(text: &str) -> Result<T> {
    Err(UsageError(text.to_owned()).into())
}
