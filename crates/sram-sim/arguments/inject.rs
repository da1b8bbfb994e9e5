//! Arguments of `inject`.

use clap::Args;
use cli_io::{InputPath, OutputPath};
use flip_core::Rate;
use sram_model::Voltage;

use super::{Between, Format, MemoryArguments, Read, SchemeArguments, SelectionArguments};
use crate::chip::ChipName;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("faults"))]
pub struct InjectArguments {
    /// The network's weights: safetensors, a checkpoint of PyTorch, the index or folder of a model in several files, or
    /// codes that --codes or --clean-codes wrote; with --as-stored also GGUF.
    #[arg(long, value_name = "FILE|FOLDER")]
    pub weights: InputPath,
    /// The network that the weights are of, if it is known and the file does not say so. Of those with GroupNorm, memory holds
    /// scales less 1.
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Store the tensors as the file has them, of any type but booleans, bit for bit, in place of quantising them. Elements are counted as
    /// they lie in the file. What becomes of the weights of
    /// quantised layers (GPTQ, AWQ, bitsandbytes, compressed-tensors, F8, MXFP4, torchao) is said, too; quantize_config.json and
    /// config.json beside the file are asked where its tensors do not tell.
    #[arg(long, conflicts_with_all = ["bits", "scheme", "clip", "range", "bits_by_layer", "model", "protect_msb", "codes", "clean_codes"])]
    pub as_stored: bool,
    #[command(flatten)]
    pub scheme: SchemeArguments,
    /// Name of a stored chip, path of a profile, or MODEL.toml#SEED, a chip of a model.
    #[arg(long, value_name = "NAME|FILE", requires = "voltage", group = "faults")]
    pub chip: Option<ChipName>,
    /// Voltage in the profile's unit.
    #[arg(long, value_name = "V", requires = "chip")]
    pub voltage: Option<Voltage>,
    /// In place of a chip: random bit errors at this rate, such as 0.01 or 1%, on a virtual chip made by --seed.
    #[arg(long, value_name = "P", group = "faults", conflicts_with_all = ["voltage", "offset", "read", "between"])]
    pub rate: Option<Rate>,
    /// In place of a chip: the bit errors that a list names, as --faultlist writes it (CSV with tensor, element, bit and before); each must
    /// find in the weights what stood there before.
    #[arg(long, value_name = "FILE", group = "faults", conflicts_with_all = ["voltage", "offset", "read", "between", "seed", "memory", "ecc", "on_detected", "layout", "protect_msb"])]
    pub replay: Option<InputPath>,
    /// Cell of the chip in which the first bit of the weights lies; after the last cell the first follows.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub offset: u64,
    /// Which faults show in the read.
    #[arg(long, value_enum, default_value_t)]
    pub read: Read,
    /// Seed of what is random.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// What to read between two measured voltages.
    #[arg(long, value_enum, default_value_t)]
    pub between: Between,
    #[command(flatten)]
    pub selection: SelectionArguments,
    #[command(flatten)]
    pub memory: MemoryArguments,
    /// Write the perturbed weights, as safetensors with perturbed tensors as float32. With --as-stored the same file with just the bits in
    /// error inverted; of a model in several files, a folder of them.
    #[arg(long, value_name = "FILE")]
    pub out: Option<OutputPath>,
    /// Write the perturbed codes: a U8 tensor of packed integers for each tensor, with ranges as metadata.
    #[arg(long, value_name = "FILE")]
    pub codes: Option<OutputPath>,
    /// Write the codes before the bit errors, likewise.
    #[arg(long, value_name = "FILE")]
    pub clean_codes: Option<OutputPath>,
    /// Write a row (CSV) for each bit error: its bit of which element, what that was and is, where it lies in the file and in memory,
    /// in which cell.
    #[arg(long = "faultlist", visible_alias = "error-log", value_name = "FILE")]
    pub error_log: Option<OutputPath>,
    /// How to print the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}
