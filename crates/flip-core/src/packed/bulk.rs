//! Codes to packed bytes and back, many at a time.
//!
//! Eight codes of m < 8 bits are m bytes. They are moved together inside a 64-bit word, in three steps: two codes to a
//! pair, two pairs, two fours; and apart in the same steps the other way. Codes that do not cross bytes are read byte by
//! byte.

use crate::arch::Work;

/// Words of eight codes that are worked on together. Fewer are not vectorised.
const WORDS: usize = 32;
/// Codes of a round.
const ROUND: usize = 8 * WORDS;

/// Something that begins a cache line, as what is written in words and read in vectors does well to: where the stack
/// happens to lie, unpacking takes half as long again.
#[repr(align(64))]
struct Aligned<T>(T);

/// Joins the bits of codes.
pub(super) struct Union<'a>(pub(super) &'a [u32]);

/// Packs codes, the first of which begins a byte.
pub(super) struct Pack<'a> {
    pub(super) width: u32,
    /// Codes that fit the width.
    pub(super) codes: &'a [u32],
    pub(super) bytes: &'a mut [u8],
}

/// Reads codes, the first of which begins a byte.
pub(super) struct Unpack<'a> {
    pub(super) width: u32,
    pub(super) bytes: &'a [u8],
    pub(super) codes: &'a mut [u32],
}

impl Work for Union<'_> {
    type Output = u32;

    #[inline(always)]
    fn run(self) -> u32 {
        let mut union = 0;
        for code in self.0 {
            union |= code;
        }
        union
    }
}

impl Work for Pack<'_> {
    /// The codes that were packed. Fewer than eight may be left over.
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let Self { width, codes, bytes } = self;
        match width {
            1 => pack::<1>(codes, bytes),
            2 => pack::<2>(codes, bytes),
            3 => pack::<3>(codes, bytes),
            4 => pack::<4>(codes, bytes),
            5 => pack::<5>(codes, bytes),
            6 => pack::<6>(codes, bytes),
            7 => pack::<7>(codes, bytes),
            8 => {
                bytes.iter_mut().zip(codes).for_each(|(byte, &code)| *byte = code as u8);
                codes.len()
            }
            16 => {
                let (words, _) = bytes.as_chunks_mut();
                words.iter_mut().zip(codes).for_each(|(word, &code)| *word = (code as u16).to_le_bytes());
                codes.len()
            }
            _ => {
                let (words, _) = bytes.as_chunks_mut();
                words.iter_mut().zip(codes).for_each(|(word, &code)| *word = code.to_le_bytes());
                codes.len()
            }
        }
    }
}

impl Work for Unpack<'_> {
    /// The codes that were read. Fewer than eight may be left over.
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let Self { width, bytes, codes } = self;
        match width {
            1 => unpack_bytes::<1, 8>(bytes, codes),
            2 => unpack_bytes::<2, 4>(bytes, codes),
            3 => unpack::<3>(bytes, codes),
            4 => unpack_bytes::<4, 2>(bytes, codes),
            5 => unpack::<5>(bytes, codes),
            6 => unpack::<6>(bytes, codes),
            7 => unpack::<7>(bytes, codes),
            8 => {
                codes.iter_mut().zip(bytes).for_each(|(code, &byte)| *code = u32::from(byte));
                codes.len()
            }
            16 => {
                let words = bytes.as_chunks().0;
                let code = |word: &[u8; 2]| u32::from(u16::from_le_bytes(*word));
                codes.iter_mut().zip(words).for_each(|(slot, word)| *slot = code(word));
                codes.len()
            }
            _ => {
                let words = bytes.as_chunks().0;
                codes.iter_mut().zip(words).for_each(|(code, &word)| *code = u32::from_le_bytes(word));
                codes.len()
            }
        }
    }
}

#[inline(always)]
fn pack<const M: usize>(codes: &[u32], bytes: &mut [u8]) -> usize {
    let (rounds, rest) = codes.as_chunks::<ROUND>();
    let mut bytes = bytes;
    for round in rounds {
        let mut words = Aligned(words_of(round));
        words.0.iter_mut().for_each(|word| *word = together::<M>(*word));
        let (packed, after) = bytes.split_at_mut(WORDS * M);
        let (roomy, last) = words.0.split_at(roomy::<M>());
        for (k, word) in roomy.iter().enumerate() {
            // What this writes too much, the next ones write over.
            packed[k * M..k * M + 8].copy_from_slice(&word.to_le_bytes());
        }
        for (word, bytes) in last.iter().zip(packed[roomy.len() * M..].chunks_exact_mut(M)) {
            bytes.copy_from_slice(&word.to_le_bytes()[..M]);
        }
        bytes = after;
    }
    let (eights, _) = rest.as_chunks::<8>();
    for (eight, bytes) in eights.iter().zip(bytes.chunks_exact_mut(M)) {
        let word = together::<M>(u64::from_le_bytes(eight.map(|code| code as u8)));
        bytes.copy_from_slice(&word.to_le_bytes()[..M]);
    }
    rounds.len() * ROUND + eights.len() * 8
}

/// Codes of a byte each, eight a word.
#[inline(always)]
fn words_of(codes: &[u32; ROUND]) -> [u64; WORDS] {
    let mut bytes = Aligned([0; ROUND]);
    bytes.0.iter_mut().zip(codes).for_each(|(byte, &code)| *byte = code as u8);
    let (eights, _) = bytes.0.as_chunks::<8>();
    std::array::from_fn(|k| u64::from_le_bytes(eights[k]))
}

#[inline(always)]
fn unpack<const M: usize>(bytes: &[u8], codes: &mut [u32]) -> usize {
    let (rounds, rest) = codes.as_chunks_mut::<ROUND>();
    let mut bytes = bytes;
    for round in rounds.iter_mut() {
        let (packed, after) = bytes.split_at(WORDS * M);
        let mut words = Aligned([0u64; WORDS]);
        let (roomy, last) = words.0.split_at_mut(roomy::<M>());
        for (k, word) in roomy.iter_mut().enumerate() {
            // What lies above the word's own codes is dropped.
            *word = load::<8>(&packed[k * M..k * M + 8]);
        }
        for (word, bytes) in last.iter_mut().zip(packed[roomy.len() * M..].chunks_exact(M)) {
            *word = load::<M>(bytes);
        }
        words.0.iter_mut().for_each(|word| *word = apart::<M>(*word));
        let mut unpacked = Aligned([[0; 8]; WORDS]);
        unpacked.0.iter_mut().zip(words.0).for_each(|(eight, word)| *eight = word.to_le_bytes());
        round.iter_mut().zip(unpacked.0.as_flattened()).for_each(|(code, &byte)| *code = u32::from(byte));
        bytes = after;
    }
    let (eights, _) = rest.as_chunks_mut::<8>();
    for (eight, bytes) in eights.iter_mut().zip(bytes.chunks_exact(M)) {
        *eight = apart::<M>(load::<M>(bytes)).to_le_bytes().map(u32::from);
    }
    rounds.len() * ROUND + eights.len() * 8
}

/// Reads codes of M bits, N of which are a byte.
#[inline(always)]
fn unpack_bytes<const M: usize, const N: usize>(bytes: &[u8], codes: &mut [u32]) -> usize {
    let (groups, _) = codes.as_chunks_mut::<N>();
    for (group, &byte) in groups.iter_mut().zip(bytes) {
        *group = std::array::from_fn(|k| u32::from(byte) >> (k * M) & ones(M) as u32);
    }
    groups.len() * N
}

/// Words of a round after whose first byte there are eight bytes of it.
const fn roomy<const M: usize>() -> usize {
    (WORDS * M - 8) / M + 1
}

/// The word of N bytes, up to eight.
#[inline(always)]
fn load<const N: usize>(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..N].copy_from_slice(&bytes[..N]);
    u64::from_le_bytes(word)
}

/// Eight codes of a byte each, as eight codes of M bits each.
#[inline(always)]
fn together<const M: usize>(word: u64) -> u64 {
    let pairs = closer(word, M, 8);
    let fours = closer(pairs, 2 * M, 16);
    closer(fours, 4 * M, 32)
}

/// Eight codes of M bits each, with anything above them, as eight codes of a byte each.
#[inline(always)]
fn apart<const M: usize>(word: u64) -> u64 {
    let fours = farther(word, 4 * M, 32);
    let pairs = farther(fours, 2 * M, 16);
    farther(pairs, M, 8)
}

/// Moves the odd ones of fields of `count` bits, one in each `width` bits, down to the even ones.
#[inline(always)]
const fn closer(word: u64, count: usize, width: usize) -> u64 {
    let even = repeated(count, width);
    (word & even) | ((word >> (width - count)) & (even << count))
}

/// The inverse of [`closer`].
#[inline(always)]
const fn farther(word: u64, count: usize, width: usize) -> u64 {
    let even = repeated(count, width);
    (word & even) | ((word & (even << count)) << (width - count))
}

/// A word with `count` ones at the bottom; fewer than 64.
const fn ones(count: usize) -> u64 {
    (1 << count) - 1
}

/// A word with `count` ones at the bottom of every second part of `width` bits.
const fn repeated(count: usize, width: usize) -> u64 {
    // A one at the bottom of each of those parts.
    let every = if width == 32 { 1 } else { u64::MAX / ones(2 * width) };
    ones(count) * every
}
