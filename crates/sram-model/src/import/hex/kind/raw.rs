//! Raw bytes of a memory, from its first word on: nothing in the file says that it is one, so that it must be told.

use super::super::super::{ImportError, ImportErrorKind, Place};
use super::super::collector::Collector;
use super::bytes::ByteWords;
use super::{Found, Kind, Source};

pub(super) struct Raw;

impl Kind for Raw {
    fn is(&self, source: &Source<'_>) -> bool {
        source.options.raw
    }

    fn name(&self, _: &Source<'_>) -> &'static str {
        "raw"
    }

    fn read<'a>(&self, source: &Source<'a>) -> Result<Found<'a>, ImportError> {
        source.refuse_options_of_texts("--raw")?;
        if !source.options.anyway && is_words(source.bytes) {
            let (found, expected) = (
                "text, in lines of digits",
                "the bytes of a memory, for --raw; leave it away for a text of words; --anyway, if a memory holds these bytes",
            );
            return Err(source.wrong(ImportErrorKind::Encoding, Place::File, found, expected));
        }
        let of_words = ByteWords::of(source, "raw bytes")?;
        let reading = format!("raw bytes, {of_words}");
        let clean = source.stored.clean(None, source.options);
        let mut words = Collector::new(source.path, source.options, clean, source.keeping);
        let chunks = source.bytes.chunks_exact(of_words.bytes);
        let rest = chunks.remainder().len();
        for (number, bytes) in (0u64..).zip(chunks) {
            words.add(of_words.word(bytes), Place::Byte(number * of_words.bytes as u64))?;
        }
        let end = Place::Byte(source.bytes.len() as u64);
        if rest > 0 {
            let found = format!("{} words and {rest} of {} bytes of one more", words.count, of_words.bytes);
            let expected = format!("whole words of {} bits", source.options.word_bits);
            return Err(source.wrong(ImportErrorKind::Incomplete, end, found, expected));
        }
        words.check_whole(end, &reading)?;
        Ok(Found { words, reading, missing: None, base: None, line_words: None, packed: false })
    }
}

/// Whether all bytes are of lines of words in digits, as a memory of bytes hardly is: letters alone are what patterns such as 0x55 hold.
fn is_words(bytes: &[u8]) -> bool {
    let of_words = |byte: &u8| byte.is_ascii_hexdigit() || b" \t\n\r,:@_xXS".contains(byte);
    bytes.contains(&b'\n') && bytes.iter().all(of_words)
}
