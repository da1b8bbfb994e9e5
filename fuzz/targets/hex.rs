//! Dumps of any bytes are imported or refused; what is imported comes back from a dump of plain words.
//!
//! The first four bytes are options: flags, bits of a word, rows of a bank, further flags. What follows are dumps, parted by a
//! byte 0; the last may be a floorplan.

use std::path::Path;

use sram_fuzz::dumps::{NAMES, options};
use sram_fuzz::{folder, profile, said, sound, within};
use sram_model::import::hex::{CountCells, FirstColumn, HexOptions, HexReport, Pattern, import_hex};
use sram_model::{Between, CellFault, Profile};

/// Lines `*` may stand for so many faulty bits that each of three dumps takes 100 MB.
const MOST: usize = 384 << 20;
/// Profiles of more bytes are of words that lines `*` stand for, and take long.
const LARGE: usize = 1 << 19;
/// Chips up to so many cells are dumped again.
const SMALL: u64 = 1 << 16;

pub(crate) fn run(bytes: &[u8]) {
    let Some((&[flags, bits, rows, more], dumps)) = bytes.split_first_chunk() else { return };
    let options = HexOptions {
        digits: (flags & 64 != 0).then(|| (u32::from(bits) % 131).div_ceil(4) + u32::from(more >> 4)),
        written: pattern(flags, more).into(),
        missing_as_written: rows & 128 != 0,
        count: match (more & 2 != 0, more & 8 != 0) {
            (true, _) => Some(CountCells::AsPublished),
            (false, true) => Some(CountCells::Once),
            (false, false) => None,
        },
        anyway: true,
        ..options([flags, bits, rows])
    };
    let mut files: Vec<(&str, &[u8])> = NAMES.into_iter().zip(dumps.splitn(3, |&byte| byte == 0)).collect();
    if more & 4 != 0 && files.len() > 1 {
        files.last_mut().expect("one of several").0 = "floorplan.csv";
    }
    within(MOST, || {
        folder(files, |folder| {
            let Some((draft, report)) = said(import_hex(folder, &options)) else { return };
            let Some((bytes, profile)) = profile(draft) else { return };
            sound();
            if bytes.len() > LARGE {
                return;
            }
            if let Some((draft, _)) =
                said(import_hex(folder, &HexOptions { anyway: false, ..options.clone() }))
            {
                assert!(draft.encode().expect("it is one anyway") == bytes);
            }
            dump_again(&profile, &report, &options);
        });
    });
}

/// What was written.
fn pattern(flags: u8, more: u8) -> Pattern {
    match (flags & 128 != 0, more & 1 != 0) {
        (false, false) => Pattern::Ones,
        (false, true) => Pattern::Zeros,
        (true, false) => Pattern::Checker,
        (true, true) => Pattern::Address,
    }
}

/// Dumps the lowest map as words, one a line, and reads it back.
fn dump_again(profile: &Profile, report: &HexReport, options: &HexOptions) {
    let geometry = profile.info().geometry;
    let HexOptions { word_bits, rows, ref written, .. } = *options;
    let zeros = *written == Pattern::Zeros.into();
    if geometry.columns() != word_bits
        || !zeros && *written != Pattern::Ones.into()
        || geometry.cells() > SMALL
        || !matches!(&report.dumps[..], [_])
    {
        return;
    }
    let map = profile.at(profile.range().0, Between::NextLower).expect("a map");
    let ones = u128::MAX >> (128 - word_bits);
    let mut words = vec![if zeros { 0 } else { ones }; (geometry.cells() / u64::from(word_bits)) as usize];
    for fault in map.faults() {
        let (word, bit) = (fault.cell / u64::from(word_bits), fault.cell % u64::from(word_bits));
        words[word as usize] ^= 1 << bit;
    }
    let options = HexOptions {
        rows,
        word_bits,
        written: written.clone(),
        anyway: true,
        first_column: Some(FirstColumn::Word),
        count: Some(CountCells::AsPublished),
        ..HexOptions::default()
    };
    assert_eq!(faults(&plain(&words, word_bits), &options), map.faults());
    if word_bits.is_multiple_of(8) {
        let options = HexOptions { first_column: Some(FirstColumn::Address), ..options };
        assert_eq!(faults(&with_repeats(&words, word_bits), &options), map.faults());
    }
}

fn faults(text: &str, options: &HexOptions) -> Vec<CellFault> {
    let import = |folder: &Path| import_hex(folder, options).expect("words are read").0;
    let draft = folder([("chip-0.60V.hex", text.as_bytes())], import);
    let profile =
        Profile::from_bytes(draft.encode().expect("and make a profile"), "again").expect("a sound one");
    profile.at(profile.range().0, Between::NextLower).expect("a map").faults().to_vec()
}

/// One word a line.
fn plain(words: &[u128], bits: u32) -> String {
    let digits = bits.div_ceil(4) as usize;
    words.iter().map(|word| format!("{word:0digits$x}\n")).collect()
}

/// As hexdump writes words: addresses of bytes, and `*` for lines that are as the one before.
fn with_repeats(words: &[u128], bits: u32) -> String {
    let (digits, bytes) = (bits as usize / 4, bits as usize / 8);
    let (mut text, mut before, mut is_repeated) = (String::new(), None, false);
    for (number, line) in words.chunks(2).enumerate() {
        if before == Some(line) {
            text += if is_repeated { "" } else { "*\n" };
            is_repeated = true;
            continue;
        }
        let words: String = line.iter().map(|word| format!(" {word:0digits$x}")).collect();
        text += &format!("{:08x}{words}\n", number * 2 * bytes);
        (before, is_repeated) = (Some(line), false);
    }
    text + &format!("{:08x}\n", words.len() * bytes)
}
