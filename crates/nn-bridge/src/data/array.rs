//! Arrays of a file of own images.

/// An array of a file, its elements as they lie there.
pub(super) struct Array {
    /// As `NumPy` names it, without the byte order if that is little-endian.
    pub(super) dtype: String,
    pub(super) shape: Vec<usize>,
    pub(super) bytes: Vec<u8>,
}
