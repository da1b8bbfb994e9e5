//! Writing mapped files with some of their bits inverted: all else stays byte for byte, headers, too.

use std::collections::HashMap;
use std::io::Write;
use std::iter::Peekable;
use std::ops::Range;

use super::bytes::{Checked, MappedFile};
use super::{Tensor, WeightError, WeightFile};

/// Bytes that are copied at a time. Linux takes 1 MiB three times as long as 16 times as many of these.
const CHUNK: usize = 1 << 16;

/// Bytes after which the memory of a mapped file is given back.
const RELEASED: usize = 1 << 22;

/// Bytes of a CRC-32.
const CRC_BYTES: usize = 4;

impl WeightFile {
    /// The names of the files in which its tensors lie, if they were [mapped](Self::map): one, or those of a model in several.
    pub fn files(&self) -> impl ExactSizeIterator<Item = &str> {
        self.files.iter().map(|file| &*file.name)
    }

    /// The number of the file in which a tensor lies, and its first byte there; `None` if it was not [mapped](Self::map).
    pub fn place(&self, tensor: &Tensor) -> Option<(usize, u64)> {
        let of = |(number, file)| Some((number, tensor.bytes.within(file)?.start as u64));
        (0..).zip(&self.files).find_map(of)
    }

    /// Writes the file of a number with bits of its tensors inverted: of each tensor that is named those given, counted from its
    /// first byte's least significant bit on, ascending. Bits beyond its end are ignored. Where the file holds checksums of what
    /// changed, they are made anew.
    ///
    /// # Errors
    /// [`WeightError::NotMapped`] if there is no such file, [`WeightError::Damaged`] if a checksum was wrong before, or as `out` says.
    pub fn write_inverted<I: Iterator<Item = u64>>(
        &self,
        file: usize,
        out: &mut dyn Write,
        inverted: &mut HashMap<&str, I>,
    ) -> Result<(), WeightError> {
        let file = self.files.get(file).ok_or(WeightError::NotMapped)?;
        let within = |tensor| Some((Tensor::range(tensor, file)?, tensor));
        let mut tensors: Vec<(Range<usize>, &Tensor)> = self.tensors.iter().filter_map(within).collect();
        tensors.sort_by_key(|(range, _)| range.start);
        let bits = tensors.into_iter().flat_map(|(range, tensor)| {
            let bits = inverted.remove(tensor.name.as_str()).into_iter().flatten();
            let (begin, end) = (range.start as u64 * 8, range.end as u64 * 8);
            bits.map(move |bit| begin.saturating_add(bit)).take_while(move |&bit| bit < end)
        });
        if file.checked.is_empty() {
            return copy(file, 0..file.bytes().len(), &mut bits.peekable(), &[], &mut |bytes| {
                Ok(out.write_all(bytes)?)
            });
        }
        let bits: Vec<u64> = bits.collect();
        let sums = file.checked.iter().map(|part| sums_of(file, part, &bits));
        let mut sums = sums.collect::<Result<Vec<_>, _>>()?.concat();
        sums.sort_unstable();
        copy(file, 0..file.bytes().len(), &mut bits.into_iter().peekable(), &sums, &mut |bytes| {
            Ok(out.write_all(bytes)?)
        })
    }
}

impl Tensor {
    fn range(&self, file: &MappedFile) -> Option<Range<usize>> {
        self.bytes.within(file)
    }
}

/// The bytes of a part's checksum with these bits of the file inverted, each with its place; none if none of them lies there.
fn sums_of(file: &MappedFile, part: &Checked, bits: &[u64]) -> Result<Vec<(usize, u8)>, WeightError> {
    let first = bits.partition_point(|&bit| bit < part.range.start as u64 * 8);
    let own = || bits[first..].iter().copied();
    if own().next().is_none_or(|bit| bit >= part.range.end as u64 * 8) {
        return Ok(Vec::new());
    }
    // A sum that was wrong before would be right after.
    if crc(file, part, std::iter::empty())? != part.crc {
        let (name, begin) = (file.name.clone(), part.range.start as u64);
        return Err(WeightError::Damaged { name, begin });
    }
    let bytes: [u8; CRC_BYTES] = crc(file, part, own())?.to_le_bytes();
    Ok(part.crc_at.iter().flat_map(|&at| (at..).zip(bytes)).collect())
}

/// The checksum of a part with these bits of the file inverted.
fn crc(file: &MappedFile, part: &Checked, bits: impl Iterator<Item = u64>) -> Result<u32, WeightError> {
    let mut crc = crc32fast::Hasher::new();
    copy(file, part.range.clone(), &mut bits.peekable(), &[], &mut |bytes| {
        crc.update(bytes);
        Ok(())
    })?;
    Ok(crc.finalize())
}

/// Hands on the bytes of a part of a file, chunk by chunk, with these of its bits inverted and these of its bytes set, both ascending.
fn copy(
    file: &MappedFile,
    range: Range<usize>,
    bits: &mut Peekable<impl Iterator<Item = u64>>,
    set: &[(usize, u8)],
    take: &mut dyn FnMut(&[u8]) -> Result<(), WeightError>,
) -> Result<(), WeightError> {
    let mut chunk = Vec::with_capacity(CHUNK);
    let mut set = set.iter().peekable();
    let mut released = range.start;
    for begin in range.clone().step_by(CHUNK) {
        let end = range.end.min(begin + CHUNK);
        chunk.clear();
        chunk.extend_from_slice(file.bytes().get(begin..end).unwrap_or_default());
        while let Some(bit) = bits.next_if(|&bit| bit / 8 < end as u64) {
            if let Some(byte) = chunk.get_mut((bit / 8) as usize - begin) {
                *byte ^= 1 << (bit % 8);
            }
        }
        while let Some(&(at, byte)) = set.next_if(|&&(at, _)| at < end) {
            if let Some(place) = at.checked_sub(begin).and_then(|at| chunk.get_mut(at)) {
                *place = byte;
            }
        }
        take(&chunk)?;
        if end == range.end || end - released >= RELEASED {
            file.release(released..end);
            released = end;
        }
    }
    Ok(())
}
