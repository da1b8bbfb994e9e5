//! What can be typed: one definition per flag. No file is opened here.
#![expect(clippy::doc_markdown, reason = "these texts are printed as help, where back-ticks would show")]

mod chips;
mod command;
mod diff;
mod import;
mod inject;
pub mod memory;
mod memory_command;
mod models;
pub mod networks;
mod selection;
pub mod training;
mod values;
pub mod yield_;

use clap::Parser;

pub use self::chips::{ChipsArguments, ExportArguments, ProfileArguments, StatsArguments};
pub use self::command::Command;
pub use self::diff::DiffArguments;
pub use self::import::{
    AddressUnit, ByteOrder, Count, CsvArguments, DumpArguments, FirstColumn, FlipsArguments, HexArguments,
    ImportArguments, ImportSource, LogArguments, PowerupArguments, Radix, UnknownDirection, Written,
};
pub use self::inject::InjectArguments;
pub use self::memory::MemoryArguments;
pub use self::memory_command::MemoryCommandArguments;
pub use self::models::{FitArguments, MbistArguments, PredictArguments, SynthArguments, ValidateArguments};
pub use self::networks::{EvalArguments, GeneralizeArguments, SchemeArguments};
pub use self::selection::{Order, SelectionArguments};
pub use self::training::TrainArguments;
pub use self::values::{Between, Format, Read};
use self::values::{parse_bits, parse_positive, parse_threads};
pub use self::yield_::YieldArguments;

/// Which voltage does this network survive? Low-voltage SRAM bit errors in DNN weights.
#[derive(Debug, Parser)]
#[command(
    after_help = "From a profile to the next thousand chips:\n  sram-sim import hex dumps/ --out chip.sfp\n  sram-sim fit --profile \
                  chip.sfp --out model.toml\n  sram-sim validate --profile chip.sfp --model model.toml\n  sram-sim yield --model \
                  model.toml --chips 1000 --max-ber 0.1%\n  sram-sim inject --weights net.safetensors --chip model.toml#7 \
                  --voltage 0.55\n\nEach command has its own --help."
)]
#[command(name = "sram-sim", version, max_term_width = 110)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}
