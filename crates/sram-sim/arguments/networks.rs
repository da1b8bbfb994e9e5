//! Arguments of the commands that run networks.

use std::ffi::OsString;
use std::str::FromStr;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, ValueEnum};
use cli_io::{InputPath, OutputPath};
use flip_core::Rate;
use nn_bridge::data::{DataSource, Normalisation};
use nn_bridge::{Device, SchemeName};
use sram_model::Voltage;

use super::{
    Between, Format, MemoryArguments, Read, SelectionArguments, parse_bits, parse_positive, parse_threads,
};
use crate::chip::ChipNames;
use crate::voltages::VoltageList;

/// How weights are quantised.
#[derive(Clone, Debug, Args)]
pub struct SchemeArguments {
    /// Bits per weight: 2 to 8, 16 or 32 [default: what the weights say, else 8].
    #[arg(long, value_parser = parse_bits)]
    pub bits: Option<u32>,
    /// How weights are quantised, see below [default: what the weights say, else rquant].
    #[arg(long)]
    pub scheme: Option<SchemeName>,
    /// Clip weights to ±W before quantising [default: what the weights say, else none].
    #[arg(long, value_name = "W", value_parser = parse_positive)]
    pub clip: Option<f64>,
    /// One range ±R for all tensors.
    #[arg(long, value_name = "R", value_parser = parse_positive)]
    pub range: Option<f64>,
}

/// A network, and images to ask it about.
#[derive(Debug, Args)]
pub struct NetworkArguments {
    /// lenet5, simplenet, simplenet-bn, simplenet-mnist, resnet20, resnet20-gn, wrn28-10 or wrn28-10-bn; or the path of a
    /// TorchScript module, which has its own weights [default: what the weights were trained as].
    #[arg(long, value_name = "NAME|FILE")]
    pub model: Option<String>,
    #[command(flatten)]
    pub images: ImageArguments,
}

/// Images, and how a network is asked about them.
#[derive(Debug, Args)]
pub struct ImageArguments {
    /// Images: cifar10:PATH, cifar100:PATH, mnist:PATH or fashion-mnist:PATH, folders or archives as downloaded; own ones as
    /// FILE.npz or FILE.safetensors of bytes x and labels y; or digits:SEED, which are generated [default: what the weights were
    /// trained with].
    #[arg(long, value_name = "DATA")]
    pub data: Option<DataSource>,
    /// How images in 0..1 are normalised: data (by mean and deviation of the data's channels), imagenet (by those of ImageNet), none
    /// (the network does it itself), or means/deviations of the channels, such as 0.5,0.5,0.5/0.25,0.25,0.25 [default: as the
    /// weights were trained, else imagenet for resnet20 and data for others].
    #[arg(long, value_name = "HOW")]
    pub normalise: Option<Normalise>,
    /// Test with the first N images only.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub images: Option<u32>,
    /// Images that the network is given at a time [default: 200 on a CPU, 1000 on a GPU].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub batch: Option<u32>,
    /// cpu, cuda or cuda:N.
    #[arg(long, default_value_t)]
    pub device: Device,
    /// What the network computes in. bfloat16 takes 0.4 to 0.8 of the time on CPUs that multiply in it; the report says how
    /// many images it gives another class than float32 does.
    #[arg(long, value_enum, default_value_t)]
    pub precision: ComputeIn,
    /// Threads to compute with on a CPU; beside other programs one is often faster [default: as many as a batch is worth, at most
    /// the cores].
    #[arg(long, value_name = "N", value_parser = parse_threads)]
    pub threads: Option<u16>,
}

/// Numbers that a network computes in, as typed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ComputeIn {
    /// float32.
    #[default]
    Float32,
    /// bfloat16 (7 bits after the point) for weights and activations, sums in float32.
    Bfloat16,
}

/// How images are normalised, as typed.
#[derive(Clone, Debug, PartialEq)]
pub enum Normalise {
    /// By mean and deviation of the data's channels.
    Data,
    /// By those of ImageNet.
    Imagenet,
    /// Not at all: the network sees 0..1.
    None,
    /// By these.
    By(Normalisation),
}

impl FromStr for Normalise {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{text}`: expected data, imagenet, none, or means/deviations such as 0.5,0.5,0.5/0.25,0.25,0.25"
            )
        };
        match text {
            "data" => Ok(Self::Data),
            "imagenet" => Ok(Self::Imagenet),
            "none" => Ok(Self::None),
            _ => {
                let numbers = |list: &str| list.split(',').map(|number| number.trim().parse().ok()).collect();
                let (mean, std) = text.split_once('/').ok_or_else(wrong)?;
                let parsed: (Option<Vec<f32>>, Option<Vec<f32>>) = (numbers(mean), numbers(std));
                let (Some(mean), Some(std)) = parsed else { return Err(wrong()) };
                let sound = mean.len() == std.len()
                    && mean.iter().all(|mean| mean.is_finite())
                    && std.iter().all(|std| std.is_finite() && *std > 0.0);
                if sound { Ok(Self::By(Normalisation { mean, std })) } else { Err(wrong()) }
            }
        }
    }
}

/// Which bit errors to test under.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("of_chips").args(["offsets", "offset", "read", "between", "vmin"]).multiple(true).requires("chip"))]
#[command(group = clap::ArgGroup::new("of_errors").args(["maps", "seed", "journal"]).multiple(true).requires("errors"))]
#[command(group = clap::ArgGroup::new("errors").args(["chip", "rate", "memory"]).multiple(true))]
pub struct CampaignArguments {
    /// Chips to read the weights from: names of stored chips, paths of profiles, MODEL.toml#SEED, or MODEL.toml#FIRST..LAST for
    /// the chips of these seeds; with commas between, or --chip again.
    #[arg(long, value_name = "CHIPS", requires = "voltage", group = "faults")]
    pub chip: Vec<ChipNames>,
    /// Voltages in the profiles' unit: a list, a range, or `all`, as of `profile`.
    #[arg(long, value_name = "V|LIST|RANGE", requires = "chip")]
    pub voltage: Option<VoltageList>,
    /// In place of chips: random bit errors at these rates, such as 0.1%,1%.
    #[arg(long, value_name = "P", value_delimiter = ',', group = "faults", conflicts_with_all = ["voltage", "of_chips"])]
    pub rate: Vec<Rate>,
    /// Fault maps for each rate or voltage: random chips of seeds S, S + 1, …, or places and reads on a chip.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub maps: u32,
    /// Seed of the first map; the next map has the next seed.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub seed: u64,
    #[command(flatten)]
    pub reads: ReadArguments,
    /// Settings of a publication, for maps and images: paper has 50 maps and the first 9,000 test images.
    #[arg(long, value_enum, conflicts_with_all = ["maps", "images"])]
    pub protocol: Option<Protocol>,
}

/// How weights are read from memory.
#[derive(Debug, Args)]
pub struct ReadArguments {
    /// Places of the weights on a chip, evenly spread over its cells; each has its share of the maps, as different reads
    /// [default, and at most: as many as maps].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub offsets: Option<u32>,
    /// Cell of the chip in which the first bit of the weights lies, as of `inject`: one place, of which all maps are reads
    /// [default: the places of --offsets].
    #[arg(long, value_name = "N", conflicts_with = "offsets")]
    pub offset: Option<u64>,
    /// Which faults show in a read.
    #[arg(long, value_enum, default_value_t)]
    pub read: Read,
    /// What to read between two measured voltages.
    #[arg(long, value_enum, default_value_t)]
    pub between: Between,
    /// Vmin in the profiles' unit, to compute energies where a profile does not know it.
    #[arg(long, value_name = "V")]
    pub vmin: Option<Voltage>,
    /// Keep what each map did in this file, and take from it what is known: a campaign that was interrupted goes on.
    #[arg(long, value_name = "FILE")]
    pub journal: Option<OutputPath>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Protocol {
    /// Stutz et al., MLSys 2021.
    Paper,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("faults").multiple(false))]
pub struct EvalArguments {
    #[command(flatten)]
    pub network: NetworkArguments,
    /// The network's weights (safetensors), with the names of PyTorch's state_dict, or codes that `inject --codes` or
    /// `--clean-codes` wrote; or a TorchScript module with its own.
    #[arg(long, value_name = "FILE")]
    pub weights: Option<InputPath>,
    #[command(flatten)]
    pub scheme: SchemeArguments,
    #[command(flatten)]
    pub selection: SelectionArguments,
    #[command(flatten)]
    pub memory: MemoryArguments,
    #[command(flatten)]
    pub campaign: CampaignArguments,
    /// Plot rerr over the rate, or over the voltage of each chip (.svg or .png).
    #[arg(long, value_name = "FILE", requires = "errors", value_parser = OsStringValueParser::new().try_map(super::models::parse_chart_file))]
    pub plot: Option<OutputPath>,
    /// How to print. The CSV format has a line for each map.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("faults").multiple(false))]
pub struct GeneralizeArguments {
    /// Weights of trained networks (safetensors), or TorchScript modules with their own: a row of the table each, in this order.
    /// A label may stand before each, as in MATIC=runs/pattbet/weights.safetensors.
    #[arg(long, value_name = "[LABEL=]FILE", num_args = 1.., required = true)]
    pub weights: Vec<OsString>,
    #[command(flatten)]
    pub network: NetworkArguments,
    #[command(flatten)]
    pub scheme: SchemeArguments,
    #[command(flatten)]
    pub selection: SelectionArguments,
    #[command(flatten)]
    pub memory: MemoryArguments,
    #[command(flatten)]
    pub campaign: CampaignArguments,
    /// Which error the table shows.
    #[arg(long, value_enum, default_value_t)]
    pub metric: Metric,
    /// Plot the table as a heat map (.svg or .png).
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(super::models::parse_chart_file))]
    pub plot: Option<OutputPath>,
    /// How to print. The CSV format has a line for each network and map.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Metric {
    /// The test error under bit errors.
    #[default]
    Rerr,
    /// The share of images that are wrong clean or under bit errors, as the paper's authors count.
    RerrPaper,
}
