//! The bytes of a line once more as characters, after them.

use super::token::hex_digit;

/// Where the blanks before the characters begin that end a line, if they are the bytes of its tokens.
pub(super) fn after(line: &[u8]) -> Option<usize> {
    let (mut at, mut digits) = (0, 0);
    while at < line.len() {
        if !line[at..].starts_with(b"  ") {
            digits += usize::from(!line[at].is_ascii_whitespace());
            at += 1;
            continue;
        }
        let gap = line[at..].iter().take_while(|&&byte| byte == b' ').count();
        // The more digits, the earlier their characters begin: that is in one gap of a line at most, so that the bytes are
        // compared once.
        let shown = line.len().checked_sub(digits / 2);
        let shown = shown.filter(|shown| digits > 1 && (at + 2..=at + gap).contains(shown));
        if shown.is_some_and(|shown| shows(&line[shown..], &tokens_of(&line[..at]), is_shown)) {
            return Some(at);
        }
        at += gap;
    }
    None
}

/// What stands between blanks and commas, without `0x`.
fn tokens_of(text: &[u8]) -> Vec<&[u8]> {
    let tokens = text.split(|byte| byte.is_ascii_whitespace() || *byte == b',');
    let bare = |token| <[u8]>::strip_prefix(token, b"0x").unwrap_or(token);
    tokens.map(bare).filter(|token| !token.is_empty()).collect()
}

/// Whether `| … |`, which ends a line, holds the bytes of the tokens before it as characters; an address may stand before these.
pub(super) fn are_between_bars(before: &[u8], bars: &[u8]) -> bool {
    let Some([b'|', characters @ .., b'|']) = Some(bars.trim_ascii_end()) else { return false };
    let tokens = tokens_of(before);
    let mut digits = 0;
    let of_characters = |token: &&&[u8]| {
        digits += token.len();
        digits <= 2 * characters.len()
    };
    let shown = tokens.iter().rev().take_while(of_characters).count();
    !characters.is_empty() && shows(characters, &tokens[tokens.len() - shown..], is_between_bars)
}

/// Whether the characters are those of the tokens' bytes, in the order of the digits or, in each token, the other.
fn shows(characters: &[u8], tokens: &[&[u8]], is_shown: fn(u8, u8) -> bool) -> bool {
    let byte_of = |pair: &[u8]| match pair {
        &[high, low] => Some(hex_digit(high)? << 4 | hex_digit(low)?),
        _ => None,
    };
    let bytes = |backwards: bool| -> Option<Vec<u8>> {
        let of = |token: &&[u8]| {
            let mut bytes: Vec<u8> = token.chunks(2).map(byte_of).collect::<Option<_>>()?;
            if backwards {
                bytes.reverse();
            }
            Some(bytes)
        };
        Some(tokens.iter().map(of).collect::<Option<Vec<_>>>()?.concat())
    };
    let same = |bytes: Vec<u8>| {
        bytes.len() == characters.len()
            && bytes.iter().zip(characters).all(|(&byte, &character)| is_shown(byte, character))
    };
    bytes(false).is_some_and(same) || bytes(true).is_some_and(same)
}

fn is_printable(byte: u8) -> bool {
    (0x20..0x7f).contains(&byte)
}

/// Whether a byte is shown by a character, as `xxd` does.
fn is_shown(byte: u8, character: u8) -> bool {
    character == if is_printable(byte) { byte } else { b'.' }
}

/// The same between bars, where programs show what cannot be printed by one sign or another; never by what may be a digit.
fn is_between_bars(byte: u8, character: u8) -> bool {
    is_shown(byte, character) || (!is_printable(byte) && !character.is_ascii_alphanumeric())
}
