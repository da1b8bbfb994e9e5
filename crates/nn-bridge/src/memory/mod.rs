//! Everything between codes and cells, as one value that data describes: which bits of which weights lie where
//! ([`Description`]), how they order into words and cells ([`layout`]), which code protects words ([`code`]), and what a read of
//! them gives ([`Memory::read`]).

pub mod code;
pub mod killi;
pub mod layout;

mod bits;
mod build;
mod cells;
mod cost;
mod description;
mod error;
mod fits;
mod in_place;
mod laid;
mod list;
mod locate;
mod names;
mod read;
mod region;
mod stored_as;
mod used;
mod which;
mod words;

pub use self::cells::{Cells, OnChip, Stored, StoredBits};
pub use self::description::{
    Description, DescriptionError, Detector, Lines64, MEMORY_FORMAT, OnDetected, Planes, PlanesError,
    RegionDescription,
};
pub use self::error::MemoryError;
pub use self::in_place::Clamped;
pub use self::layout::Outgrown;
pub use self::list::{BitsByLayer, ListError};
pub use self::locate::{ChipCell, Held, Holds, Location, RegionOnChip};
pub use self::names::Outline;
pub use self::read::{LinesRead, Outcomes, Read, ReadCounts};
pub use self::region::Region;
pub use self::stored_as::StoredAs;
pub use self::which::{ReadModel, STREAM_VERSION, Which};

use sha2::{Digest as _, Sha256};

use crate::image::ImageLayout;
use crate::scheme::Scheme;

/// A memory for the weights of one network: regions, in which each of their bits has one place.
#[derive(Clone, Debug)]
pub struct Memory {
    regions: Vec<Region>,
    stored_as: Vec<StoredAs>,
    layout: ImageLayout,
}

impl Memory {
    /// Its regions.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// How each tensor is quantised; none if elements of any lie as the file has them.
    pub fn schemes(&self) -> Option<Vec<Scheme>> {
        self.stored_as.iter().map(|stored_as| stored_as.scheme()).collect()
    }

    /// How tensors are stored, in words.
    pub fn stored_as(&self) -> String {
        let bits = self.stored_as.iter().map(|stored_as| stored_as.element_bits());
        match self.stored_as.first() {
            Some(first) if self.stored_as.iter().any(|other| other != first) => {
                let (least, most) = (bits.clone().min().unwrap_or(0), bits.max().unwrap_or(0));
                let bits = if least == most { format!("{least}") } else { format!("{least} to {most}") };
                let quantised = self.stored_as.iter().all(|stored_as| stored_as.scheme().is_some());
                let how = if quantised { "each tensor by its own scheme" } else { "as the file has them" };
                format!("{bits} bits, {how}")
            }
            first => first.map_or_else(String::new, ToString::to_string),
        }
    }

    /// Bits of each tensor's elements, and how many of these there are.
    pub fn elements(&self) -> impl Iterator<Item = (u32, u64)> {
        let of = |(tensor, stored_as): (usize, &StoredAs)| {
            let fields = self.layout.weights(tensor) as u64;
            (stored_as.element_bits(), fields / u64::from(stored_as.fields()))
        };
        self.stored_as.iter().enumerate().map(of)
    }

    /// Whether weights become 0 where something was found wrong whose codes have no sign bit, and perhaps no 0: then the code nearest
    /// to it stands for it.
    pub fn has_nearest_zeros(&self) -> bool {
        let makes_zeros = |region: &&Region| region.description.on_detected.makes_zeros();
        let has_none = |region: &Region| {
            let schemes =
                region.bits.pieces().iter().filter_map(|piece| self.stored_as[piece.tensor].scheme());
            schemes.into_iter().any(|scheme| !scheme.has_sign())
        };
        self.regions.iter().filter(makes_zeros).any(has_none)
    }

    /// Whether a region has its check bits in place.
    pub fn has_check_bits_in_place(&self) -> bool {
        self.regions.iter().any(|region| matches!(region.words.coding, words::Coding::InPlace(_)))
    }

    /// SHA-256 of all that it is: how tensors are quantised, what its regions and the matrices of their codes are.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        for stored_as in &self.stored_as {
            hasher.update(format!("{stored_as}\n"));
        }
        for region in &self.regions {
            // What its cells do is said by their faults, and its code by the matrix; names and paths say nothing.
            let what = RegionDescription {
                name: String::new(),
                tensors: Vec::new(),
                chip: None,
                voltage: None,
                boost: None,
                rate: None,
                safe: false,
                code: None,
                ..region.description.clone()
            };
            // A description is made of texts and numbers, and always can be said.
            hasher.update(serde_json::to_vec(&what).unwrap_or_default());
            region.bits.pieces().iter().for_each(|piece| {
                hasher.update((piece.tensor as u64).to_le_bytes());
                hasher.update(piece.planes.to_le_bytes());
            });
            hasher.update(region.offset.to_le_bytes());
            hasher.update([u8::from(matches!(region.words.coding, words::Coding::InPlace(_)))]);
            if let Some(code) = region.words.coding.code() {
                code.columns().iter().for_each(|column| hasher.update(column.to_le_bytes()));
                code.data_positions().iter().for_each(|position| hasher.update(position.to_le_bytes()));
            }
        }
        hasher.finalize().into()
    }

    /// Where bits lie in the image that it stores.
    pub fn layout(&self) -> &ImageLayout {
        &self.layout
    }
}
