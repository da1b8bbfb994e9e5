//! Repeated reads: the share of them that fail, of a number of reads that has to be told.

use sram_model::Geometry;
use sram_model::import::log::LogOptions;

use crate::{at, faults, import, import_files, refused};

fn options(reads: Option<u32>) -> LogOptions {
    LogOptions { geometry: Some(Geometry::new(1, 8, 4).unwrap()), reads, ..LogOptions::default() }
}

const RUNS: &str = "v,run,row,column,polarity\n0.6,1,0,0,SA0\n0.6,3,0,0,SA0\n0.6,3,0,0,SA0\n0.6,3,0,1,SA1\n";

#[test]
fn a_read_that_fails_twice_fails_once() {
    assert_eq!(faults(RUNS, &options(Some(4))), [at(0, 0, 0.0, 0.5), at(0, 1, 0.25, 0.0)]);
    let notes = import(RUNS, &options(Some(4))).unwrap().0.provenance.notes.join("\n");
    assert!(notes.contains("flip probabilities are shares of 4 reads"), "{notes}");
}

#[test]
fn the_number_of_reads_is_asked_for() {
    let said = refused(RUNS, &options(None));
    assert!(said.contains("`run`: 1, 3)") && said.contains("--reads 2 if each read has one"), "{said}");
    let said = refused(RUNS, &options(Some(1)));
    assert!(said.contains("line 3: found read 3, which makes 2 different numbers of reads at 0.6"), "{said}");
    let ignoring = LogOptions { ignore: vec!["run".to_owned()], ..options(None) };
    let said = refused(RUNS, &ignoring);
    assert!(
        said.contains(
            "line 3: found bank 0 row 0 column 0 at 0.6 again, after line 2, with the same written"
        ),
        "{said}"
    );
    assert!(said.contains("--reads N"), "{said}");
}

#[test]
fn each_line_is_a_failing_read_where_reads_have_no_number() {
    let text = RUNS.replace("run,", "").replace("0.6,1,", "0.6,").replace("0.6,3,", "0.6,");
    assert_eq!(faults(&text, &options(Some(4))), [at(0, 0, 0.0, 0.75), at(0, 1, 0.25, 0.0)]);
    let said = refused(&text, &options(Some(2)));
    assert!(said.contains("line 4") && said.contains("at most 2 fails of a cell in a direction"), "{said}");
    // All once: perhaps the lines are no reads.
    let (_, report) = import("v,row,column,polarity\n0.6,0,0,SA0\n", &options(Some(4))).unwrap();
    assert!(report.doubts().join(";").contains("no fail is listed twice"));
    assert!(import(&text, &options(Some(4))).unwrap().1.doubts().is_empty());
}

#[test]
fn reads_go_on_from_file_to_file() {
    let other = RUNS.replace("0.6,3,", "0.6,4,").replace("0.6,1,", "0.6,2,");
    let import =
        |second: &str| import_files(&[("a.csv", None, RUNS), ("b.csv", None, second)], &options(Some(4)));
    assert_eq!(crate::faults_of(import(&other).unwrap().0), [at(0, 0, 0.0, 1.0), at(0, 1, 0.5, 0.0)]);
    let said = import(RUNS).unwrap_err().to_string();
    assert!(said.contains("b.csv, line 2") && said.contains("after line 2 of a.csv in read 1"), "{said}");
}

#[test]
fn a_cell_that_fails_under_several_patterns_fails_once() {
    let stuck = [at(0, 1, 0.0, 1.0)];
    for text in [
        "v,address,expected,actual\n0.6,0x0,0xf,0xd\n0.6,0x0,0xa,0x8\n",
        "v,row,column,polarity,background\n0.6,0,1,SA0,ones\n0.6,0,1,SA0,checker\n",
        "v,row,column,pattern,expected,actual\n0.6,0,1,ones,1,0\n0.6,0,1,checker,1,0\n",
    ] {
        assert_eq!(faults(text, &options(None)), stuck, "{text}");
        let notes = import(text, &options(None)).unwrap().0.provenance.notes.join("\n");
        assert!(notes.contains("1 fail was seen under several words or patterns written"), "{notes}");
    }
    // It may pass under another pattern, or in a read that is told twice without a fail.
    let passes =
        "v,address,expected,actual\n0.6,0x0,0xf,0xd\n0.6,0x0,0x2,0x2\n0.6,0x1,0x0,0x0\n0.6,0x1,0x0,0x0\n";
    assert_eq!(faults(passes, &options(None)), stuck);
    // Fails of several patterns are no reads.
    let named = "v,row,column,polarity,background\n0.6,0,1,SA0,ones\n0.6,0,1,SA0,checker\n";
    let said = refused(named, &options(Some(4)));
    assert!(said.contains("`background` with --ignore"), "{said}");
    let numbered = named.replace("v,", "v,run,").replace("0.6,", "0.6,1,");
    assert_eq!(faults(&numbered, &options(Some(2))), [at(0, 1, 0.0, 0.5)]);
}
