//! Obviously right, slow versions of the kernels, for the tests: one `bool` per bit.

use crate::FaultKind;

/// The first `len` bits of `bytes`.
pub(crate) fn to_bools(bytes: &[u8], len: u64) -> Vec<bool> {
    (0..len as usize).map(|i| bytes[i / 8] >> (i % 8) & 1 == 1).collect()
}

/// Bools as bytes, spare bits 0.
pub(crate) fn to_bytes(bits: &[bool]) -> Vec<u8> {
    let mut bytes = vec![0; bits.len().div_ceil(8)];
    for (i, &bit) in bits.iter().enumerate() {
        bytes[i / 8] |= u8::from(bit) << (i % 8);
    }
    bytes
}

/// What a cell with a fault of `kind` reads when `stored` was written.
pub(crate) fn read(stored: bool, kind: FaultKind) -> bool {
    match kind {
        FaultKind::ReadsOne => true,
        FaultKind::ReadsZero => false,
        FaultKind::Inverts => !stored,
    }
}
