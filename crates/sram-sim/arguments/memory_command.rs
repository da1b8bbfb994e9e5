//! Arguments of `memory`.

use clap::Args;
use cli_io::InputPath;
use sram_model::{Geometry, Voltage};

use super::{Between, Format, MemoryArguments, SchemeArguments, SelectionArguments};
use crate::chip::ChipName;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("on").multiple(false))]
pub struct MemoryCommandArguments {
    /// Write a memory file that explains itself to standard output.
    #[arg(long, exclusive = true)]
    pub init: bool,
    /// The network's weights, as `inject` reads them.
    #[arg(long, value_name = "FILE", required_unless_present = "init")]
    pub weights: Option<InputPath>,
    /// Of tensors as the file has them, of any type, as `inject --as-stored`; then the file may be a GGUF model, too.
    #[arg(long, conflicts_with_all = ["bits", "scheme", "clip", "range", "bits_by_layer", "protect_msb"])]
    pub as_stored: bool,
    #[command(flatten)]
    pub scheme: SchemeArguments,
    #[command(flatten)]
    pub selection: SelectionArguments,
    #[command(flatten)]
    pub memory: MemoryArguments,
    /// The chip of regions that name none.
    #[arg(long, value_name = "NAME|FILE", group = "on")]
    pub chip: Option<ChipName>,
    /// Its voltage, for energies.
    #[arg(long, value_name = "V", requires = "chip")]
    pub voltage: Option<Voltage>,
    /// In place of a chip its size, BANKSxROWSxCOLUMNS.
    #[arg(long, value_name = "SIZE", group = "on")]
    pub geometry: Option<Geometry>,
    /// Cell of the chip in which the first bit of the weights lies; after the last cell the first follows.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "on")]
    pub offset: u64,
    /// What to read between two measured voltages.
    #[arg(long, value_enum, default_value_t, requires = "voltage")]
    pub between: Between,
    /// Say where a bit of a weight lies: name of the tensor, number of the weight in it (row-major, from 0), bit (0 the LSB).
    #[arg(long, num_args = 3, value_names = ["TENSOR", "ELEMENT", "BIT"])]
    pub explain: Option<Vec<String>>,
    /// Say what a cell holds.
    #[arg(long, num_args = 3, value_names = ["BANK", "ROW", "COLUMN"], requires = "on")]
    pub cell: Option<Vec<u32>>,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
