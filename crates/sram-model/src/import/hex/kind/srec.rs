//! S-records of Motorola: lines `STCC…SS` with a type, the number of bytes that follow, an address, the bytes, and a check sum.
//!
//! S0 begins a file, S1, S2 and S3 hold bytes at addresses of 16, 24 and 32 bits, S5 and S6 count these, S7, S8 and S9 end it.

use super::super::super::{ImportError, ImportErrorKind};
use super::records::{Record, Wrong, image};
use super::{Found, Kind, Source};

pub(super) struct SRecords;

impl Kind for SRecords {
    fn is(&self, source: &Source<'_>) -> bool {
        matches!(source.begin(), [b'S', b'0'..=b'9', ..])
    }

    fn name(&self, _: &Source<'_>) -> &'static str {
        "S-record"
    }

    fn read<'a>(&self, source: &Source<'a>) -> Result<Found<'a>, ImportError> {
        let mut before = Before::default();
        let end = "S7, S8 or S9";
        image(source, end, |mark, bytes| record(mark, bytes, &mut before), 2)?.words(source, "S-records")
    }
}

/// What stood before a record.
#[derive(Debug, Default)]
struct Before {
    /// Records with bytes.
    of_bytes: u64,
    /// Whether there was any record.
    any: bool,
}

/// One record. Its type is in no check sum, so that its place has to agree with it.
fn record<'b>(mark: &[u8], bytes: &'b [u8], before: &mut Before) -> Result<Record<'b>, Wrong> {
    let (&[b'S', digit], &[count, ref rest @ ..]) = (mark, bytes) else {
        return Wrong::form("no S-record", "`S`, its type, the number of bytes, an address and a check sum");
    };
    let address_bytes = match digit {
        b'0' | b'1' | b'5' | b'9' => 2,
        b'2' | b'6' | b'8' => 3,
        b'3' | b'7' => 4,
        _ => {
            return Wrong::form(
                format!("a record S{}", digit.escape_ascii()),
                "one of S0 to S3 and S5 to S9",
            );
        }
    };
    let parts = rest.split_at_checked(address_bytes).filter(|_| rest.len() == usize::from(count));
    let Some((address, Some((&sum, data)))) = parts.map(|(address, rest)| (address, rest.split_last()))
    else {
        let found = format!("{} bytes after a number of them that says {count}", rest.len());
        return Wrong::form(
            found,
            format!("so many, of which {address_bytes} are an address and the last is the check sum"),
        );
    };
    let all = bytes.iter().fold(0u8, |all, byte| all.wrapping_add(*byte));
    if all != u8::MAX {
        return Wrong::sum(sum, sum.wrapping_add(u8::MAX.wrapping_sub(all)));
    }
    let address = address.iter().fold(0, |address, byte| address << 8 | u64::from(*byte));
    let is_first = !std::mem::replace(&mut before.any, true);
    match digit {
        b'0' if !is_first => Wrong::form("a record S0", "it at the begin of a file alone"),
        b'1'..=b'3' if address + data.len() as u64 > 1 << (8 * address_bytes) => {
            let found = format!("{} bytes from {address:#x} on", data.len());
            Wrong::form(found, format!("a record that ends where addresses of {address_bytes} bytes do"))
        }
        b'1'..=b'3' => {
            before.of_bytes += 1;
            Ok(Record::Bytes(address, data))
        }
        b'5' | b'6' if address != before.of_bytes => Err(Wrong {
            kind: ImportErrorKind::Incomplete,
            found: format!("a count of {address} records"),
            expected: format!("{}, as stand before it", before.of_bytes),
        }),
        b'7'..=b'9' => Ok(Record::End),
        _ => Ok(Record::Other),
    }
}
