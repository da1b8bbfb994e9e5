//! Pickles as CIFAR's Python version has them, written instruction by instruction.

/// A text of Python 2.
fn text(text: &str) -> Vec<u8> {
    [&[b'U', text.len() as u8], text.as_bytes()].concat()
}

fn list(labels: &[u8]) -> Vec<u8> {
    let numbers = labels.iter().flat_map(|&label| [b'K', label]).collect();
    [b"](".to_vec(), numbers, b"e".to_vec()].concat()
}

/// Bytes of Python 2.
fn bytes_as_they_are(bytes: &[u8]) -> Vec<u8> {
    [b"T", &(bytes.len() as u32).to_le_bytes()[..], bytes].concat()
}

/// Bytes as Python 3 writes them in protocol 2: letters of Latin-1, in UTF-8.
fn bytes_as_letters(bytes: &[u8]) -> Vec<u8> {
    let text: String = bytes.iter().map(|&byte| char::from(byte)).collect();
    [
        b"c_codecs\nencode\nX",
        &(text.len() as u32).to_le_bytes()[..],
        text.as_bytes(),
        b"X\x06\0\0\0latin1\x86R",
    ]
    .concat()
}

/// `numpy.dtype(name)` and an array of it, whose bytes are written so.
fn array(dtype: &str, rows: usize, bytes: &[u8], write: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let columns = bytes.len() / rows.max(1);
    [
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87R(K\x01M".to_vec(),
        (rows as u16).to_le_bytes().to_vec(),
        b"M".to_vec(),
        (columns as u16).to_le_bytes().to_vec(),
        b"\x86cnumpy\ndtype\n".to_vec(),
        text(dtype),
        b"K\0K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89".to_vec(),
        write(bytes),
        b"tb".to_vec(),
    ]
    .concat()
}

/// A batch of protocol 2: labels under this key, pixels, and names of files, which nobody needs.
pub(crate) fn batch(key: &str, dtype: &str, labels: &[u8], pixels: &[u8]) -> Vec<u8> {
    of(key, labels, &array(dtype, labels.len(), pixels, bytes_as_they_are))
}

/// The same as Python 3 writes it.
pub(crate) fn batch_of_python_3(key: &str, labels: &[u8], pixels: &[u8]) -> Vec<u8> {
    of(key, labels, &array("u1", labels.len(), pixels, bytes_as_letters))
}

fn of(key: &str, labels: &[u8], array: &[u8]) -> Vec<u8> {
    [
        b"\x80\x02}q\x01(".to_vec(),
        text("batch_label"),
        b"q\x02U\x14testing batch 1 of 1q\x03".to_vec(),
        text(key),
        b"q\x04".to_vec(),
        list(labels),
        text("data"),
        array.to_vec(),
        text("filenames"),
        b"](U\x05a.pngU\x05b.pnge".to_vec(),
        b"u.".to_vec(),
    ]
    .concat()
}

/// A pickle that calls a function when it is loaded.
pub(crate) fn call(module: &str, name: &str) -> Vec<u8> {
    [b"\x80\x02c".to_vec(), format!("{module}\n{name}\n").into_bytes(), b"U\x04true\x85R.".to_vec()].concat()
}
