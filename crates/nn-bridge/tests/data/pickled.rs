//! Pickles as CIFAR's Python version has them, written instruction by instruction.

/// A text of Python 2.
fn text(text: &str) -> Vec<u8> {
    [&[b'U', text.len() as u8], text.as_bytes()].concat()
}

fn list(labels: &[u8]) -> Vec<u8> {
    let numbers = labels.iter().flat_map(|&label| [b'K', label]).collect();
    [b"](".to_vec(), numbers, b"e".to_vec()].concat()
}

/// `numpy.dtype(name)` and an array of it.
fn array(dtype: &str, rows: usize, bytes: &[u8]) -> Vec<u8> {
    let columns = bytes.len() / rows.max(1);
    [
        b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85U\x01b\x87R(K\x01M".to_vec(),
        (rows as u16).to_le_bytes().to_vec(),
        b"M".to_vec(),
        (columns as u16).to_le_bytes().to_vec(),
        b"\x86cnumpy\ndtype\n".to_vec(),
        text(dtype),
        b"K\0K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb\x89T".to_vec(),
        (bytes.len() as u32).to_le_bytes().to_vec(),
        bytes.to_vec(),
        b"tb".to_vec(),
    ]
    .concat()
}

/// A batch of protocol 2: labels under this key, pixels, and names of files, which nobody needs.
pub(crate) fn batch(key: &str, dtype: &str, labels: &[u8], pixels: &[u8]) -> Vec<u8> {
    [
        b"\x80\x02}q\x01(".to_vec(),
        text("batch_label"),
        b"q\x02U\x14testing batch 1 of 1q\x03".to_vec(),
        text(key),
        b"q\x04".to_vec(),
        list(labels),
        text("data"),
        array(dtype, labels.len(), pixels),
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
