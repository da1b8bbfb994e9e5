//! Texts and JSON that are refused, by line.

use sram_model::import::flips::FlipOptions;

use crate::{faults, import_all, of_size, options, refused};

fn said(text: &str, options: &FlipOptions) -> String {
    refused(text.as_bytes(), options)
}

#[test]
fn what_can_be_a_matrix_and_a_list_is_refused_with_both() {
    // A row of a chip of two cells, or both of its cells.
    let said = said("0 1\n", &of_size(1, 1, 2));
    assert!(said.contains("can be read as a matrix of numbers and as a list of cell numbers"), "{said}");
    assert!(said.contains("npy") && said.contains("0x before"), "{said}");
    assert_eq!(faults(b"0x0 0x1\n", &of_size(1, 1, 2)), [(0, 1.0, 0.0), (1, 1.0, 0.0)]);
    // Where only one of them can be, it is.
    assert_eq!(faults(b"2 1\n", &of_size(1, 1, 3)), [(1, 1.0, 0.0), (2, 1.0, 0.0)]);
    assert_eq!(faults(b"0 0\n", &of_size(1, 1, 2)), []);
    assert_eq!(faults(b"1 0\n1 0\n", &of_size(1, 2, 2)), [(0, 1.0, 0.0), (2, 1.0, 0.0)]);
    assert_eq!(faults(b"0\n1\n", &of_size(1, 2, 1)), [(0, 1.0, 0.0), (1, 1.0, 0.0)], "a column is no matrix");
}

#[test]
fn what_can_be_neither_is_told_both() {
    let found = said("3 17 99\n", &options());
    for part in [
        "line 1: found 3 numbers without a header",
        "row,col,p_flip",
        "nor is it a list of cell numbers",
        "--geometry",
    ] {
        assert!(found.contains(part), "{part}: {found}");
    }
}

#[test]
fn a_matrix_is_refused_by_its_line() {
    let row = "0,0,0,0,0,0,0,1\n";
    let with = |text: &str| said(&format!("{row}{text}"), &options());
    assert!(with("0,0,0,0,0,0,1\n").contains("line 2: found 7 numbers, expected 8"));
    assert!(
        with("0,0,0,0,0,0,0,x\n").contains("line 2: found `x` in column 7 of the row, expected a number")
    );
    assert!(
        with("0,0,0.5,0,0,-1,0,0\n")
            .contains("line 2: found `-1` in column 5 of the row, expected 0, 1 or a prob")
    );
    assert!(with("0,0,3,0,0,0,0,0\n").contains("--reads N"));
    assert!(with("0,0,nan,0,0,0,0,0\n").contains("found `nan`"));
    assert!(with(&format!("{row}\n{row}")).contains("1 rows in the last bank, expected 2"));
    assert!(
        with(&format!("\n{row}{row}\n{row}"))
            .contains("line 6: found the end of a bank of 2 rows before it, expected 1")
    );
    assert!(with(&format!("# bank 1\n{row}")).contains("line 3: found rows with a comment before them"));
    let counts = FlipOptions { reads: Some(5), ..options() };
    assert!(said("0,0,0,0,0,0,0,6\n", &counts).contains("line 1: found `6` in column 7"));
    assert!(said(row, &of_size(1, 2, 4)).contains("expected a chip of 1x2x4"));
    // Rows of a table without its header have few columns.
    let table = "1,2,0.5\n1,3,1.0\n";
    assert!(said(table, &options()).contains("3 numbers without a header"));
    let named =
        import_all(&[("0.6", "map_2x4.txt", b"1,0,0,0,0,0,0,0\n")], &options()).unwrap_err().to_string();
    assert!(named.contains("banks of 1 rows x 8 columns, but 2x4 in the name"), "{named}");
}

#[test]
fn a_list_is_refused_by_its_line() {
    let of = |text: &str| said(text, &of_size(1, 8, 16));
    assert!(of("3\n17\n3\n").contains("line 3: found cell 3 again, after line 1"));
    assert!(of("3\n0x80\n").contains("line 2: found cell 0x80, expected a cell from 0 to 127"));
    assert!(of("3\n-1\n").contains("line 2: found `-1`"));
    assert!(of("3\n010\n").contains("bits of a row need blanks between them"));
    assert!(of("3\n18446744073709551616\n").contains("line 2: found `18446744073709551616`"));
    assert!(said("3\n17\n", &options()).contains("numbers of cells, but no size of the chip"));
    let counts = FlipOptions { reads: Some(5), ..of_size(1, 8, 16) };
    assert!(said("3\n17\n", &counts).contains("a list of cells, but --reads"));
}

#[test]
fn json_is_refused_by_its_line_item_or_row() {
    let of = |text: &str| said(text, &of_size(1, 8, 16));
    for (text, part) in [
        ("[{\"row\": 1,\n \"col\": 2, \"hot\": 1}]", "line 2: found JSON that is not understood at column"),
        (
            "[{\"row\": 1, \"col\": 2}, {\"row\": 1, \"col\": 16}]",
            "item 1, counted from 0: bank 0 row 1 column 16",
        ),
        ("[{\"row\": 1, \"col\": 2}, {\"row\": 1, \"col\": 2}]", "row 1 column 2 again"),
        ("[{\"row\": 1, \"col\": 2, \"p_0to1\": 0.5}]", "p_0to1 and p_1to0, or p_flip alone"),
        ("[{\"row\": 1, \"col\": 2, \"p_flip\": 1.5}]", "p_flip 1.5, expected 0, 1 or a probability"),
        ("[[0,1],[1,0]]", "a list of cells"),
        ("{\"rows\": {\"1\": [2, 2]}}", "row `1`: bank 0 row 1 column 2 again"),
        ("{\"rows\": {\"1\": [2], \"1\": [2]}}", "row `1`: bank 0 row 1 column 2 again"),
        ("{\"rows\": {\"x\": [2]}}", "the row `x`"),
        ("{\"rows\": {\"1\": [2]}, \"chip\": 4}", "the key `chip` beside `rows`"),
        ("{\"rows\": {}, \"rows\": {\"1\": [2]}}", "the key `rows` beside `rows`"),
        ("{\"1\": [2]}", "the key `1`"),
        ("{", "not understood"),
    ] {
        let found = of(text);
        assert!(found.contains(part), "{text}: {found}");
    }
    let banks = said("{\"rows\": {\"1\": [2]}}", &of_size(2, 8, 16));
    assert!(banks.contains("no bank") && banks.contains("2 banks"), "{banks}");
    let counts = FlipOptions { reads: Some(5), ..of_size(1, 8, 16) };
    assert!(said("[{\"row\": 1, \"col\": 2}]", &counts).contains("cells without counts, but --reads"));
}

#[test]
fn lines_that_can_be_cell_numbers_or_places_are_refused_with_both() {
    let pairs = "3 7\n12 5\n40 31\n";
    let said_of = |text: &str| said(text, &of_size(1, 64, 32));
    for text in [pairs, "# argwhere\n3 7\n\n3 9\n", "3,7\n12,5\n", "3 7\n"] {
        let said = said_of(text);
        assert!(said.contains("the numbers of cells, and the row and column of one cell"), "{said}");
        assert!(said.contains("one number a line") && said.contains("row,col,p_flip"), "{said}");
    }
    assert!(said_of("0 3 7\n0 12 5\n").contains("and the bank, row and column of one cell"));
    // They are lists: of hexadecimal numbers, numbers that are no row or column, lines of several lengths.
    let count = |text: &str| faults(text.as_bytes(), &of_size(1, 64, 32)).len();
    assert_eq!(count("0x3 0x7\n0xc 0x5\n"), 4);
    assert_eq!(count("3 7\n12 32\n"), 4);
    assert_eq!(count("64 7\n"), 2);
    assert_eq!(count("3 7\n12 5 8\n"), 5);
    assert_eq!(count("3\n7\n12\n"), 3);
}

#[test]
fn a_table_without_a_bank_is_not_of_a_chip_of_several() {
    for header in ["row,col,p_flip\n1,2,1\n", "row,col,p_0to1,p_1to0\n1,2,1,0\n"] {
        let said = said(header, &of_size(4, 8, 16));
        assert!(
            said.contains("line 1") && said.contains("the column bank, too: the chip has 4 banks"),
            "{said}"
        );
        assert_eq!(faults(header.as_bytes(), &of_size(1, 8, 16)), [(18, 1.0, 0.0)]);
    }
    assert_eq!(faults(b"bank,row,col,p_flip\n3,1,2,1\n", &of_size(4, 8, 16)), [(402, 1.0, 0.0)]);
}

#[test]
fn a_matrix_may_be_of_booleans() {
    let text = "False,False,True\nFalse,True,False\n";
    let chip = of_size(1, 2, 3);
    for text in [text.to_owned(), text.to_lowercase(), text.replace(',', " ")] {
        assert_eq!(faults(text.as_bytes(), &chip), [(2, 1.0, 0.0), (4, 1.0, 0.0)], "{text}");
    }
    let said = said(text, &FlipOptions { reads: Some(9), ..chip });
    assert!(said.contains("found `False` in column 0") && said.contains("or no --reads"), "{said}");
}

#[test]
fn what_a_file_is_comes_before_the_size_of_the_chip() {
    for (bytes, part) in [
        (&b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n"[..], "git lfs pull"),
        (b"<!DOCTYPE html>\n<html>", "a page of a website (HTML)"),
        (b"\x80\x04\x95\0\0", "a Python pickle"),
        (b"\x08\x07\x12\x07pytorch\0", "a model of a network (ONNX)"),
        (b"\xff\xfer\0o\0w\0", "the mark of UTF-16"),
        (b"\n", "an empty file"),
        (b"", "an empty file"),
        (b"cell,fails\n3,1\n", "the columns cell,fails"),
        (b"{\"chip\": 4}", "the key `chip`"),
        (b"[{\"row\": 1]", "JSON that is not understood"),
    ] {
        let said = refused(bytes, &options());
        assert!(said.contains(part) && !said.contains("no size"), "{said}");
    }
    // What is a map of an unknown size asks for it.
    for bytes in [&b"row,col,p_flip\n3,1,1\n"[..], b"[{\"row\": 1, \"col\": 2}]", b"{\"rows\": {\"1\": [2]}}"]
    {
        assert!(refused(bytes, &options()).contains("no size in the name"));
    }
}
