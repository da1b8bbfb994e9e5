//! The header of a `NumPy` array file: type, order and shape of what follows.

use std::io::{self, Read};

use super::packed;

/// What follows a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Npy {
    /// Type of the elements, as in `|u1`.
    pub(super) descr: String,
    pub(super) shape: Vec<usize>,
}

/// Longer headers describe records with names, which are not read.
const MAX_HEADER_BYTES: u64 = 1 << 16;

/// Reads a header.
pub(super) fn header(file: &mut impl Read) -> io::Result<Result<Npy, String>> {
    let head = packed::take(file, 8)?;
    let length_bytes = match *head {
        [0x93, b'N', b'U', b'M', b'P', b'Y', 1, _] => 2,
        [0x93, b'N', b'U', b'M', b'P', b'Y', 2 | 3, _] => 4,
        _ => return Ok(Err("found no header of a NumPy array, version 1 to 3".to_owned())),
    };
    let length = packed::take(file, length_bytes)?;
    let length = length.iter().rev().fold(0u64, |length, &byte| length << 8 | u64::from(byte));
    if length > MAX_HEADER_BYTES {
        return Ok(Err(format!("found a header of {length} bytes, expected at most {MAX_HEADER_BYTES}")));
    }
    let text = packed::take(file, length)?;
    Ok(parse(&String::from_utf8_lossy(&text)))
}

/// A dictionary as Python prints it: `{'descr': '|u1', 'fortran_order': False, 'shape': (10, 28, 28), }`
fn parse(text: &str) -> Result<Npy, String> {
    let of = |key: &str| {
        let (_, rest) =
            text.split_once(&format!("'{key}':")).ok_or(format!("found no `{key}` in its header"))?;
        Ok::<_, String>(rest.trim_start())
    };
    let descr = of("descr")?.strip_prefix('\'').and_then(|rest| rest.split('\'').next());
    let descr = descr.ok_or("found records, expected an array of one type of numbers")?.to_owned();
    if !of("fortran_order")?.starts_with("False") {
        return Err("found an array that lies column by column: save numpy.ascontiguousarray(x)".to_owned());
    }
    let sides = of("shape")?.strip_prefix('(').and_then(|rest| rest.split(')').next()).unwrap_or_default();
    let sides = sides.split(',').map(str::trim).filter(|side| !side.is_empty());
    let shape =
        sides.map(|side| side.parse().map_err(|_| format!("found the side `{side}`, expected a number")));
    Ok(Npy { descr, shape: shape.collect::<Result<_, String>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_say_type_and_shape_and_what_is_no_plain_array_is_refused() {
        let good = parse("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 28, 28), }").unwrap();
        assert_eq!(good, Npy { descr: "|u1".to_owned(), shape: vec![2, 28, 28] });
        assert_eq!(parse("{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }").unwrap().shape, [3]);
        assert!(parse("{'descr': '<i8', 'fortran_order': False, 'shape': (), }").unwrap().shape.is_empty());
        let refused = |text: &str| parse(text).unwrap_err();
        assert!(
            refused("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3), }")
                .contains("ascontiguousarray")
        );
        assert!(
            refused("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,), }").contains("records")
        );
        assert!(refused("{'descr': '|u1', 'fortran_order': False, 'shape': (2, x), }").contains("`x`"));
        assert!(refused("{}").contains("descr"));
        assert!(header(&mut &b"\x93NUMPY\x02\0\xff\xff\xff\xff"[..]).unwrap().is_err());
        assert!(header(&mut &b"PK"[..]).unwrap().is_err());
    }
}
