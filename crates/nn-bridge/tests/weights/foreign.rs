//! Files that are no weights.

use nn_bridge::{Foreign, WeightError};

use crate::open;

#[cfg(unix)]
#[test]
fn what_comes_through_a_pipe_is_named_without_reading_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("net.safetensors");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (done, answer) = std::sync::mpsc::channel();
    std::thread::spawn({
        let pipe = pipe.clone();
        move || done.send(nn_bridge::WeightFile::open(&pipe).err())
    });
    std::fs::write(&pipe, b"PK\x03\x04 and what follows").unwrap();
    let error = answer.recv_timeout(std::time::Duration::from_secs(60)).expect("an answer, not a wait");
    assert!(matches!(error, Some(WeightError::Foreign { foreign: Foreign::Zip, .. })), "{error:?}");
}

#[test]
fn other_kinds_of_files_are_named_with_the_next_thing_to_type() {
    let zip = |names: &[&str]| {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in names {
            archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        }
        archive.finish().unwrap().into_inner()
    };
    let tar = [vec![b'a'; 257], b"ustar\0".to_vec(), vec![0; 300]].concat();
    let cases: [(Vec<u8>, Foreign, &str); 23] = [
        (
            zip(&["m/data.pkl", "m/code/__torch__.py", "m/constants.pkl"]),
            Foreign::TorchScript,
            "eval --model",
        ),
        (zip(&["metadata.json", "model.weights.h5"]), Foreign::Keras, "keras"),
        (zip(&["readme"]), Foreign::Zip, "unzip"),
        (zip(&[]), Foreign::Zip, "unzip"),
        (b"PK\x03\x04 and then nothing".to_vec(), Foreign::CutZip, "cut off"),
        (b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.".to_vec(), Foreign::Pickle, "torch.load"),
        (b"\x80\x04\x95\x10\0\0\0\0\0\0\0}".to_vec(), Foreign::Pickle, "torch.load"),
        (b"GGUF\x03\0\0\0".to_vec(), Foreign::Gguf, "GGUFReader"),
        (b"\x08\x08\x12\x07pytorch".to_vec(), Foreign::Onnx, "onnx.load"),
        (b"\x08\x0e:\x8d\x01\n\x19".to_vec(), Foreign::Onnx, "onnx.load"),
        (b"\x89HDF\r\n\x1a\n".to_vec(), Foreign::Hdf5, "h5py"),
        (b"\x1c\0\0\0TFL3\x14\0".to_vec(), Foreign::TfLite, "float model"),
        (b"version https://git-lfs.github.com/spec/v1\noid".to_vec(), Foreign::LfsPointer, "lfs pull"),
        (b"\n  <!DOCTYPE html>\n".to_vec(), Foreign::Html, "browser"),
        (br#"{"model_type": "gpt2"}"#.to_vec(), Foreign::Json, "beside it"),
        (b"Entry not found".to_vec(), Foreign::Text, "save_file"),
        (b"\x1f\x8b\x08\0".to_vec(), Foreign::Packed("gzip"), "gunzip"),
        (tar, Foreign::Tar, "tar xf"),
        (b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), Foreign::SevenZip, "7z x"),
        (b"\x89PNG\r\n\x1a\n\0\0".to_vec(), Foreign::Other("a picture (PNG)"), "save_file"),
        (b"\x7fELF\x02\x01\x01\0".to_vec(), Foreign::Other("a program (ELF)"), "save_file"),
        (b"\x89SFP\r\n\x1a\n\0\0".to_vec(), Foreign::Profile, "--chip"),
        (Vec::new(), Foreign::Empty, "again"),
    ];
    for (bytes, expected, next) in cases {
        match open("it's a net.pt", &bytes) {
            Err(ref error @ WeightError::Foreign { foreign, .. }) => {
                assert_eq!(foreign, expected);
                assert!(
                    error.to_string().contains(next) && error.to_string().lines().count() == 1,
                    "{error}"
                );
                assert!(
                    error.to_string().contains(r"/it'\''s a net") || !error.to_string().contains("python3"),
                    "{error}"
                );
            }
            other => panic!("{expected:?}: {other:?}"),
        }
    }
}
