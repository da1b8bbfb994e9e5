//! Words with wrong bits, after the code, and after what is done about words that were found to be wrong.

use super::raw::Raw;
use super::report::ReadCounts;
use super::weights::Found;
use crate::memory::OnDetected;
use crate::memory::cells::Stored;
use crate::memory::code::{Outcome, WordCode};
use crate::memory::region::Region;
use crate::memory::words::{Coding, IN_PLACE_BITS, Role, from_code_bit, to_code_bit};

/// Decodes a region's words; what is left and what was found to be wrong joins `found`.
pub(super) fn decode(region: &Region, stored: Stored<'_>, raw: Raw, found: &mut Found) -> ReadCounts {
    let mut report = ReadCounts::of(&raw);
    let reading = Reading { region, stored };
    match &region.words.coding {
        // These are read by themselves.
        Coding::Lines => {}
        Coding::Plain(_) => reading.plain(raw, &mut report, found),
        Coding::Code(code) | Coding::InPlace(code) => reading.coded(code, &raw, &mut report, found),
    }
    report
}

#[derive(Clone, Copy)]
struct Reading<'a> {
    region: &'a Region,
    stored: Stored<'a>,
}

impl Reading<'_> {
    /// Words without a code: single bits may have been flagged.
    fn plain(self, raw: Raw, report: &mut ReadCounts, found: &mut Found) {
        let policy = self.region.description.on_detected;
        report.flagged_bits = raw.flagged.len() as u64;
        if raw.flagged.is_empty() || policy == OnDetected::Keep {
            let wrong = raw.wrong.into_iter().filter_map(|address| self.image_bit(address));
            if found.errors.is_empty() {
                // In place: there may be many.
                found.errors = wrong.collect();
            } else {
                found.errors.extend(wrong);
            }
            return;
        }
        let of_word = self.region.words.coding.cells();
        let mut words: Vec<u64> = raw.flagged.iter().map(|address| address / of_word).collect();
        words.dedup();
        match policy {
            OnDetected::Keep => {}
            OnDetected::ZeroWord => words.iter().for_each(|&word| self.zero_word(word, found)),
            OnDetected::ZeroWeights => {
                let flagged = raw.flagged.iter().filter_map(|&address| self.image_bit(address));
                found.zero.extend(flagged.filter_map(|bit| self.first_bit(bit)));
            }
            OnDetected::MaskBits => {
                found.masked.extend(raw.flagged.iter().filter_map(|&address| self.image_bit(address)));
            }
            OnDetected::Reread => report.reread_words = words.len() as u64,
        }
        let is_reread =
            |address: &u64| policy == OnDetected::Reread && words.binary_search(&(address / of_word)).is_ok();
        let left = raw.wrong.iter().filter(|address| !is_reread(address));
        found.errors.extend(left.filter_map(|&address| self.image_bit(address)));
    }

    fn coded(self, code: &WordCode, raw: &Raw, report: &mut ReadCounts, found: &mut Found) {
        let cells = self.region.words.coding.cells();
        let mut wrong = Vec::new();
        for of_word in raw.wrong.chunk_by(|a, b| a / cells == b / cells) {
            let word = of_word[0] / cells;
            if self.is_bare(word) {
                found.errors.extend(of_word.iter().filter_map(|&address| self.image_bit(address)));
                continue;
            }
            wrong.clear();
            wrong.extend(of_word.iter().map(|address| self.code_bit((address % cells) as u32)));
            wrong.sort_unstable();
            let outcome = code.residual(&mut wrong);
            report.words.count(outcome);
            match (outcome, self.region.description.on_detected) {
                (
                    Outcome::Detected,
                    OnDetected::ZeroWord | OnDetected::ZeroWeights | OnDetected::MaskBits,
                ) => {
                    self.zero_word(word, found);
                    self.leave(word, &wrong, found);
                }
                (Outcome::Detected, OnDetected::Reread) => report.reread_words += 1,
                _ => self.leave(word, &wrong, found),
            }
        }
    }

    /// Whether a word has no check bits: the rest of a region, shorter than eight weights, with check bits in place.
    fn is_bare(self, word: u64) -> bool {
        let is_whole = || self.region.words.data_of(word, u64::from(IN_PLACE_BITS) - 1).is_some();
        matches!(self.region.words.coding, Coding::InPlace(_)) && !is_whole()
    }

    /// The code bit at a bit of a word.
    fn code_bit(self, bit: u32) -> u32 {
        if matches!(self.region.words.coding, Coding::InPlace(_)) { to_code_bit(bit) } else { bit }
    }

    /// Bits of a word that are still wrong.
    fn leave(self, word: u64, wrong: &[u32], found: &mut Found) {
        let words = &self.region.words;
        let image_bit = |data: u64| self.image_bit_of(words.data_of(word, data)?);
        for &at in wrong {
            if matches!(words.coding, Coding::InPlace(_)) {
                let bit = from_code_bit(at);
                if let Role::Data(data) = words.coding.role(bit) {
                    found.errors.extend(image_bit(data));
                    // The bit that made room for a check bit is told from its neighbour.
                    if bit % 8 == 7 && bit / 8 < 7 {
                        found.errors.extend(image_bit(data - 1));
                    }
                }
            } else if let Role::Data(data) = words.coding.role(u64::from(at)) {
                found.errors.extend(image_bit(data));
            }
        }
    }

    /// All weights with a bit in a word become 0.
    fn zero_word(self, word: u64, found: &mut Found) {
        let words = &self.region.words;
        let of_word = (0..words.coding.data_bits()).filter_map(|data| words.data_of(word, data));
        let weights =
            of_word.filter_map(|data| self.image_bit_of(data)).filter_map(|bit| self.first_bit(bit));
        let before = found.zero.len();
        for weight in weights {
            if found.zero[before..].last() != Some(&weight) {
                found.zero.push(weight);
            }
        }
    }

    /// The bit of the image at a code address.
    fn image_bit(self, address: u64) -> Option<u64> {
        let data = match (&self.region.words.coding, self.region.words.data_bit(address)) {
            (_, Ok(data)) => data?,
            // A word that is too short for check bits in place has its weights as they are.
            (Coding::InPlace(_), Err(_)) => address,
            (_, Err(_)) => return None,
        };
        self.image_bit_of(data)
    }

    fn image_bit_of(self, data: u64) -> Option<u64> {
        self.region.image_bit(data)
    }

    /// The first bit of the weight that a bit of the image belongs to.
    fn first_bit(self, image_bit: u64) -> Option<u64> {
        let layout = self.stored.layout;
        let tensor = layout.tensor(image_bit)?;
        let (start, width) = (layout.bits(tensor).start, u64::from(layout.width(tensor).bits()));
        Some(image_bit - (image_bit - start) % width)
    }
}
