//! The yield of chips by the test error of a network whose weights lie on them.

mod chips;
mod print;

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use cli_io::{Files, Talk};
use serde::Serialize;
use sram_model::{Profile, Proportion, QuantifiedVoltage, Rates, Voltage, VoltageUnit};
use sram_sim_cli::arguments::yield_::MaxError;
use sram_sim_cli::arguments::{Format, YieldArguments};
use sram_sim_cli::chart::{self, label};
use sram_sim_cli::commands::yield_::shmoo::{Shmoo, ShmooChip};
use sram_sim_cli::memory::MemoryPlan;
use sram_sim_cli::output::{MADE_BY, MadeBy, percent, write_json};
use sram_sim_cli::{UsageError, progress};

use self::chips::Chips;
use crate::campaign::{self, About, Journal, Measured, OnChip, Plan, Point};
use crate::loading;
use crate::networks::{self, Ask, Subject};

/// Of confidence intervals.
const CONFIDENCE: f64 = 0.95;

/// Errors are fractions of images, whose sums may differ from the limit in their last bit.
const ROUNDING: f64 = 1e-12;

#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    #[serde(flatten)]
    about: About,
    /// Which chips, in words.
    of: String,
    unit: VoltageUnit,
    /// Whether chips of a model differ by more than the chance of independent cells. Where they do not, the yield is a step.
    chips_differ: bool,
    #[serde(skip)]
    rates: Rates,
    /// The highest rerr that is tolerated, of each map of a chip.
    max_rerr: f64,
    /// The same as asked for, in words.
    #[serde(skip)]
    max_error: String,
    voltages: Vec<AtVoltage>,
    /// Share of the chips for which the lowest voltage is sought.
    share: f64,
    /// The lowest voltage looked at, at which and at all higher ones, at least this share of the chips keeps the error.
    lowest_voltage: Option<Voltage>,
    /// Its interval at 95 %: voltages at which such a share is not refuted by these chips, from the lowest (Clopper–Pearson).
    /// No first end: refuted at all voltages; no second: shown at none.
    lowest_voltage_interval: (Option<Voltage>, Option<Voltage>),
    /// What the chips' model knows.
    known: Option<(Voltage, Voltage)>,
    chips: Vec<OfChip>,
}

/// The yield at one voltage.
#[derive(Serialize)]
struct AtVoltage {
    voltage: Voltage,
    /// The voltages of the maps that answered, of the chips that were asked at this voltage.
    map_voltages: BTreeSet<Voltage>,
    extrapolated: bool,
    /// Chips that keep the error at this and all higher voltages.
    keeping_chips: Proportion,
    /// Clopper–Pearson, at 95 %, of their share.
    keeping_chips_interval: (f64, f64),
}

/// A chip, asked from the highest voltage to the first at which it does not keep the error.
#[derive(Serialize)]
struct OfChip {
    chip: String,
    /// The lowest voltage at which, and at all higher ones, it keeps the error.
    lowest_kept: Option<Voltage>,
    points: Vec<Measured>,
}

/// What is asked of each chip, and of how many.
struct Limits {
    max_rerr: f64,
    max_error: String,
    share: f64,
}

impl Report {
    /// Of these voltages, highest first, and chips.
    fn new(
        about: About,
        chips: &Chips,
        limits: Limits,
        voltages: Vec<AtVoltage>,
        of_chips: Vec<OfChip>,
    ) -> Self {
        let Limits { max_rerr, max_error, share } = limits;
        let lowest = |holds: &dyn Fn(&AtVoltage) -> bool| {
            voltages.iter().take_while(|at| holds(at)).last().map(|at| at.voltage)
        };
        let (chips_differ, rates) = chips.differ();
        Self {
            made_by: MADE_BY,
            about,
            of: chips.words(),
            unit: chips.unit(),
            chips_differ,
            rates,
            max_rerr,
            max_error,
            share,
            lowest_voltage: lowest(&|at| at.keeping_chips.share().unwrap_or(0.0) >= share),
            lowest_voltage_interval: (
                lowest(&|at| at.keeping_chips_interval.1 >= share),
                lowest(&|at| at.keeping_chips_interval.0 >= share),
            ),
            known: chips.known(),
            voltages,
            chips: of_chips,
        }
    }
}

pub(crate) fn run(arguments: &YieldArguments, files: &Files, out: &mut Talk) -> Result<()> {
    // What was typed wrong is told before any network runs.
    let asked = &arguments.of_network;
    let plot = arguments.plot.as_ref().map(|path| files.output(path)).transpose()?;
    let journal = asked.reads.journal.as_ref().map(|path| files.kept(path)).transpose()?;
    asked.network.iter().try_for_each(|path| files.check_input(path))?;
    loading::announce(asked.images.data.as_ref(), files)?;
    let max_error = asked.max_error.context("--max-error is missing")?;
    let plan = Plan::new(&asked.reads, asked.maps, arguments.seed)?;
    let memory = Rc::new(MemoryPlan::of(&asked.memory, files)?);
    if !memory.asks_for_cells() {
        let text = format!(
            "--memory: {} says for all of its regions what their cells do, so no chip would be used",
            memory.label()
        );
        return Err(UsageError(text).into());
    }
    let (chips, voltages) = Chips::of(arguments, files)?;
    let mut journal = journal.map(|file| Journal::open(file.path())).transpose()?;
    let ask = Ask {
        model: asked.architecture.as_deref(),
        model_option: "--architecture",
        images: &asked.images,
        scheme: &asked.scheme,
        selection: &asked.selection,
        memory: &memory,
        weights: asked.network.as_ref(),
        protocol: None,
        with_float: true,
    };
    let mut subject = networks::open(&ask, files)?;
    let err = subject.evaluation.clean().error();
    let max_rerr = limit(max_error, err)?;

    let Asked { of_chips, extrapolated, generating } =
        ask_chips(&chips, &voltages, &plan, max_rerr, &mut subject, &mut journal)?;
    let at: Vec<AtVoltage> = voltages
        .iter()
        .zip(extrapolated)
        .map(|(at, extrapolated)| AtVoltage::of(at.voltage, extrapolated, &of_chips))
        .collect();
    let (about, evaluation) = About::new(subject, asked.network.as_ref(), &asked.selection, &plan);
    campaign::say_times(&evaluation, generating);
    let limits = Limits { max_rerr, max_error: words(max_error), share: asked.share };
    let report = Report::new(about, &chips, limits, at, of_chips);
    if let Some(output) = &plot {
        chart::write(&report.shmoo(), output)?;
    }
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => {
            report.about.warn_kept_apart();
            print::write_csv(&report, &mut out.data())
        }
        Format::Text => print::write_text(&report, plot.as_ref(), out),
    }
}

/// What was found of all chips.
struct Asked {
    of_chips: Vec<OfChip>,
    /// For each voltage whether any chip extrapolates it.
    extrapolated: Vec<bool>,
    /// How long it took to generate the chips.
    generating: Duration,
}

/// Asks the network on each chip.
fn ask_chips(
    chips: &Chips,
    voltages: &[QuantifiedVoltage],
    plan: &Plan,
    max_rerr: f64,
    subject: &mut Subject,
    journal: &mut Option<Journal>,
) -> Result<Asked> {
    let steps = chips.count() * voltages.len() as u64 * u64::from(plan.maps);
    let bar = progress::bar(steps, "maps of chips");
    let (mut of_chips, mut extrapolated) = (Vec::new(), vec![false; voltages.len()]);
    let generating = chips.each(&mut |name: String, profile: Rc<Profile>| {
        campaign::check_answers(&profile, voltages, plan.between)?;
        for (any, &voltage) in extrapolated.iter_mut().zip(voltages) {
            *any |= profile.info().extrapolates(voltage);
        }
        let mut chip = OfChip { chip: name.clone(), lowest_kept: None, points: Vec::new() };
        let on = Rc::new(OnChip::opened(name, profile));
        for &voltage in voltages {
            let point = Point::Chip { on: Rc::clone(&on), voltage };
            let measured = campaign::measure(subject, &point, plan, journal, &bar)?;
            let kept = measured.rerr.worst <= max_rerr + ROUNDING;
            chip.points.push(measured);
            if !kept {
                break;
            }
            chip.lowest_kept = Some(voltage.voltage);
        }
        bar.inc((voltages.len() - chip.points.len()) as u64 * u64::from(plan.maps));
        of_chips.push(chip);
        Ok(())
    })?;
    bar.finish_and_clear();
    Ok(Asked { of_chips, extrapolated, generating })
}

/// The highest error that is tolerated of a network with this error without bit errors.
fn limit(asked: MaxError, err: f64) -> Result<f64> {
    match asked {
        MaxError::Above(points) => Ok(err + points.get()),
        MaxError::At(error) if error.get() < err => bail!(
            "--max-error {} %: the network's test error without bit errors is {} % already; +1% is one point above that",
            percent(error.get()),
            percent(err)
        ),
        MaxError::At(error) => Ok(error.get()),
    }
}

fn words(asked: MaxError) -> String {
    match asked {
        MaxError::Above(points) => match percent(points.get()) {
            one if one == "1" => "1 point above Err".to_owned(),
            points => format!("{points} points above Err"),
        },
        MaxError::At(_) => "as asked".to_owned(),
    }
}

impl AtVoltage {
    fn of(voltage: Voltage, extrapolated: bool, chips: &[OfChip]) -> Self {
        let keeps = |chip: &&OfChip| chip.lowest_kept.is_some_and(|lowest| lowest <= voltage);
        let keeping_chips =
            Proportion { count: chips.iter().filter(keeps).count() as u64, trials: chips.len() as u64 };
        let keeping_chips_interval = keeping_chips.interval(CONFIDENCE);
        let points = chips.iter().flat_map(|chip| &chip.points);
        let here = points.filter(|point| point.source.voltage == Some(voltage));
        let map_voltages = here.filter_map(|point| point.source.map_voltage).collect();
        Self { voltage, map_voltages, extrapolated, keeping_chips, keeping_chips_interval }
    }
}

impl AtVoltage {
    /// The voltage, and those of the maps that answered if they are others.
    fn label(&self) -> String {
        let mark = if self.extrapolated { "*" } else { "" };
        let others: Vec<String> =
            self.map_voltages.iter().filter(|map| **map != self.voltage).map(ToString::to_string).collect();
        if others.is_empty() {
            format!("{}{mark}", self.voltage)
        } else {
            format!("{}{mark} (map of {})", self.voltage, others.join(", "))
        }
    }
}

impl Report {
    /// Each chip's worst rerr: by its share of what is tolerated above Err, and of what there is above that.
    fn shmoo(&self) -> Shmoo {
        let (err, limit) = (self.about.err, self.max_rerr);
        let depth = |point: &Measured| match point.rerr.worst {
            worst if worst <= limit => (worst - err) / (limit - err).max(1e-9),
            worst => (worst - limit) / (1.0 - limit).max(1e-9),
        };
        let chip = |chip: &OfChip| ShmooChip {
            lowest: chip.lowest_kept,
            depths: chip.points.iter().map(depth).collect(),
        };
        Shmoo {
            title: format!(
                "{} on {} chips: rerr of at most {} %",
                label(&self.about.network),
                self.chips.len(),
                percent(limit)
            ),
            unit: self.unit.to_string(),
            voltages: self.voltages.iter().map(|at| at.voltage).collect(),
            chips: self.chips.iter().map(chip).collect(),
            known: self.known,
        }
    }
}
