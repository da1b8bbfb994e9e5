//! Dumps of memories, of any bytes and under any options.

use sram_model::import::hex::{ByteOrder, FirstColumn, HexOptions, Radix};

/// Names of two voltages, of the lower one two reads.
pub const NAMES: [&str; 3] = ["chip_run1_0.60V.hex", "chip_run2_0.60V.hex", "chip_run1_0.65V.txt"];

/// The options of how to read a dump that three bytes say: flags, bits of a word, and rows of a bank with two flags more.
///
/// # Panics
/// Never: the voltage that it may say is one.
pub fn options([flags, bits, rows]: [u8; 3]) -> HexOptions {
    HexOptions {
        rows: u32::from(rows % 32),
        word_bits: u32::from(bits) % 131,
        byte_order: match flags & 3 {
            1 => Some(ByteOrder::Big),
            2 => Some(ByteOrder::Little),
            _ => None,
        },
        radix: if rows & 64 == 0 { Radix::Hex } else { Radix::Binary },
        raw: rows & 32 != 0,
        packed: flags & 4 != 0,
        first_column: match flags >> 3 & 3 {
            1 => Some(FirstColumn::Address),
            2 => Some(FirstColumn::Word),
            _ => None,
        },
        voltages: if flags & 32 == 0 {
            Vec::new()
        } else {
            vec![(NAMES[0].into(), "0.61".parse().expect("a voltage"))]
        },
        ..HexOptions::default()
    }
}
