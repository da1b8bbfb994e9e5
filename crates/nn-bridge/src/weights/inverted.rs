//! Writing a mapped file with some of its bits inverted: all else stays byte for byte, the header, too.

use std::collections::HashMap;
use std::io::Write;
use std::sync::Arc;

use memmap2::Mmap;

use super::{WeightError, WeightFile};

/// Where a file is mapped.
#[derive(Clone, Debug)]
pub(super) struct Mapped {
    pub(super) map: Arc<Mmap>,
    /// Bytes before those of the tensors.
    pub(super) begin: usize,
}

/// Bytes that are copied at a time.
const CHUNK: usize = 1 << 20;

impl WeightFile {
    /// Writes the file that is mapped with bits of its tensors inverted: of each tensor that is named those given, counted from its
    /// first byte's least significant bit on, ascending. Bits beyond its end are ignored.
    ///
    /// # Errors
    /// [`WeightError::NotMapped`] if it was not [mapped](Self::map), or as `out` says.
    pub fn write_inverted<I: Iterator<Item = u64>>(
        &self,
        out: &mut dyn Write,
        mut inverted: HashMap<&str, I>,
    ) -> Result<(), WeightError> {
        let Mapped { map, begin } = self.mapped.as_ref().ok_or(WeightError::NotMapped)?;
        out.write_all(map.get(..*begin).unwrap_or_default())?;
        let mut chunk = Vec::with_capacity(CHUNK);
        // Tensors lie in the order of the file, without gap.
        for tensor in &self.tensors {
            let mut bits = inverted.remove(tensor.name.as_str()).into_iter().flatten().peekable();
            for (bytes, first) in tensor.bytes.chunks(CHUNK).zip((0..).step_by(CHUNK)) {
                chunk.clear();
                chunk.extend_from_slice(bytes);
                while let Some(bit) = bits.next_if(|&bit| bit / 8 < first + bytes.len() as u64) {
                    if let Some(byte) = chunk.get_mut((bit / 8 - first) as usize) {
                        *byte ^= 1 << (bit % 8);
                    }
                }
                out.write_all(&chunk)?;
            }
            tensor.release();
        }
        Ok(())
    }
}
