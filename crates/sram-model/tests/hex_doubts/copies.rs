//! Cells that a dump shows several times.

use sram_model::import::hex::{CountCells, HexOptions};

use crate::{FAULTS, import, import_files, memory, options, plain};

#[test]
fn what_stands_in_a_dump_several_times_is_refused_or_kept_as_it_was_told() {
    let twice = |words: &[u128]| plain(words) + &plain(words);
    let in_a_row = |words: &[u128]| {
        let words: Vec<u128> = words.iter().flat_map(|&word| [word; 2]).collect();
        plain(&words)
    };
    for (text, part) in [
        (&twice as &dyn Fn(&[u128]) -> String, "each 1024 words stand 2 times in a row"),
        (&in_a_row, "each word stands 2 times in a row"),
    ] {
        let said = import(1024, 16, text, &options(16)).unwrap_err();
        assert!(said.contains(part) && said.contains("--count as-published"), "{said}");
        let told = HexOptions { count: Some(CountCells::AsPublished), ..options(16) };
        let dump = |faults| text(&memory(1024, 16, faults));
        let files = [("sram-0.60V.txt", dump(3)), ("sram-0.55V.txt", dump(FAULTS))];
        let (counts, report) = import_files(&files, &told).unwrap();
        assert_eq!(counts, [6, 80]);
        assert!(report.duplication.unwrap().to_string().contains(part) && !report.counted_once);
    }
}
