//! Arguments of the commands that run networks.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use flip_core::Rate;
use nn_bridge::data::DataSource;
use nn_bridge::{Device, SchemeName};

use super::{Between, Format, Read, parse_bits, parse_positive};
use crate::voltages::VoltageList;

/// How weights are quantised.
#[derive(Clone, Debug, Args)]
pub(crate) struct SchemeArguments {
    /// Bits per weight: 2 to 8, 16 or 32 [default: what the weights were trained for, else 8].
    #[arg(long, value_parser = parse_bits)]
    pub(crate) bits: Option<u32>,
    /// How weights are quantised, see below [default: what the weights were trained for, else rquant].
    #[arg(long)]
    pub(crate) scheme: Option<SchemeName>,
    /// Clip weights to ±W before quantising [default: what the weights were trained for, else none].
    #[arg(long, value_name = "W", value_parser = parse_positive)]
    pub(crate) clip: Option<f32>,
    /// One range ±R for all tensors.
    #[arg(long, value_name = "R", value_parser = parse_positive)]
    pub(crate) range: Option<f32>,
}

/// A network and images to ask it about.
#[derive(Debug, Args)]
pub(crate) struct NetworkArguments {
    /// lenet5, simplenet, simplenet-bn, simplenet-mnist, resnet20, resnet20-gn, wrn28-10 or wrn28-10-bn; or the path of a
    /// TorchScript module, which has its own weights [default: what the weights were trained as].
    #[arg(long, value_name = "NAME|FILE")]
    pub(crate) model: Option<String>,
    /// Images: cifar10:FOLDER, cifar100:FOLDER, mnist:FOLDER, fashion-mnist:FOLDER, or digits:SEED, which are drawn
    /// [default: what the weights were trained with].
    #[arg(long, value_name = "DATA")]
    pub(crate) data: Option<DataSource>,
    /// How images are normalised [default: imagenet for resnet20, else data].
    #[arg(long, value_enum)]
    pub(crate) normalise: Option<Normalise>,
    /// Test with the first N images only.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) images: Option<u32>,
    /// Images that the network is given at a time [default: 32 on a CPU, 1000 on a GPU].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) batch: Option<u32>,
    /// cpu, cuda or cuda:N.
    #[arg(long, default_value_t)]
    pub(crate) device: Device,
    /// Threads to compute with on a CPU [default: all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) threads: Option<u16>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Normalise {
    /// By mean and deviation of the data's channels.
    Data,
    /// By those of ImageNet.
    Imagenet,
}

/// Which bit errors to test under.
#[derive(Debug, Args)]
pub(crate) struct CampaignArguments {
    /// Chips to read the weights from: names of stored chips, paths of profiles, or MODEL.toml#SEED; with commas between.
    #[arg(long, value_name = "CHIPS", value_delimiter = ',', requires = "voltage", group = "faults")]
    pub(crate) chip: Vec<String>,
    /// Voltages in the profiles' unit: a list, a range, or `all`, as of `profile`.
    #[arg(long, value_name = "V|LIST|RANGE", requires = "chip")]
    pub(crate) voltage: Option<VoltageList>,
    /// In place of chips: random bit errors at these rates, such as 0.1%,1%.
    #[arg(long, value_name = "P", value_delimiter = ',', group = "faults", conflicts_with_all = ["voltage", "offsets", "read", "between"])]
    pub(crate) rate: Vec<Rate>,
    /// Fault maps for each rate or voltage: random chips of seeds S, S + 1, …, or places and reads on a chip.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) maps: u32,
    /// Places of the weights on a chip, evenly spread over its cells; each has its share of the maps, as different reads
    /// [default: as many as maps].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) offsets: Option<u32>,
    /// Which faults show in a read.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) read: Read,
    /// What to read between two measured voltages.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) between: Between,
    /// Seed of the first map; the next map has the next seed.
    #[arg(long, value_name = "S", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Settings of a publication, for maps and images: paper has 50 maps and the first 9,000 test images.
    #[arg(long, value_enum, conflicts_with_all = ["maps", "images"])]
    pub(crate) protocol: Option<Protocol>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Protocol {
    /// Stutz et al., MLSys 2021.
    Paper,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("faults").multiple(false))]
pub(crate) struct EvalArguments {
    #[command(flatten)]
    pub(crate) network: NetworkArguments,
    /// The network's weights (safetensors), with the names of PyTorch's state_dict.
    #[arg(long, value_name = "FILE")]
    pub(crate) weights: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) scheme: SchemeArguments,
    #[command(flatten)]
    pub(crate) campaign: CampaignArguments,
    /// How to print. The CSV format has a line for each map.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}
