//! `sram-sim inject`.

mod files;
mod print;

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;

use anyhow::{Context, Result};
use cli_io::{Files, Talk};
use flip_core::{FaultMask, PersistentErrors, ProtectedBits, Rate};
use nn_bridge::{
    Architecture, Damage, ModelCard, Placement, Tensor, WeightFile, WeightImage, expected_errors_by_tensor,
    read_mask, weights_of,
};
use serde::Serialize;
use sram_model::FaultMap;

use crate::arguments::{Format, InjectArguments};
use crate::output::{MADE_BY, MadeBy, write_json};
use crate::selection::{KeptApart, kept_apart};
use crate::{chip, scheme};

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    weights: String,
    scheme: String,
    bits_per_weight: u32,
    order: String,
    with_statistics: bool,
    /// Tensors of the file that are not in the weight memory.
    tensors_kept_apart: usize,
    /// Which, and why.
    kept_apart: Vec<KeptApart>,
    #[serde(skip)]
    kept_apart_words: Vec<String>,
    faults: Faults,
    protected_msb: u32,
    seed: u64,
    /// Bits of the image that lie in faulty cells.
    faults_hit: u64,
    /// Those whose fault shows in this read, on unprotected bits.
    faults_shown: u64,
    /// Bit errors to expect by bits stored: of random errors their rate, of a chip the mean of the flip probabilities that apply
    /// to what is stored; protected bits never fail.
    expected_ber: f64,
    realised_ber: f64,
    /// Bit errors to expect of each tensor.
    #[serde(skip)]
    expected_errors: Vec<f64>,
    changed_weights: u64,
    l_inf: f64,
    l2: f64,
    damage: Damage,
}

/// Where the faults come from.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Faults {
    Chip {
        name: String,
        voltage: f64,
        map_voltage: f64,
        extrapolated: bool,
        unit: String,
        offset: u64,
        copies: f64,
        read: String,
        fault_rate: f64,
    },
    Random {
        rate: f64,
        stream_version: u32,
    },
}

/// The mask of a read, and where it comes from.
struct Source {
    mask: FaultMask,
    hit: u64,
    /// Bit errors to expect of each tensor.
    expected: Vec<f64>,
    faults: Faults,
}

pub(crate) fn run(arguments: &InjectArguments, files: &Files, out: &mut Talk) -> Result<()> {
    if let Some(bits) = arguments.scheme.bits {
        scheme::check_protected(arguments.protect_msb, bits)?;
    }
    let outputs = files::Outputs::of(arguments, files)?;
    let file = weights_of(WeightFile::open(files.input(&arguments.weights)?)?)
        .with_context(|| arguments.weights.to_string())?;
    let card = ModelCard::of(&file).with_context(|| arguments.weights.to_string())?;
    let scheme = scheme::of(&arguments.scheme, card.as_ref())?;
    let network = match (&arguments.model, &card) {
        (Some(name), _) => Some(Architecture::of(name, card.as_ref().map_or(10, |card| card.classes))?),
        (None, card) => card.as_ref().and_then(ModelCard::architecture),
    };
    scheme::check_protected(arguments.protect_msb, scheme.bits().bits())?;
    let selection =
        arguments.selection.select(file.tensors()).with_context(|| arguments.weights.to_string())?;
    let offsets: HashMap<&str, f32> = network.iter().flat_map(Architecture::offsets).collect();
    let offset = |name: &str| offsets.get(name).copied().unwrap_or(0.0);
    let in_memory: Vec<Cow<'_, Tensor>> = selection
        .stored()
        .iter()
        .map(|tensor| match offset(&tensor.name) {
            0.0 => Cow::Borrowed(*tensor),
            more => tensor.less(more).map_or(Cow::Borrowed(*tensor), Cow::Owned),
        })
        .collect();
    let clean = WeightImage::build(scheme, &in_memory.iter().map(AsRef::as_ref).collect::<Vec<_>>())
        .with_context(|| format!("cannot store the weights of {}", arguments.weights))?;

    let protected = ProtectedBits::most_significant(scheme.bits(), arguments.protect_msb);
    let Source { mask, hit, expected, faults } = source(arguments, files, &clean, &protected)?;
    let mask = if arguments.protect_msb == 0 { mask } else { protected.protect(&mask) };
    let errors = mask.bit_errors(clean.codes().bits())?;
    let damage = Damage::of(&clean, &errors);
    let mut faulty = clean.clone();
    errors.apply(&mut faulty.codes_mut().bits_mut())?;

    let report = Report {
        made_by: MADE_BY,
        weights: arguments.weights.lossy(),
        scheme: scheme.to_string(),
        bits_per_weight: scheme.bits().bits(),
        order: arguments.selection.order.name().to_owned(),
        with_statistics: arguments.selection.with_statistics,
        tensors_kept_apart: file.tensors().len() - selection.stored().len(),
        kept_apart: kept_apart(&selection),
        kept_apart_words: selection.words().collect(),
        faults,
        protected_msb: arguments.protect_msb,
        seed: arguments.seed,
        faults_hit: hit,
        faults_shown: mask.count(),
        expected_ber: expected.iter().sum::<f64>() / damage.image_bits.max(1) as f64,
        expected_errors: expected,
        realised_ber: damage.realised_ber(),
        changed_weights: damage.changed_weights(),
        l_inf: damage.l_inf(),
        l2: damage.l2(),
        damage,
    };
    let provenance = serde_json::to_string(&files::Provenance::of(&report))?;
    let is_known = |card: &ModelCard| {
        let as_named = arguments.model.as_ref().is_none_or(|name| *name == card.network);
        as_named && card.scheme().is_ok_and(|of_card| of_card == scheme)
    };
    let as_trained = card.as_ref().is_some_and(is_known);
    outputs.write(&file, &clean, &faulty, offset, &provenance, as_trained)?;
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => print::write_csv(&report, &mut out.data()),
        Format::Text => {
            print::write_text(&report, out)?;
            Ok(outputs.all().try_for_each(|output| writeln!(out, "wrote {output}"))?)
        }
    }
}

fn source(
    arguments: &InjectArguments,
    files: &Files,
    clean: &WeightImage,
    protected: &ProtectedBits,
) -> Result<Source> {
    let len_bits = clean.layout().len_bits();
    match (arguments.rate, &arguments.chip, arguments.voltage) {
        (Some(rate), ..) => Ok(random(rate, arguments, clean)),
        (None, Some(chip), Some(voltage)) => {
            let profile = chip::open(chip, files)?;
            chip::warn_if_extrapolated(&profile, &[voltage]);
            let map = profile.at(voltage, arguments.between.into())?;
            let cells = map.geometry().cells();
            let placement = Placement::new(arguments.offset, cells);
            let model = arguments.read.model(arguments.seed);
            let faults = Faults::Chip {
                name: profile.info().name.clone(),
                voltage: voltage.get(),
                map_voltage: map.voltage().get(),
                extrapolated: profile.info().extrapolates(voltage),
                unit: profile.info().unit.to_string(),
                offset: arguments.offset % cells,
                copies: len_bits as f64 / cells as f64,
                read: arguments.read.name().to_owned(),
                fault_rate: map.rates().p(),
            };
            Ok(Source {
                mask: read_mask(&map, placement, len_bits, model)?,
                hit: count_hit(&map, placement, len_bits),
                expected: expected_errors_by_tensor(&map, placement, clean, model, protected),
                faults,
            })
        }
        _ => anyhow::bail!("give --chip and --voltage, or --rate"),
    }
}

fn count_hit(map: &FaultMap, placement: Placement, len_bits: u64) -> u64 {
    placement.faults(map.faults(), len_bits).count() as u64
}

fn random(rate: Rate, arguments: &InjectArguments, clean: &WeightImage) -> Source {
    let layout = clean.layout();
    let mask = PersistentErrors::new(arguments.seed).mask(rate, 0, layout.len_bits());
    let faults = Faults::Random { rate: rate.get(), stream_version: flip_core::STREAM_VERSION };
    let open_bits = layout.width().bits().saturating_sub(arguments.protect_msb);
    let expected = |tensor| rate.get() * f64::from(open_bits) * layout.codes(tensor).len() as f64;
    let expected = (0..clean.tensors().len()).map(expected).collect();
    Source { hit: mask.count(), mask, expected, faults }
}
