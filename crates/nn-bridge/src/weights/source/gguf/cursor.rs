//! Numbers and texts of a GGUF file, one after the other.

/// What a step gives, or where it failed, what was found, what was expected.
pub(super) type Step<T> = Result<T, String>;

/// A place in the file.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    pub(super) at: usize,
}

/// Arrays in arrays at most.
const MAX_DEPTH: u32 = 4;

/// Bytes of the values of each type; texts and arrays say themselves how long they are.
const SIZES: [Option<u64>; 13] = [
    Some(1),
    Some(1),
    Some(2),
    Some(2),
    Some(4),
    Some(4),
    Some(4),
    Some(1),
    None,
    None,
    Some(8),
    Some(8),
    Some(8),
];
const U8: u32 = 0;
const U16: u32 = 2;
pub(super) const U32: u32 = 4;
const I32: u32 = 5;
const TEXT: u32 = 8;
const ARRAY: u32 = 9;

impl<'a> Cursor<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    pub(super) fn u32(&mut self) -> Step<u32> {
        self.array().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Step<u64> {
        self.array().map(u64::from_le_bytes)
    }

    /// A text, as bytes.
    pub(super) fn text(&mut self) -> Step<&'a [u8]> {
        let len = self.u64()?;
        self.take(len)
    }

    /// Passes over a value of this type; if it is a whole number of at most 32 bits, gives it.
    pub(super) fn value(&mut self, kind: u32) -> Step<Option<u32>> {
        match kind {
            U8 => self.array().map(|[byte]| Some(byte.into())),
            U16 => self.array().map(|bytes| Some(u16::from_le_bytes(bytes).into())),
            U32 => self.u32().map(Some),
            I32 => self.array().map(|bytes| u32::try_from(i32::from_le_bytes(bytes)).ok()),
            _ => self.pass(kind, 1, MAX_DEPTH).map(|()| None),
        }
    }

    /// Passes over so many values of a type.
    fn pass(&mut self, kind: u32, count: u64, depth: u32) -> Step<()> {
        let begin = self.at;
        match SIZES.get(kind as usize) {
            Some(Some(size)) => {
                let bytes = size.checked_mul(count).ok_or_else(|| self.cut(begin, u64::MAX))?;
                self.take(bytes).map(drop)
            }
            Some(None) if kind == TEXT => (0..count).try_for_each(|_| self.text().map(drop)),
            Some(None) if kind == ARRAY && depth > 0 => (0..count).try_for_each(|_| {
                let (kind, count) = (self.u32()?, self.u64()?);
                self.pass(kind, count, depth - 1)
            }),
            Some(None) => Err(format!("at byte {begin}: found arrays in arrays, {MAX_DEPTH} deep and more")),
            None => Err(format!("at byte {begin}: found a value of type {kind}, expected 0 to 12")),
        }
    }

    fn array<const N: usize>(&mut self) -> Step<[u8; N]> {
        let taken = self.take(N as u64)?;
        taken.first_chunk().copied().ok_or_else(|| self.cut(self.at, N as u64))
    }

    fn take(&mut self, len: u64) -> Step<&'a [u8]> {
        let end = usize::try_from(len).ok().and_then(|len| self.at.checked_add(len));
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| self.cut(self.at, len))?;
        self.at += taken.len();
        Ok(taken)
    }

    fn cut(&self, at: usize, len: u64) -> String {
        format!(
            "at byte {at}: found the end of the file, which has {} bytes, expected {len} more",
            self.bytes.len()
        )
    }
}
