//! What can be typed: one definition per flag. No file is opened here.
#![expect(clippy::doc_markdown, reason = "these texts are printed as help, where back-ticks would show")]

mod import;
mod models;
pub mod networks;
mod selection;
pub mod training;
pub mod yield_;

use std::ffi::OsString;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Args, Parser, Subcommand, ValueEnum};
use cli_io::{InputPath, OutputPath};
use flip_core::Rate;
use nn_bridge::ReadModel;
use sram_model::Voltage;

pub use self::import::{
    ByteOrder, Count, CsvArguments, FirstColumn, FlipsArguments, HexArguments, ImportArguments, ImportSource,
    UnknownDirection, Written,
};
pub use self::models::{FitArguments, MbistArguments, PredictArguments, SynthArguments, ValidateArguments};
pub use self::networks::{EvalArguments, GeneralizeArguments, SchemeArguments};
pub use self::selection::{Order, SelectionArguments};
pub use self::training::TrainArguments;
pub use self::yield_::YieldArguments;
use crate::chip::ChipName;
use crate::voltages::VoltageList;

/// Which voltage does this network survive? Low-voltage SRAM bit errors in DNN weights.
#[derive(Debug, Parser)]
#[command(
    after_help = "From a profile to the next thousand chips:\n  sram-sim import hex dumps/ --out chip.sfp\n  sram-sim fit --profile \
                  chip.sfp --out model.toml\n  sram-sim validate --profile chip.sfp --model model.toml\n  sram-sim yield --model \
                  model.toml --chips 1000 --max-ber 0.1%\n  sram-sim inject --weights net.safetensors --chip model.toml#7 \
                  --voltage 0.55\n\nEach command has its own --help."
)]
#[command(name = "sram-sim", version, max_term_width = 110, allow_negative_numbers = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// List the chips that come with the program.
    #[command(after_help = "Example:\n  sram-sim chips")]
    Chips(ChipsArguments),
    /// Say how a chip fails at a voltage.
    #[command(
        after_help = "Examples:\n  sram-sim profile --chip A --voltage 0.8\n  sram-sim profile --chip B \
                      --voltage 0.75..1 --format csv\n  sram-sim profile --chip mine.sfp --voltage 0.53 --map \
                      faults.png"
    )]
    Profile(ProfileArguments),
    /// Say how a chip's faults lie together, against independent cells.
    #[command(
        after_help = "Examples:\n  sram-sim stats --chip B\n  sram-sim stats --chip B --voltage 0.8\n  sram-sim stats \
                      --chip mine.sfp --format csv\n  sram-sim stats --chip B --voltage 0.8 --against C\n  sram-sim stats --chip \
                      B --plots charts"
    )]
    Stats(StatsArguments),
    /// Fit a model of chips to a profile.
    #[command(
        after_help = "Example:\n  sram-sim fit --profile mine.sfp --out model.toml\n\nThe model is a text file that explains \
                      itself and can be edited."
    )]
    Fit(FitArguments),
    /// Generate virtual chips from a model.
    #[command(
        after_help = "Examples:\n  sram-sim synth --model model.toml --seed 7 --out chip.sfp\n  sram-sim synth --model \
                      model.toml --seed 1 --count 100 --geometry 32x512x64 --out chips/chip.sfp\n\nOther commands take \
                      model.toml#7 as a --chip, without a file."
    )]
    Synth(SynthArguments),
    /// Test whether a chip can be told from the virtual chips of a model.
    #[command(
        after_help = "Example:\n  sram-sim validate --profile mine.sfp --model model.toml --chips 200\n\nThe exit code is 1 if so \
                      many statistics lie outside as of fewer than 5 % of the model's own chips."
    )]
    Validate(ValidateArguments),
    /// Say which fault rates a model expects, also beyond the voltages that were profiled, and at other temperatures.
    #[command(
        after_help = "Examples:\n  sram-sim predict --model model.toml --voltage 0.48..0.6:0.01\n  sram-sim predict --profile \
                      mine.sfp --voltage 0.5 --temperature 85"
    )]
    Predict(PredictArguments),
    /// Run a march test on a chip and write the profile that a tester would have logged.
    #[command(
        after_help = "Examples:\n  sram-sim mbist --chip A --voltage 0.8 --algorithm march-c- --reads 10 --out tested.sfp\n  \
                      sram-sim mbist --chip A --voltage 0.8 --algorithm 'any(w0); up(r0,w1); down(r1,w0)'\n\nKnown by name: \
                      mats+, march-c-, march-ss. Others in the usual notation: elements of w0, w1, r0 and r1 after an order,\n\
                      ⇑ or up, ⇓ or down, ⇕ or any, with ; between them."
    )]
    Mbist(MbistArguments),
    /// Say how low a voltage the chips of a model tolerate, by bit errors or by the test error of a network.
    #[command(
        after_help = "Examples:\n  sram-sim yield --model model.toml --chips 1000 --max-ber 0.1% --spare-columns 2 --plot \
                      shmoo.svg\n  sram-sim yield --network net.safetensors --max-error +1% --chip model.toml#0..99\n\nThe CSV \
                      format has a line for each chip and voltage, of networks for each map."
    )]
    Yield(Box<YieldArguments>),
    /// Make a profile from measurements.
    #[command(
        after_help = "Example:\n  sram-sim import hex kc705b/ --out kc705b.sfp\n\nEach of the commands has its own --help."
    )]
    Import(ImportArguments),
    /// Write a profile as CSV, which `import csv` reads back.
    #[command(after_help = "Example:\n  sram-sim export --chip A --out A.csv")]
    Export(ExportArguments),
    /// Store a network's weights on a chip, read them back at a voltage, and say what the bit errors did.
    #[command(
        after_help = "Examples:\n  sram-sim inject --weights net.safetensors --bits 8 --scheme rquant --chip A \
                      --voltage 0.8 --out faulty.safetensors\n  sram-sim inject --weights net.safetensors --bits 4 \
                      --rate 1% --seed 7\n\nSchemes: global (range ±1), normal (per tensor, symmetric, signed, \
                      truncated), rquant (per tensor, asymmetric, unsigned, rounded), each with +symmetric, \
                      +asymmetric, +signed, +unsigned, +truncated or +rounded added, as in normal+asymmetric."
    )]
    Inject(Box<InjectArguments>),
    /// Test a network whose weights are read with bit errors: Err and RErr over chips, voltages and maps. Needs libtorch.
    #[command(
        after_help = "Examples:\n  sram-sim eval --model resnet20 --weights resnet20.safetensors --data cifar10:DIR --chip A,B,C \
                      --voltage 0.75..1 --maps 10\n  sram-sim eval --weights trained.safetensors --rate 0.1%,1% --protocol \
                      paper\n\nSchemes are those of `inject`."
    )]
    Eval(Box<EvalArguments>),
    /// Train a network, quantised, clipped, or under bit errors. Needs libtorch.
    #[command(
        after_help = "Examples:\n  sram-sim train --model lenet5 --data digits --method randbet --wmax 0.1 --rate 1% --epochs 10 \
                      --out runs/randbet\n  sram-sim train --model simplenet --data cifar10:DIR --method pattbet --chip A --voltage \
                      0.8 --out runs/matic\n\nThe folder gets weights.safetensors (when it is done), checkpoint.safetensors and \
                      log.jsonl (after each epoch).\nDefaults are those of Stutz et al., MLSys 2021, as their code has them."
    )]
    Train(Box<TrainArguments>),
    /// Test networks on chips and voltages that they were not trained for: one table. Needs libtorch.
    #[command(
        after_help = "Example:\n  sram-sim generalize --weights runs/clipping/weights.safetensors runs/randbet/weights.safetensors \
                      MATIC=runs/pattbet/weights.safetensors --chip A,B,C --voltage 0.8,0.85 --plot heat.svg"
    )]
    Generalize(Box<GeneralizeArguments>),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one object.
    Json,
    /// For spreadsheets: a header and rows.
    Csv,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Between {
    /// The map of the next lower profiled voltage, the pessimistic one.
    #[default]
    NextLower,
    /// The map of the nearest profiled voltage.
    Nearest,
}

impl From<Between> for sram_model::Between {
    fn from(between: Between) -> Self {
        match between {
            Between::NextLower => Self::NextLower,
            Between::Nearest => Self::Nearest,
        }
    }
}

#[derive(Debug, Args)]
pub struct ChipsArguments {
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ProfileArguments {
    /// Name of a stored chip (see `chips`), path of a profile, or MODEL.toml#SEED, a chip of a model.
    #[arg(long, value_name = "NAME|FILE")]
    pub chip: ChipName,
    /// Voltage in the profile's unit; or a list (0.8,0.85), a range, or `all` of the profile's voltages. A range (0.75..1) has
    /// the profile's voltages in it, and its two ends; one with a step (0.9..0.8:0.03) goes from the end typed first in steps
    /// to the other, which is the last whatever is left. A chip that was measured has no map of its own between its voltages:
    /// there an end of a range without a step is left out, and other voltages are answered by the map that --between says.
    #[arg(long, value_name = "V|LIST|RANGE")]
    pub voltage: VoltageList,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write the fault map: a picture (.png) or a table that `import csv` reads (.csv). One voltage only.
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(parse_map_file))]
    pub map: Option<OutputPath>,
    /// What to answer between two measured voltages.
    #[arg(long, value_enum, default_value_t)]
    pub between: Between,
    /// Vmin in the profile's unit, to compute energies where the profile does not know it.
    #[arg(long, value_name = "V")]
    pub vmin: Option<Voltage>,
}

#[derive(Debug, Args)]
pub struct StatsArguments {
    /// Name of a stored chip (see `chips`), path of a profile, or MODEL.toml#SEED, a chip of a model.
    #[arg(long, value_name = "NAME|FILE")]
    pub chip: ChipName,
    /// Voltage in the profile's unit; or a list, a range, or `all`, as of `profile`. One voltage gives more detail.
    #[arg(long, value_name = "V|LIST|RANGE", conflicts_with = "all")]
    pub voltage: Option<VoltageList>,
    /// All of the profile's voltages, which is what is done without --voltage, too.
    #[arg(long)]
    pub all: bool,
    /// Compare with another chip at the same voltages, by tests of equality.
    #[arg(long, value_name = "NAME|FILE", conflicts_with = "plots")]
    pub against: Option<ChipName>,
    /// Write charts into this folder, each as SVG and PNG: map, bit error rates with the fitted curve, flip probabilities,
    /// critical voltages, columns. Those of one voltage show the lowest.
    #[arg(long, value_name = "FOLDER")]
    pub plots: Option<OutputPath>,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Count only cells that flip at least so often, as a fraction or percentage: 0 for all that ever flip, 0.5 for those
    /// that fail in most reads.
    #[arg(long, value_name = "Q", default_value = "0")]
    pub flip_from: Rate,
    /// What to answer between two measured voltages.
    #[arg(long, value_enum, default_value_t)]
    pub between: Between,
}

impl StatsArguments {
    pub fn voltages(&self) -> &VoltageList {
        self.voltage.as_ref().unwrap_or(&VoltageList::All)
    }
}

#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Name of a stored chip, path of a profile, or MODEL.toml#SEED, a chip of a model.
    #[arg(long, value_name = "NAME|FILE")]
    pub chip: ChipName,
    /// The CSV file to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    pub out: Option<OutputPath>,
}

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("faults").required(true))]
pub struct InjectArguments {
    /// The network's weights (safetensors), or codes of trained ones that --clean-codes wrote.
    #[arg(long, value_name = "FILE")]
    pub weights: InputPath,
    /// The network that the weights are of, if it is known and the file does not say so. Of those with GroupNorm, memory holds
    /// scales less 1.
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
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
    /// Cell of the chip in which the first bit of the weights lies.
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
    /// Keep the N most significant bits of each weight free of errors.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub protect_msb: u32,
    /// Write the perturbed weights: the same file, perturbed tensors as float32.
    #[arg(long, value_name = "FILE")]
    pub out: Option<OutputPath>,
    /// Write the perturbed codes: a U8 tensor of packed integers for each tensor, with ranges as metadata.
    #[arg(long, value_name = "FILE")]
    pub codes: Option<OutputPath>,
    /// Write the codes before the bit errors, likewise.
    #[arg(long, value_name = "FILE")]
    pub clean_codes: Option<OutputPath>,
    /// How to print the report.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Read {
    /// One read: each fault shows with its flip probability, sampled by --seed.
    #[default]
    Sampled,
    /// Persistent faults (flip probability 0.9 or more) show always, others never.
    Persistent,
    /// Every fault shows.
    Worst,
}

impl Read {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::Persistent => "persistent",
            Self::Worst => "worst",
        }
    }

    /// How a read with this seed goes.
    pub fn model(self, seed: u64) -> ReadModel {
        match self {
            Self::Sampled => ReadModel::Sampled { seed },
            Self::Persistent => ReadModel::Persistent,
            Self::Worst => ReadModel::Worst,
        }
    }
}

fn parse_bits(text: &str) -> Result<u32, String> {
    let bits = text.parse().map_err(|_| format!("`{text}` is not a number of bits"))?;
    nn_bridge::Scheme::normal(bits).map(|_| bits).map_err(|error| error.to_string())
}

/// More threads than the machine has only wait for each other, and thousands of them for ever.
fn parse_threads(text: &str) -> Result<u16, String> {
    let most = std::thread::available_parallelism()
        .map_or(u16::MAX, |most| most.get().try_into().unwrap_or(u16::MAX));
    let threads = text.parse().ok().filter(|threads| (1..=most).contains(threads));
    threads.ok_or_else(|| {
        format!("expected a whole number from 1 to {most}, the threads that this machine has for it")
    })
}

fn parse_positive(text: &str) -> Result<f64, String> {
    // Weights are float32: what is none of their size bounds nothing.
    let sound = |number: &f64| *number as f32 > 0.0 && (*number as f32).is_finite();
    let number = text.parse().ok().filter(sound);
    number.ok_or_else(|| format!("`{text}`: expected a number above 0"))
}

fn parse_map_file(typed: OsString) -> Result<OutputPath, String> {
    let path = OutputPath::from(typed);
    let known = path.has_extension("png") || path.has_extension("csv");
    if known { Ok(path) } else { Err("expected a file name ending in .png or .csv".to_owned()) }
}
