//! The binary version: records of labels and 3 × 32 × 32 pixels.

use std::io::{self, Read};

use super::{Kind, PIXELS, Part, Split, packed};

impl Kind {
    /// Bytes before the pixels; the last of them is the label.
    fn label_bytes(self) -> usize {
        match self {
            Self::Ten => 1,
            Self::Hundred => 2,
        }
    }
}

/// Reads the first `wanted` images of a file, or all if it has fewer.
pub(super) fn read(
    kind: Kind,
    split: Split,
    file: &mut impl Read,
    wanted: usize,
) -> io::Result<Result<Part, String>> {
    let (record, most) = (kind.label_bytes() + PIXELS, kind.most(split));
    let bytes = if wanted < most {
        packed::take(file, (wanted * record) as u64)?
    } else {
        // One more, to see whether there is more.
        packed::take(file, (most * record) as u64 + 1)?
    };
    if bytes.len() > most * record {
        return Ok(Err(format!(
            "found more than {} bytes, those of the {most} images that it has",
            most * record
        )));
    }
    Ok(parse(kind, &bytes))
}

fn parse(kind: Kind, bytes: &[u8]) -> Result<Part, String> {
    let record = kind.label_bytes() + PIXELS;
    if bytes.is_empty() || !bytes.len().is_multiple_of(record) {
        return Err(format!("found {} bytes, expected a multiple of the {record} of an image", bytes.len()));
    }
    let count = bytes.len() / record;
    let mut part = Part { pixels: Vec::with_capacity(count * PIXELS), labels: Vec::with_capacity(count) };
    for (number, record) in bytes.chunks_exact(record).enumerate() {
        let (head, image) = record.split_at(kind.label_bytes());
        let label = head[head.len() - 1];
        kind.check_label(number, label)?;
        part.labels.push(label);
        part.pixels.extend_from_slice(image);
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_come_back_and_unsound_ones_are_refused() {
        let record = |label: u8, value: u8| [vec![label], vec![value; PIXELS]].concat();
        let bytes = [record(3, 1), record(9, 200)].concat();
        let part = parse(Kind::Ten, &bytes).unwrap();
        assert_eq!((part.labels, part.pixels.len(), part.pixels[PIXELS]), (vec![3, 9], 2 * PIXELS, 200));
        let parse = |bytes: &[u8]| parse(Kind::Ten, bytes).unwrap_err();
        assert!(parse(&record(10, 0)).contains("image 0: found class 10"));
        assert!(parse(&bytes[1..]).contains("3073") && parse(&[]).contains("found 0 bytes"));
    }
}
