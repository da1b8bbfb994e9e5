//! Where on a chip the weights lie for each map.

use sram_sim_cli::arguments::networks::ReadArguments;

/// Places of the weights on a chip; maps take them in turn.
#[derive(Clone, Copy)]
pub(super) struct Places {
    /// Cell of the first place.
    first: u64,
    /// How many there are, evenly spread over the cells.
    pub(super) count: u32,
}

impl Places {
    /// Those of a campaign of this many maps.
    pub(super) fn of(arguments: &ReadArguments, maps: u32) -> Self {
        match arguments.offset {
            Some(first) => Self { first, count: 1 },
            // More than there are maps would leave out the end of the chip.
            None => Self { first: 0, count: arguments.offsets.unwrap_or(maps).min(maps).max(1) },
        }
    }

    /// The cell of a chip of `cells` cells at which the weights begin for a map.
    pub(super) fn offset(self, cells: u64, map: u32) -> u64 {
        let cells = u128::from(cells.max(1));
        let place = cells * u128::from(map % self.count) / u128::from(self.count);
        ((u128::from(self.first) + place) % cells) as u64
    }
}

#[cfg(test)]
mod tests {
    use sram_sim_cli::arguments::{Between, Read};

    use super::*;

    #[test]
    fn as_many_places_as_maps_are_spread_over_the_whole_chip() {
        let offsets = |offsets: Option<u32>, maps: u32| -> Vec<u64> {
            let places = Places::of(&reads(offsets), maps);
            (0..maps).map(|map| places.offset(100, map)).collect()
        };
        assert_eq!(offsets(Some(40), 4), [0, 25, 50, 75]);
        assert_eq!(offsets(None, 4), [0, 25, 50, 75]);
        assert_eq!(offsets(Some(2), 4), [0, 50, 0, 50]);
        assert_eq!(offsets(Some(100), 1), [0]);
    }

    fn reads(offsets: Option<u32>) -> ReadArguments {
        ReadArguments {
            offsets,
            offset: None,
            read: Read::Sampled,
            between: Between::NextLower,
            vmin: None,
            journal: None,
        }
    }

    #[test]
    fn places_are_evenly_spread_and_taken_in_turn() {
        let places = Places { first: 0, count: 3 };
        let offsets: Vec<u64> = (0..5).map(|map| places.offset(100, map)).collect();
        assert_eq!(offsets, [0, 33, 66, 0, 33]);
        let one = Places { first: 130, count: 1 };
        assert_eq!([one.offset(100, 0), one.offset(100, 7)], [30, 30]);
        let huge = Places { first: u64::MAX, count: u32::MAX };
        assert!(huge.offset(u64::MAX, u32::MAX - 1) < u64::MAX);
    }
}
