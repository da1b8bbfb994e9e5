//! Weights that are codes times scales: scale·(code − zero), where a block of rows and columns has its scale, and perhaps its zero, in
//! common. Most formats are that, and differ in where codes, scales and zeros lie.

use std::ops::Range;

use super::groups::Groups;
use super::matrix::Source;
use super::{Bytes, Decoder, LayerRole, QuantisedLayer};

/// A layer of rows and columns as its codes have them.
#[derive(Debug)]
pub(super) struct Scaled<'a> {
    pub(super) codes: Source<'a>,
    /// One for each block.
    pub(super) scales: Source<'a>,
    /// Rows and columns of a block.
    pub(super) block: [u64; 2],
    pub(super) zeros: Zeros<'a>,
    pub(super) whole: Whole<'a>,
    /// The blocks that columns belong to, if not one after the other.
    pub(super) groups: Option<Groups<'a>>,
}

/// What stands for 0, one for each block.
#[derive(Debug)]
pub(super) enum Zeros<'a> {
    /// The code 0.
    None,
    /// These codes.
    Codes(Source<'a>),
    /// The code 0 stands for these numbers: scale·code + zero.
    Added(Source<'a>),
}

/// What all scales are multiplied or divided by.
#[derive(Debug)]
pub(super) enum Whole<'a> {
    One,
    Times(Source<'a>),
    Over(Source<'a>),
    OverNumber(f64),
}

impl<'a> Scaled<'a> {
    /// Codes with scales, and nothing else.
    pub(super) fn new(codes: Source<'a>, scales: Source<'a>, block: [u64; 2]) -> Self {
        Self { codes, scales, block, zeros: Zeros::None, whole: Whole::One, groups: None }
    }

    /// The layer that this decodes.
    pub(super) fn layer(self, name: &str, format: &'static str) -> QuantisedLayer<'a> {
        let mut parts = vec![(LayerRole::Codes, self.codes.tensor), (LayerRole::Scales, self.scales.tensor)];
        if let Zeros::Codes(zeros) | Zeros::Added(zeros) = &self.zeros {
            parts.push((LayerRole::Zeros, zeros.tensor));
        }
        if let Whole::Times(whole) | Whole::Over(whole) = &self.whole {
            parts.push((LayerRole::ScalesOfScales, whole.tensor));
        }
        parts.extend(self.groups.as_ref().map(|groups| (LayerRole::Groups, groups.tensor)));
        QuantisedLayer::new(name, format, parts, self)
    }

    /// Row and column of the block of a weight; none if there is no such group.
    fn block_of(&self, bytes: &Bytes<'_>, row: u64, column: u64) -> Option<(u64, u64)> {
        let across = match &self.groups {
            Some(groups) => groups.at(bytes.of(LayerRole::Groups), column)?,
            None => column / self.block[1],
        };
        Some((row / self.block[0], across))
    }

    fn scale(&self, bytes: &Bytes<'_>, (row, column): (u64, u64)) -> f64 {
        let scale = self.scales.matrix.at(bytes.of(LayerRole::Scales), row, column);
        let whole = |whole: &Source<'_>| whole.matrix.at(bytes.of(LayerRole::ScalesOfScales), 0, 0);
        match &self.whole {
            Whole::One => scale,
            Whole::Times(by) => scale * whole(by),
            Whole::Over(by) => scale / whole(by),
            Whole::OverNumber(by) => scale / by,
        }
    }

    /// The weights of a block.
    fn of_block(&self, (row, column): (u64, u64), touch: &mut dyn FnMut(Range<u64>)) {
        let matrix = &self.codes.matrix;
        let side = |at: u64, side: u64, of: u64| (at * side).min(of)..(at + 1).saturating_mul(side).min(of);
        let rows = side(row, self.block[0], matrix.rows);
        if let Some(groups) = &self.groups {
            for row in rows {
                groups.members(column).for_each(|at| touch(one(row * matrix.columns + at)));
            }
            return;
        }
        let columns = side(column, self.block[1], matrix.columns);
        for row in rows {
            touch(row * matrix.columns + columns.start..row * matrix.columns + columns.end);
        }
    }
}

impl Decoder for Scaled<'_> {
    fn weights(&self) -> u64 {
        self.codes.matrix.rows * self.codes.matrix.columns
    }

    fn weight(&self, bytes: &Bytes<'_>, index: u64) -> f64 {
        let (row, column) = (index / self.codes.matrix.columns, index % self.codes.matrix.columns);
        let Some(block) = self.block_of(bytes, row, column) else { return f64::NAN };
        let code = self.codes.matrix.at(bytes.of(LayerRole::Codes), row, column);
        let scale = self.scale(bytes, block);
        let zero = |zeros: &Source<'_>| zeros.matrix.at(bytes.of(LayerRole::Zeros), block.0, block.1);
        match &self.zeros {
            Zeros::None => scale * code,
            Zeros::Codes(zeros) => scale * (code - zero(zeros)),
            Zeros::Added(zeros) => scale * code + zero(zeros),
        }
    }

    fn touched(&self, role: LayerRole, bit: u64, touch: &mut dyn FnMut(Range<u64>)) {
        let block = match (role, &self.zeros) {
            (LayerRole::Codes, _) => {
                let matrix = &self.codes.matrix;
                if let Some((row, column)) = matrix.place(bit) {
                    touch(one(row * matrix.columns + column));
                }
                return;
            }
            (LayerRole::Scales, _) => self.scales.matrix.place(bit),
            (LayerRole::Zeros, Zeros::Codes(zeros) | Zeros::Added(zeros)) => zeros.matrix.place(bit),
            (LayerRole::Groups, _) => {
                let (column, columns) = (bit / 32, self.codes.matrix.columns);
                (0..self.codes.matrix.rows).for_each(|row| touch(one(row * columns + column)));
                return;
            }
            _ => return touch(0..self.weights()),
        };
        if let Some(block) = block {
            self.of_block(block, touch);
        }
    }
}

/// One weight as a range.
pub(super) fn one(index: u64) -> Range<u64> {
    index..index + 1
}
