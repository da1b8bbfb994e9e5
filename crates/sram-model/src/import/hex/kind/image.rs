//! Records of bytes with their addresses, put in order and together to words: what Intel HEX and S-records have in common.

use super::super::super::{ImportError, ImportErrorKind, Place};
use super::super::collector::Collector;
use super::bytes::ByteWords;
use super::{Found, Source};

/// The records of a file.
#[derive(Debug, Default)]
pub(super) struct Image {
    records: Vec<Record>,
    bytes: Vec<u8>,
}

/// Where the bytes of a record lie.
#[derive(Clone, Copy, Debug)]
struct Record {
    address: u64,
    line: u64,
    from: usize,
    to: usize,
}

/// The most bytes that may be missing: time goes with the file, not with what its addresses claim.
const MAX_MISSING: u64 = 1 << 24;
/// So many gaps are named.
const NAMED_GAPS: usize = 3;

impl Record {
    /// The address after its last byte.
    fn end(&self) -> u64 {
        self.address + (self.to - self.from) as u64
    }
}

impl Image {
    /// Adds the bytes of a record.
    pub(super) fn add(&mut self, address: u64, line: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let from = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.records.push(Record { address, line, from, to: self.bytes.len() });
    }

    /// The words of all records, which are of this kind.
    pub(super) fn words<'a>(mut self, source: &Source<'a>, kind: &str) -> Result<Found<'a>, ImportError> {
        source.refuse_options_of_texts(kind)?;
        let of_words = ByteWords::of(source, kind)?;
        self.records.sort_by_key(|record| record.address);
        self.check_overlaps(source)?;
        let missing = self.missing(source, of_words)?;
        let base = self.records.first().map(|record| record.address);
        let step = of_words.bytes as u64;
        let clean = source.stored.clean(base.map(|base| (base, step)), source.options);
        let mut words = Collector::new(source.path, source.options, clean, source.keeping);
        let (mut part, mut end): (Vec<u8>, _) = (Vec::with_capacity(of_words.bytes), base.unwrap_or(0));
        for record in &self.records {
            // Gaps are of whole words.
            words.pass((record.address - end) / step);
            end = record.end();
            for &byte in &self.bytes[record.from..record.to] {
                part.push(byte);
                if part.len() == of_words.bytes {
                    words.add(of_words.word(&part), Place::Line(record.line))?;
                    part.clear();
                }
            }
        }
        let reading = format!("{kind}, {of_words}, from {:#x} on", base.unwrap_or(0));
        if !part.is_empty() {
            let found = format!("{} words and {} of {step} bytes of one more", words.count, part.len());
            let expected = format!("whole words of {} bits", source.options.word_bits);
            return Err(source.wrong(ImportErrorKind::Incomplete, Place::File, found, expected));
        }
        words.check_whole(Place::File, &reading)?;
        Ok(Found { words, reading, missing, base, line_words: None, packed: false })
    }

    fn check_overlaps(&self, source: &Source<'_>) -> Result<(), ImportError> {
        let Some(pair) = self.records.windows(2).find(|pair| pair[1].address < pair[0].end()) else {
            return Ok(());
        };
        let found = format!("the bytes at {:#x} again, which line {} has", pair[1].address, pair[0].line);
        Err(source.wrong(ImportErrorKind::Twice, Place::Line(pair[1].line), found, "each byte once"))
    }

    /// What of the memory is in no record, if that may be; in words.
    fn missing(&self, source: &Source<'_>, of_words: ByteWords) -> Result<Option<String>, ImportError> {
        let gap = |pair: &[Record]| {
            (pair[1].address > pair[0].end()).then(|| (pair[0].end(), pair[1].address, pair[1].line))
        };
        let gaps: Vec<(u64, u64, u64)> = self.records.windows(2).filter_map(gap).collect();
        let Some(&(first, _, line)) = gaps.first() else { return Ok(None) };
        let bytes: u64 = gaps.iter().map(|(from, to, _)| to - from).sum();
        let shown: Vec<String> =
            gaps.iter().take(NAMED_GAPS).map(|(from, to, _)| format!("{from:#x} to {:#x}", to - 1)).collect();
        let more = match gaps.len() - shown.len() {
            0 => String::new(),
            more => format!(" and {more} gaps more"),
        };
        let found = format!("no bytes for {}{more}", shown.join(", "));
        let wrong = |expected: String| {
            Err(source.wrong(ImportErrorKind::Incomplete, Place::Line(line), found.clone(), expected))
        };
        if !source.options.missing_as_written {
            return wrong(
                "each byte of the memory; --missing-as-written, if what is missing was as it was written"
                    .to_owned(),
            );
        }
        let step = of_words.bytes as u64;
        let base = self.records.first().map_or(first, |record| record.address);
        if gaps
            .iter()
            .any(|(from, to, _)| !(from - base).is_multiple_of(step) || !(to - base).is_multiple_of(step))
        {
            return wrong(format!("gaps of whole words of {step} bytes"));
        }
        if bytes > MAX_MISSING {
            return wrong(format!("at most {MAX_MISSING} missing bytes, these are {bytes}"));
        }
        Ok(Some(format!(
            "{} words ({}{more}) are in no record and are taken as written",
            bytes / step,
            shown.join(", ")
        )))
    }
}
