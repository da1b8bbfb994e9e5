//! CIFAR in both versions, unpacked, packed, and in the archives.

use std::sync::Mutex;

use nn_bridge::data::{DataSource, Dataset, Load, LoadProgress, Split};
use proptest::prelude::*;

use crate::pickled::{batch, batch_of_python_3, call};
use crate::{at, first, folder, gzip, in_words, said, tar, test, xz};

const PIXELS: usize = 3072;

/// Pixels of an image that no other has.
fn image(number: u8) -> Vec<u8> {
    (0..PIXELS).map(|i| (i as u8).wrapping_mul(7).wrapping_add(number)).collect()
}

/// Records of images with these labels.
fn binary(labels: &[u8]) -> Vec<u8> {
    labels.iter().flat_map(|&label| [vec![label], image(label)].concat()).collect()
}

fn python(labels: &[u8]) -> Vec<u8> {
    batch("labels", "u1", labels, &labels.iter().flat_map(|&label| image(label)).collect::<Vec<_>>())
}

fn expected(labels: &[u8]) -> Dataset {
    let pixels = labels.iter().flat_map(|&label| image(label)).collect();
    Dataset::new([3, 32, 32], 10, pixels, labels.to_vec()).unwrap()
}

const LABELS: [u8; 3] = [3, 9, 0];

#[test]
fn the_test_part_comes_from_any_form_that_is_downloaded() {
    let (record, pickle) = (binary(&LABELS), python(&LABELS));
    let others = ("cifar-10-batches-bin/readme.html", b"<html>".to_vec());
    let archive = tar(&[others.clone(), ("cifar-10-batches-bin/test_batch.bin", record.clone()), others]);
    let of_python = tar(&[
        ("./cifar-10-batches-py/data_batch_1", python(&[1])),
        ("./cifar-10-batches-py/test_batch", pickle.clone()),
    ]);
    let forms: Vec<(&str, Vec<u8>, &str)> = vec![
        ("test_batch.bin", record.clone(), ""),
        ("test_batch.bin.gz", gzip(&record), ""),
        ("test_batch.bin.xz", xz(&record), ""),
        // A browser unpacked it and kept the name.
        ("test_batch.bin.gz", record.clone(), ""),
        ("cifar-10-batches-bin/test_batch.bin", record.clone(), ""),
        ("test_batch", pickle.clone(), ""),
        ("cifar-10-batches-py/test_batch", pickle.clone(), ""),
        ("cifar-10-batches-py/test_batch.xz", xz(&pickle), "cifar-10-batches-py"),
        ("cifar-10-binary.tar.gz", gzip(&archive), ""),
        ("cifar-10-binary.tar.gz", gzip(&archive), "cifar-10-binary.tar.gz"),
        ("cifar-10-python.tar.gz", gzip(&of_python), ""),
        ("cifar-10-python.tar", of_python.clone(), ""),
        ("renamed", of_python, "renamed"),
    ];
    for (name, content, given) in forms {
        let folder = folder(&[(name, content)]);
        let source = in_words("cifar10", &at(&folder, given));
        assert_eq!(test(&source).unwrap(), expected(&LABELS), "{name}");
        assert_eq!(first(&source, Split::Test, 2).unwrap(), expected(&LABELS[..2]), "{name}");
    }
}

/// All images of the test part, of which every pixel takes two bytes.
#[test]
fn what_python_3_pickled_again_is_read_to_its_full_size() {
    let (labels, pixels) = (vec![7; 10_000], vec![255; 10_000 * PIXELS]);
    let pickle = batch_of_python_3("labels", &labels, &pixels);
    assert!(pickle.len() > 2 * pixels.len());
    let folder = folder(&[("test_batch", pickle)]);
    let source = in_words("cifar10", folder.path());
    assert!(test(&source).unwrap() == Dataset::new([3, 32, 32], 10, pixels, labels).unwrap());
    let few = batch_of_python_3("labels", &LABELS, &LABELS.map(image).concat());
    std::fs::write(folder.path().join("test_batch"), few).unwrap();
    assert_eq!(test(&source).unwrap(), expected(&LABELS));
}

#[test]
fn cifar_100_has_fine_labels_in_both_versions() {
    let record = |fine: u8| [vec![1, fine], image(fine)].concat();
    let binary = [record(99), record(5)].concat();
    let pickle = batch("fine_labels", "|u1", &[99, 5], &[image(99), image(5)].concat());
    for (name, content) in [("test.bin", binary), ("cifar-100-python/test", pickle)] {
        let folder = folder(&[(name, content)]);
        let data = test(&in_words("cifar100", folder.path())).unwrap();
        assert_eq!(
            (data.classes(), data.labels(), data.image(1)),
            (100, &[99, 5][..], &image(5)[..]),
            "{name}"
        );
    }
}

/// The five files of the part to train with, with this number of images each.
fn train(counts: [usize; 5], suffix: &str, pack: fn(&[u8]) -> Vec<u8>) -> tempfile::TempDir {
    let files: Vec<(String, Vec<u8>)> = (0u8..5)
        .zip(counts)
        .map(|(number, count)| {
            (format!("data_batch_{}.bin{suffix}", number + 1), pack(&binary(&vec![number; count])))
        })
        .collect();
    folder(&files.iter().map(|(name, content)| (name.as_str(), content.clone())).collect::<Vec<_>>())
}

#[test]
fn files_come_in_order_and_those_that_are_not_needed_are_not_opened() {
    let whole = train([2, 1, 3, 1, 2], ".gz", gzip);
    let source = in_words("cifar10", whole.path());
    let labels = [0, 0, 1, 2, 2, 2, 3, 4, 4];
    assert_eq!(source.load(Split::Train).unwrap(), expected(&labels));
    for count in 1..12 {
        assert_eq!(
            first(&source, Split::Train, count).unwrap(),
            expected(&labels[..count.min(9)]),
            "{count}"
        );
    }
    std::fs::write(at(&whole, "data_batch_4.bin.gz"), b"no data").unwrap();
    assert_eq!(first(&source, Split::Train, 6).unwrap().len(), 6);
    assert!(said(source.load(Split::Train)).contains("data_batch_4"));
    std::fs::remove_file(at(&whole, "data_batch_2.bin.gz")).unwrap();
    assert!(said(source.load(Split::Train)).contains("no data_batch_2.bin in"));
}

#[test]
fn an_archive_without_one_of_its_files_ends_before_it() {
    let members: Vec<(String, Vec<u8>)> = [(1, 2), (3, 3), (4, 1), (5, 2)]
        .map(|(number, count)| {
            (format!("cifar-10-batches-bin/data_batch_{number}.bin"), binary(&vec![number; count]))
        })
        .into();
    let members: Vec<(&str, Vec<u8>)> =
        members.iter().map(|(name, content)| (name.as_str(), content.clone())).collect();
    let folder = folder(&[("cifar-10-binary.tar", tar(&members))]);
    let source = in_words("cifar10", folder.path());
    assert_eq!(first(&source, Split::Train, 2).unwrap(), expected(&[1, 1]));
    for count in [3, 5, 8, 9] {
        let text = said(first(&source, Split::Train, count));
        assert!(text.contains("no data_batch_2.bin in"), "{count}: {text}");
    }
    assert!(said(source.load(Split::Train)).contains("no data_batch_2.bin in"));
}

#[test]
fn only_as_many_bytes_are_read_as_the_images_need() {
    let cut = |bytes: Vec<u8>, at: usize| bytes[..bytes.len() - at].to_vec();
    for (name, content) in [
        ("test_batch.bin", cut(binary(&LABELS), 100)),
        ("test_batch.bin.gz", cut(gzip(&binary(&LABELS)), 12)),
        ("test_batch.bin.xz", cut(xz(&binary(&LABELS)), 12)),
    ] {
        let folder = folder(&[(name, content)]);
        let source = in_words("cifar10", folder.path());
        assert!(said(test(&source)).contains("test_batch"), "{name}");
        assert_eq!(first(&source, Split::Test, 1).unwrap(), expected(&LABELS[..1]), "{name}");
    }
}

#[test]
fn a_file_that_unpacks_to_more_than_it_can_hold_is_refused() {
    let zeros = vec![0; 90 << 20];
    let packed = gzip(&zeros);
    assert!(packed.len() < 1 << 20);
    let folder = folder(&[
        ("bin/test_batch.bin.gz", packed.clone()),
        ("py/test_batch.gz", gzip(&[b"\x80\x02".to_vec(), vec![b'N'; 50 << 20]].concat())),
        ("many/test_batch", [b"\x80\x02".to_vec(), vec![b'N'; 2 << 20]].concat()),
        ("tar/cifar-10-binary.tar.gz", packed),
    ]);
    let refused = |name: &str| said(test(&in_words("cifar10", &at(&folder, name))));
    assert!(refused("bin").contains("more than 30730000 bytes"), "{}", refused("bin"));
    assert!(refused("py").contains("found more than"), "{}", refused("py"));
    assert!(refused("many").contains("more than 1048576 values"), "{}", refused("many"));
    assert!(
        refused("tar").contains("test_batch.bin") || refused("tar").contains("200 times"),
        "{}",
        refused("tar")
    );
}

#[test]
fn pickles_are_read_without_running_them() {
    let refused = |content: Vec<u8>| {
        let folder = folder(&[("test_batch", content)]);
        said(test(&in_words("cifar10", folder.path())))
    };
    for (module, name) in
        [("os", "system"), ("builtins", "eval"), ("numpy", "load"), ("numpy.core.multiarray", "array")]
    {
        let text = refused(call(module, name));
        assert!(text.contains(&format!("it would call {module}.{name}")), "{text}");
    }
    let pixels = [image(1), image(2)].concat();
    assert!(refused(batch("labels", "f4", &[1, 2], &pixels)).contains("array of f4, expected bytes"));
    assert!(refused(batch("label", "u1", &[1, 2], &pixels)).contains("found no `labels`"));
    assert!(refused(batch("labels", "u1", &[1, 12], &pixels)).contains("image 1: found class 12"));
    assert!(
        refused(batch("labels", "u1", &[1, 2], &pixels[..PIXELS])).contains("3072 pixels for each label")
    );
    // Of a shape that is named again and again only the first sides are looked at.
    let plain = batch("labels", "u1", &[1, 2], &pixels);
    let at = plain.windows(7).position(|window| window == b"M\x02\0M\0\x0c\x86").unwrap();
    let many = [&plain[..at], b"(", &b"K\x01".repeat(9), b"t", &plain[at + 7..]].concat();
    assert!(refused(many).contains("array of 9 sides, expected at most 8"));
    assert!(refused(b"(dp0\n.".to_vec()).contains("no pickle of protocol 2"));
    assert!(refused(b"\x80\x02]q\x01h\x01a.".to_vec()).contains("found no dictionary"));
}

#[test]
fn what_is_missing_is_said_with_where_to_get_it() {
    let empty = folder(&[("readme", Vec::new())]);
    let text = said(test(&in_words("cifar10", empty.path())));
    assert!(
        text.contains("test_batch.bin, test_batch or cifar-10-binary.tar")
            && text.contains("kriz/cifar.html"),
        "{text}"
    );
    let nowhere = said(test(&in_words("cifar10", &at(&empty, "nowhere"))));
    assert!(nowhere.contains("nowhere is not there"), "{nowhere}");
    let other = said(test(&in_words("cifar10", &at(&empty, "readme"))));
    assert!(other.contains("readme"), "{other}");
}

#[test]
fn reading_says_how_far_it_is() {
    let whole = train([40, 40, 40, 40, 40], "", <[u8]>::to_vec);
    let told = Mutex::new(Vec::new());
    let tell = |progress: LoadProgress| told.lock().unwrap().push(progress);
    let source: DataSource = in_words("cifar10", whole.path());
    source.load_with(Split::Train, Load { progress: Some(&tell), ..Load::default() }).unwrap();
    let told = told.into_inner().unwrap();
    let last = told.iter().map(|progress| progress.bytes).max();
    assert_eq!(last, Some(200 * 3073));
    assert!(told.iter().all(|progress| progress.total == 200 * 3073));
}

proptest! {
    #[test]
    fn no_pickle_makes_the_reader_panic(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6), cut in 0usize..400) {
        let pixels = [image(1), image(2)].concat();
        let mut pickle = batch("labels", "u1", &[1, 2], &pixels);
        for (place, byte) in changes {
            let at = place.index(pickle.len());
            // Most changes hit what is not pixels.
            let at = if at % 4 == 0 { at } else { at % 300 };
            pickle[at] = byte;
        }
        pickle.truncate(pickle.len() - cut);
        let folder = folder(&[("test_batch", pickle)]);
        if let Ok(data) = test(&in_words("cifar10", folder.path())) {
            prop_assert_eq!(data.pixels().len(), data.len() * PIXELS);
        }
    }
}
