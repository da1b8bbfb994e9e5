//! Fault masks: which bits of a bit string fail, and how. A mask is kept sparse (a sorted list) or dense (two bit
//! planes), and means the same either way; [`FaultMask`] chooses by density.

mod dense;
mod sparse;

pub(crate) use dense::positions_of_ones;

pub use dense::DenseMask;
pub use sparse::SparseMask;

use crate::bits::{Bits, BitsMut};
use crate::error::{LengthError, MaskError};

/// How a failing cell reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// Reads one whatever was stored (stuck-at-1): only 0→1 errors.
    ReadsOne,
    /// Reads zero whatever was stored (stuck-at-0): only 1→0 errors.
    ReadsZero,
    /// Reads the complement of what was stored: errors in both directions.
    Inverts,
}

impl FaultKind {
    /// Every kind there is.
    pub const ALL: [Self; 3] = [Self::ReadsOne, Self::ReadsZero, Self::Inverts];

    /// What a cell with this fault reads when `stored` was written.
    pub const fn reads(self, stored: bool) -> bool {
        match self {
            Self::ReadsOne => true,
            Self::ReadsZero => false,
            Self::Inverts => !stored,
        }
    }
}

/// A mask from this share of failing bits on is kept dense: there two bit planes (2 bits a cell) take less memory
/// and less time than a list (64 bits a fault).
pub(crate) const DENSE_FROM: f64 = 1.0 / 32.0;

/// The faults of a bit string, in the form that suits their number.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FaultMask {
    /// Few faults: a sorted list.
    Sparse(SparseMask),
    /// Many faults: two bit planes.
    Dense(DenseMask),
}

impl FaultMask {
    /// The mask of `len_bits` bits with the given faults, each a position and a kind, in any order.
    ///
    /// # Errors
    /// [`MaskError`] if a fault lies outside, or two share a bit.
    pub fn from_faults(
        len_bits: u64,
        faults: impl IntoIterator<Item = (u64, FaultKind)>,
    ) -> Result<Self, MaskError> {
        Ok(SparseMask::from_faults(len_bits, faults)?.into())
    }

    /// Length of the bit string that it masks, in bits.
    pub fn len_bits(&self) -> u64 {
        match self {
            Self::Sparse(mask) => mask.len_bits(),
            Self::Dense(mask) => mask.len_bits(),
        }
    }

    /// The number of faults.
    pub fn count(&self) -> u64 {
        match self {
            Self::Sparse(mask) => mask.count(),
            Self::Dense(mask) => mask.count(),
        }
    }

    /// The same as a list.
    pub fn into_sparse(self) -> SparseMask {
        match self {
            Self::Sparse(mask) => mask,
            Self::Dense(mask) => SparseMask::from(&mask),
        }
    }

    /// Makes each bit of `bits` read as its fault says. Applying a mask of stuck bits twice is as good as once;
    /// applying inversions twice restores the bits.
    ///
    /// # Errors
    /// [`LengthError`] if `bits` and the mask differ in length.
    pub fn apply(&self, bits: &mut BitsMut<'_>) -> Result<(), LengthError> {
        match self {
            Self::Sparse(mask) => mask.apply(bits),
            Self::Dense(mask) => mask.apply(bits),
        }
    }

    /// Like [`apply`](Self::apply), with bit i of the mask on bit `first_bit + i` of `bits`.
    ///
    /// # Errors
    /// [`LengthError`] if the mask reaches beyond the end of `bits`.
    pub fn apply_at(&self, bits: &mut BitsMut<'_>, first_bit: u64) -> Result<(), LengthError> {
        match self {
            Self::Sparse(mask) => mask.apply_at(bits, first_bit),
            Self::Dense(mask) => mask.apply_at(bits, first_bit),
        }
    }

    /// The bit errors that [`apply`](Self::apply) would make: an [`Inverts`](FaultKind::Inverts) at each bit of
    /// `bits` that would change. Applied after the mask, it undoes it.
    ///
    /// # Errors
    /// [`LengthError`] if `bits` and the mask differ in length.
    pub fn bit_errors(&self, bits: Bits<'_>) -> Result<SparseMask, LengthError> {
        match self {
            Self::Sparse(mask) => mask.bit_errors(bits),
            Self::Dense(mask) => mask.bit_errors(bits),
        }
    }
}

impl From<SparseMask> for FaultMask {
    fn from(mask: SparseMask) -> Self {
        if mask.count() as f64 >= mask.len_bits() as f64 * DENSE_FROM && mask.count() > 0 {
            Self::Dense(DenseMask::from(&mask))
        } else {
            Self::Sparse(mask)
        }
    }
}

/// Checks that a mask of `mask_bits` at `first_bit` stays inside a string of `len_bits`.
fn check_window(mask_bits: u64, first_bit: u64, len_bits: u64) -> Result<(), LengthError> {
    match first_bit.checked_add(mask_bits) {
        Some(end) if end <= len_bits => Ok(()),
        end => Err(LengthError { found_bits: len_bits, expected_bits: end.unwrap_or(u64::MAX) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle;
    use proptest::prelude::*;

    fn kinds() -> impl Strategy<Value = FaultKind> {
        prop::sample::select(FaultKind::ALL.to_vec())
    }

    /// A bit string, a place in it for a mask, and the mask's faults.
    fn scene() -> impl Strategy<Value = (Vec<u8>, u64, u64, Vec<(u64, FaultKind)>)> {
        (
            prop::collection::vec(any::<u8>(), 1..64),
            any::<prop::sample::Index>(),
            any::<prop::sample::Index>(),
        )
            .prop_flat_map(|(bytes, a, b)| {
                let len = bytes.len() * 8;
                let (a, b) = (a.index(len + 1), b.index(len + 1));
                let (first, mask_len) = (a.min(b), a.max(b) - a.min(b));
                let faults = prop::collection::btree_map(0..mask_len.max(1) as u64, kinds(), 0..=mask_len);
                (
                    Just(bytes),
                    Just(first as u64),
                    Just(mask_len as u64),
                    faults.prop_map(|m| m.into_iter().collect()),
                )
            })
    }

    fn both(len_bits: u64, faults: &[(u64, FaultKind)]) -> [FaultMask; 2] {
        let sparse = SparseMask::from_faults(len_bits, faults.iter().copied()).unwrap();
        let dense = DenseMask::from(&sparse);
        [FaultMask::Sparse(sparse), FaultMask::Dense(dense)]
    }

    proptest! {
        #[test]
        fn every_form_reads_as_its_cells_do((bytes, first, mask_len, faults) in scene()) {
            let clean = oracle::to_bools(&bytes, bytes.len() as u64 * 8);
            let mut expected = clean.clone();
            for &(position, kind) in &faults {
                let bit = &mut expected[(first + position) as usize];
                *bit = oracle::read(*bit, kind);
            }
            for mask in both(mask_len, &faults) {
                prop_assert_eq!(mask.clone().into_sparse().iter().collect::<Vec<_>>(), faults.clone());
                prop_assert_eq!(mask.count(), faults.len() as u64);
                let mut found = bytes.clone();
                mask.apply_at(&mut BitsMut::new(&mut found), first).unwrap();
                prop_assert_eq!(found, oracle::to_bytes(&expected));
            }
        }

        #[test]
        fn bit_errors_are_the_hamming_distance_and_undo_the_mask((bytes, _, _, _) in scene(), seed: u64) {
            let len = bytes.len() as u64 * 8;
            let faults: Vec<_> = (0..len)
                .filter(|i| (seed ^ i).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 62 == 0)
                .map(|i| (i, FaultKind::ALL[(seed.rotate_left(i as u32) % 3) as usize]))
                .collect();
            for mask in both(len, &faults) {
                let mut faulty = bytes.clone();
                let errors = mask.bit_errors(Bits::new(&bytes)).unwrap();
                mask.apply(&mut BitsMut::new(&mut faulty)).unwrap();
                prop_assert_eq!(errors.count(), Bits::new(&bytes).hamming(Bits::new(&faulty)).unwrap());
                errors.apply(&mut BitsMut::new(&mut faulty)).unwrap();
                prop_assert_eq!(&faulty, &bytes);
            }
        }

        #[test]
        fn stuck_bits_are_idempotent_and_inversions_are_involutions(bytes in prop::collection::vec(any::<u8>(), 1..32)) {
            let len = bytes.len() as u64 * 8;
            for kind in FaultKind::ALL {
                let faults: Vec<_> = (0..len).filter(|i| i % 3 == 0).map(|i| (i, kind)).collect();
                for mask in both(len, &faults) {
                    let mut once = bytes.clone();
                    mask.apply(&mut BitsMut::new(&mut once)).unwrap();
                    let mut twice = once.clone();
                    mask.apply(&mut BitsMut::new(&mut twice)).unwrap();
                    prop_assert_eq!(&twice, if kind == FaultKind::Inverts { &bytes } else { &once });
                }
            }
        }
    }

    /// Every offset in a byte and every length around one, two and three words.
    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn all_offsets_and_lengths_agree_with_the_oracle() {
        let bytes: Vec<u8> = (0..40u8).map(|i| i.wrapping_mul(0x9d) ^ 0x5a).collect();
        let clean = oracle::to_bools(&bytes, 320);
        for (first, len) in (0..72).flat_map(|first| (0..200).map(move |len| (first, len))) {
            let kind = |i: u64| FaultKind::ALL[((i * 7 + first) % 5 % 3) as usize];
            let faults: Vec<_> =
                (0..len).filter(|i| (i * 5 + first) % 3 != 0).map(|i| (i, kind(i))).collect();
            let mut expected = clean.clone();
            for &(i, kind) in &faults {
                expected[(first + i) as usize] = oracle::read(expected[(first + i) as usize], kind);
            }
            let expected = oracle::to_bytes(&expected);
            for mask in both(len, &faults) {
                let mut found = bytes.clone();
                mask.apply_at(&mut BitsMut::new(&mut found), first).unwrap();
                assert_eq!(found, expected, "{len} bits from {first} on");
                if let FaultMask::Dense(mask) = mask {
                    for kernel in crate::Kernel::available() {
                        let mut found = bytes.clone();
                        mask.apply_with(kernel, &mut BitsMut::new(&mut found), first).unwrap();
                        assert_eq!(found, expected, "{kernel}: {len} bits from {first} on");
                    }
                }
            }
        }
    }

    #[test]
    fn the_form_follows_the_density() {
        let every = |step: usize| (0..6400).step_by(step).map(|i| (i, FaultKind::ReadsOne));
        assert!(matches!(FaultMask::from_faults(6400, every(33)).unwrap(), FaultMask::Sparse(_)));
        assert!(matches!(FaultMask::from_faults(6400, every(32)).unwrap(), FaultMask::Dense(_)));
        assert!(matches!(FaultMask::from_faults(0, []).unwrap(), FaultMask::Sparse(_)));
    }

    #[test]
    fn a_mask_outside_its_string_is_refused() {
        for mask in both(9, &[(8, FaultKind::Inverts)]) {
            let mut bytes = [0u8; 2];
            assert!(mask.apply(&mut BitsMut::new(&mut bytes)).is_err());
            assert!(mask.apply_at(&mut BitsMut::new(&mut bytes), 8).is_err());
            assert!(mask.apply_at(&mut BitsMut::new(&mut bytes), u64::MAX).is_err());
            mask.apply_at(&mut BitsMut::new(&mut bytes), 7).unwrap();
            assert_eq!(bytes, [0, 0x80]);
        }
    }
}
