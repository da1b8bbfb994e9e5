//! Codes to packed bytes and back, many at a time.
//!
//! Eight codes of m < 8 bits are m bytes. They are moved together inside a 64-bit word, in three steps: two codes to a
//! pair, two pairs, two fours; and apart in the same steps the other way.

use crate::arch::Work;

/// Codes of a round: eight words of eight codes.
const ROUND: usize = 64;

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
            1 => unpack::<1>(bytes, codes),
            2 => unpack::<2>(bytes, codes),
            3 => unpack::<3>(bytes, codes),
            4 => unpack::<4>(bytes, codes),
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
        let mut words = words_of(round);
        words.iter_mut().for_each(|word| *word = together::<M>(*word));
        let (packed, behind) = bytes.split_at_mut(8 * M);
        for (k, word) in words.iter().enumerate() {
            // A whole word where there is room: what it writes too much, the next ones write over.
            let room = if k * M + 8 <= 8 * M { 8 } else { M };
            packed[k * M..k * M + room].copy_from_slice(&word.to_le_bytes()[..room]);
        }
        bytes = behind;
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
fn words_of(codes: &[u32; ROUND]) -> [u64; 8] {
    let bytes = codes.map(|code| code as u8);
    let (eights, _) = bytes.as_chunks::<8>();
    std::array::from_fn(|k| u64::from_le_bytes(eights[k]))
}

#[inline(always)]
fn unpack<const M: usize>(bytes: &[u8], codes: &mut [u32]) -> usize {
    let (rounds, rest) = codes.as_chunks_mut::<ROUND>();
    let mut bytes = bytes;
    for round in rounds.iter_mut() {
        let (packed, behind) = bytes.split_at(8 * M);
        let mut words = [0u64; 8];
        for (k, word) in words.iter_mut().enumerate() {
            // A whole word where there is one; what lies above the codes is dropped.
            let room = if k * M + 8 <= 8 * M { 8 } else { M };
            *word = load(&packed[k * M..k * M + room]);
        }
        words.iter_mut().for_each(|word| *word = apart::<M>(*word));
        for (eight, word) in round.as_chunks_mut::<8>().0.iter_mut().zip(words) {
            *eight = word.to_le_bytes().map(u32::from);
        }
        bytes = behind;
    }
    let (eights, _) = rest.as_chunks_mut::<8>();
    for (eight, bytes) in eights.iter_mut().zip(bytes.chunks_exact(M)) {
        *eight = apart::<M>(load(bytes)).to_le_bytes().map(u32::from);
    }
    rounds.len() * ROUND + eights.len() * 8
}

/// The word of up to eight bytes.
#[inline(always)]
fn load(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
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

/// A word with so many ones at the bottom; fewer than 64.
const fn ones(count: usize) -> u64 {
    (1 << count) - 1
}

/// A word with so many ones at the bottom of every second part of `width` bits.
const fn repeated(count: usize, width: usize) -> u64 {
    // A one at the bottom of each of those parts.
    let every = if width == 32 { 1 } else { u64::MAX / ones(2 * width) };
    ones(count) * every
}
