//! Lines that are of another form than a dump, by what people have: what to do with them.

/// What a line may be that has something else than hex digits, and what to do then.
pub(super) fn foreign(line: &[u8], found: Option<u8>) -> &'static str {
    match (line.first(), found) {
        (Some(b':'), _) => " (the line looks like Intel HEX, which a file must begin with)",
        (Some(b'S'), _) if line.get(1).is_some_and(u8::is_ascii_digit) => {
            " (the line looks like an S-record, which a file must begin with)"
        }
        (_, Some(b'x' | b'X' | b'z' | b'Z')) => {
            "; x and z are bits that a simulator does not know: a dump of a memory has none; cut off what is neither address nor \
             word, or put # before it"
        }
        (_, Some(b'|')) => "; or, between bars at the end of the line, the bytes before them as characters",
        (_, Some(byte)) if !byte.is_ascii() || byte == 0 => " (a dump is text, or raw bytes with --raw)",
        (Some(b';'), _) | (Some(b'-'), Some(b'-')) => "; comments begin with # or //",
        (_, Some(b'[' | b']' | b'=' | b';' | b'(' | b')')) => {
            "; an address ends with `:` (0000: ffff); cut off what is neither address nor word, as of a .coe file or a \
             list in a program"
        }
        (_, Some(b'{' | b'}')) => "; leave of a list in a program the numbers only",
        (_, Some(b'.')) => {
            "; characters beside words are passed over if they are the bytes before them, after `ADDR:` and two blanks or \
             between bars; cut them off"
        }
        _ => "; cut off what is neither address nor word, or put # before it",
    }
}
