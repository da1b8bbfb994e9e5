//! Own images in a file.

use std::io::Write;

use nn_bridge::data::{DataSource, Dataset, Split};

use crate::{at, first, folder, said, source, test};

/// An array file.
fn npy(descr: &str, shape: &[usize], bytes: &[u8]) -> Vec<u8> {
    let shape: String = shape.iter().map(|side| format!("{side}, ")).collect();
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({shape}), }}\n");
    [b"\x93NUMPY\x01\0", &(header.len() as u16).to_le_bytes()[..], header.as_bytes(), bytes].concat()
}

/// An array by name: type, shape, bytes.
type Array<'a> = (&'a str, &'a str, &'a [usize], Vec<u8>);

fn npz(arrays: &[Array<'_>]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, descr, shape, bytes) in arrays {
        archive.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(&npy(descr, shape, bytes)).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn safetensors(arrays: &[Array<'_>]) -> Vec<u8> {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, descr, shape, bytes) in arrays {
        let dtype = match *descr {
            "|u1" => "U8",
            "<i8" => "I64",
            "<f4" => "F32",
            other => panic!("{other}"),
        };
        let start = data.len();
        data.extend_from_slice(bytes);
        let entry = serde_json::json!({"dtype": dtype, "shape": shape, "data_offsets": [start, data.len()]});
        header.insert((*name).to_owned(), entry);
    }
    let header = serde_json::Value::Object(header).to_string();
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &data].concat()
}

fn load(name: &str, content: Vec<u8>, split: Split) -> Result<Dataset, nn_bridge::data::DataError> {
    let folder = folder(&[(name, content)]);
    source(&at(&folder, name).display().to_string()).load(split)
}

fn longs(labels: &[i64]) -> Vec<u8> {
    labels.iter().flat_map(|label| label.to_le_bytes()).collect()
}

fn pixels(count: usize) -> Vec<u8> {
    (0..count).map(|i| i as u8).collect()
}

#[test]
fn images_and_labels_come_from_npz_and_safetensors_in_any_plain_layout() {
    let layouts: [(&[usize], [usize; 3], &[u8]); 4] = [
        (&[2, 4, 5], [1, 4, 5], &[0, 1, 2]),
        (&[2, 3, 4, 5], [3, 4, 5], &[0, 1, 2]),
        (&[2, 4, 5, 3], [3, 4, 5], &[0, 3, 6]),
        (&[2, 4, 5, 1], [1, 4, 5], &[0, 1, 2]),
    ];
    for (shape, expected, begin) in layouts {
        let arrays =
            [("x", "|u1", shape, pixels(shape.iter().product())), ("y", "<i8", &[2][..], longs(&[7, 3]))];
        for (name, content) in [("own.npz", npz(&arrays)), ("own.safetensors", safetensors(&arrays))] {
            let data = load(name, content.clone(), Split::Test).unwrap();
            assert_eq!(
                (data.shape(), data.classes(), data.labels()),
                (expected, 8, &[7, 3][..]),
                "{shape:?}"
            );
            assert_eq!(&data.image(0)[..3], begin, "{shape:?}");
            let folder = folder(&[(name, content)]);
            let one = first(&source(&at(&folder, name).display().to_string()), Split::Test, 1).unwrap();
            assert_eq!((one.len(), one.classes(), one.image(0)), (1, 8, data.image(0)));
        }
    }
}

#[test]
fn parts_are_told_by_their_names_and_have_the_classes_of_all_labels() {
    let image = |name| (name, "|u1", &[1, 2, 2][..], pixels(4));
    let label = |name, label: u8| (name, "|u1", &[1, 1][..], vec![label]);
    let both = npz(&[
        image("train_images"),
        label("train_labels", 9),
        image("test_images"),
        label("test_labels", 2),
    ]);
    for split in [Split::Train, Split::Test] {
        let data = load("own.npz", both.clone(), split).unwrap();
        assert_eq!((data.classes(), data.labels()[0]), (10, if split == Split::Train { 9 } else { 2 }));
    }
    let said = |arrays: &[Array<'_>], split| said(load("own.npz", npz(arrays), split));
    let alone = [image("x"), label("y", 1)];
    assert!(said(&alone, Split::Train).contains("x_train and y_train: what it has is tested with"));
    let twice = [image("x"), label("y", 1), image("x_test"), label("y_test", 1)];
    assert!(said(&twice, Split::Test).contains("found images in x_test and in x"));
    assert!(
        said(&[image("a"), label("b", 1)], Split::Test).contains("found the arrays a, b, expected x and y")
    );
    let classes = |count: i64| [image("x"), label("y", 1), ("classes", "<i8", &[][..], longs(&[count]))];
    assert_eq!(load("own.npz", npz(&classes(10)), Split::Test).unwrap().classes(), 10);
    assert!(said(&classes(1), Split::Test).contains("found label 1, expected 0 to 0"));
    assert!(said(&classes(257), Split::Test).contains("1 to 256"));
}

#[test]
fn labels_may_be_of_any_integers_in_either_byte_order() {
    let bytes = |label: i64, descr: &str| {
        let (order, size) = (&descr[..1], descr[2..].parse::<usize>().unwrap());
        if order == ">" {
            label.to_be_bytes()[8 - size..].to_vec()
        } else {
            label.to_le_bytes()[..size].to_vec()
        }
    };
    for descr in
        ["|u1", "|i1", "<u2", "<i2", "<u4", "<i4", "<u8", "<i8", ">u2", ">i2", ">u4", ">i4", ">u8", ">i8"]
    {
        let labels = [7, 3].map(|label| bytes(label, descr)).concat();
        let arrays = [("x", "|u1", &[2, 2, 2][..], pixels(8)), ("y", descr, &[2][..], labels)];
        let data = load("own.npz", npz(&arrays), Split::Test).unwrap();
        assert_eq!(data.labels(), [7, 3], "{descr}");
    }
}

#[test]
fn what_could_be_read_in_two_ways_or_not_at_all_is_refused() {
    let said = |x: Array<'_>, y: Array<'_>| said(load("own.npz", npz(&[x, y]), Split::Test));
    let y = || ("y", "|u1", &[2][..], vec![0, 1]);
    let x = |descr: &'static str, shape: &'static [usize]| {
        let size = if descr == "<f4" { 4 } else { 1 };
        ("x", descr, shape, pixels(size * shape.iter().product::<usize>()))
    };
    let two = said(x("|u1", &[2, 3, 8, 3]), y());
    assert!(two.contains("3 channels of 8 x 3 pixels or 3 channels of 3 x 8"), "{two}");
    assert!(said(x("|u1", &[2, 1, 28, 1]), y()).contains("1 channels of 28 x 1"));
    assert!(said(x("<f4", &[2, 2, 2]), y()).contains("astype('uint8')"));
    assert!(said(x("|u1", &[2, 5, 4, 4]), y()).contains("with 1 or 3 channels"));
    assert!(said(x("|u1", &[2, 16]), y()).contains("expected N x H x W"));
    assert!(said(x("|u1", &[3, 2, 2]), y()).contains("found 3 images in x and 2 labels in y"));
    for sides in [[0, 1 << 32, 1 << 32, 3], [0, 1, 1 << 32, 1 << 32], [0, 0, 5, 3]] {
        let none = said(("x", "|u1", &sides, Vec::new()), ("y", "|u1", &[0], Vec::new()));
        assert!(none.contains("expected 1 to 4294967296 pixels"), "{none}");
    }
    let labels = |descr, shape, bytes| said(x("|u1", &[2, 2, 2]), ("y", descr, shape, bytes));
    assert!(labels("|u1", &[2, 10], vec![0; 20]).contains("expected one for each image"));
    assert!(labels("<f4", &[2], vec![0; 8]).contains("argmax"));
    assert!(labels("|i1", &[2], vec![0, 0xff]).contains("image 1: found class -1"));
    assert!(labels("<i8", &[2], longs(&[0, 256])).contains("image 1: found class 256"));
    assert!(labels("|u1", &[2], vec![0]).contains("found 1 bytes, expected the 2"));
    assert!(
        labels("|u1", &[usize::MAX, 1], vec![0]).contains("found 2 images in x and 18446744073709551615")
    );
    let claimed = ("x", "|u1", &[1, 1 << 16, 1 << 16][..], vec![0]);
    assert!(said(claimed, ("y", "|u1", &[1], vec![0])).contains("expected at most"));
    assert!(!load("own.npz", b"PK\x03\x04 no zip".to_vec(), Split::Test).unwrap_err().to_string().is_empty());
}

#[test]
fn images_without_labels_are_refused_however_few_are_asked_for() {
    let arrays = [("x", "|u1", &[3, 2, 2][..], pixels(12)), ("y", "|u1", &[2][..], vec![0, 1])];
    for (name, content) in [("own.npz", npz(&arrays)), ("own.safetensors", safetensors(&arrays))] {
        let folder = folder(&[(name, content)]);
        let source = source(&at(&folder, name).display().to_string());
        for count in [1, 2, 3] {
            let said = said(first(&source, Split::Test, count));
            assert!(said.contains("found 3 images in x and 2 labels in y"), "{name}, {count}: {said}");
        }
    }
}

#[test]
fn arrays_that_are_damaged_or_longer_than_they_say_are_refused() {
    let arrays = |images: usize| {
        [("x", "|u1", &[2, 2, 2][..], pixels(images * 4)), ("y", "|u1", &[2][..], vec![0, 1])]
    };
    let longer = load("own.npz", npz(&arrays(3)), Split::Test);
    assert!(said(longer).contains("found more than the 8 bytes of u1 [2, 2, 2], expected its end"));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, descr, shape, bytes) in arrays(2) {
        archive.start_file(format!("{name}.npy"), stored).unwrap();
        archive.write_all(&npy(descr, shape, &bytes)).unwrap();
    }
    let mut bytes = archive.finish().unwrap().into_inner();
    let at = bytes.windows(8).position(|window| window == pixels(8)).unwrap();
    assert!(load("own.npz", bytes.clone(), Split::Test).is_ok());
    bytes[at + 3] ^= 1;
    assert!(load("own.npz", bytes, Split::Test).is_err(), "a flipped bit of a pixel");
}

#[test]
fn a_pinned_source_is_refused_when_the_file_has_changed() {
    let arrays = |label| npz(&[("x", "|u1", &[1, 2, 2][..], pixels(4)), ("y", "|u1", &[1][..], vec![label])]);
    let folder = folder(&[("own.npz", arrays(1))]);
    let path = at(&folder, "own.npz");
    let pinned = source(&path.display().to_string()).pinned().unwrap();
    let again: DataSource = pinned.to_string().parse().unwrap();
    assert!(again == pinned && pinned.to_string().contains("#sha256="));
    assert_eq!(test(&again).unwrap().labels(), [1]);
    std::fs::write(&path, arrays(2)).unwrap();
    assert!(said(test(&again)).contains("holds other images"));
    assert_eq!(again.normalisation(3).std, [1.0; 3]);
}
