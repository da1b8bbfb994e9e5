//! `sram-sim stats`.

mod against;
mod csv;
mod plots;
mod print;

use std::io::Write;

use anyhow::Result;
use cli_io::{Files, Talk};
use serde::Serialize;
use sram_model::{
    Autocorrelation, ContentKind, FaultMap, FaultRates, Inclusion, MapStatistics, ProbitFit, Profile,
    Proportion, QuantifiedVoltage, fit_probit, powerup_ones,
};

use crate::answered::{self, Answered};
use crate::arguments::{Format, StatsArguments};
use crate::output::{MADE_BY, MadeBy, write_json};
use crate::{chip, progress};

/// Confidence of every interval.
const CONFIDENCE: f64 = 0.95;

/// The statistics of a chip.
#[derive(Serialize)]
struct Report {
    made_by: MadeBy,
    chip: String,
    unit: String,
    cells: u64,
    confidence: f64,
    /// Only cells that flip at least so often are counted as faulty, in the rates, too.
    flip_from: f64,
    /// Whether the maps are of power-up states: counted as faulty are then the cells that come up as 1 in most reads.
    power_up: bool,
    /// Highest voltage first.
    voltages: Vec<AtVoltage>,
    /// A normal law of critical voltages through the shares of cells that fail in most reads.
    critical_voltages: Option<ProbitFit>,
    /// What the marks of tables mean.
    #[serde(skip)]
    legend: Vec<String>,
}

/// The statistics at one voltage. Shares and rates are fractions.
#[derive(Serialize)]
struct AtVoltage {
    voltage: f64,
    /// The voltage whose map answers.
    map_voltage: f64,
    /// Whether a model's law answers, beyond the voltages that it was made from.
    extrapolated: bool,
    #[serde(skip)]
    answered: Answered,
    faulty_share: Option<f64>,
    /// Clopper–Pearson.
    faulty_interval: (f64, f64),
    fault_rate: f64,
    expected_ber_balanced_data: f64,
    /// Clopper–Pearson of the share of faulty cells, by as much as the rate is of that share.
    expected_ber_interval: Option<(f64, f64)>,
    #[serde(flatten)]
    statistics: MapStatistics,
    /// Of banks side by side on the floorplan, if the profile has one.
    autocorrelation: Option<Autocorrelation>,
    /// From the next higher voltage of the report; none for the first.
    inclusion: Option<Inclusion>,
}

pub(crate) fn run(arguments: &StatsArguments, files: &Files, out: &mut Talk) -> Result<()> {
    let folder = arguments.plots.as_ref().map(|path| files.output_folder(path)).transpose()?;
    let plots = folder.as_ref().map(plots::outputs).transpose()?.unwrap_or_default();
    let profile = chip::open(&arguments.chip, files)?;
    if let Some(other) = &arguments.against {
        return against::run(&profile, &chip::open(other, files)?, arguments, out);
    }
    let voltages = arguments.voltages().of(&profile)?;
    let report = Report::new(&profile, &voltages, arguments)?;
    let written = match voltages.last() {
        Some(&lowest) if !plots.is_empty() => {
            let map = profile.at(lowest, arguments.between.into())?;
            plots::write(&profile, &report, &counted(&map, arguments).0, &plots)?
        }
        _ => Vec::new(),
    };
    match (arguments.format, &report.voltages[..]) {
        (Format::Json, _) => write_json(out, &report),
        (Format::Csv, _) => csv::write_csv(&report, &mut out.data()),
        (Format::Text, [one]) => print::write_one(&report, one, out),
        (Format::Text, _) => print::write_many(&report, out),
    }?;
    if arguments.format == Format::Text {
        written.iter().try_for_each(|output| writeln!(out, "wrote {output}"))?;
    }
    Ok(())
}

/// The cells of a map that are counted: those that flip often enough, or, of power-up states, those that come up as 1 in most
/// reads; and whether it is of these.
fn counted(map: &FaultMap, arguments: &StatsArguments) -> (FaultMap, bool) {
    let ones = powerup_ones(map);
    let counted = ones.as_ref().unwrap_or(map).flipping_from(arguments.flip_from.get() as f32);
    (counted, ones.is_some())
}

impl Report {
    fn new(profile: &Profile, voltages: &[QuantifiedVoltage], arguments: &StatsArguments) -> Result<Self> {
        chip::warn_if_extrapolated(profile, voltages);
        let mut sweep = profile.sweep();
        let (mut above, mut points) = (None, Vec::new());
        let mut found: Vec<AtVoltage> = Vec::with_capacity(voltages.len());
        let bar = progress::bar(voltages.len() as u64, "voltages");
        let mut power_up = false;
        for &voltage in voltages {
            let whole = sweep.at(voltage, arguments.between.into())?;
            let (map, is_power_up) = counted(&whole, arguments);
            power_up |= is_power_up;
            // Cells that fail in most reads have their critical voltage at or above the map's.
            let mostly = map.flipping_from(0.5).faults().len() as u64;
            let trials = map.geometry().cells();
            points.push((map.voltage().voltage.get(), Proportion { count: mostly, trials }));
            let at = AtVoltage::of(profile, voltage, &map, above.as_ref());
            found.push(if is_power_up { at.with_rates(whole.rates()) } else { at });
            above = Some(map);
            bar.inc(1);
        }
        bar.finish_and_clear();
        // Each map once, where several voltages have the same.
        points.dedup();
        Ok(Self {
            made_by: MADE_BY,
            chip: profile.info().name.clone(),
            unit: profile.info().unit.to_string(),
            cells: profile.info().geometry.cells(),
            confidence: CONFIDENCE,
            flip_from: arguments.flip_from.get(),
            power_up,
            critical_voltages: fit_probit(&points).filter(|_| !power_up),
            legend: answered::legend(profile, found.iter().map(|at| at.answered)),
            voltages: found,
        })
    }
}

impl AtVoltage {
    /// The same with the rates of all cells, of which only some are counted.
    fn with_rates(self, rates: FaultRates) -> Self {
        Self {
            fault_rate: rates.p(),
            expected_ber_balanced_data: rates.expected_ber(),
            expected_ber_interval: None,
            statistics: MapStatistics { rates, ..self.statistics },
            ..self
        }
    }

    /// Of the map that answers, and the one of the next higher voltage of the report.
    fn of(profile: &Profile, voltage: QuantifiedVoltage, map: &FaultMap, above: Option<&FaultMap>) -> Self {
        let statistics = MapStatistics::of(map);
        let plan = profile.floorplan().filter(|_| profile.info().content == ContentKind::Measured);
        let answered = Answered::new(profile, voltage, map.voltage());
        Self {
            voltage: answered.voltage.get(),
            map_voltage: answered.map_voltage.get(),
            extrapolated: answered.extrapolated,
            answered,
            faulty_share: statistics.faulty.share(),
            faulty_interval: statistics.faulty.interval(CONFIDENCE),
            fault_rate: statistics.rates.p(),
            expected_ber_balanced_data: statistics.rates.expected_ber(),
            expected_ber_interval: statistics.faulty.share().filter(|&share| share > 0.0).map(|share| {
                let (low, high) = statistics.faulty.interval(CONFIDENCE);
                let scale = statistics.rates.expected_ber() / share;
                (low * scale, high * scale)
            }),
            statistics,
            autocorrelation: plan.and_then(|plan| Autocorrelation::of(map.geometry(), map.faults(), plan)),
            inclusion: above.map(|above| Inclusion::between(above, map)),
        }
    }
}
