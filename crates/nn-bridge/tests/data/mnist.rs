//! MNIST and Fashion-MNIST in the folders that people have.

use nn_bridge::data::Split;

use crate::{at, first, folder, gzip, in_words, said, test};

fn idx(sides: &[u32], data: &[u8]) -> Vec<u8> {
    let header = sides.iter().flat_map(|side| side.to_be_bytes());
    [0, 0, 8, sides.len() as u8].into_iter().chain(header).chain(data.iter().copied()).collect()
}

const IMAGES: &str = "t10k-images-idx3-ubyte";
const LABELS: &str = "t10k-labels-idx1-ubyte";

fn images() -> Vec<u8> {
    idx(&[2, 2, 3], &(0..12).collect::<Vec<u8>>())
}

#[test]
fn torchvision_s_folders_are_found_from_the_root_the_data_set_or_raw() {
    for (kind, own) in [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST")] {
        let name = |file: &str, suffix: &str| format!("{own}/raw/{file}{suffix}");
        let packed =
            folder(&[(&name(IMAGES, ".gz"), gzip(&images())), (&name(LABELS, ""), idx(&[2], &[9, 0]))]);
        for given in [String::new(), own.to_owned(), format!("{own}/raw")] {
            let source = in_words(kind, &at(&packed, &given));
            let data = test(&source).unwrap();
            assert_eq!((data.shape(), data.labels()), ([1, 2, 3], &[9, 0][..]), "{given}");
            assert_eq!(data.image(1), [6, 7, 8, 9, 10, 11]);
            let one = first(&source, Split::Test, 1).unwrap();
            assert_eq!((one.len(), one.image(0)), (1, &[0, 1, 2, 3, 4, 5][..]));
        }
    }
}

#[test]
fn unsound_files_are_refused() {
    let refused = |images: Vec<u8>, labels: Vec<u8>| {
        let folder = folder(&[(IMAGES, images), (LABELS, labels)]);
        said(test(&in_words("mnist", folder.path())))
    };
    let labels = || idx(&[2], &[9, 0]);
    assert!(refused(labels(), labels()).contains("at byte 0"));
    assert!(refused(images()[..9].to_vec(), labels()).contains("cut off"));
    assert!(refused(images()[..20].to_vec(), labels()).contains("[2, 2, 3]"));
    assert!(refused([images(), vec![1]].concat(), labels()).contains("found more bytes"));
    assert!(refused(idx(&[u32::MAX; 3], &[]), labels()).contains("a side"));
    assert!(refused(idx(&[u32::MAX, 28, 28], &[]), labels()).contains("at most 1073741824 bytes"));
    assert!(refused(Vec::new(), labels()).contains("found no header"));
    assert!(refused(images(), idx(&[2], &[1, 10])).contains("label 1: found 10"));
    assert!(refused(images(), idx(&[1], &[1])).contains("found 1 labels, expected 2"));
    // 1 MB that unpacks to 100 times as much and more.
    let bomb = gzip(&idx(&[120_000, 28, 28], &vec![0; 120_000 * 784]));
    assert!(bomb.len() < 1 << 19);
    assert!(refused(bomb, labels()).contains("200 times as many"));
}

#[test]
fn what_is_missing_is_said_with_the_command_that_gets_it() {
    let half = folder(&[(IMAGES, images())]);
    let text = said(test(&in_words("mnist", half.path())));
    assert!(
        text.contains(&format!("no {LABELS} in")) && text.contains("torchvision.datasets.MNIST"),
        "{text}"
    );
    let none = said(in_words("fashion-mnist", half.path()).load(Split::Train));
    assert!(
        none.contains("train-images-idx3-ubyte") && none.contains("torchvision.datasets.FashionMNIST"),
        "{none}"
    );
}
