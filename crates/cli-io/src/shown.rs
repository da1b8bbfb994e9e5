//! Names as people may see them: nothing in them steers a terminal or looks like another line.

use std::ffi::OsStr;
use std::io::{self, Write};

/// The longest name that is shown whole.
const LONGEST_NAME: usize = 200;
/// The longest line of standard error.
const LONGEST_LINE: usize = 8000;

/// A name on one line, of at most 200 characters: control characters, line ends and marks that turn the direction of text
/// are written as in Rust (`\n`, `\u{1b}`).
pub fn shown(name: &str) -> String {
    one_line(&cut(name, LONGEST_NAME))
}

/// The same of a path or argument, of any length; what is no UTF-8 is replaced.
pub fn shown_os(name: &OsStr) -> String {
    one_line(&name.to_string_lossy())
}

/// The same of a text of any length.
pub fn one_line(text: &str) -> String {
    escaped(text, |letter| is_harmful(letter) || letter == '\n')
}

/// Text of several lines, with all harmful characters but line ends written out.
pub fn harmless(text: &str) -> String {
    escaped(text, is_harmful)
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> String {
    let mut all = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_escaped(letter) {
            all.extend(letter.escape_default());
        } else {
            all.push(letter);
        }
    }
    all
}

/// Whether a terminal might do something else with it than show it.
fn is_harmful(letter: char) -> bool {
    matches!(letter,
        // Separators of lines and paragraphs; marks, embeddings, overrides and isolates of direction.
        '\u{2028}' | '\u{2029}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        // Without width: joiners, the byte order mark, tags.
        | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
        || (letter.is_control() && letter != '\n')
}

/// At most `most` characters of a name, of which the middle is left out if there are more: both ends tell names apart.
pub fn cut(name: &str, most: usize) -> String {
    let count = name.chars().count();
    if count <= most {
        return name.to_owned();
    }
    let kept = most.saturating_sub(1);
    let (head, tail) = (kept.div_ceil(2), kept / 2);
    let first = name.chars().take(head);
    first.chain(['…']).chain(name.chars().skip(count - tail)).collect()
}

/// Says a line on standard error. Nothing is left to do if it cannot be said.
pub fn warn(line: &str) {
    let _ = writeln!(io::stderr(), "{}", cut(&one_line(line), LONGEST_LINE));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_steer_a_terminal() {
        for (name, seen) in [
            ("plain näme ⇑ →", "plain näme ⇑ →"),
            ("\x1b[31mred", r"\u{1b}[31mred"),
            ("a\nb\tc\r", r"a\nb\tc\r"),
            ("abc\u{202e}gnp.exe", r"abc\u{202e}gnp.exe"),
            ("\u{9b}31m\u{7f}\0", r"\u{9b}31m\u{7f}\u{0}"),
            ("a\u{200b}\u{2066}\u{feff}", r"a\u{200b}\u{2066}\u{feff}"),
        ] {
            assert_eq!(shown(name), seen);
        }
        assert_eq!(shown(&"x".repeat(70_000)).chars().count(), LONGEST_NAME);
        assert_eq!(harmless("a\nb\x07\n"), "a\nb\\u{7}\n");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(cut("layer.weight", 12), "layer.weight");
        assert_eq!(cut("layer.0.weight", 9), "laye…ight");
        assert_eq!(cut("äöüäöü", 4), "äö…ü");
        assert_eq!((cut("abc", 1), cut("abc", 0)), ("…".to_owned(), "…".to_owned()));
    }
}
