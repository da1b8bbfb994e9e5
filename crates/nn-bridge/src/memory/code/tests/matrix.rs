//! Codes of users' matrices: what is read, and what is refused with which words.

use std::error::Error;

use proptest::prelude::*;

use super::*;
use crate::memory::code::Correction;

fn of(text: &str) -> WordCode {
    WordCode::from_matrix_text(text, "mine").unwrap()
}

/// What is said of a text that is no code.
fn refusal(text: &str) -> String {
    let error = WordCode::from_matrix_text(text, "mine").unwrap_err();
    error.source().map_or_else(|| error.to_string(), |source| format!("{error}: {source}"))
}

/// H of a code as plain rows.
fn rows(code: &WordCode) -> String {
    let row = |row: u32| {
        code.columns().iter().map(|column| (column >> row & 1).to_string()).collect::<String>() + "\n"
    };
    (0..code.check_bits()).map(row).collect()
}

#[test]
fn the_matrix_of_a_named_code_is_that_code() {
    for name in NAMES.into_iter().filter(|name| !name.starts_with("dected")) {
        let (expected, found) = (named(name), of(&rows(&named(name))));
        assert_eq!(found.name(), "mine");
        assert_eq!(found.columns(), expected.columns());
        assert_eq!(found.check_positions(), expected.check_positions());
        assert!(
            (0..1 << expected.check_bits())
                .all(|syndrome| found.decode(syndrome) == expected.decode(syndrome))
        );
        let ones = vec![u64::MAX; 8];
        assert_eq!(found.encode(&ones), expected.encode(&ones));
    }
}

#[test]
fn rows_may_be_spaced_and_commented() {
    let plain = of("1101100\n1011010\n0111001\n");
    let spaced = of("# Hamming\n1, 1, 0, 1, 1, 0, 0 # data first\r\n\n  1 0 1 1 0 1 0\n0,1,1,1,0,0,1");
    assert_eq!(plain, spaced);
    assert_eq!(plain, of(r#"{"H": [[1,1,0,1,1,0,0],[1,0,1,1,0,1,0],[0,1,1,1,0,0,1]], "k": "ignored"}"#));
}

#[test]
fn check_bits_are_the_last_code_bits_that_will_do() {
    assert_eq!(of("1101100\n1011010\n0111001").check_positions(), [4, 5, 6]);
    // The last two columns are equal, so the last of them and, of those before, the last that differs.
    let code = of("1011\n0111");
    assert_eq!((code.data_positions(), code.check_positions()), (&[0, 2][..], &[1, 3][..]));
    for data in 0..4 {
        assert_eq!(syndrome(&code, &word(&code, &[data])), 0);
    }
}

#[test]
fn equal_columns_are_detected_only() {
    let code = of("1011\n0111");
    assert_eq!(code.decode(0b11), Correction::GiveUp);
    assert_eq!(code.decode(0b01), Correction::One(0));
    let mut wrong = vec![2];
    assert_eq!((code.residual(&mut wrong), wrong), (Outcome::Detected, vec![2]));
    // Three equal columns, too: the third does not make the syndrome free again.
    assert_eq!(of("111110\n000001").decode(0b01), Correction::GiveUp);
}

#[test]
fn json_says_where_data_bits_are() {
    let generator = r#""H": [[1,1,0,1],[0,0,1,1]], "G": [[1,1],[1,0],[0,1],[0,1]]"#;
    // Code bits 2 and 3 both hold data bit 1.
    assert_eq!(of(&format!("{{{generator}}}")).data_positions(), [1, 2]);
    let code = of(&format!("// a comment\n{{{generator}, \"R\": [[0,1,0,0],[0,0,0,1]]}}"));
    assert_eq!((code.data_positions(), code.check_positions()), (&[1, 3][..], &[0, 2][..]));
    assert_eq!(
        code,
        of(r#"{"H": [[1,1,0,1],[0,0,1,1]], "GT": [[1,1,0,0],[1,0,1,1]], "R": [[0,1,0,0],[0,0,0,1]]}"#)
    );
    assert_eq!(word(&code, &[0b10]), [true, false, true, true]);
}

#[test]
fn what_is_no_code_is_refused_with_its_place() {
    let long = "1".repeat(1025);
    let tall = "10\n".repeat(22);
    let cases: [(&str, &str); 24] = [
        ("", "matrix H is empty"),
        ("# nothing\n\n", "matrix H is empty"),
        ("110\n10\n", "row 2 of matrix H has 2 columns, expected 3"),
        ("110\n1020\n", "row 2, column 3 of matrix H: found `2`, expected 0 or 1"),
        ("110\n[011]\n", "row 2, column 1 of matrix H: found `[`"),
        ("1101\n0111\n1010\n", "row 3 of matrix H is a sum (XOR) of rows before it"),
        ("111\n111\n", "row 2 of matrix H is a sum (XOR) of rows before it"),
        ("1101\n1001\n", "column 3 of matrix H is 0"),
        ("10\n01\n", "2 rows and 2 columns, expected more columns"),
        (&long, "1 rows and 1025 columns, expected at most 21 rows"),
        (&tall, "22 rows and 2 columns, expected at most 21 rows"),
        ("{", "EOF while parsing an object at line 1 column 1"),
        ("// x\n{\"H\": [[1,\n2x]]}", "line 3 column 2"),
        (r#"{"G": [[1]]}"#, "missing field `H`"),
        (r#"{"H": [[1,1,-1]]}"#, "-1"),
        (r#"{"H": [[1,1,7]]}"#, "row 1, column 3 of matrix H: found `7`"),
        (r#"{"H": [[1,1,"1"]]}"#, "invalid type: string"),
        (r#"{"H": [[1,1,1]], "G": [[1],[0],[1]]}"#, "matrix G has 3 rows and 1 columns, expected 3 and 2"),
        (r#"{"H": [[1,1,1]], "GT": [[1,0,1]]}"#, "matrix the transpose of GT has 3 rows and 1 columns"),
        (
            r#"{"H": [[1,1,1]], "G": [[1,0],[0,1],[1,0]]}"#,
            "column 2 of G (row of GT) has an odd number of ones in common with row 1",
        ),
        (
            r#"{"H": [[1,1,1]], "G": [[1,0],[0,1],[1,1]], "R": [[1,0,0],[0,0,1]]}"#,
            "row 2 of R: expected a single one",
        ),
        (
            r#"{"H": [[1,1,1]], "G": [[1,0],[0,1],[1,1]], "R": [[1,1,0],[0,1,0]]}"#,
            "row 1 of R: expected a single one",
        ),
        (r#"{"H": [[1,1,1]], "R": [[1,0,0],[0,1,0]]}"#, "found R without G"),
        (r#"{"H": [[1,1,1]], "G": [[1]], "GT": [[1]]}"#, "found both G and GT"),
    ];
    for (text, expected) in cases {
        let found = refusal(text);
        assert!(found.contains(expected), "{text}: {found}");
    }
}

#[test]
fn data_bits_that_are_stored_in_sums_only_are_refused() {
    assert_eq!(
        of(r#"{"H": [[1,1,1,1]], "GT": [[1,1,0,0],[0,1,1,0],[0,1,0,1]]}"#).data_positions(),
        [0, 2, 3]
    );
    let found = refusal(r#"{"H": [[1,1,1,1]], "GT": [[1,1,0,0],[1,1,1,1],[0,1,0,1]]}"#);
    assert!(found.contains("no row of G (column of GT) has its only one in column 1"), "{found}");
}

proptest! {
    #[test]
    fn any_text_is_a_code_or_refused(text in "[01, #\n{}\\[\\]\"HGRT:x/]{0,80}") {
        let _ = WordCode::from_matrix_text(&text, "any");
    }
}
