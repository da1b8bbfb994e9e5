//! The ground floor of sram-sim: bits. Packed integers, fault masks, random bit errors and counts, in place and in
//! order-free, seeded streams. This crate knows no voltage, chip, tensor or file.
//!
//! * [`PackedInts`]: codes of 1..=8, 16 or 32 bits, truly packed; [`Bits`] and [`BitsMut`] are borrowed bit strings.
//! * [`FaultMask`]: which bits fail and how ([`FaultKind`]), as a sorted list or as bit planes.
//! * [`PersistentErrors`], [`TransientErrors`]: random bit errors at a [`Rate`], the same at each read or drawn anew.
//! * [`ProtectedBits`]: bits of each code that never fail. [`hamming_by_position`]: errors per bit position.
//! * [`Kernel`]: the instructions to compute with; the fastest by itself, and never a part of the result. It compiles
//!   any other [`Work`] for them, too.
//! * [`Stream`]: random numbers keyed by seed, [`Purpose`] and block.
//!
//! ```
//! use flip_core::{BitWidth, FaultKind, FaultMask, PackedInts};
//!
//! // Five 3-bit weights in two bytes; the cell of bit 4 is stuck at one.
//! let clean = PackedInts::from_codes(BitWidth::new(3)?, &[1, 0, 7, 4, 2])?;
//! let mask = FaultMask::from_faults(clean.len_bits(), [(4, FaultKind::ReadsOne)])?;
//! let mut faulty = clean.clone();
//! mask.apply(&mut faulty.bits_mut())?;
//! assert_eq!(faulty.iter().collect::<Vec<_>>(), [1, 2, 7, 4, 2]);
//! assert_eq!(mask.bit_errors(clean.bits())?.count(), clean.bits().hamming(faulty.bits())?);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod arch;
mod bits;
mod error;
mod fields;
mod lanes;
mod mask;
#[cfg(test)]
mod oracle;
mod packed;
mod position;
mod random;
mod rate;
mod stream;
mod width;

pub use arch::{Kernel, Work, fetch_ahead};
pub use bits::{Bits, BitsMut, bytes_for};
pub use error::{CodeError, LengthError, MaskError, RateError, WidthError};
pub use fields::BitString;
pub use mask::{DenseMask, FaultKind, FaultMask, SparseMask};
pub use packed::PackedInts;
pub use position::{ProtectedBits, hamming_by_position};
pub use random::{PersistentErrors, STREAM_VERSION, TransientErrors};
pub use rate::Rate;
pub use stream::{Purpose, Stream};
pub use width::BitWidth;
