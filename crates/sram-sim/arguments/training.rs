//! Arguments of `train`.

use clap::{Args, ValueEnum};
use cli_io::OutputPath;
use flip_core::Rate;
use nn_bridge::data::DataSource;
use nn_bridge::{Device, SchemeName};
use sram_model::Voltage;

use super::{Between, MemoryArguments, Read, parse_bits, parse_positive, parse_threads};
use crate::chip::ChipName;

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("faults").multiple(false))]
pub struct TrainArguments {
    /// lenet5, simplenet, simplenet-bn, simplenet-mnist, resnet20, resnet20-gn, wrn28-10 or wrn28-10-bn.
    #[arg(long, value_name = "NAME")]
    pub model: String,
    /// Images: cifar10:PATH, cifar100:PATH, mnist:PATH or fashion-mnist:PATH, folders or archives as downloaded; own ones as
    /// FILE.npz or FILE.safetensors of bytes x_train and x_test, labels y_train and y_test; or digits:SEED, which are generated.
    #[arg(long, value_name = "DATA")]
    pub data: DataSource,
    /// How to train.
    #[arg(long, value_enum)]
    pub method: Method,
    /// Folder for the weights, the checkpoint and the log.
    #[arg(long, value_name = "FOLDER")]
    pub out: OutputPath,
    /// Go on where the checkpoint in the folder was written, if there is one.
    #[arg(long)]
    pub resume: bool,
    /// Bits per weight: 2 to 8, or 16.
    #[arg(long, default_value_t = 8, value_parser = parse_bits)]
    pub bits: u32,
    /// How weights are quantised [default: normal for the method normal, else rquant].
    #[arg(long)]
    pub scheme: Option<SchemeName>,
    /// Clip weights to ±W.
    #[arg(long, value_name = "W", value_parser = parse_positive)]
    pub wmax: Option<f64>,
    /// Bit error rates to train under: one for randbet and pattbet, several for mbet.
    #[arg(long, value_name = "P", value_delimiter = ',', group = "faults")]
    pub rate: Vec<Rate>,
    /// The chip whose faults pattbet trains under: name of a stored chip, path of a profile, or MODEL.toml#SEED.
    #[arg(long, value_name = "NAME|FILE", requires = "voltage", group = "faults")]
    pub chip: Option<ChipName>,
    /// Voltage in the profile's unit.
    #[arg(long, value_name = "V", requires = "chip")]
    pub voltage: Option<Voltage>,
    /// Cell of the chip in which the first bit of the weights lies; after the last cell the first follows.
    #[arg(long, value_name = "N", default_value_t = 0, requires = "chip")]
    pub offset: u64,
    /// Which faults of the chip show in a step.
    #[arg(long, value_enum, default_value_t, requires = "chip")]
    pub read: Read,
    /// What to read between two measured voltages.
    #[arg(long, value_enum, default_value_t, requires = "chip")]
    pub between: Between,
    #[command(flatten)]
    pub memory: MemoryArguments,
    /// Passes over the images [default: 250 for CIFAR, else 100].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub epochs: Option<u32>,
    /// Images of a step.
    #[arg(long, value_name = "N", default_value_t = 128, value_parser = clap::value_parser!(u32).range(1..))]
    pub batch: u32,
    /// Learning rate; a tenth of it after each of 2/5, 3/5 and 4/5 of the epochs [default: 0.05; for lenet5, which
    /// normalises nothing, 0.02].
    #[arg(long, value_name = "R", value_parser = parse_rate_of_learning)]
    pub learning_rate: Option<f64>,
    /// Nesterov's momentum.
    #[arg(long, value_name = "M", default_value_t = 0.9, value_parser = parse_rate_of_learning)]
    pub momentum: f64,
    /// Weight decay.
    #[arg(long, value_name = "D", default_value_t = 5e-4, value_parser = parse_rate_of_learning)]
    pub weight_decay: f64,
    /// How gradients of clean and perturbed weights are put together.
    #[arg(long, value_enum, default_value_t)]
    pub gradient: GradientRule,
    /// Clamp elements of perturbed gradients to ±G; inf for none.
    #[arg(long, value_name = "G", default_value_t = 0.05, value_parser = parse_limit)]
    pub perturbed_limit: f64,
    /// When bit errors begin.
    #[arg(long, value_enum, default_value_t)]
    pub start: StartRule,
    /// The loss of that rule [default: 3.5 for CIFAR-100, else 1.75].
    #[arg(long, value_name = "L", value_parser = parse_rate_of_learning)]
    pub start_loss: Option<f64>,
    /// What is done to training images [default: paper for CIFAR, else none].
    #[arg(long, value_enum)]
    pub augment: Option<Augment>,
    /// Train with the first N images only.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub images: Option<u32>,
    /// Seed of everything that is random.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    /// cpu, cuda or cuda:N.
    #[arg(long, default_value_t)]
    pub device: Device,
    /// What the network computes in [default: float32 on a CPU, tf32 on a GPU].
    #[arg(long, value_enum)]
    pub precision: Option<PrecisionName>,
    /// Test after every Nth epoch, and after the last.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub test_every: u32,
    /// Threads to compute with on a CPU, which the result depends on; beside other programs one is often faster [default: as many
    /// as a batch is worth, at most the cores].
    #[arg(long, value_name = "N", value_parser = parse_threads)]
    pub threads: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Method {
    /// Quantised per tensor, symmetric, signed, truncated; no bit errors.
    Normal,
    /// Robust quantisation; no bit errors.
    Rquant,
    /// Robust quantisation and clipping to --wmax; no bit errors.
    Clipping,
    /// Fresh random bit errors at --rate in each step.
    Randbet,
    /// The same bit errors in each step: of a --chip at a --voltage (as MATIC), or random at --rate.
    Pattbet,
    /// Fresh random bit errors at several --rate in each step.
    Mbet,
}

impl Method {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Rquant => "rquant",
            Self::Clipping => "clipping",
            Self::Randbet => "randbet",
            Self::Pattbet => "pattbet",
            Self::Mbet => "mbet",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum GradientRule {
    /// Their mean, as in the authors' code.
    #[default]
    Average,
    /// Their sum, as in the paper's algorithm.
    Sum,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum StartRule {
    /// In each batch after one with a clean loss below 1.15 L and a mean loss of at most L, as in the authors' code.
    #[default]
    EachBatch,
    /// From the first batch after one with a clean loss below L, as in the paper's text.
    Once,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Augment {
    /// Nothing.
    None,
    /// Border of 4 pixels cut anew, mirrored, AutoAugment, Cutout of 16 pixels.
    Paper,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PrecisionName {
    /// float32 throughout; on a GPU with NVIDIA_TF32_OVERRIDE=0 in the environment.
    Float32,
    /// float32, but convolutions multiply in TF32 (10 bits after the point). GPUs only.
    Tf32,
    /// bfloat16 (7 bits after the point) for weights and activations, sums in float32.
    Bfloat16,
}

fn parse_rate_of_learning(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| *number >= 0.0 && number.is_finite());
    number.ok_or_else(|| format!("`{text}`: expected a number from 0 on"))
}

fn parse_limit(text: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number: &f64| *number > 0.0);
    number.ok_or_else(|| format!("`{text}`: expected a number above 0, or inf"))
}
