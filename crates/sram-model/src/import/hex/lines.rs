//! Takes the lines of a dump apart: an address, tokens of hex digits, and what means nothing.
//!
//! * A token is hex digits between white space or commas, with or without `0x`; `_` between digits means nothing.
//! * `ADDR:`, `ADDR <symbol>:` and `@ADDR` at the start of a line are addresses, in hex digits.
//! * `#`, `//` and `/* … */` are comments, as for `$readmemh`.
//! * The bytes once more as characters, as `xxd` (after two spaces) and `hexdump -C` (between bars) write them, are passed
//!   over.
//! * A line `*` stands for repetitions of the line before, up to the next address, as of `hexdump` and `od`.

use std::path::Path;

use super::super::{ImportError, ImportErrorKind};
use super::characters;
use super::foreign::foreign;
use super::token::{At, Token};

/// One line that holds something.
#[derive(Debug, Default)]
pub(super) struct Line<'a> {
    pub(super) number: u64,
    pub(super) address: Option<Token<'a>>,
    pub(super) tokens: Vec<Token<'a>>,
    /// Whether it stands for repetitions of the line before.
    pub(super) repeats: bool,
    /// Whether its bytes stand after it as characters.
    pub(super) characters: bool,
}

/// Reads the lines of a dump.
pub(super) struct Lines<'a> {
    path: &'a Path,
    bytes: &'a [u8],
    at: usize,
    number: u64,
    /// Where a comment began that goes on.
    comment: Option<At>,
}

impl<'a> Lines<'a> {
    /// The lines of a file from byte `start` on.
    pub(super) fn new(path: &'a Path, bytes: &'a [u8], start: usize) -> Self {
        Self { path, bytes, at: start, number: 0, comment: None }
    }

    /// Reads the next line that holds something into `line`; false at the end.
    pub(super) fn next(&mut self, line: &mut Line<'a>) -> Result<bool, ImportError> {
        while self.at < self.bytes.len() {
            let start = self.at;
            let rest = &self.bytes[start..];
            let len = rest.iter().position(|&byte| byte == b'\n' || byte == b'\r').unwrap_or(rest.len());
            let end = if rest[len..].starts_with(b"\r\n") { 2 } else { usize::from(len < rest.len()) };
            self.at = start + len + end;
            self.number += 1;
            self.take_apart(start, start + len, line)?;
            if line.address.is_some() || !line.tokens.is_empty() || line.repeats {
                return Ok(true);
            }
        }
        match self.comment {
            Some(begin) => {
                let found = "`/*`, and no `*/` until the end of the file";
                Err(ImportError::content(
                    ImportErrorKind::Form,
                    self.path,
                    begin.place(),
                    found,
                    "the end of the comment",
                ))
            }
            None => Ok(false),
        }
    }

    fn take_apart(&mut self, start: usize, end: usize, line: &mut Line<'a>) -> Result<(), ImportError> {
        line.tokens.clear();
        (line.number, line.address, line.repeats, line.characters) = (self.number, None, false, false);
        let mut from = start;
        if self.comment.is_some() {
            let Some(closed) = find(&self.bytes[start..end], b"*/") else { return Ok(()) };
            self.comment = None;
            from = start + closed + 2;
        }
        (line.address, from) = self.address(from, end);
        let colon = line.address.is_some() && self.bytes[from - 1] == b':';
        let characters =
            if colon { characters::after(&self.bytes[from..end]).map(|at| from + at) } else { None };
        let to = match characters {
            Some(characters) => {
                line.characters = true;
                characters
            }
            None => self.before_comment(from, end, line),
        };
        self.tokens(from, to, line)
    }

    /// An address at the start of a line, and where the rest begins.
    fn address(&self, start: usize, end: usize) -> (Option<Token<'a>>, usize) {
        let bytes = self.bytes;
        let skip = |from: usize, test: fn(u8) -> bool| {
            bytes[from..end].iter().position(|&byte| !test(byte)).map_or(end, |len| from + len)
        };
        let blank = |byte: u8| byte == b' ' || byte == b'\t';
        let mut at = skip(start, blank);
        let told = bytes[at..end].starts_with(b"@");
        if told {
            at = skip(at + 1, blank);
        }
        if bytes[at..end].starts_with(b"0x") || bytes[at..end].starts_with(b"0X") {
            at += 2;
        }
        let digits_end = skip(at, |byte| byte == b'_' || byte.is_ascii_hexdigit());
        let token = self.token(at, digits_end);
        if token.len() == 0 {
            return (None, start);
        }
        if told {
            return (Some(token), digits_end);
        }
        let mut rest = skip(digits_end, blank);
        if bytes[rest..end].starts_with(b"<") {
            rest = find(&bytes[rest..end], b">").map_or(rest, |len| skip(rest + len + 1, blank));
        }
        if bytes[rest..end].starts_with(b":") { (Some(token), rest + 1) } else { (None, start) }
    }

    /// Where a comment or the bytes as characters between bars begin, or the line's end.
    fn before_comment(&mut self, start: usize, end: usize, line: &mut Line<'a>) -> usize {
        let text = &self.bytes[start..end];
        let begins = |at: &usize| match text[*at] {
            b'#' | b'|' => true,
            b'/' => matches!(text.get(at + 1), Some(b'/' | b'*')),
            _ => false,
        };
        let Some(at) = (0..text.len()).find(begins) else { return end };
        if text[at] == b'|' {
            line.characters = characters::are_between_bars(&text[..at], &text[at..]);
            // A bar that does not is no digit.
            return if line.characters { start + at } else { end };
        }
        if text[at..].starts_with(b"/*") {
            // What follows a comment on its line is left out only if the comment goes on.
            match find(&text[at..], b"*/") {
                Some(closed) if !text[at + closed + 2..].trim_ascii().is_empty() => return end,
                Some(_) => {}
                None => self.comment = Some(At { line: self.number, byte: (start + at) as u64 }),
            }
        }
        start + at
    }

    fn tokens(&self, start: usize, end: usize, line: &mut Line<'a>) -> Result<(), ImportError> {
        let mut at = start;
        while at < end {
            if self.bytes[at].is_ascii_whitespace() || self.bytes[at] == b',' {
                at += 1;
                continue;
            }
            if self.bytes[at] == b'*'
                && line.tokens.is_empty()
                && self.bytes[at + 1..end].trim_ascii().is_empty()
            {
                line.repeats = true;
                return Ok(());
            }
            if self.bytes[at..end].starts_with(b"0x") || self.bytes[at..end].starts_with(b"0X") {
                at += 2;
            }
            let is_digit = |byte: &u8| *byte == b'_' || byte.is_ascii_hexdigit();
            let len = self.bytes[at..end].iter().position(|byte| !is_digit(byte)).unwrap_or(end - at);
            let token = self.token(at, at + len);
            let next = self.bytes[..end].get(at + len);
            if token.len() == 0 || next.is_some_and(|next| !next.is_ascii_whitespace() && *next != b',') {
                return Err(self.no_digit(at + len, start));
            }
            line.tokens.push(token);
            at += len;
        }
        Ok(())
    }

    fn token(&self, from: usize, to: usize) -> Token<'a> {
        Token::new(At { line: self.number, byte: from as u64 }, &self.bytes[from..to])
    }

    fn no_digit(&self, at: usize, line_start: usize) -> ImportError {
        let found = self
            .bytes
            .get(at)
            .map_or("the end of the line".to_owned(), |byte| format!("`{}`", byte.escape_ascii()));
        let kind = foreign(&self.bytes[line_start..], self.bytes.get(at).copied());
        let place = At { line: self.number, byte: at as u64 }.place();
        ImportError::content(ImportErrorKind::Form, self.path, place, found, format!("a hex digit{kind}"))
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line as `address|tokens`.
    fn lines(text: &str) -> Result<Vec<String>, String> {
        let mut lines = Lines::new(Path::new("d"), text.as_bytes(), 0);
        let (mut line, mut found) = (Line::default(), Vec::new());
        while lines.next(&mut line).map_err(|error| error.to_string())? {
            let tokens: Vec<String> = line.tokens.iter().map(|token| token.shown()).collect();
            let address = line.address.map_or_else(String::new, Token::shown);
            let star = if line.repeats { "*" } else { "" };
            found.push(format!("{}:{address}|{}{star}", line.number, tokens.join(" ")));
        }
        Ok(found)
    }

    #[test]
    fn addresses_comments_and_characters_are_told_from_words() {
        for (text, expected) in [
            ("ffff 0xFFFE,ff_ff\r\n\r\nabcd", vec!["1:|ffff FFFE ff_ff", "3:|abcd"]),
            ("ff\rfe\r\nfd", vec!["1:|ff", "2:|fe", "3:|fd"]),
            ("@10 ff\n@ 20\nfe", vec!["1:10|ff", "2:20|", "3:|fe"]),
            ("0x20000000:\t0xffff\t0xfffe", vec!["1:20000000|ffff fffe"]),
            ("0x20000000 <buf+16>:\t0xffff", vec!["1:20000000|ffff"]),
            ("# a\nff // b\nfe # c\n/* d\n ff\n*/ fd\nfc /* e */", vec!["2:|ff", "3:|fe", "6:|fd", "7:|fc"]),
            ("00000000  ff 23  7c 41  |.#|A|", vec!["1:|00000000 ff 23 7c 41"]),
            ("00: ffff 2041  .. A\n04: ff20  . ", vec!["1:00|ffff 2041", "2:04|ff20"]),
            // The bytes of words that a little-endian machine shows.
            ("00: 42434445    EDCB", vec!["1:00|42434445"]),
            ("00  ff 00 |? |\n", vec!["1:|00 ff 00"]),
            ("0xff,0x41 |.A|  ", vec!["1:|ff 41"]),
            // Two spaces alone are no sign of characters.
            ("00: ffff  abcd", vec!["1:00|ffff abcd"]),
            ("00 ffff\n*\n40", vec!["1:|00 ffff", "2:|*", "3:|40"]),
        ] {
            assert_eq!(lines(text).unwrap(), expected, "{text:?}");
        }
    }

    /// Each of these took minutes when the line was looked through again at each of its tokens.
    #[test]
    fn long_lines_cost_what_they_are_long() {
        let many = 1 << 18;
        for (text, tokens) in [
            ("ffff  ".repeat(many), many),
            (format!("00: {}", "ffff  ".repeat(many)), many),
            (format!("{}{}", "ffff ".repeat(many), " ".repeat(1 << 22)), many),
            (format!("{}*", " ".repeat(1 << 22)), 0),
        ] {
            let mut lines = Lines::new(Path::new("d"), text.as_bytes(), 0);
            let mut line = Line::default();
            assert!(lines.next(&mut line).unwrap());
            assert_eq!((line.tokens.len(), line.repeats), (tokens, tokens == 0));
        }
    }

    #[test]
    fn what_is_no_digit_is_named_with_its_place() {
        for (text, said) in [
            ("ffff\nffxf", "d, line 2, byte 7: found `x`, expected a hex digit"),
            (":10000000FF", "Intel HEX"),
            ("S1130000FF", "S-record"),
            ("ffxx", "a simulator does not know"),
            ("ff\0", "--raw"),
            ("ff 0x", "found the end of the line"),
            ("ff * ff", "found `*`"),
            ("/* a */ ff /* b */ fe", "found `/`"),
            // Bars that hold something else.
            ("ff | fe", "found `|`, expected a hex digit; or, between bars"),
            ("ffff |fe|", "found `|`"),
            ("ff41 |.B|", "found `|`"),
            ("ff41 |.A| fe", "found `|`"),
            ("ff41 |.|", "found `|`"),
            ("ff |", "found `|`"),
            // What people have, with what to do.
            ("; a dump", "comments begin with # or //"),
            ("-- a dump", "comments begin with # or //"),
            ("0000;ffff", "an address ends with `:`"),
            ("[0000] ffff", "an address ends with `:`"),
            ("0000=ffff", "an address ends with `:`"),
            ("memory_initialization_radix=16;", "put # before it"),
            ("{0xffff, 0xfffe};", "leave of a list in a program the numbers only"),
            ("0000: ffff .. A", "cut them off"),
        ] {
            let found = lines(text).unwrap_err();
            assert!(found.contains(said), "{text:?}: {found}");
        }
    }
}
