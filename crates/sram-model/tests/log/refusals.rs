//! What is refused, with its line and what to do.

use sram_model::Geometry;
use sram_model::import::log::{AddressUnit, LogOptions, Radix};
use sram_model::import::{ImportError, ImportErrorKind};

use crate::{at, faults, import, import_files, refused};

fn options() -> LogOptions {
    LogOptions { geometry: Some(Geometry::new(1, 1024, 16).unwrap()), ..LogOptions::default() }
}

fn check(cases: &[(&str, &[&str])], options: &LogOptions) {
    for (text, parts) in cases {
        let said = refused(text, options);
        assert!(parts.iter().all(|part| said.contains(part)), "{text}\n{said}");
        assert!(said.contains("log.csv"), "{said}");
    }
}

#[test]
fn columns_that_are_unknown_twice_missing_or_of_two_forms() {
    check(
        &[
            ("v,address,expected,actual,temp\n", &["line 1", "`temp` is not", "--ignore temp"]),
            ("v,Vdd,address,expected,actual\n", &["line 1", "not both `v` and `vdd`"]),
            ("v,address,expected,actual,golden\n", &["not both `expected` and `golden`"]),
            ("v,address,expected,actual,polarity\n", &["not both `expected` and `polarity`"]),
            ("v,row,column,polarity,p_0to1,p_1to0\n", &["not both `polarity` and `p_0to1`"]),
            ("v,row,column,fails,direction,fails_read0,reads\n", &["not both `fails` and `fails_read0`"]),
            ("v,address,actual\n", &["the words that were written"]),
            ("v,address,expected\n", &["the words that were read"]),
            ("v,row,column,fails,reads\n", &["the direction of fails"]),
            ("v,row,column,p_0to1\n", &["p_1to0, too"]),
            ("v,row,column\n", &["columns that say what fails", "fails_read0"]),
            ("v,polarity\n", &["columns that say where: address (and bit), or bank, row and column"]),
            ("v,address,row,column,polarity\n", &["one way to say where"]),
            ("v,address,polarity\n", &["which cell of a word"]),
            ("address,expected,actual\n", &["a column voltage, too", "0.6=FILE"]),
            ("0.6,0x3,0xffff,0xfffe\n", &["--columns"]),
            ("0.6,3,5,4\n", &["line 1: found numbers", "--columns"]),
        ],
        &options(),
    );
    let several = LogOptions { geometry: Some(Geometry::new(2, 8, 16).unwrap()), ..options() };
    check(&[("v,row,column,polarity\n", &["the bank, too"])], &several);
    let four = LogOptions {
        columns: Some(["v", "row", "column", "polarity"].map(str::to_owned).to_vec()),
        ..options()
    };
    check(&[("0.6,0,SA0\n", &["line 1", "4 fields, as many as columns are named"])], &four);
    check(
        &[(
            "V,row,col,type\n0.6,0,0,SA0\n",
            &["line 1: found a header", "leave out the header, or that option"],
        )],
        &four,
    );
    let ignoring = LogOptions { ignore: vec!["time".to_owned()], ..options() };
    check(&[("v,row,column,polarity\n0.6,0,0,SA0\n", &["no column `time` to pass over"])], &ignoring);
}

#[test]
fn values_that_make_no_sense() {
    let words =
        |row: &str| refused(&format!("v,address,expected,actual\n0.6,0x0,0xf,0xe\n{row}\n"), &options());
    for (row, parts) in [
        ("0.6,0x1,0x1ffff,0x0", ["line 3: found expected `0x1ffff`", "a word of 16 bits"]),
        ("0.6,0x1,0xff,0xfx", ["line 3: found actual `0xfx`", "in hex (--radix)"]),
        ("0.6,0x1,0xff,", ["line 3: found actual ``", "a word of 16 bits"]),
        ("0.6,0x400,0xff,0xfe", ["line 3: found address `0x400`", "an address from 0 to 1023 (0x3ff)"]),
        ("0.6,-1,0xff,0xfe", ["line 3: found address `-1`", "an address in hex"]),
        (
            "600,0x1,0xff,0xfe",
            ["line 3: found v `600`", "if millivolts are meant, say so: `600 mV`, or v_mV"],
        ),
        ("0.6,0x1,0xff", ["line 3: found 3 fields", "4 fields"]),
        ("high,0x1,0xff,0xfe", ["line 3: found v `high`", "a voltage above 0"]),
    ] {
        let said = words(row);
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    }
    check(
        &[
            (
                "v_mV,row,column,polarity\n0.6V,0,0,SA0\n",
                &["line 2", "in the unit that the column's name says"],
            ),
            (
                "v,row,column,polarity\n0.6,1024,0,SA0\n",
                &["line 2: found bank 0 row 1024 column 0", "1x1024x16"],
            ),
            ("v,bank,row,expected,actual\n0.6,1,0,0x1,0x0\n", &["line 2: found bank 1 row 0", "1x1024x16"]),
            ("v,bank,address,bit,type\n0.6,1,0,0,SA0\n", &["line 2: found bank 1", "1x1024x16"]),
            ("v,address,bit,type\n0.6,0,16,SA0\n", &["line 2: found bit `16`", "a bit of a word of 16"]),
            ("v,row,column,polarity\n0.6,0,0,0\n", &["line 2: found polarity `0`", "SA0 or 1->0"]),
            ("v,row,column,expected,actual\n0.6,0,0,2,1\n", &["line 2: found expected `2`", "a bit, 0 or 1"]),
            (
                "v,row,column,p01,p10\n0.6,0,0,1.5,0\n",
                &["line 2: found p01 `1.5`", "a probability from 0 to 1"],
            ),
        ],
        &options(),
    );
}

#[test]
fn numbers_of_two_readings_unless_their_base_is_told() {
    let text = "v,address,expected,actual\n0.6,0x1,1000,1010\n";
    let said = refused(text, &options());
    assert!(
        said.contains(
            "line 2: found word `1000`, which is 4096 if it is hex, 1000 if it is decimal, 8 if it is binary"
        ),
        "{said}"
    );
    assert!(said.contains("--radix 16, 10 or 2"), "{said}");
    let read = |radix| faults(text, &LogOptions { radix: Some(radix), ..options() }).len();
    assert_eq!([Radix::Hex, Radix::Decimal, Radix::Binary].map(read), [1, 3, 1]);
    let text = "v,address,expected,actual\n0.6,100,0xf,0xe\n0.6,5,0xf,0xd\n";
    let said = refused(text, &options());
    assert!(
        said.contains("line 2: found address `100`, which is 256 if it is hex, 100 if it is decimal"),
        "{said}"
    );
    assert!(said.contains("--address-radix"), "{said}");
    let told = LogOptions { address_radix: Some(Radix::Decimal), ..options() };
    assert_eq!(faults(text, &told), [at(5, 1, 0.0, 1.0), at(100, 0, 0.0, 1.0)]);
    // In hex it would lie outside.
    assert_eq!(faults(&text.replace("100", "1000"), &options())[1].2, 1000);
}

#[test]
fn rows_that_contradict_their_verdict() {
    check(
        &[
            (
                "v,address,expected,actual,result\n0.6,0x0,0xf,0xe,pass\n",
                &["line 2", "says pass, but shows a fail"],
            ),
            (
                "v,address,expected,actual,result\n0.6,0x0,0xf,0xf,fail\n",
                &["line 2", "says fail, but shows none"],
            ),
            (
                "v,address,expected,actual,result\n0.6,0x0,0xf,0xf,0\n",
                &["line 2: found result `0`", "pass or fail"],
            ),
            ("v,row,column,type,status\n0.6,0,0,SA0,ok\n", &["line 2", "says pass, but shows a fail"]),
        ],
        &options(),
    );
}

#[test]
fn counts_without_reads_or_above_them() {
    let head = "v,row,column,fails_read0,fails_read1";
    check(
        &[
            (&format!("{head}\n0.6,0,0,1,2\n"), &["line 1", "--reads N"]),
            (
                &format!("{head},reads\n0.6,0,0,11,2,10\n"),
                &["line 2: found fails_read0 `11`", "of the 10 reads"],
            ),
            (&format!("{head},reads\n0.6,0,0,1,2,0\n"), &["line 2: found reads `0`", "at least 1"]),
            (&format!("{head},reads,run\n0.6,0,0,1,2,10,1\n"), &["not both", "`run`"]),
            ("v,row,column,polarity,reads\n0.6,0,0,SA0,10\n", &["`reads`", "--reads N"]),
        ],
        &options(),
    );
    let ten = LogOptions { reads: Some(10), ..options() };
    check(
        &[(
            &format!("{head},reads\n0.6,0,0,1,2,20\n"),
            &["line 2: found reads `20`", "10 of them by --reads"],
        )],
        &ten,
    );
}

#[test]
fn fails_that_are_told_twice() {
    check(
        &[
            (
                "v,row,column,p01,p10\n0.6,0,0,1,0\n0.6,0,0,0.5,1\n",
                &["line 3: found bank 0 row 0 column 0 from 0 to 1", "after line 2"],
            ),
            (
                "v,address,expected,actual\n0.6,0x0,0xf,0xe\n0.6,0x0,0xf,0xe\n",
                &["line 3", "at 0.6 again, after line 2", "it failed before, and failed now", "--reads N"],
            ),
            (
                "v,address,expected,actual\n0.6,0x1,0xf,0xf\n0.6,0x0,0xf,0xe\n0.6,0x0,0xf,0xf\n",
                &[
                    "line 4: found bank 0 row 0 column 0 at 0.6 again, after line 3",
                    "passed now",
                    "--reads N",
                ],
            ),
            (
                "v,row,column,expected,actual\n0.6,0,3,1,1\n0.6,0,3,1,0\n",
                &["line 3", "it passed before, and failed now", "--reads N"],
            ),
        ],
        &options(),
    );
    let file = "row,column,polarity\n0,0,SA0\n";
    let files = [("a.csv", Some("0.6"), file), ("b.csv", Some("0.6"), file)];
    let said = import_files(&files, &options()).unwrap_err().to_string();
    assert!(said.contains("b.csv, line 2") && said.contains("after line 2 of a.csv"), "{said}");
}

#[test]
fn heads_and_options_that_contradict() {
    let rows = "v,row,column,polarity\n0.6,0,0,SA0\n";
    let said = |head: &str| refused(&format!("{head}\n{rows}"), &options());
    for (head, part) in [
        (
            "# geometry: 1x8x16",
            "line 1: found the geometry 1x8x16, and an option or a file before says 1x1024x16",
        ),
        ("# geometry: 8x16", "line 1: found geometry `8x16`"),
        ("# unit: mV", "line 1: found unit `mV`"),
        ("# read_noise: 0.1", "line 1: found the key `read_noise` of an exported profile"),
        ("# Unit: V", "line 1: found the key `Unit`"),
    ] {
        assert!(said(head).contains(part), "{}", said(head));
    }
    let told = import_files(&[("a.csv", Some("0.6"), rows)], &options()).unwrap_err();
    assert!(told.kind() == ImportErrorKind::Options && told.to_string().contains("a column `v`"), "{told}");
    let listed = format!("# voltages: 0.6\n{}", &rows.replace("v,", "").replace("0.6,", ""));
    let said = import_files(&[("a.csv", Some("0.6"), &listed)], &options()).unwrap_err().to_string();
    assert!(said.contains("# voltages"), "{said}");
    let relative = "# unit: V/Vmin\nvdd_mV,row,column,polarity\n600,0,0,SA0\n";
    assert!(refused(relative, &options()).contains("line 3: found a voltage in volts"));
    let nothing = refused(rows, &LogOptions::default());
    assert!(nothing.contains("--geometry") && nothing.contains("# geometry"), "{nothing}");
    assert!(refused("v,row,column,polarity\n", &options()).contains("no voltage"));
    assert!(import_files(&[], &options()).is_err());
    assert!(matches!(
        import("\0", &options()),
        Err(ImportError::Content { kind: ImportErrorKind::Encoding, .. })
    ));
}

#[test]
fn options_of_addresses_that_do_not_fit() {
    let rows = "v,row,column,polarity\n0.6,0,0,SA0\n";
    let bytes = LogOptions { address_unit: AddressUnit::Bytes, ..options() };
    for (options, part) in [
        (
            LogOptions { interleave: true, ..options() },
            "--interleave, but rows that say bank, row and column",
        ),
        (LogOptions { scramble: "xor:0x1".parse().unwrap(), ..options() }, "--scramble"),
        (LogOptions { address_radix: Some(Radix::Hex), ..options() }, "--address-radix"),
        (LogOptions { word_bits: Some(8), ..options() }, "--word-bits"),
        (bytes.clone(), "--address-unit"),
        (LogOptions { word_bits: Some(3), ..options() }, "words of 3 bits in rows of 16 columns"),
        (LogOptions { word_bits: Some(0), ..options() }, "words of 0 bits"),
        (LogOptions { word_bits: Some(4), ..bytes.clone() }, "words of whole bytes"),
    ] {
        let said = refused(rows, &options);
        assert!(said.contains(part), "{said}");
    }
    let words = "v,address,expected,actual\n0.6,0x3,0xf,0xe\n";
    let said = refused(words, &bytes);
    assert!(said.contains("line 2: found address `0x3`") && said.contains("a multiple of 2"), "{said}");
    let halves = LogOptions { word_bits: Some(8), ..options() };
    let said = refused("v,bank,row,expected,actual\n0.6,0,0,0xf,0xe\n", &halves);
    assert!(said.contains("rows of several words of 8 bits"), "{said}");
}

#[test]
fn what_is_not_plausible() {
    let rows: String = (0..64).map(|row| format!("0.6,{row:#x},0xffff,0x0000\n")).collect();
    let text = format!("v,address,expected,actual\n{rows}");
    let small = LogOptions { geometry: Some(Geometry::new(1, 64, 16).unwrap()), ..options() };
    assert!(refused(&text, &small).contains("--anyway"));
    let (draft, _) = import(&text, &LogOptions { anyway: true, ..small }).unwrap();
    assert!(draft.provenance.notes.join("\n").contains("imported in spite of a doubt"));
}
