//! Fits a model to a profile.
//!
//! Spatial parts count the cells that fail in most reads (flip probability ½ or more), whose critical voltage is at or
//! above the map's.
//!
//! 1. Rates: the curve is the chip's own; the law beyond it a weighted probit line ([`fit_probit`]).
//! 2. Shared parts of banks and columns, by maximum likelihood from the counts of physical columns at the lowest voltage
//!    (`structure`); a part is kept if the likelihood-ratio test against none passes at 5 %.
//! 3. The part of rows, by the excess of pairs of faults in one row (`rows`).
//! 4. Read noise, by maximum likelihood from the distribution of flip probabilities, and flicker from the cells that
//!    recover at a lower voltage; from single reads, both as one (`noise`).

mod direction;
mod noise;
mod rows;
mod search;
mod structure;

use flip_core::FaultKind;
use thiserror::Error;

use self::direction::Split;
use self::noise::Noise;
use self::structure::Structure;
use crate::fault::{CellFault, FaultMap, FlipProbability};
use crate::import::flips::DIRECTIONS_DRAWN;
use crate::model::{
    Arrays, CurvePoint, FitNotes, Law, MODEL_FORMAT, Model, ModelError, Rates, Shared, Temperature,
};
use crate::normal;
use crate::profile::{Between, Profile, ProfileError, ProfileInfo};
use crate::stats::{MapStatistics, Proportion, fit_probit, mux_of};
use crate::voltage::{Voltage, VoltageUnit};

/// From this flip probability on a cell fails in most reads.
pub(crate) const MOSTLY: f32 = 0.5;
/// Standard deviation of critical voltages, by the voltage, of the arrays in figure 1 of Stutz et al. (MLSys 2021): the
/// probits of its rates at 0.875 and 0.75 of Vmin.
const PUBLISHED_DEVIATION: f64 = 0.057;
/// A fitted deviation greater than so many times the voltage says that rates do not go with voltage.
const MOST_DEVIATION: f64 = 5.0;
/// More reads than these are as good as any number.
const MOST_READS: u32 = 250;
/// Rounds of finding the share of columns of each direction.
const DIRECTION_ROUNDS: u32 = 3;

/// What is known of a profile's maps.
pub(crate) struct Levels {
    /// The maps of all profiled voltages, highest first.
    pub(crate) maps: Vec<FaultMap>,
    /// How often each cell was read as a 0 and as a 1; none if probabilities are finer than that.
    pub(crate) reads: Option<[u32; 2]>,
    /// The least flip probability there is.
    pub(crate) least: f32,
}

/// Why no model can be fitted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FitError {
    /// The profile cannot be read.
    #[error(transparent)]
    Profile(#[from] ProfileError),
    /// No cell fails in most reads, or half of all cells fail.
    #[error(
        "{name} has no voltage at which some cells, but not half of all, fail in most reads: a model needs one"
    )]
    NoFaults {
        /// The chip.
        name: String,
    },
    /// What was fitted is no model.
    #[error("{name} cannot be fitted: what was found is no model")]
    Model {
        /// The chip.
        name: String,
        /// What is wrong.
        source: ModelError,
    },
}

/// Fits a model to a profile.
///
/// # Errors
/// [`FitError`] if no cell fails, or nearly all do.
pub fn fit(profile: &Profile) -> Result<Model, FitError> {
    let levels = Levels::of(profile)?;
    let info = profile.info();
    let name = || info.name.clone();
    let Some(densest) = levels.densest() else { return Err(FitError::NoFaults { name: name() }) };

    let statistics = MapStatistics::of(densest);
    let column_mux = mux_of(&statistics);
    let mut split = Split::of(densest, column_mux);
    let mut notes =
        FitNotes { made_by: concat!("sram-sim ", env!("CARGO_PKG_VERSION")).into(), ..FitNotes::default() };
    split.describe(&levels, &mut notes);
    let selects = if column_mux > 1 {
        format!(
            "column_mux: {column_mux} physical columns of a logical one, told apart by the lowest bits of the row"
        )
    } else {
        "column_mux: 1; faults of a column do not agree in bits of the row".to_owned()
    };
    notes.found.push(selects);
    let bits = &statistics.row_bits;
    if bits.last().is_some_and(|top| top.selects(bits.len()) && top.bit >= column_mux.trailing_zeros()) {
        notes.not_identified.push(
            "halves of columns: faults of a column prefer its upper or its lower half (see `stats`); the model has columns as \
             a whole"
                .into(),
        );
    }
    if statistics.halves.is_doubled() {
        notes.not_identified.push(
            "what cells share: each cell seems to be given twice, which the model takes for a likeness of columns; import the \
             profile with each cell once"
                .into(),
        );
    }
    if info.provenance.notes.iter().any(|note| note.contains(DIRECTIONS_DRAWN)) {
        notes
            .not_identified
            .push("directions: of some cells they were drawn when the profile was imported".into());
    }
    let law = law(&levels, info.unit, &mut notes);

    let geometry = info.geometry;
    // Columns without a fault do not show their direction; how many there are of each depends on what columns share.
    for _ in 0..DIRECTION_ROUNDS {
        match Structure::fit(densest, column_mux, &split, &mut FitNotes::default()).share_0to1 {
            Some(share) => split.share_0to1 = share,
            None => break,
        }
    }
    let structure = Structure::fit(densest, column_mux, &split, &mut notes);
    let curve = curve(info, &levels, &split, &mut notes);
    let (bank, column) = (rounded(structure.bank), rounded(structure.column));
    let mut shared = Shared { bank, column, row: 0.0, column_mux };
    shared.row = rounded(rows::fit(densest, shared, &mut notes));

    let banks = u64::from(geometry.banks());
    let mut model = Model {
        format: MODEL_FORMAT,
        name: name(),
        source: format!("fitted to the profile {}: {}", info.name, info.provenance.source),
        unit: info.unit,
        seed: 0,
        arrays: Arrays {
            banks,
            rows: geometry.rows().into(),
            columns: geometry.columns().into(),
            banks_per_row: (banks as f64).sqrt().ceil() as u32,
        },
        rates: Rates::Population,
        read_noise: 0.0,
        flicker: 0.0,
        flip_floor: levels.flip_floor(),
        reads: levels.reads,
        shared,
        directions: split.directions(),
        temperature: Temperature::default(),
        law: Some(law),
        voltages: info.voltages.clone(),
        curve,
        fit: None,
    };
    let checked = |model: &Model| model.check().map_err(|source| FitError::Model { name: name(), source });
    checked(&model)?;
    let noise = Noise::fit(&levels, &model, &mut notes);
    (model.read_noise, model.flicker) = (rounded(noise.read), rounded(noise.flicker));
    notes
        .not_identified
        .push("temperature: the profile says nothing of it; per_kelvin = 0 is assumed".into());
    notes.not_identified.push(
        "differences between chips beyond those of their banks and columns: one chip shows none".into(),
    );
    model.fit = Some(notes);
    checked(&model)?;
    Ok(model)
}

impl Levels {
    pub(crate) fn of(profile: &Profile) -> Result<Self, ProfileError> {
        let mut sweep = profile.sweep();
        let voltages = &profile.info().voltages;
        let maps: Vec<FaultMap> = voltages
            .iter()
            .map(|&voltage| sweep.at(voltage, Between::NextLower))
            .collect::<Result<_, _>>()?;
        let flips =
            || maps.iter().flat_map(FaultMap::faults).map(|fault| fault.flip.p01().max(fault.flip.p10()));
        let least = flips().fold(1.0, f32::min);
        let least_of = |p: fn(&FlipProbability) -> f32| {
            let flips =
                || maps.iter().flat_map(FaultMap::faults).map(|fault| p(&fault.flip)).filter(|&p| p > 0.0);
            // The least number of reads that could have given every probability.
            let multiple = |n: u32| {
                let n = f64::from(n);
                flips().all(|p| ((f64::from(p) * n).round() / n - f64::from(p)).abs() < 1e-6)
            };
            (1..=MOST_READS)
                .find(|&n| multiple(n))
                .filter(|_| flips().next().is_some())
                .ok_or(flips().next().is_some())
        };
        let reads = match (least_of(|flip| flip.p01()), least_of(|flip| flip.p10())) {
            (Ok(zeros), Ok(ones)) => Some([zeros, ones]),
            // A direction without a fault was read as often as the other, for all that is known.
            (Ok(reads), Err(false)) | (Err(false), Ok(reads)) => Some([reads, reads]),
            _ => None,
        };
        Ok(Self { maps, reads, least })
    }

    /// Whether each cell was read once.
    pub(crate) fn single_reads(&self) -> bool {
        self.reads == Some([1, 1])
    }

    /// The map with the most faults, of those where half of the cells or less fail, and some in most reads.
    pub(crate) fn densest(&self) -> Option<&FaultMap> {
        let fails_mostly = |fault: &CellFault| fault.flip.p01().max(fault.flip.p10()) >= MOSTLY;
        let usable = |map: &&FaultMap| {
            map.faults().len() as u64 <= map.geometry().cells() / 2 && map.faults().iter().any(fails_mostly)
        };
        self.maps.iter().filter(usable).max_by_key(|map| map.faults().len())
    }

    pub(crate) fn flip_floor(&self) -> f64 {
        // Of a cell that is read n times less can be seen, but it is there.
        if self.reads.is_some() { 0.001 } else { rounded(f64::from(self.least)).clamp(1e-6, 0.1) }
    }
}

/// The chip's rates, from the highest voltage with a fault on; made to rise where they do not. Where voltages are relative to Vmin
/// and the profile has a clean one, Vmin stands first.
fn curve(info: &ProfileInfo, levels: &Levels, split: &Split, notes: &mut FitNotes) -> Vec<CurvePoint> {
    let mut points: Vec<CurvePoint> = levels
        .maps
        .iter()
        .map(|map| {
            let rates = map.rates();
            CurvePoint { voltage: map.voltage(), p_0to1: rates.p01, p_1to0: rates.p10 }
        })
        .skip_while(|point| point.p_0to1 + point.p_1to0 == 0.0)
        .collect();
    fold(&mut points, split, notes);
    let last = points.last().map_or(0.5, |point| point.p_0to1 / (point.p_0to1 + point.p_1to0));
    // Where a direction that there is has not been seen yet, it has the share that it has below.
    let mut share = last;
    for point in points.iter_mut().rev() {
        let p = point.p_0to1 + point.p_1to0;
        if split.has_both() && (point.p_0to1 == 0.0 || point.p_1to0 == 0.0) {
            (point.p_0to1, point.p_1to0) = (p * share, p * (1.0 - share));
        }
        share = point.p_0to1 / p;
    }
    for k in 1..points.len() {
        let above = points[k - 1];
        let rise = |p: f64, above: f64| if above > 0.0 { p.max(above * (1.0 + 1e-6)) } else { p };
        points[k].p_0to1 = rise(points[k].p_0to1, above.p_0to1);
        points[k].p_1to0 = rise(points[k].p_1to0, above.p_1to0);
    }
    let clean_above = points.len() < levels.maps.len();
    let below_vmin = points.first().is_some_and(|point| point.voltage < Voltage::ONE);
    if info.unit == VoltageUnit::RelativeToVmin && clean_above && below_vmin {
        points.insert(0, CurvePoint { voltage: Voltage::ONE, p_0to1: 0.0, p_1to0: 0.0 });
    }
    points
}

/// Counts the rate of a direction that no cell of the model has to the other one.
fn fold(points: &mut [CurvePoint], split: &Split, notes: &mut FitNotes) {
    let [kept, other] = if split.share_0to1 > 0.5 { ["0 to 1", "1 to 0"] } else { ["1 to 0", "0 to 1"] };
    let folded = |point: &CurvePoint| if split.share_0to1 > 0.5 { point.p_1to0 } else { point.p_0to1 };
    if split.has_both() || points.iter().all(|point| folded(point) == 0.0) {
        return;
    }
    notes.not_identified.push(format!(
        "direction: of the cells that fail in most reads all fail from {kept}, some fail from {other} now and then; their rates \
         are counted as from {kept}"
    ));
    for point in points {
        let p = point.p_0to1 + point.p_1to0;
        (point.p_0to1, point.p_1to0) = if split.share_0to1 > 0.5 { (p, 0.0) } else { (0.0, p) };
    }
}

/// The normal law through the shares of cells that fail in most reads.
fn law(levels: &Levels, unit: VoltageUnit, notes: &mut FitNotes) -> Law {
    let mostly = |map: &FaultMap| Proportion {
        count: map.flipping_from(MOSTLY).faults().len() as u64,
        trials: map.geometry().cells(),
    };
    let points: Vec<(f64, Proportion)> =
        levels.maps.iter().map(|map| (map.voltage().get(), mostly(map))).collect();
    if let Some(fit) = fit_probit(&points).filter(|fit| fit.deviation < MOST_DEVIATION * points[0].0) {
        notes.found.push(format!(
            "law: mean {:.4} and deviation {:.4} {unit}, a line through the probits; its worst residual is {:.1} \
             standard errors of independent cells",
            fit.mean, fit.deviation, fit.worst_residual
        ));
        return Law { mean: rounded(fit.mean), deviation: rounded(fit.deviation) };
    }
    // The voltage with the most faults of those where some cells fail in most reads, but not all.
    let usable =
        |point: &(f64, Proportion)| Some((point.0, point.1.share().filter(|&p| p > 0.0 && p < 1.0)?));
    let usable: Vec<(f64, f64)> = points.iter().filter_map(usable).collect();
    let (voltage, share) = usable.last().copied().unwrap_or((1.0, 0.01));
    let deviation = PUBLISHED_DEVIATION * voltage;
    let why = if usable.len() < 2 {
        "one voltage with faults does not show how rates go with voltage"
    } else {
        "rates do not rise towards lower voltages"
    };
    notes.not_identified.push(format!(
        "law: {why}; a deviation of {PUBLISHED_DEVIATION} of the voltage is assumed, that of the arrays in figure 1 of Stutz et \
         al. 2021, and voltages and noises are to that scale"
    ));
    Law { mean: rounded(voltage + normal::quantile(share) * deviation), deviation: rounded(deviation) }
}

/// To five significant digits: more than any fit is good for, and readable.
fn rounded(x: f64) -> f64 {
    format!("{x:.4e}").parse().unwrap_or(x)
}

/// The shares of cells of a map that fail in most reads, by direction.
pub(crate) fn mostly_by_direction(map: &FaultMap) -> [f64; 2] {
    let cells = map.geometry().cells() as f64;
    let mut counts = [0u64; 2];
    for fault in map.flipping_from(MOSTLY).faults() {
        counts[usize::from(direction::of(fault) == FaultKind::ReadsZero)] += 1;
    }
    counts.map(|count| count as f64 / cells)
}

#[cfg(test)]
mod tests;
