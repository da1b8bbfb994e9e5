//! The bits of a region: which bits of which weights, and how they order into the region's string of data.

use super::layout::{LayoutError, Order, Part, PartOrder};
use crate::image::{ImageLayout, WeightBit};

/// Some bit planes of some tensors, in the order of a layout. Data string and image are given both ways.
#[derive(Clone, Debug)]
pub(super) struct RegionBits {
    pieces: Vec<Piece>,
    /// For each tensor of the image its piece.
    of_tensor: Vec<Option<usize>>,
    len_bits: u64,
    /// Whether the string is the whole image, bit for bit, and none of its bits is robust.
    is_image: bool,
}

/// The part of a tensor that lies in a region.
#[derive(Clone, Debug)]
pub(super) struct Piece {
    pub(super) tensor: usize,
    /// Which bits of each weight.
    pub(super) planes: u32,
    /// Those of them that never fail.
    pub(super) robust: u32,
    order: PartOrder,
    /// The planes, ascending.
    positions: Vec<u32>,
    /// Bits of a weight.
    width: u32,
    /// First bit of the tensor in the image.
    first_bit: u64,
    /// First bit in the data string.
    start: u64,
}

/// What lies at a bit of the data string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DataBit {
    pub(super) image_bit: u64,
    pub(super) is_robust: bool,
}

/// A tensor and which of its planes lie in a region; `robust` ones of them never fail.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim<'a> {
    pub(super) tensor: usize,
    pub(super) planes: u32,
    pub(super) robust: u32,
    pub(super) shape: &'a [usize],
}

impl Piece {
    /// Bits of weights.
    fn bits(&self) -> u64 {
        self.order.part().elements() * u64::from(self.order.part().planes())
    }

    /// Those of them that never fail.
    pub(super) fn robust_bits(&self) -> u64 {
        self.order.part().elements() * u64::from(self.robust.count_ones())
    }

    /// Those of them that can fail.
    pub(super) fn open_bits(&self) -> u64 {
        self.bits() - self.robust_bits()
    }
}

impl RegionBits {
    /// Those of these tensors, by ascending number, each of which has a plane.
    pub(super) fn new(order: Order, claims: &[Claim<'_>], image: &ImageLayout) -> Result<Self, LayoutError> {
        let mut of_tensor = vec![None; image.tensors()];
        let (mut pieces, mut start) = (Vec::with_capacity(claims.len()), 0);
        for claim in claims {
            let Claim { tensor, planes, robust, shape } = *claim;
            let order = order.of(Part::of_shape(shape, planes.count_ones())?)?;
            of_tensor[tensor] = Some(pieces.len());
            pieces.push(Piece {
                tensor,
                planes,
                robust: planes & robust,
                order,
                positions: (0..32).filter(|plane| planes >> plane & 1 == 1).collect(),
                width: image.width(tensor).bits(),
                first_bit: image.bits(tensor).start,
                start,
            });
            start += order.len_bits();
        }
        let whole = |piece: &Piece| piece.planes == image.width(piece.tensor).max_code() && piece.robust == 0;
        let all = pieces.iter().all(whole);
        let is_image = all && pieces.len() == image.tensors() && order == Order::default();
        Ok(Self { pieces, of_tensor, len_bits: start, is_image })
    }

    /// Length of the data string, with what fills words up.
    pub(super) fn len_bits(&self) -> u64 {
        self.len_bits
    }

    /// The bits in it that are weights'.
    pub(super) fn weight_bits(&self) -> u64 {
        self.pieces.iter().map(Piece::bits).sum()
    }

    /// The tensors, and first bit and length of each in the data string.
    pub(super) fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    /// Where the piece of a number begins in the data string, and how long it is.
    pub(super) fn stretch(&self, piece: usize) -> (u64, u64) {
        let piece = &self.pieces[piece];
        (piece.start, piece.order.len_bits())
    }

    /// Whether the data string is the image, bit for bit, and none of its bits is robust.
    pub(super) fn is_image(&self) -> bool {
        self.is_image
    }

    /// What lies at a bit of the data string; `None` for what fills words up, and after the end.
    pub(super) fn at(&self, data_bit: u64) -> Option<DataBit> {
        let after = self.pieces.partition_point(|piece| piece.start <= data_bit);
        let piece = &self.pieces[after.checked_sub(1)?];
        let (element, plane) = piece.order.at(data_bit - piece.start)?;
        let position = piece.positions[plane as usize];
        Some(DataBit {
            image_bit: piece.first_bit + element * u64::from(piece.width) + u64::from(position),
            is_robust: piece.robust >> position & 1 == 1,
        })
    }

    /// Where a bit of the image lies in the data string; `None` if it lies in another region.
    pub(super) fn place(&self, at: WeightBit) -> Option<u64> {
        let piece = &self.pieces[(*self.of_tensor.get(at.tensor)?)?];
        let is_there = piece.planes.checked_shr(at.bit).is_some_and(|planes| planes & 1 == 1);
        let plane = (piece.planes & ((1u64 << at.bit) - 1) as u32).count_ones();
        let offset = piece.order.offset(at.element as u64, plane).filter(|_| is_there)?;
        Some(piece.start + offset)
    }
}
