//! Any text is a profile or an error.

use proptest::prelude::*;
use sram_model::import::ImportError;
use sram_model::import::log::{LogOptions, LogReport};
use sram_model::{Geometry, Profile, ProfileDraft};

use crate::{import, import_files};

fn any_options() -> impl Strategy<Value = LogOptions> {
    let scramble = prop::sample::select(vec!["xor:0x0", "xor:0x3", "bits:1,0", "bits:1,0+xor:0x1"]);
    let geometry = prop::sample::select(vec![
        None,
        Some((1, 4, 8)),
        Some((2, 2, 16)),
        Some((1, 1, 1)),
        Some((1 << 20, 1 << 10, 1 << 10)),
    ]);
    let columns = prop::option::of(Just(vec![
        "voltage".to_owned(),
        "address".to_owned(),
        "-".to_owned(),
        "expected".to_owned(),
        "actual".to_owned(),
    ]));
    let words = (prop::option::of(0..140u32), any::<bool>(), prop::option::of(scramble));
    (geometry, columns, prop::option::of(0..5u32), words).prop_map(
        |(geometry, columns, reads, (word_bits, interleave, scramble))| LogOptions {
            geometry: geometry.map(|(banks, rows, columns)| Geometry::new(banks, rows, columns).unwrap()),
            columns,
            reads,
            word_bits,
            interleave,
            scramble: scramble.map(|text| text.parse().unwrap()).unwrap_or_default(),
            ..LogOptions::default()
        },
    )
}

/// What a writer lets pass, the reader does; an error is put into words.
fn check(imported: Result<(ProfileDraft, LogReport), ImportError>) {
    match imported.map(|(draft, _)| draft.encode()) {
        Ok(Ok(bytes)) => assert!(Profile::from_bytes(bytes, "log").is_ok()),
        Ok(Err(error)) => assert!(!error.to_string().is_empty()),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_table_is_a_profile_or_an_error(
        text in "(# (geometry|unit|voltages|name|vmin|provenance): ?|1x4x8|V/Vmin|V|mV|[0-9.,;\\t|\"#x-]|\\n|voltage,|address,|bank,|row,|column,|bit,|expected,|actual\\n|polarity\\n|run,|fails,|reads\\n|fails_read0,|p_0to1,|p_1to0\\n|0\\.6,0,1|SA0|0xff|\\PC){0,40}",
        options in any_options(),
    ) {
        check(import(&text, &options));
    }

    #[test]
    fn any_rows_are_a_profile_or_an_error(
        form in prop::sample::select(vec![
            "voltage,address,expected,actual,result", "v,run,bank,row,expected,actual", "vdd_mV,row,column,polarity",
            "v,bank,address,bit,type", "v,bank,row,column,fails,direction,reads", "v,row,column,fails_read1,fails_read0",
            "v,row,column,p01,p10",
        ]),
        rows in prop::collection::vec("(0\\.6|0|1|2|7|f|0x1|SA0|SA1|ok|fail|600|-|,| |\\PC){1,12}", 0..8),
        options in any_options(),
    ) {
        let text = format!("{form}\n{}\n", rows.join("\n"));
        check(import(&text, &options));
    }

    #[test]
    fn any_bytes_are_a_profile_or_an_error(bytes in prop::collection::vec(any::<u8>(), 0..200), options in any_options()) {
        let text = String::from_utf8_lossy(&bytes);
        check(import_files(&[("chip_4x8.csv", Some("0.6"), &text)], &options));
    }
}
