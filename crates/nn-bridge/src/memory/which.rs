//! Which faults show in a read.

use flip_core::{Purpose, Stream};
use serde::{Deserialize, Serialize};
use sram_model::FlipProbability;

/// Which faults show in a read. A cell with flip probability q fails in a share q of all reads of the value that it
/// cannot hold; how the paper turned q into flips is not published, so all three ways are here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Each with its probability. A bit of the image draws the same number at every voltage, so what fails at a voltage fails
    /// below, if the flip probabilities rise.
    #[default]
    Sampled,
    /// Only persistent faults (flip probability ≥ 0.9 in the direction that the stored bit asks for) show, and always.
    Persistent,
    /// Every fault shows always: the worst that can be read.
    Worst,
}

impl Which {
    /// As it is written.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sampled => "sampled",
            Self::Persistent => "persistent",
            Self::Worst => "worst",
        }
    }
}

/// How memory is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadModel {
    /// Which faults show.
    pub which: Which,
    /// Seed of what is random in reads.
    pub seed: u64,
}

/// Version of the streams that reads, data and trainings draw from: the same seed gives the same for as long as it stays.
pub const STREAM_VERSION: u32 = 1;

const READS: Purpose = Purpose::named("nn-bridge reads");
const NUMBERS: Purpose = Purpose::named("nn-bridge numbers of reads");
const DETECTOR: Purpose = Purpose::named("nn-bridge detectors");
const WARM_UPS: Purpose = Purpose::named("nn-bridge reads of lines before");
const ALARMS: Purpose = Purpose::named("nn-bridge false alarms");
const EXTRA: Purpose = Purpose::named("nn-bridge reads of check bits");

/// The draws of one read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Draws {
    which: Which,
    /// Seed of the draws for bits of weights.
    seed: u64,
}

impl Draws {
    /// Those of read `number`, the first of which is 0.
    pub(super) fn new(model: ReadModel, number: u64) -> Self {
        Self { which: model.which, seed: of_number(model.seed, number) }
    }

    /// The same for bits of a region that are no weights' (check bits, what fills words up).
    pub(super) fn of_extra(self, region: u64) -> Self {
        Self { seed: extra_seed(self.seed, region), ..self }
    }

    /// The draws of a read of lines before the one that counts.
    pub(super) fn of_warm_up(self, read: u64) -> Self {
        Self { seed: Stream::new(self.seed, WARM_UPS, read).next_u64(), ..self }
    }

    /// The draws of a detector of a region, which are others than those of its bits.
    pub(super) fn of_detector(self, region: u64) -> Self {
        Self { seed: Stream::new(self.seed, DETECTOR, region).next_u64(), ..self }
    }

    /// Whether something happens to bit `block` that has this probability.
    pub(super) fn happens(self, probability: f64, block: u64) -> bool {
        probability >= 1.0 || Stream::new(self.seed, READS, block).next_unit() < probability
    }

    /// Seed of false alarms.
    pub(super) fn alarms(self) -> u64 {
        Stream::new(self.seed, ALARMS, 0).next_u64()
    }

    /// The probability that a cell which stores a 1, or else a 0, reads wrong.
    pub(super) fn probability(self, flip: FlipProbability, is_one: bool) -> f64 {
        let of = |flip: FlipProbability| f64::from(if is_one { flip.p10() } else { flip.p01() });
        match self.which {
            Which::Sampled => of(flip),
            Which::Persistent => f64::from(u8::from(of(flip.persistent()) > 0.0)),
            Which::Worst => f64::from(u8::from(of(flip) > 0.0)),
        }
    }

    /// Whether bit `block`, which stores a 1 or else a 0, reads wrong with this probability.
    pub(super) fn shows(self, probability: f64, is_one: bool, block: u64) -> bool {
        match self.which {
            Which::Sampled if probability > 0.0 => {
                let mut stream = Stream::new(self.seed, READS, block);
                // The first number is for a stored 0, the second for a 1.
                if is_one {
                    stream.next_u64();
                }
                stream.next_unit() < probability
            }
            _ => probability > 0.0,
        }
    }
}

/// The seed of read `number`; that of the first is the seed itself.
pub(super) fn of_number(seed: u64, number: u64) -> u64 {
    if number == 0 { seed } else { Stream::new(seed, NUMBERS, number).next_u64() }
}

/// The number of a fresh read before read `number`.
pub(super) fn number_before(number: u64, read: u64) -> u64 {
    Stream::new(number, WARM_UPS, read).next_u64()
}

/// The seed for bits of a region that are no weights'.
pub(super) fn extra_seed(seed: u64, region: u64) -> u64 {
    Stream::new(seed, EXTRA, region).next_u64()
}
