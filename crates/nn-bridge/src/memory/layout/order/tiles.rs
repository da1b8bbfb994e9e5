//! `tile:16x16`: elements tile by tile, as a systolic array of that size loads them.
//!
//! A matrix of 3 x 5 in tiles of 2 x 2, each element with its place:
//!
//! ```text
//!  0  1 |  4  5 |  8
//!  2  3 |  6  7 |  9
//! ------+-------+---
//! 10 11 | 12 13 | 14
//! ```

use std::num::NonZeroU32;

use super::super::divide::Divisor;
use super::super::error::LayoutError;
use super::super::typed::Typed;
use super::element_map::{Elements, Mapped};
use super::part::Part;

/// The matrix is cut into tiles; tiles follow each other row-major, and so do the elements within a tile. Tiles at the right
/// and lower edge are smaller; nothing is padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tiles {
    /// Rows of a tile.
    pub rows: NonZeroU32,
    /// Columns of a tile.
    pub columns: NonZeroU32,
}

impl Typed for Tiles {
    const EXAMPLE: &'static str = "tile:16x16";

    fn of(argument: Option<&str>) -> Option<Self> {
        let (rows, columns) = argument?.split_once(['x', 'X', '×'])?;
        Some(Self { rows: rows.parse().ok()?, columns: columns.parse().ok()? })
    }

    fn argument(&self) -> Option<String> {
        Some(format!("{}x{}", self.rows, self.columns))
    }
}

/// The tiles of one matrix. Bands are rows of tiles.
#[derive(Clone, Copy, Debug)]
pub(super) struct TileMap {
    rows: u64,
    columns: Divisor,
    tile_rows: Divisor,
    tile_columns: Divisor,
    /// Elements of a whole band.
    band: Divisor,
    /// Elements of a tile of full width, in a band of full height and in the last one.
    tile: [Divisor; 2],
    /// Width of a last tile of a band.
    last_columns: Divisor,
}

impl Mapped for Tiles {
    type Map = TileMap;

    fn map(&self, part: Part) -> Result<TileMap, LayoutError> {
        let (rows, columns) = (part.rows(), part.columns());
        let high = u64::from(self.rows.get()).min(rows.max(1));
        let wide = u64::from(self.columns.get()).min(columns.max(1));
        Ok(TileMap {
            rows,
            columns: Divisor::new(columns),
            tile_rows: Divisor::new(high),
            tile_columns: Divisor::new(wide),
            band: Divisor::new(high * columns),
            tile: [Divisor::new(high * wide), Divisor::new(rows % high * wide)],
            last_columns: Divisor::new(columns % wide),
        })
    }
}

impl TileMap {
    /// Height of a band.
    #[inline]
    fn height(&self, band: u64) -> u64 {
        let high = self.tile_rows.get();
        high.min(self.rows - band * high)
    }

    /// Width of a tile, by its number in its band.
    #[inline]
    fn width(&self, tile: u64) -> Divisor {
        let wide = self.tile_columns.get();
        if (tile + 1) * wide <= self.columns.get() { self.tile_columns } else { self.last_columns }
    }
}

impl Elements for TileMap {
    #[inline]
    fn place(&self, element: u64) -> u64 {
        let (row, column) = self.columns.divide(element);
        let (band, row_of_tile) = self.tile_rows.divide(row);
        let (tile, column_of_tile) = self.tile_columns.divide(column);
        let before = band * self.band.get() + tile * self.tile_columns.get() * self.height(band);
        before + row_of_tile * self.width(tile).get() + column_of_tile
    }

    #[inline]
    fn element(&self, place: u64) -> u64 {
        let (band, in_band) = self.band.divide(place);
        let full = self.height(band) == self.tile_rows.get();
        let (tile, in_tile) = self.tile[usize::from(!full)].divide(in_band);
        let (row_of_tile, column_of_tile) = self.width(tile).divide(in_tile);
        let row = band * self.tile_rows.get() + row_of_tile;
        row * self.columns.get() + tile * self.tile_columns.get() + column_of_tile
    }
}
