//! Values that several commands take: which words there are, and which numbers make sense.

use clap::ValueEnum;
use nn_bridge::memory::{ReadModel, Which};

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
        self.which().name()
    }

    /// How a read with this seed goes.
    pub fn model(self, seed: u64) -> ReadModel {
        ReadModel { which: self.which(), seed }
    }

    /// Which faults show.
    pub fn which(self) -> Which {
        match self {
            Self::Sampled => Which::Sampled,
            Self::Persistent => Which::Persistent,
            Self::Worst => Which::Worst,
        }
    }
}

pub(super) fn parse_bits(text: &str) -> Result<u32, String> {
    let bits = text.parse().map_err(|_| format!("`{text}` is not a number of bits"))?;
    nn_bridge::Scheme::normal(bits).map(|_| bits).map_err(|error| error.to_string())
}

/// More threads than the machine has only wait for each other, and thousands of them for ever.
pub(super) fn parse_threads(text: &str) -> Result<u16, String> {
    let most = std::thread::available_parallelism()
        .map_or(u16::MAX, |most| most.get().try_into().unwrap_or(u16::MAX));
    let threads = text.parse().ok().filter(|threads| (1..=most).contains(threads));
    threads.ok_or_else(|| {
        format!("expected a whole number from 1 to {most}, the threads that this machine has for it")
    })
}

pub(super) fn parse_positive(text: &str) -> Result<f64, String> {
    // Weights are float32: what is none of their size bounds nothing.
    let sound = |number: &f64| *number as f32 > 0.0 && (*number as f32).is_finite();
    let number = text.parse().ok().filter(sound);
    number.ok_or_else(|| format!("`{text}`: expected a number above 0"))
}
