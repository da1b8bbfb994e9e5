//! Arrays of `NumPy` by name, in one file (npz): `p_0to1` and `p_1to0`, or `p_flip`, or the one that there is, is asked for, or has
//! the voltage of the map for a name.

use std::io::Cursor;

use zip::ZipArchive;
use zip::result::ZipError;

use super::array::Array;
use super::{Cells, Form, Source};
use crate::fault::FlipProbability;
use crate::import::flips::entry::Entry;
use crate::import::{ImportError, ImportErrorKind, TableDoubts};
use crate::voltage::{Voltage, VoltageUnit};

/// The bytes that a zip file begins with.
pub(in crate::import::flips) const MAGIC: &[u8] = b"PK\x03\x04";

pub(super) const FORM: Form =
    Form { name: "arrays of NumPy (npz)", looks_like: |bytes| bytes.starts_with(MAGIC), read };

/// Failing cells that a small file may have, however well it is packed, …
const FEW_CELLS: usize = 1 << 22;
/// … and those for each byte of a larger one. Cells that fail by chance need more bytes than this; a few dead banks may have as many.
const CELLS_PER_BYTE: usize = 16;

/// Errors show the names of so many arrays.
const SHOWN: usize = 16;

/// The arrays of a file.
type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

/// Which arrays a map is.
enum Chosen {
    Directed,
    Undirected(String),
}

fn read(source: &Source<'_>) -> Result<Cells, ImportError> {
    let mut archive = ZipArchive::new(Cursor::new(source.bytes)).map_err(|error| unsound(source, &error))?;
    let names: Vec<String> = archive
        .file_names()
        .filter_map(Result::ok)
        .filter_map(|name| name.strip_suffix(".npy").map(str::to_owned))
        .collect();
    let (cells, read) = match choose(source, &names)? {
        Chosen::Undirected(name) => {
            (array(source, &mut archive, &name)?.into_cells(&format!("the array {name} (npz)")), 1)
        }
        Chosen::Directed => {
            let zeros = array(source, &mut archive, P_0TO1)?;
            let ones = array(source, &mut archive, P_1TO0)?;
            (directed(source, &zeros, &ones)?, 2)
        }
    };
    let form = match names.len() - read {
        0 => cells.form,
        others => format!("{}; {others} more in the file", cells.form),
    };
    Ok(Cells { form, takes: TAKES, ..cells })
}

/// Options that mean something here.
const TAKES: &[&str] = &["--axes", "--array"];

const P_0TO1: &str = "p_0to1";
const P_1TO0: &str = "p_1to0";
const P_FLIP: &str = "p_flip";

fn unsound(source: &Source<'_>, error: &ZipError) -> ImportError {
    source.wrong(
        ImportErrorKind::Form,
        format!("no sound file of NumPy arrays (npz): {error}"),
        "one as numpy.savez writes it",
    )
}

fn array(source: &Source<'_>, archive: &mut Archive<'_>, name: &str) -> Result<Array, ImportError> {
    let mut member = archive.by_name(&format!("{name}.npy")).map_err(|error| unsound(source, &error))?;
    let packed = usize::try_from(member.compressed_size()).unwrap_or(usize::MAX).min(source.bytes.len());
    let most = packed.saturating_mul(CELLS_PER_BYTE).max(FEW_CELLS);
    source.array(&mut member, &format!("{name}: "), most)
}

/// Which of these arrays to read.
fn choose(source: &Source<'_>, names: &[String]) -> Result<Chosen, ImportError> {
    let has = |name: &str| names.iter().any(|known| known == name);
    let wrong = |expected: String| {
        let shown = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
        let found = match names.len() {
            0 => "no array".to_owned(),
            count if count > SHOWN => format!("the arrays {shown}, …, {count} in all"),
            _ => format!("the arrays {shown}"),
        };
        Err(source.wrong(ImportErrorKind::Columns, found, expected))
    };
    if let Some(name) = &source.options.array {
        return if has(name) {
            Ok(Chosen::Undirected(name.clone()))
        } else {
            wrong(format!("`{name}`, as --array says"))
        };
    }
    match ([has(P_0TO1), has(P_1TO0)], has(P_FLIP), names) {
        ([true, true], false, _) => Ok(Chosen::Directed),
        ([false, false], true, _) => Ok(Chosen::Undirected(P_FLIP.to_owned())),
        ([false, false], false, [one]) if says_another_voltage(source, one) => wrong(format!(
            "an array of {}, the voltage of the map; or --array {one} to read this one all the same",
            source.voltage
        )),
        ([false, false], false, [one]) => Ok(Chosen::Undirected(one.clone())),
        ([false, false], false, _) => match of_voltage(source, names)?[..] {
            [name] => Ok(Chosen::Undirected(name.clone())),
            _ => wrong(format!(
                "{P_0TO1} and {P_1TO0}, or {P_FLIP}, or one array whose name is the voltage {}, or --array NAME",
                source.voltage
            )),
        },
        _ => wrong(format!("{P_0TO1} and {P_1TO0}, or {P_FLIP} alone, or --array NAME with --direction")),
    }
}

/// The arrays whose name is the voltage of the map.
fn of_voltage<'n>(source: &Source<'_>, names: &'n [String]) -> Result<Vec<&'n String>, ImportError> {
    let named = names.iter().filter_map(|name| Some((name, voltage_of(name)?)));
    let mut found = Vec::new();
    for (name, (_, in_volts)) in named.filter(|(_, (voltage, _))| *voltage == source.voltage) {
        if in_volts && source.options.unit != VoltageUnit::Volt {
            let expected = format!("voltages in {}, as of the map; or --unit V", source.options.unit);
            return Err(source.wrong(ImportErrorKind::Options, format!("{name}, a name in volts"), expected));
        }
        found.push(name);
    }
    Ok(found)
}

/// Whether the name of the only array is a voltage, but not that of the map. A name in volts says nothing of a map in `V/Vmin`.
fn says_another_voltage(source: &Source<'_>, name: &str) -> bool {
    let is_volt = source.options.unit == VoltageUnit::Volt;
    voltage_of(name).is_some_and(|(voltage, in_volts)| voltage != source.voltage && (is_volt || !in_volts))
}

/// The voltage that a name is, and whether it says that it is in volts: `0.60V`, `600mV`, `v0_60`, `0.85`. A whole number without a
/// unit is only a number.
fn voltage_of(name: &str) -> Option<(Voltage, bool)> {
    let name = name.to_ascii_lowercase();
    let plain = name.strip_prefix("vdd").or_else(|| name.strip_prefix('v')).unwrap_or(&name);
    let plain = plain.trim_start_matches(['_', '-', '=']);
    let (number, by, in_volts) = match (plain.strip_suffix("mv"), plain.strip_suffix('v')) {
        (Some(number), _) => (number, 1e-3, true),
        (None, Some(number)) => (number, 1.0, true),
        (None, None) => (plain, 1.0, false),
    };
    let number = number.trim_end_matches('_').replace('_', ".");
    let is_number = number.starts_with(|c: char| c.is_ascii_digit()) && (in_volts || number.contains('.'));
    let value: f64 = number.parse().ok().filter(|_| is_number)?;
    Some((Voltage::new(value * by).ok()?, in_volts))
}

/// A map from the flip probabilities of each direction.
fn directed(source: &Source<'_>, zeros: &Array, ones: &Array) -> Result<Cells, ImportError> {
    let (first, second) = (&zeros.shape.layout, &ones.shape.layout);
    if (first.geometry, first.reads) != (second.geometry, second.reads) {
        let found = format!("{P_0TO1} of {}, but {P_1TO0} of {}", zeros.describe(), ones.describe());
        return Err(source.wrong(ImportErrorKind::Form, found, "arrays of one size"));
    }
    let form = format!("the arrays {P_0TO1} and {P_1TO0} (npz) of {}", zeros.describe());
    let directed = |cell: u64, p01: f32, p10: f32| {
        (cell, Entry::Directed(FlipProbability::new(p01, p10).unwrap_or(FlipProbability::NONE)))
    };
    let mut entries = Vec::with_capacity(zeros.failing.len().max(ones.failing.len()));
    let (mut one, mut other) = (zeros.failing.iter().peekable(), ones.failing.iter().peekable());
    while let Some(&cell) = [one.peek(), other.peek()].into_iter().flatten().map(|(cell, _)| cell).min() {
        let p = |next: Option<&(u64, f32)>| next.map_or(0.0, |(_, p)| *p);
        let p01 = p(one.next_if(|(next, _)| *next == cell));
        let p10 = p(other.next_if(|(next, _)| *next == cell));
        entries.push(directed(cell, p01, p10));
    }
    let (geometry, reads) = (first.geometry, zeros.shape.reads());
    Ok(Cells { geometry, entries, form, reads, takes: &[], doubts: TableDoubts::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_voltages_only_where_they_can_be_nothing_else() {
        let of = |name: &str| voltage_of(name).map(|(voltage, in_volts)| (voltage.to_string(), in_volts));
        for name in ["0.60V", "v0_60V", "vdd_0.6v", "600mV", "V600mV", "0_60_V"] {
            assert_eq!(of(name), Some(("0.6".to_owned(), true)), "{name}");
        }
        for name in ["0.60", "v0_60", "vdd=0.6"] {
            assert_eq!(of(name), Some(("0.6".to_owned(), false)), "{name}");
        }
        for name in ["1", "arr_0", "v2", "map", "", "vV", "0.60V_25C", "9V", "nan", "vinf"] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
