//! A log written from any faults, in any form, order and dialect, gives back exactly these faults.

use std::collections::BTreeMap;

use proptest::prelude::*;
use sram_model::Geometry;
use sram_model::import::log::{LogOptions, LogReport};

use crate::{Fault, faults, import, import_files, refused};

const READS: u32 = 10;
const COLUMNS: u32 = 16;

fn options() -> LogOptions {
    LogOptions { geometry: Some(Geometry::new(2, 8, 16).unwrap()), anyway: true, ..LogOptions::default() }
}

/// Level of voltage, bank, row, column.
type Cell = (u32, u32, u32, u32);

/// Failing reads of a 0 and of a 1, by voltage and cell.
type Fails = BTreeMap<Cell, [u32; 2]>;

fn any_fails(of_reads: u32) -> impl Strategy<Value = Fails> {
    let cell = (0..3u32, 0..2u32, 0..8u32, 0..COLUMNS);
    let fails = [0..=of_reads, 0..=of_reads];
    prop::collection::btree_map(cell, fails, 1..40)
        .prop_map(|mut fails| {
            fails.retain(|_, both| both.iter().any(|count| *count > 0));
            fails
        })
        .prop_filter("no fail", |fails| !fails.is_empty())
}

/// How a table is written.
#[derive(Clone, Debug)]
struct Dialect {
    delimiter: char,
    has_commas: bool,
    end: &'static str,
    mark: &'static str,
    comment: bool,
    millivolts: bool,
    seed: u64,
}

fn any_dialect() -> impl Strategy<Value = Dialect> {
    let signs =
        prop::sample::select(vec![(',', false), (';', false), (';', true), ('\t', true), ('|', false)]);
    let text = (prop::sample::select(vec!["\n", "\r\n"]), prop::sample::select(vec!["", "\u{feff}"]));
    (signs, text, any::<bool>(), any::<bool>(), any::<u64>()).prop_map(
        |((delimiter, has_commas), (end, mark), comment, millivolts, seed)| Dialect {
            delimiter,
            has_commas,
            end,
            mark,
            comment,
            millivolts,
            seed,
        },
    )
}

impl Dialect {
    /// A table with a voltage column before these, in shuffled order.
    fn table(&self, header: &str, rows: Vec<(u32, String)>) -> String {
        let mut lines: Vec<String> = rows
            .into_iter()
            .map(|(level, row)| {
                let voltage = match (self.millivolts, level) {
                    (true, _) => format!("{}", 600 - level * 25),
                    (false, _) => format!("{}", f64::from(600 - level * 25) / 1000.0),
                };
                self.line(&format!("{voltage},{row}"))
            })
            .collect();
        // Any order will do.
        let mut state = self.seed;
        for i in (1..lines.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            lines.swap(i, (state >> 33) as usize % (i + 1));
        }
        if self.comment {
            lines.insert(lines.len() / 2, "# a remark, between; rows".to_owned());
        }
        let voltage = if self.millivolts { "Vdd_mV" } else { "Voltage" };
        lines.insert(0, format!("{voltage},{header}").replace(',', &self.delimiter.to_string()));
        format!("{}{}{}", self.mark, lines.join(self.end), self.end)
    }

    fn line(&self, line: &str) -> String {
        let fields = line
            .split(',')
            .map(|field| if self.has_commas { field.replace('.', ",") } else { field.to_owned() });
        fields.collect::<Vec<_>>().join(&self.delimiter.to_string())
    }
}

/// The faults that these fails of so many reads are.
fn expected(fails: &Fails, reads: u32) -> Vec<Fault> {
    let p = |count: u32| (f64::from(count) / f64::from(reads)) as f32;
    let fault = |(&(level, bank, row, column), [of_0, of_1]): (_, &[u32; 2])| {
        let voltage = (f64::from(600 - level * 25) / 1000.0).to_string();
        (voltage, bank, row, column, p(*of_0), p(*of_1))
    };
    fails.iter().map(fault).collect()
}

/// Of each direction that fails: its cell, whether a 1 was stored, and how often it fails.
fn directions(fails: &Fails) -> Vec<(Cell, bool, u32)> {
    let of_cell = |(&at, &[of_0, of_1]): (&Cell, &[u32; 2])| [(at, false, of_0), (at, true, of_1)];
    fails.iter().flat_map(of_cell).filter(|(_, _, count)| *count > 0).collect()
}

/// Fails that are all of the first read, as faults.
fn words(fails: &Fails, address: bool, dialect: &Dialect) -> String {
    let mut words: BTreeMap<(u32, u32, u32, bool), u32> = BTreeMap::new();
    for ((level, bank, row, column), stored, _) in directions(fails) {
        *words.entry((level, bank, row, stored)).or_default() |= 1 << column;
    }
    let row = |((level, bank, row, stored), differing): ((u32, u32, u32, bool), u32)| {
        let written = if stored { 0xffff } else { 0u32 };
        let place = if address { format!("{:#x}", bank * 8 + row) } else { format!("{bank},{row}") };
        (level, format!("{place},{written:#06x},{:#06x}", written ^ differing))
    };
    let header = if address { "ADDR,Expected,Actual" } else { "bank,row,Golden,Observed" };
    dialect.table(header, words.into_iter().map(row).collect())
}

proptest! {
    #[test]
    fn words_written_and_read(fails in any_fails(1), address: bool, dialect in any_dialect()) {
        prop_assert_eq!(faults(&words(&fails, address, &dialect), &options()), expected(&fails, 1));
    }

    #[test]
    fn bits_written_and_read(fails in any_fails(1), dialect in any_dialect()) {
        let row = |((level, bank, row, column), stored, _): (Cell, bool, u32)| {
            (level, format!("{bank},{row},{column},{},{}", u32::from(stored), u32::from(!stored)))
        };
        let rows = directions(&fails).into_iter().map(row).collect();
        let text = dialect.table("bank,row,col,written,read", rows);
        prop_assert_eq!(faults(&text, &options()), expected(&fails, 1));
    }

    #[test]
    fn stuck_cells(fails in any_fails(1), bits: bool, arrows: bool, dialect in any_dialect()) {
        let row = |((level, bank, row, column), stored, _): (Cell, bool, u32)| {
            let polarity = match (arrows, stored) {
                (false, true) => "SA0",
                (false, false) => "SA1",
                (true, true) => "1->0",
                (true, false) => "0->1",
            };
            let place = if bits { format!("{:#x},{column}", bank * 8 + row) } else { format!("{bank},{row},{column}") };
            (level, format!("{place},{polarity}"))
        };
        let header = if bits { "address,bit,polarity" } else { "bank,row,column,Stuck-At" };
        let text = dialect.table(header, directions(&fails).into_iter().map(row).collect());
        prop_assert_eq!(faults(&text, &options()), expected(&fails, 1));
    }

    #[test]
    fn counts_of_fails(fails in any_fails(READS), by_direction: bool, column: bool, dialect in any_dialect()) {
        let reads = if column { ",10" } else { "" };
        let rows: Vec<(u32, String)> = if by_direction {
            directions(&fails).into_iter().map(|((level, bank, row, column), stored, count)| {
                let polarity = if stored { "s0" } else { "s1" };
                (level, format!("{bank},{row},{column},{polarity},{count}{reads}"))
            }).collect()
        } else {
            fails.iter().map(|(&(level, bank, row, column), [of_0, of_1])| {
                (level, format!("{bank},{row},{column},{of_0},{of_1}{reads}"))
            }).collect()
        };
        let counts = if by_direction { "polarity,fail count" } else { "fails_read0,fails_read1" };
        let header = format!("bank,row,column,{counts}{}", if column { ",reads" } else { "" });
        let options = LogOptions { reads: (!column).then_some(READS), ..options() };
        prop_assert_eq!(faults(&dialect.table(&header, rows), &options), expected(&fails, READS));
    }

    #[test]
    fn probabilities_on_one_line_or_two(fails in any_fails(READS), two: bool, dialect in any_dialect()) {
        let p = |count: u32| (f64::from(count) / f64::from(READS)) as f32;
        let mut rows = Vec::new();
        for (&(level, bank, row, column), &[of_0, of_1]) in &fails {
            let place = format!("{bank},{row},{column}");
            if two {
                rows.push((level, format!("{place},{},0", p(of_0))));
                rows.push((level, format!("{place},0,{}", p(of_1))));
            } else {
                rows.push((level, format!("{place},{},{}", p(of_0), p(of_1))));
            }
        }
        let text = dialect.table("bank,row,column,p_0to1,p_1to0", rows);
        prop_assert_eq!(faults(&text, &options()), expected(&fails, READS));
    }

    #[test]
    fn repeated_reads(fails in any_fails(READS), numbered: bool, dialect in any_dialect()) {
        let mut rows = Vec::new();
        for ((level, bank, row, column), stored, count) in directions(&fails) {
            for run in 0..count {
                let run = if numbered { format!("{},", (run * 7 + column) % READS) } else { String::new() };
                rows.push((level, format!("{run}{bank},{row},{column},{}", if stored { "SA0" } else { "SA1" })));
            }
        }
        let header = format!("{}bank,row,column,polarity", if numbered { "run," } else { "" });
        let options = LogOptions { reads: Some(READS), ..options() };
        prop_assert_eq!(faults(&dialect.table(&header, rows), &options), expected(&fails, READS));
    }

    #[test]
    fn a_file_without_header_and_one_a_voltage(fails in any_fails(1), dialect in any_dialect()) {
        let whole = words(&fails, true, &dialect);
        let (head, rows) = whole.split_once('\n').unwrap();
        let columns = "voltage,address,expected,actual".replace("voltage", if head.contains("mV") { "vdd_mV" } else { "v" });
        let columns = Some(columns.split(',').map(str::to_owned).collect());
        let headless = LogOptions { columns, ..options() };
        prop_assert_eq!(faults(rows, &headless), expected(&fails, 1));
    }
}

fn report(text: &str) -> LogReport {
    import(text, &options()).unwrap().1
}

#[test]
fn voltages_are_given_with_files_or_listed_and_may_be_without_faults() {
    let rows = "address,expected,actual\n0x3,0xffff,0xfffe\n";
    let files = [("a.csv", Some("0.55"), rows), ("b.csv", Some("0.6"), "address,expected,actual\n")];
    let (draft, report) = import_files(&files, &options()).unwrap();
    assert_eq!(
        report.levels.iter().map(|level| (level.voltage.to_string(), level.faulty_cells)).collect::<Vec<_>>(),
        [("0.6".to_owned(), 0), ("0.55".to_owned(), 1)]
    );
    assert_eq!(draft.provenance.inputs.len(), 2);
    assert_eq!(draft.name, "a");
    assert_eq!(faults(&format!("# voltages: 0.7\n{rows}"), &options())[0].0, "0.7");
    let listed = format!("# voltages: 0.7,0.6\n{}", rows.replace("add", "v,add").replace("0x3,", "0.6,0x3,"));
    assert_eq!(report_levels(&listed), 2);
    assert!(refused(&format!("# voltages: 0.7,0.6\n{rows}"), &options()).contains("0.6=FILE"));
}

fn report_levels(text: &str) -> usize {
    report(text).levels.len()
}

#[test]
fn units_stand_in_names_and_cells() {
    for voltage in [
        "v\n0.58",
        "V\n\"0,58 V\"",
        "vdd\n580 mV",
        "VDD (mV)\n580",
        "vdd_mV\n580mV",
        "Voltage_V\n0.58V",
        "mV\n580.0",
    ] {
        let text = voltage.replace('\n', ",bank,row,column,polarity\n") + ",0,0,0,SA0\n";
        assert_eq!(faults(&text, &options())[0].0, "0.58", "{text}");
        // A unit is assumed where none is told.
        let is_assumed = report(&text).assumed.iter().any(|note| note.contains("taken as volts"));
        assert_eq!(is_assumed, voltage == "v\n0.58", "{text}");
    }
}

#[test]
fn rows_that_passed_are_counted_and_say_what_was_tested() {
    let text = "v,address,expected,actual,result\n0.6,0x0,0xff,0xff,PASS\n0.6,0x1,0xff,0xfe,fail\n0.7,0x1,0xff,0xff,ok\n";
    let found = report(text);
    assert_eq!((found.files[0].rows, found.files[0].passes, found.levels.len()), (3, 2, 2));
    let ones = text.replace("0xff", "0xffff").replace("0xfe", "0xfffe");
    let assumed = report(&ones).assumed.join("; ");
    assert!(assumed.contains("no row is of a stored 0") && assumed.contains("taken as good"), "{assumed}");
    assert!(!report(text).assumed.join("; ").contains("no row is of a stored"));
    let text = "v,bank,row,column,type,status\n0.6,0,0,0,,pass\n0.6,0,0,1,SA1,fail\n";
    assert_eq!((report(text).files[0].passes, faults(text, &options()).len()), (1, 1));
}

#[test]
fn columns_to_pass_over_are_noted() {
    let text = "v,bank,row,column,polarity,Site No\n0.6,0,0,0,SA0,7\n";
    let ignoring = LogOptions { ignore: vec!["site-no".to_owned()], ..options() };
    let (draft, _) = import(text, &ignoring).unwrap();
    let notes = draft.provenance.notes.join("\n");
    assert!(
        notes.contains("log.csv: not read: site_no") && notes.contains("1 row of stuck cells; none passed"),
        "{notes}"
    );
    let columns = ["v", "bank", "row", "column", "polarity", "-"].map(str::to_owned).to_vec();
    let headless = LogOptions { columns: Some(columns), ..options() };
    assert_eq!(faults("0.6,0,0,0,SA0,7\n", &headless).len(), 1);
}
