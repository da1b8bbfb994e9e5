//! The rates of a chip over voltage, and the law beyond them.

use super::direction::Split;
use super::levels::Level;
use super::{Levels, rounded};
use crate::model::{CurvePoint, FitNotes, Law};
use crate::normal;
use crate::profile::ProfileInfo;
use crate::stats::{Proportion, fit_probit};
use crate::voltage::{Voltage, VoltageUnit};

/// Standard deviation of critical voltages, by the voltage, of the arrays in figure 1 of Stutz et al. (MLSys 2021): the
/// probits of its rates at 0.875 and 0.75 of Vmin.
const PUBLISHED_DEVIATION: f64 = 0.057;
/// A fitted deviation greater than this many times the voltage says that rates do not go with voltage.
const MOST_DEVIATION: f64 = 5.0;

/// The chip's rates, from the highest voltage with a fault on; made to rise where they do not. Where voltages are relative to Vmin
/// and the profile has a clean one, Vmin stands first.
pub(super) fn curve(
    info: &ProfileInfo,
    levels: &Levels,
    split: &Split,
    notes: &mut FitNotes,
) -> Vec<CurvePoint> {
    let mut points: Vec<CurvePoint> = levels
        .each
        .iter()
        .map(|level| CurvePoint { voltage: level.voltage, p_0to1: level.rates.p01, p_1to0: level.rates.p10 })
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
    let clean_above = points.len() < levels.each.len();
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
pub(super) fn law(levels: &Levels, unit: VoltageUnit, notes: &mut FitNotes) -> Law {
    let mostly = |level: &Level| Proportion { count: level.mostly.iter().sum(), trials: levels.cells };
    let points: Vec<(f64, Proportion)> =
        levels.each.iter().map(|level| (level.voltage.get(), mostly(level))).collect();
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
