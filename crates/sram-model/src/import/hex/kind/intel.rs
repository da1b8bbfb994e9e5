//! Intel HEX: lines `:LLAAAATT…CC` with the number of bytes, an address of 16 bits, a type, the bytes, and a check sum.
//!
//! As in Intel's "Hexadecimal Object File Format Specification" (1988): types 00 (bytes), 01 (end), 02 and 04 (the upper part of the
//! addresses that follow, times 16 or 65,536), 03 and 05 (where a program starts, which means nothing here).

use super::super::super::ImportError;
use super::records::{Record, Wrong, image};
use super::{Found, Kind, Source};

pub(super) struct IntelHex;

/// Digits of the number of bytes, the address and the type.
const BEGIN: usize = 8;
/// A record goes to the end of its 64 KiB at most: whether it goes on after them or at their begin depends on who reads it.
const SEGMENT: u64 = 1 << 16;

impl Kind for IntelHex {
    fn is(&self, source: &Source<'_>) -> bool {
        // In other texts an address stands before a colon.
        let [b':', rest @ ..] = source.begin() else { return false };
        rest.get(..BEGIN).is_some_and(|begin| begin.iter().all(u8::is_ascii_hexdigit))
    }

    fn name(&self, _: &Source<'_>) -> &'static str {
        "Intel HEX"
    }

    fn read<'a>(&self, source: &Source<'a>) -> Result<Found<'a>, ImportError> {
        let mut upper = 0;
        image(source, ":00000001FF", |mark, bytes| record(mark, bytes, &mut upper), 1)?
            .words(source, "Intel HEX")
    }
}

/// One record; `upper` is what addresses are above.
fn record<'b>(mark: &[u8], bytes: &'b [u8], upper: &mut u64) -> Result<Record<'b>, Wrong> {
    let (b":", &[count, high, low, kind, ref rest @ ..]) = (mark, bytes) else {
        return Wrong::form(
            "no record of Intel HEX",
            "`:`, and the number of bytes, an address, a type and a check sum",
        );
    };
    let Some((&sum, data)) = rest.split_last().filter(|(_, data)| data.len() == usize::from(count)) else {
        let found = format!("{} bytes after the type", rest.len());
        return Wrong::form(found, format!("{count}, as the record says, and the check sum"));
    };
    let all = bytes.iter().fold(0u8, |all, byte| all.wrapping_add(*byte));
    if all != 0 {
        return Wrong::sum(sum, sum.wrapping_sub(all));
    }
    let offset = u64::from(u16::from_be_bytes([high, low]));
    match (kind, data) {
        (0, _) if offset + data.len() as u64 > SEGMENT => {
            let found = format!("{count} bytes from {offset:#06x} on");
            Wrong::form(found, "a record that ends in its 64 KiB")
        }
        (0, _) => Ok(Record::Bytes(*upper + offset, data)),
        (1, []) => Ok(Record::End),
        (2 | 4, &[high, low]) => {
            *upper = u64::from(u16::from_be_bytes([high, low])) << if kind == 2 { 4 } else { 16 };
            Ok(Record::Other)
        }
        (3 | 5, [_, _, _, _]) => Ok(Record::Other),
        (0..=5, _) => {
            let found = format!("a record of type {kind:02} with {count} bytes");
            Wrong::form(found, "no byte in type 01, two in 02 and 04, four in 03 and 05")
        }
        _ => Wrong::form(format!("a record of type {kind:02x}"), "one of the types 00 to 05"),
    }
}
