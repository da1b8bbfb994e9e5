//! What the axes of an array are, and which cell an element is of.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::geometry::Geometry;

/// What an axis of an array counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Axis {
    Reads,
    Banks,
    Rows,
    Columns,
}

/// The axes of arrays, in their order: rows and columns, and perhaps banks and reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Axes(Vec<Axis>);

/// What are no axes of an array.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{found}`: expected the axes of arrays in their order, such as {AXES}")]
pub struct AxesError {
    /// What was found.
    found: String,
}

/// Axes as they are usual.
const AXES: &str = "reads,banks,rows,columns";

const NAMES: [(&str, Axis); 4] =
    [("reads", Axis::Reads), ("banks", Axis::Banks), ("rows", Axis::Rows), ("columns", Axis::Columns)];

impl Axes {
    /// Those of blocks of rows, one a bank.
    pub(super) fn of_blocks() -> Self {
        Self(vec![Axis::Banks, Axis::Rows, Axis::Columns])
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether one of them counts reads.
    pub(super) fn have_reads(&self) -> bool {
        self.0.contains(&Axis::Reads)
    }
}

impl FromStr for Axes {
    type Err = AxesError;

    /// Parses names with commas between, each at most once: `rows`, `columns`, `banks`, `reads`.
    fn from_str(text: &str) -> Result<Self, AxesError> {
        let wrong = || AxesError { found: text.to_owned() };
        let axis = |name: &str| NAMES.iter().find(|(known, _)| *known == name.trim()).map(|(_, axis)| *axis);
        let axes: Vec<Axis> = text.split(',').map(axis).collect::<Option<_>>().ok_or_else(wrong)?;
        let count = |axis: Axis| axes.iter().filter(|&&other| other == axis).count();
        let is_whole = count(Axis::Rows) == 1 && count(Axis::Columns) == 1;
        let is_plain = count(Axis::Banks) <= 1 && count(Axis::Reads) <= 1;
        if is_whole && is_plain { Ok(Self(axes)) } else { Err(wrong()) }
    }
}

impl fmt::Display for Axes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |axis: &Axis| NAMES.iter().find(|(_, known)| known == axis).map_or("", |(name, _)| name);
        f.write_str(&self.0.iter().map(name).collect::<Vec<_>>().join(","))
    }
}

/// Which cell each element of an array is of.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) axes: Axes,
    pub(super) geometry: Geometry,
    /// Reads of each cell, if one axis counts them.
    pub(super) reads: Option<u32>,
    /// The sides of the array, the one of the index that runs fastest first, with their axes.
    sides: Vec<(u64, Axis)>,
}

/// What was found, and what was expected.
type Wrong = (String, String);

impl Layout {
    /// The layout of an array of these sides.
    pub(super) fn new(
        shape: &[usize],
        fortran_order: bool,
        axes: Option<&Axes>,
        told: Option<Geometry>,
    ) -> Result<Self, Wrong> {
        let axes = match axes {
            Some(axes) if axes.0.len() == shape.len() => axes.clone(),
            Some(axes) => {
                return Err((of_sides(shape), format!("{} axes: {axes}", axes.0.len())));
            }
            None => usual(shape, told)?,
        };
        let side = |axis: Axis| {
            let found = axes.0.iter().zip(shape).find(|(known, _)| **known == axis);
            found.map(|(_, &side)| side as u64)
        };
        let sides =
            [side(Axis::Banks).unwrap_or(1), side(Axis::Rows).unwrap_or(0), side(Axis::Columns).unwrap_or(0)];
        let reads = match side(Axis::Reads).map(u32::try_from) {
            None => None,
            Some(Ok(reads)) if reads > 0 => Some(reads),
            Some(_) => return Err((of_sides(shape), "1 to 2^32 reads".to_owned())),
        };
        let geometry =
            fit(sides, told).map_err(|expected| (format!("{} as {axes}", of_sides(shape)), expected))?;
        let mut sides: Vec<(u64, Axis)> =
            shape.iter().map(|&side| side as u64).zip(axes.0.iter().copied()).collect();
        if !fortran_order {
            sides.reverse();
        }
        Ok(Self { axes, geometry, reads, sides })
    }

    /// The cell of the element at this place of the array, which must be one of it.
    pub(super) fn cell(&self, mut place: u64) -> u64 {
        let mut at = [0u64; 3];
        for &(side, axis) in &self.sides {
            let index = place % side;
            place /= side;
            match axis {
                Axis::Reads => {}
                Axis::Banks => at[0] = index,
                Axis::Rows => at[1] = index,
                Axis::Columns => at[2] = index,
            }
        }
        // Rows may go on through the banks of a chip, whose cells have the numbers that they have in one.
        let rows = self.sides.iter().find(|(_, axis)| *axis == Axis::Rows).map_or(1, |(rows, _)| *rows);
        (at[0] * rows + at[1]) * u64::from(self.geometry.columns()) + at[2]
    }
}

/// The indices of the element at a place of an array, as `NumPy` writes them.
pub(super) fn index_of(shape: &[usize], fortran_order: bool, mut place: u64) -> String {
    let mut index = vec![0u64; shape.len()];
    let order: Vec<usize> =
        if fortran_order { (0..shape.len()).collect() } else { (0..shape.len()).rev().collect() };
    for axis in order {
        let side = (shape[axis] as u64).max(1);
        index[axis] = place % side;
        place /= side;
    }
    let index: Vec<String> = index.iter().map(u64::to_string).collect();
    format!("[{}]", index.join(", "))
}

/// The sides of an array, in words.
fn of_sides(shape: &[usize]) -> String {
    let sides: Vec<String> = shape.iter().map(usize::to_string).collect();
    format!("an array of {} elements", if sides.is_empty() { "1".to_owned() } else { sides.join(" x ") })
}

/// The axes of an array that nobody told: those that its number of sides and the chip's size leave.
fn usual(shape: &[usize], told: Option<Geometry>) -> Result<Axes, Wrong> {
    match *shape {
        [_, _] => Ok(Axes(vec![Axis::Rows, Axis::Columns])),
        [_, _, _, _] => Ok(Axes(vec![Axis::Reads, Axis::Banks, Axis::Rows, Axis::Columns])),
        [first, rows, columns] => of_three([first, rows, columns].map(|side| side as u64), told)
            .map_err(|(found, expected)| (of_sides(shape) + &found, expected)),
        [_] => Err((
            of_sides(shape),
            "2 to 4 sides: x.reshape(banks, rows, columns) if it has a value for each cell; numpy.savetxt('cells.txt', x, \
             fmt='%d') if it has the numbers of the cells that fail"
                .to_owned(),
        )),
        _ => Err((of_sides(shape), format!("2 to 4 sides: {AXES}, or some of these"))),
    }
}

/// The axes of three sides, which may be of banks or of reads: the chip's size tells.
fn of_three([first, rows, columns]: [u64; 3], told: Option<Geometry>) -> Result<Axes, Wrong> {
    match told {
        Some(told) if fit([first, rows, columns], Some(told)).is_ok() => Ok(Axes::of_blocks()),
        Some(told) if fit([1, rows, columns], Some(told)).is_ok() => {
            Ok(Axes(vec![Axis::Reads, Axis::Rows, Axis::Columns]))
        }
        Some(told) => {
            let expected =
                format!("one of a chip of {told} (banks x rows x columns), or of several reads of it");
            Err((String::new(), expected))
        }
        None => Err((
            format!(", which may be {first} banks or {first} reads of {rows} x {columns} cells"),
            format!(
                "--axes banks,rows,columns or --axes reads,rows,columns; or --geometry {first}x{rows}x{columns} or --geometry \
                 1x{rows}x{columns}"
            ),
        )),
    }
}

/// The size of a chip of so many banks, rows and columns, which must be the one that is told, if it is. Its banks may lie one below
/// the other, as rows of one.
fn fit([banks, rows, columns]: [u64; 3], told: Option<Geometry>) -> Result<Geometry, String> {
    match told {
        None => Geometry::new(banks, rows, columns)
            .map_err(|_| "1 to 2^40 cells in at most 2^20 banks".to_owned()),
        Some(told) => {
            let of = [u64::from(told.banks()), u64::from(told.rows()), u64::from(told.columns())];
            let below = banks == 1 && rows == of[0] * of[1] && columns == of[2];
            if of == [banks, rows, columns] || below {
                Ok(told)
            } else {
                Err(format!("a chip of {told} (banks x rows x columns)"))
            }
        }
    }
}
