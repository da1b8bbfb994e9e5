//! Arguments of `import flips`.

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use cli_io::{InputPath, OutputPath};
use sram_model::import::flips::Axes;
use sram_model::{Geometry, Voltage, VoltageUnit};

/// What the forms of maps are.
pub(super) const HELP: &str = "Examples:\n  sram-sim import flips 0.8=chip2_64x128_lowV.csv 0.85=chip2_64x128_highV.csv --out \
    chip2.sfp\n  sram-sim import flips 0.60=fails_060.npy 0.55=fails_055.npy --unit V --direction reads-zero --out chip.sfp\n  sram-sim \
    import flips 0.60=counts.npz --array run7 --reads 100 --axes banks,rows,columns --unit V --out chip.sfp\n  sram-sim import flips \
    0.60=cells.txt --geometry 8x1024x16 --unit V --out chip.sfp\n\nA map is one of these, which its content tells:\n  \
    CSV     a header and a row for each cell: row,col,p_flip or row,col,p_0to1,p_1to0, with bank where there are several\n  \
    npy     a NumPy array of bool, integers or floats, with the sides rows, columns; or banks, rows, columns; or reads before \
    these\n  \
    npz     arrays by name: p_0to1 and p_1to0, or p_flip, or one; or one whose name is the voltage, such as 0.60V or v0_60\n  \
    matrix  text: a line for each row, numbers with commas, semicolons, tabs or blanks between; a blank line between banks\n  \
    list    text: the numbers of the cells that fail, decimal or 0x, one a line or with commas or blanks between; from 0 by bank, \
    row and column, the column fastest: (bank * rows + row) * columns + column; lines of \
    two or three that could be row and column are refused: give them a header, as CSV\n  \
    JSON    [{\"bank\": 0, \"row\": 420, \"col\": 2, \"p_flip\": 0.5}], or {\"rows\": {\"420\": [2]}}\n\nA value is 0 or 1 (or False or \
    True) for a cell that fails or does not, a probability between, or with --reads N a count of failing reads. Along an axis of reads \
    each value is 0 or 1, and flip probabilities are shares of the reads. An array of three sides may be of banks or of reads: \
    --geometry or --axes says which.";

#[derive(Debug, Args)]
pub struct FlipsArguments {
    /// Maps: VOLTAGE=FILE for each operating point.
    #[arg(required = true, value_name = "VOLTAGE=FILE", value_parser = OsStringValueParser::new().try_map(crate::voltages::parse_map))]
    pub maps: Vec<(Voltage, InputPath)>,
    /// The profile to write.
    #[arg(long, value_name = "FILE")]
    pub out: OutputPath,
    /// The chip's name [default: that of the first file].
    #[arg(long)]
    pub name: Option<String>,
    /// Its size, as BANKSxROWSxCOLUMNS [default: of the array or matrix, or from a name like chip_64x128.csv, one bank].
    #[arg(long)]
    pub geometry: Option<Geometry>,
    /// Unit of the voltages: V or V/Vmin.
    #[arg(long, default_value = "V/Vmin")]
    pub unit: VoltageUnit,
    /// Lowest voltage without a fault, if it is known.
    #[arg(long, value_name = "V")]
    pub vmin: Option<Voltage>,
    /// Direction of cells for which no file says it.
    #[arg(long, value_enum, default_value_t)]
    pub direction: UnknownDirection,
    /// Seed of directions.
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Values are counts of failing reads, of N reads each.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub reads: Option<u32>,
    /// What the sides of arrays and matrices are, in their order: rows and columns, and perhaps banks and reads.
    #[arg(long, value_name = "NAMES")]
    pub axes: Option<Axes>,
    /// The array to read of a file of several (npz).
    #[arg(long, value_name = "NAME")]
    pub array: Option<String>,
    /// Import faults that are not plausible, too; the provenance says so.
    #[arg(long)]
    pub anyway: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum UnknownDirection {
    /// Each cell fails in one direction, chosen at random by --seed.
    #[default]
    #[value(alias = "drawn")]
    Random,
    /// All fail from 0 to 1.
    ReadsOne,
    /// All fail from 1 to 0.
    ReadsZero,
    /// All fail in both directions; the fault rate counts p_flip twice.
    Inverts,
}
