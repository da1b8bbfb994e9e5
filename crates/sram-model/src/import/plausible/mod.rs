//! Whether imported faults can be faults: what speaks against it, with the likely cause.
//!
//! A memory that was never written, that was written with other bits, or whose reader is active low looks like one in which
//! half or nearly all of the cells fail. True maps go up to a fifth of the cells (Stutz et al., MLSys 2021).

mod part;
mod stripes;

pub(super) use self::stripes::{Failing, Stripes};

use std::path::Path;

use super::{Doubt, DoubtKind, ImportError};
use crate::fault::CellFault;
use crate::geometry::Geometry;
use crate::profile::ProfileDraft;
use crate::voltage::{Voltage, VoltageUnit};

/// What the faults were found from.
#[derive(Clone, Copy, Debug)]
pub(super) enum Evidence {
    /// Bits that were read back, after these stripes were written; none if other patterns were.
    Bits(Option<Stripes>),
    /// Flip probabilities.
    Probabilities,
}

/// At the highest voltage hardly a cell should fail; this share is too many.
const MANY: f64 = 0.25;
/// About half of all cells, and more.
const HALF: f64 = 0.45;
/// Of two levels of one chip, at least this share of the cells that fail at the higher voltage fail at the lower, too; fewer cells
/// than these say nothing. Of ten that fail in half of all reads each, none fails again in one of a thousand chips.
const AGAIN: f64 = 0.1;
const FEWEST: usize = 10;
/// A pattern fits if fewer cells than these differ from it.
const FITS: f64 = 0.25;

/// What speaks against these faults, highest voltage first; nothing if they are plausible.
pub(super) fn doubts(
    geometry: Geometry,
    unit: VoltageUnit,
    levels: &[(Voltage, Vec<CellFault>)],
    evidence: Evidence,
) -> Vec<Doubt> {
    let cells = geometry.cells() as f64;
    let weights: Vec<f64> = levels.iter().map(|(_, faults)| weight(faults)).collect();
    let mut doubts = Vec::new();
    for (index, (voltage, faults)) in levels.iter().enumerate() {
        let share = weights[index] / cells;
        if (index == 0 && share >= MANY) || are_half(weights[index], cells) {
            let highest = if index == 0 { ", the highest voltage" } else { "" };
            let at = format!("at {voltage} {unit}{highest}, ");
            doubts.push(too_many(geometry, Failing::of(geometry, faults), evidence).about(&at));
            // Below it is the same, or more of it.
            break;
        }
    }
    if doubts.is_empty() {
        doubts.extend(levels.iter().find_map(|level| part::half_fails(geometry, unit, level)));
    }
    for (pair, weight) in levels.windows(2).zip(weights.windows(2)) {
        // More than chance explains, were both as many: 2.5 standard deviations of the difference.
        let more = weight[0] - weight[1];
        if more > 0.0 && more * more > 6.25 * (weight[0] + weight[1]) {
            let text = format!(
                "more cells fail at {} {unit} than at {} {unit} below it ({:.0} and {:.0}): are voltages exchanged?",
                pair[0].0, pair[1].0, weight[0], weight[1]
            );
            doubts.push(Doubt::new(DoubtKind::MoreAbove, text));
            break;
        }
    }
    doubts.extend(levels.windows(2).find_map(|pair| recovery(unit, &pair[0], &pair[1])));
    doubts
}

/// Whether about half of all cells fail, or more.
pub(super) fn are_half(failing: f64, cells: f64) -> bool {
    failing >= HALF * cells
}

/// The doubt about more failing cells than there should be.
pub(super) fn too_many(geometry: Geometry, failing: Failing, evidence: Evidence) -> Doubt {
    let share = failing.all() / geometry.cells() as f64;
    let (kind, cause) = cause(geometry, failing, share, evidence);
    Doubt::new(kind, format!("{} of all cells fail: {cause}", percent(share)))
}

/// What speaks against two levels being of one chip, of which cells that fail go on to fail at a lower voltage.
fn recovery(
    unit: VoltageUnit,
    (high, above): &(Voltage, Vec<CellFault>),
    (low, below): &(Voltage, Vec<CellFault>),
) -> Option<Doubt> {
    let failing: Vec<u64> =
        above.iter().filter(|fault| probability(fault) >= 0.5).map(|fault| fault.cell).collect();
    let fails = |cell: &&u64| below.binary_search_by_key(*cell, |fault| fault.cell).is_ok();
    let again = failing.iter().filter(fails).count();
    (failing.len() >= FEWEST && (again as f64) < AGAIN * failing.len() as f64).then(|| {
        let text = format!(
            "of {} cells that fail at {high} {unit}, {again} fail at {low} {unit} below it: are these of one chip, read in one order?",
            failing.len()
        );
        Doubt::new(DoubtKind::OtherCells, text)
    })
}

/// Refuses a doubtful profile of flip probabilities, or notes the doubts in its provenance if it is wanted `anyway`.
pub(crate) fn check_profile(path: &Path, draft: &mut ProfileDraft, anyway: bool) -> Result<(), ImportError> {
    let levels = draft.content.judged_by();
    let mut found = doubts(draft.geometry, draft.unit, &levels, Evidence::Probabilities);
    found.extend(above_vmin(draft.unit, &levels));
    draft.provenance.notes.extend(check(path, found, anyway)?);
    Ok(())
}

/// What speaks against voltages in `V/Vmin`: faults where by the meaning of Vmin there are none.
fn above_vmin(unit: VoltageUnit, levels: &[(Voltage, Vec<CellFault>)]) -> Option<Doubt> {
    let is_above =
        |(voltage, faults): &&(Voltage, Vec<CellFault>)| voltage.get() >= 1.0 && !faults.is_empty();
    let (voltage, faults) = levels.iter().filter(|_| unit == VoltageUnit::RelativeToVmin).find(is_above)?;
    let count = faults.len();
    let cells = if count == 1 { "1 cell fails".to_owned() } else { format!("{count} cells fail") };
    let text = format!(
        "{cells} at {voltage} {unit}, but Vmin is the lowest voltage at which no cell fails: are these volts (--unit V)?"
    );
    Some(Doubt::new(DoubtKind::AboveVmin, text))
}

/// Refuses doubtful faults, or returns the doubts as notes if they are wanted `anyway`.
pub(super) fn check(path: &Path, doubts: Vec<Doubt>, anyway: bool) -> Result<Vec<String>, ImportError> {
    if doubts.is_empty() || anyway {
        return Ok(doubts
            .into_iter()
            .map(|doubt| format!("imported in spite of a doubt: {doubt}"))
            .collect());
    }
    Err(ImportError::Implausible { path: path.to_owned(), doubts })
}

/// Cells that fail in a read, as far as flip probabilities say.
fn weight(faults: &[CellFault]) -> f64 {
    // An empty sum of floats is −0.0.
    faults.iter().map(probability).sum::<f64>() + 0.0
}

fn probability(fault: &CellFault) -> f64 {
    f64::from(fault.flip.p01().max(fault.flip.p10()))
}

fn percent(share: f64) -> String {
    // Never "100 %" for less, nor "0 %" for more.
    let decimals = if (0.001..=0.999).contains(&share) { 1 } else { 4 };
    format!("{:.decimals$} %", share * 100.0)
}

/// Why so many cells seem to fail.
fn cause(geometry: Geometry, failing: Failing, share: f64, evidence: Evidence) -> (DoubtKind, String) {
    let (failing, differs) = Stripes::best(geometry, failing);
    let inverted = 1.0 - share;
    if differs < inverted && differs < FITS {
        return (DoubtKind::Pattern, as_stripes(failing, differs, evidence));
    }
    if inverted < FITS {
        return (DoubtKind::Inverted, as_inverted(inverted, evidence));
    }
    if share >= HALF {
        let text = "half of them differ where nothing was written, or where the content was lost";
        let other = match evidence {
            Evidence::Bits(_) => ", or where another pattern was written",
            Evidence::Probabilities => "",
        };
        return (DoubtKind::HalfFail, format!("{text}{other}"));
    }
    let text =
        "hardly any should there; is the order of voltages, the width of words, or what was written another?";
    (DoubtKind::ManyFail, text.to_owned())
}

/// Of cells that fail in stripes, from which this share differs: what the memory was written with.
fn as_stripes(failing: Stripes, differs: f64, evidence: Evidence) -> String {
    let differs = percent(differs);
    let held = match evidence {
        Evidence::Bits(Some(written)) => written.but_for(failing),
        Evidence::Bits(None) | Evidence::Probabilities => failing,
    };
    match (evidence, held.option()) {
        (Evidence::Bits(Some(_)), Some(option)) => {
            format!(
                "what was read is {held}, from which {differs} differ; was the memory written so? Then {option}"
            )
        }
        (Evidence::Bits(Some(_)), None) => format!(
            "what was read is as {held}, from which {differs} differ; was the memory written so? Then --written FILE, a dump of it at a \
             safe voltage"
        ),
        _ => format!(
            "they are as in {held}, from which {differs} differ; was the memory written with other bits?"
        ),
    }
}

/// Of cells of which all but this share fail: what the memory was written with.
fn as_inverted(inverted: f64, evidence: Evidence) -> String {
    let differ = percent(inverted);
    let Evidence::Bits(written) = evidence else {
        return format!(
            "it fits better inverted ({differ} differ); are these probabilities of a right read?"
        );
    };
    match written.map(|written| (written, written.inverted())) {
        Some((written, other @ (Stripes::ONES | Stripes::ZEROS))) => {
            let bits = if other == Stripes::ONES { "ones" } else { "zeros" };
            format!(
                "{other} fit better ({differ} differ); were the cells written with {bits}, or does the reader tell a good bit by {}, as \
                 an active-low one? Then {}",
                u8::from(written == Stripes::ZEROS),
                other.option().unwrap_or_default()
            )
        }
        Some((_, other)) => format!(
            "the opposite of each bit fits better ({differ} differ): were even and odd rows or columns exchanged? Then {}",
            other.option().unwrap_or_default()
        ),
        None => format!(
            "the opposite of each bit fits better ({differ} differ): was that written, or is the reader active-low?"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FlipProbability;
    use crate::profile::{Between, STORED};

    const WRITTEN: Evidence = Evidence::Bits(Some(Stripes::ONES));

    fn of(cells: impl Iterator<Item = u64>) -> Vec<CellFault> {
        cells.map(|cell| CellFault { cell, flip: FlipProbability::ALWAYS_1TO0 }).collect()
    }

    /// Cells in no order that a pattern would have.
    fn mixed(cell: u64) -> u64 {
        (cell * 2_654_435_761) >> 9
    }

    fn said(levels: Vec<Vec<CellFault>>, evidence: Evidence) -> String {
        let geometry = Geometry::new(2, 64, 16).unwrap();
        let voltage = |i: u32| Voltage::from_micro(600_000 - 10_000 * i).unwrap();
        let levels: Vec<_> = (0..).map(voltage).zip(levels).collect();
        let found = doubts(geometry, VoltageUnit::Volt, &levels, evidence);
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn true_maps_pass_even_at_a_fifth_of_the_cells() {
        for stored in STORED {
            let chip = stored.open().unwrap();
            let maps = chip.info().voltages().map(|voltage| chip.at(voltage, Between::NextLower).unwrap());
            let levels: Vec<_> = maps.map(|map| (map.voltage().voltage, map.faults().to_vec())).collect();
            let geometry = chip.info().geometry;
            for levels in [&levels[..], &levels[levels.len() - 1..]] {
                let found = doubts(geometry, VoltageUnit::RelativeToVmin, levels, Evidence::Probabilities);
                assert!(found.is_empty(), "{}: {found:?}", stored.name);
            }
        }
    }

    #[test]
    fn each_cause_is_named() {
        for (cells, evidence, part) in [
            (of((0..2048).filter(|c| c % 400 != 0)), WRITTEN, "all zeros fit better (0.3 % differ)"),
            (of(0..2048), Evidence::Bits(Some(Stripes::ZEROS)), "Then --written ones"),
            (of(0..2000), Evidence::Probabilities, "probabilities of a right read"),
            (of((0..2048).filter(|c| c % 2 == 1)), WRITTEN, "columns written in turn"),
            (of((0..2048).filter(|c| c / 16 % 2 == 0)), WRITTEN, "rows written in turn"),
            (
                of((0..2048).filter(|c| (c + c / 16) % 2 == 0)),
                WRITTEN,
                "a checkerboard, from which 0.0000 % differ",
            ),
            (of((0..2048).filter(|c| mixed(*c).is_multiple_of(2))), WRITTEN, "half of them differ"),
            (of((0..2048).filter(|c| mixed(*c).is_multiple_of(4))), WRITTEN, "hardly any should there"),
        ] {
            let found = said(vec![cells], evidence);
            assert!(
                found.contains("at 0.6 V, the highest voltage") && found.contains(part),
                "{part}: {found}"
            );
        }
    }

    #[test]
    fn half_of_the_cells_are_too_many_at_any_voltage_and_more_above_than_below_at_all() {
        let half = || of((0..2048).filter(|c| mixed(*c).is_multiple_of(2)));
        assert!(said(vec![of(0..3), half()], WRITTEN).starts_with("at 0.59 V, "));
        let exchanged = said(vec![of(0..50), of(0..5)], WRITTEN);
        assert!(
            exchanged.contains("more cells fail at 0.6 V than at 0.59 V below it (50 and 5)"),
            "{exchanged}"
        );
        assert_eq!(said(vec![of(0..50), of(0..45)], WRITTEN), "", "cells recover now and then");
        assert_eq!(said(vec![of(0..0), of(0..0)], WRITTEN), "");
    }

    #[test]
    fn cells_of_one_chip_go_on_to_fail() {
        let of_chip = |seed: u64, count: u64| {
            let mut cells: Vec<u64> = (0..count).map(|cell| mixed(cell + 1000 * seed) % 2048).collect();
            cells.sort_unstable();
            cells.dedup();
            of(cells.into_iter())
        };
        let two = said(vec![of_chip(1, 60), of_chip(2, 90)], WRITTEN);
        assert!(two.contains("are these of one chip"), "{two}");
        assert_eq!(said(vec![of_chip(1, 60), of_chip(1, 90)], WRITTEN), "");
        // So few may all be noise.
        assert_eq!(said(vec![of_chip(1, 9), of_chip(2, 90)], WRITTEN), "");
    }
}
