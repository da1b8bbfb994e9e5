//! `sram-sim inject`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use flip_core::{FaultMask, PersistentErrors, ProtectedBits, Rate};
use nn_bridge::{
    Damage, ImageTensor, Placement, ReadModel, Scheme, TensorOrder, WeightFile, WeightImage, read_mask,
    write_bytes,
};
use serde::Serialize;
use sram_model::FaultMap;

use crate::arguments::{Format, InjectArguments, Order, Read};
use crate::files::check_distinct;
use crate::output::{MADE_BY, MadeBy, grouped, percent, significant, write_csv_row, write_json, write_table};
use crate::{UsageError, chip};

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    weights: String,
    scheme: String,
    bits_per_weight: u32,
    order: String,
    with_statistics: bool,
    /// Tensors of the file that are not in the weight memory: statistics of `BatchNorm`, and integers.
    tensors_kept_apart: usize,
    faults: Faults,
    protected_msb: u32,
    seed: u64,
    /// Bits of the image that lie in faulty cells.
    faults_hit: u64,
    /// Those whose fault shows in this read, on unprotected bits.
    faults_shown: u64,
    realised_ber: f64,
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
    faults: Faults,
}

pub(crate) fn run(arguments: &InjectArguments, out: &mut impl Write) -> Result<()> {
    check_arguments(arguments)?;
    let scheme = scheme(arguments)?;
    let file = WeightFile::open(&arguments.weights)?;
    let order = if arguments.order == Order::Name { TensorOrder::Name } else { TensorOrder::File };
    let stored = file.stored(order, arguments.with_statistics);
    ensure!(
        !stored.is_empty(),
        "{} has no weights: no tensor of floats to store",
        arguments.weights.display()
    );
    let kept_apart = file.tensors().len() - stored.len();
    let clean = WeightImage::build(scheme, &stored)
        .with_context(|| format!("cannot store the weights of {}", arguments.weights.display()))?;

    let Source { mask, hit, faults } = source(arguments, clean.layout().len_bits())?;
    let mask = match arguments.protect_msb {
        0 => mask,
        count => ProtectedBits::most_significant(scheme.bits(), count).protect(&mask),
    };
    let errors = mask.bit_errors(clean.codes().bits())?;
    let damage = Damage::of(&clean, &errors);
    let mut faulty = clean.clone();
    errors.apply(&mut faulty.codes_mut().bits_mut())?;

    let report = Report {
        made_by: MADE_BY,
        weights: arguments.weights.display().to_string(),
        scheme: scheme.to_string(),
        bits_per_weight: scheme.bits().bits(),
        order: format!("{:?}", arguments.order).to_lowercase(),
        with_statistics: arguments.with_statistics,
        tensors_kept_apart: kept_apart,
        faults,
        protected_msb: arguments.protect_msb,
        seed: arguments.seed,
        faults_hit: hit,
        faults_shown: mask.count(),
        realised_ber: damage.realised_ber(),
        changed_weights: damage.changed_weights(),
        l_inf: damage.l_inf(),
        l2: damage.l2(),
        damage,
    };
    let provenance = serde_json::to_string(&Provenance::of(&report))?;
    let written = write_files(arguments, &file, &clean, &faulty, &provenance)?;
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => write_csv(&report, out),
        Format::Text => {
            write_text(&report, out)?;
            Ok(written.iter().try_for_each(|path| writeln!(out, "wrote {}", path.display()))?)
        }
    }
}

fn check_arguments(arguments: &InjectArguments) -> Result<()> {
    if arguments.protect_msb > arguments.bits {
        let (protected, bits) = (arguments.protect_msb, arguments.bits);
        return Err(UsageError(format!(
            "--protect-msb {protected}: expected at most the {bits} bits of a weight"
        ))
        .into());
    }
    let chip = arguments.chip.as_deref().map(Path::new).filter(|path| path.is_file());
    let outputs = [&arguments.out, &arguments.codes, &arguments.clean_codes];
    let inputs = [Some(arguments.weights.as_path()), chip];
    check_distinct(inputs.into_iter().flatten(), outputs.into_iter().flatten().map(PathBuf::as_path))
}

fn scheme(arguments: &InjectArguments) -> Result<Scheme> {
    let mut scheme = arguments.scheme.with_bits(arguments.bits)?;
    if let Some(limit) = arguments.clip {
        scheme = scheme.clipped(limit).context("--clip")?;
    }
    if let Some(range) = arguments.range {
        scheme = scheme.with_global_range(range).context("--range")?;
    }
    Ok(scheme)
}

fn source(arguments: &InjectArguments, len_bits: u64) -> Result<Source> {
    match (arguments.rate, &arguments.chip, arguments.voltage) {
        (Some(rate), ..) => Ok(random(rate, arguments.seed, len_bits)),
        (None, Some(chip), Some(voltage)) => {
            let profile = chip::open(chip)?;
            let map = profile.at(voltage, arguments.between.into())?;
            let cells = map.geometry().cells();
            let placement = Placement::new(arguments.offset, cells);
            let model = match arguments.read {
                Read::Sampled => ReadModel::Sampled { seed: arguments.seed },
                Read::Persistent => ReadModel::Persistent,
                Read::Worst => ReadModel::Worst,
            };
            let faults = Faults::Chip {
                name: profile.info().name.clone(),
                voltage: voltage.get(),
                map_voltage: map.voltage().get(),
                unit: profile.info().unit.to_string(),
                offset: arguments.offset % cells,
                copies: len_bits as f64 / cells as f64,
                read: format!("{:?}", arguments.read).to_lowercase(),
                fault_rate: map.rates().p(),
            };
            Ok(Source {
                mask: read_mask(&map, placement, len_bits, model)?,
                hit: count_hit(&map, placement, len_bits),
                faults,
            })
        }
        _ => anyhow::bail!("give --chip and --voltage, or --rate"),
    }
}

fn count_hit(map: &FaultMap, placement: Placement, len_bits: u64) -> u64 {
    placement.faults(map.faults(), len_bits).count() as u64
}

fn random(rate: Rate, seed: u64, len_bits: u64) -> Source {
    let mask = PersistentErrors::new(seed).mask(rate, 0, len_bits);
    let faults = Faults::Random { rate: rate.get(), stream_version: flip_core::STREAM_VERSION };
    Source { hit: mask.count(), mask, faults }
}

/// What the written files say of themselves.
#[derive(Serialize)]
struct Provenance<'a> {
    made_by: &'a MadeBy,
    weights: &'a str,
    scheme: &'a str,
    bits_per_weight: u32,
    order: &'a str,
    with_statistics: bool,
    faults: &'a Faults,
    protected_msb: u32,
    seed: u64,
    bit_errors: u64,
}

impl<'a> Provenance<'a> {
    fn of(report: &'a Report) -> Self {
        Self {
            made_by: &report.made_by,
            weights: &report.weights,
            scheme: &report.scheme,
            bits_per_weight: report.bits_per_weight,
            order: &report.order,
            with_statistics: report.with_statistics,
            faults: &report.faults,
            protected_msb: report.protected_msb,
            seed: report.seed,
            bit_errors: report.damage.bit_errors,
        }
    }
}

fn write_files<'a>(
    arguments: &'a InjectArguments,
    file: &WeightFile,
    clean: &WeightImage,
    faulty: &WeightImage,
    provenance: &str,
) -> Result<Vec<&'a Path>> {
    let mut written = Vec::new();
    if let Some(path) = &arguments.out {
        let names = faulty.tensors().iter().map(|tensor| tensor.name.as_str());
        let values: BTreeMap<&str, Vec<f32>> =
            names.enumerate().map(|(tensor, name)| (name, faulty.decode(tensor))).collect();
        let metadata = BTreeMap::from([("sram_sim".to_owned(), provenance.to_owned())]);
        file.write_with(path, &values, &metadata)?;
        written.push(path.as_path());
    }
    for (path, image, what) in
        [(&arguments.codes, faulty, "faulty"), (&arguments.clean_codes, clean, "clean")]
    {
        if let Some(path) = path {
            write_codes(path, image, what, provenance)?;
            written.push(path.as_path());
        }
    }
    Ok(written)
}

/// How to read a tensor of codes.
#[derive(Serialize)]
struct CodesOf<'a> {
    shape: &'a [usize],
    /// Range of the clean weights: no value lies outside.
    lo: f32,
    hi: f32,
}

fn write_codes(path: &Path, image: &WeightImage, what: &str, provenance: &str) -> Result<()> {
    let of = |tensor: &ImageTensor| -> Result<String> {
        let (lo, hi) = tensor.quantizer.range();
        Ok(serde_json::to_string(&CodesOf { shape: &tensor.shape, lo, hi })?)
    };
    let mut metadata = BTreeMap::from([
        ("sram_sim".to_owned(), provenance.to_owned()),
        ("codes".to_owned(), what.to_owned()),
        (
            "packing".to_owned(),
            "code i takes bits i*m to i*m+m-1 of the bytes, LSB first; m = bits_per_weight".to_owned(),
        ),
    ]);
    let mut tensors = BTreeMap::new();
    for (index, tensor) in image.tensors().iter().enumerate() {
        metadata.insert(format!("tensor {}", tensor.name), of(tensor)?);
        tensors.insert(tensor.name.as_str(), image.tensor_codes(index).into_bytes());
    }
    Ok(write_bytes(path, &tensors, &metadata)?)
}

fn write_text(report: &Report, out: &mut impl Write) -> Result<()> {
    let damage = &report.damage;
    let tensors = damage.tensors.len();
    writeln!(
        out,
        "weights        {}: {} in {tensors} tensors, by {}",
        report.weights,
        grouped(damage.weights()),
        report.order
    )?;
    if report.tensors_kept_apart > 0 {
        writeln!(
            out,
            "kept apart     {} tensors, free of errors: BatchNorm statistics, integers",
            report.tensors_kept_apart
        )?;
    }
    writeln!(out, "stored as      {}; {} bits", report.scheme, grouped(damage.image_bits))?;
    match &report.faults {
        Faults::Chip { name, voltage, map_voltage, unit, offset, copies, read, fault_rate } => {
            let used = if map_voltage == voltage {
                String::new()
            } else {
                format!(" (map of {map_voltage} {unit})")
            };
            writeln!(
                out,
                "on             chip {name} at {voltage} {unit}{used}, from cell {offset} on, {} copies of it",
                significant(*copies, 3)
            )?;
            writeln!(
                out,
                "fault rate p   {} %  mean over cells of both flip probabilities added",
                percent(*fault_rate)
            )?;
            writeln!(out, "read           {read}, seed {}", report.seed)?;
        }
        Faults::Random { rate, stream_version } => {
            writeln!(
                out,
                "on             a virtual chip with random bit errors at rate {} %",
                percent(*rate)
            )?;
            writeln!(out, "seed           {}, stream version {stream_version}", report.seed)?;
        }
    }
    if report.protected_msb > 0 {
        writeln!(out, "protected      the {} most significant bits of each weight", report.protected_msb)?;
    }
    writeln!(out)?;
    writeln!(out, "faults hit     {}  bits that lie in faulty cells", grouped(report.faults_hit))?;
    writeln!(out, "faults shown   {}  of them fail in this read", grouped(report.faults_shown))?;
    writeln!(
        out,
        "bit errors     {}  bits that read differently from what was stored",
        grouped(damage.bit_errors)
    )?;
    writeln!(out, "realised BER   {} %  bit errors per bit stored", percent(report.realised_ber))?;
    let share = report.changed_weights as f64 / damage.weights().max(1) as f64;
    writeln!(out, "weights hit    {}  {} % of all", grouped(report.changed_weights), percent(share))?;
    writeln!(out, "weight change  L-inf {}, L2 {}", significant(report.l_inf, 4), significant(report.l2, 4))?;
    let positions: Vec<String> = damage
        .bit_errors_by_position
        .iter()
        .enumerate()
        .map(|(bit, count)| format!("{bit}: {count}"))
        .collect();
    writeln!(out, "errors by bit  {}  (0 is the LSB)", positions.join(", "))?;
    writeln!(out)?;
    let header = ["tensor", "weights", "bit errors", "weights hit", "L-inf", "L2"];
    Ok(write_table(out, &header, &tensor_rows(damage, |x| significant(x, 4)))?)
}

/// A row a tensor, then one for all of them with an empty name.
fn write_csv(report: &Report, out: &mut impl Write) -> Result<()> {
    let header =
        ["tensor", "weights", "bit_errors", "changed_weights", "l_inf", "l2", "realised_ber", "fault_rate"];
    write_csv_row(out, &header.map(str::to_owned))?;
    let rate = match report.faults {
        Faults::Chip { fault_rate, .. } => fault_rate,
        Faults::Random { rate, .. } => rate,
    };
    let damage = &report.damage;
    let total = [damage.weights(), damage.bit_errors, damage.changed_weights()].map(|n| n.to_string());
    let norms = [damage.l_inf(), damage.l2()].map(|x| x.to_string());
    let all = [vec![String::new()], total.to_vec(), norms.to_vec()].concat();
    let bits = |weights: u64| (weights * u64::from(report.bits_per_weight)).max(1) as f64;
    let bers = damage.tensors.iter().map(|tensor| tensor.bit_errors as f64 / bits(tensor.weights));
    let rows = tensor_rows(damage, |x| x.to_string()).into_iter().chain([all]);
    for (mut row, ber) in rows.zip(bers.chain([report.realised_ber])) {
        row.extend([ber.to_string(), rate.to_string()]);
        write_csv_row(out, &row)?;
    }
    Ok(())
}

fn tensor_rows(damage: &Damage, number: fn(f64) -> String) -> Vec<Vec<String>> {
    let row = |tensor: &nn_bridge::TensorDamage| {
        let counts = [tensor.weights, tensor.bit_errors, tensor.changed_weights].map(|n| n.to_string());
        [vec![tensor.name.clone()], counts.to_vec(), vec![number(tensor.l_inf), number(tensor.l2)]].concat()
    };
    damage.tensors.iter().map(row).collect()
}
