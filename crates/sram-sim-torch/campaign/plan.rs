//! How each point of a campaign is read.

use cli_io::warn;
use sram_model::Voltage;
use sram_sim_cli::UsageError;
use sram_sim_cli::arguments::networks::{CampaignArguments, Protocol, ReadArguments};
use sram_sim_cli::arguments::{Between, Read};
use sram_sim_cli::chip;

use super::places::Places;

/// Maps of the paper's protocol.
const PAPER_MAPS: u32 = 50;

/// How each point of a campaign is read.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    /// How many maps each point has.
    pub(crate) maps: u32,
    /// Seed of the first map; the next has the next.
    pub(crate) seed: u64,
    pub(super) places: Places,
    pub(crate) read: Read,
    pub(crate) between: Between,
    /// To compute energies with where a profile does not know it.
    pub(super) vmin: Option<Voltage>,
}

impl Plan {
    /// That of a campaign as typed.
    pub(crate) fn of(arguments: &CampaignArguments) -> Result<Self, UsageError> {
        let maps = match arguments.protocol {
            Some(Protocol::Paper) => PAPER_MAPS,
            None => arguments.maps,
        };
        Self::new(&arguments.reads, maps, arguments.seed)
    }

    /// So many maps a point. Where every read of a chip is the same, only places tell maps apart, and there are no more.
    pub(crate) fn new(reads: &ReadArguments, maps: u32, seed: u64) -> Result<Self, UsageError> {
        chip::seeds_of("maps", seed, maps)?;
        let places = Places::of(reads, maps);
        if let Some(more) = reads.offsets.filter(|&offsets| offsets > maps) {
            warn(&format!("note: --offsets {more}: {maps} maps are of {maps} places, evenly spread"));
        }
        Ok(Self {
            maps: if reads.read == Read::Sampled { maps } else { maps.min(places.count) },
            seed,
            places,
            read: reads.read,
            between: reads.between,
            vmin: reads.vmin,
        })
    }
}
