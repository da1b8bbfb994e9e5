//! Files that are given as weights and are something else: which kind, by their first bytes, and what to type next.

mod next;

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes at the beginning of a file that tell its kind.
pub(super) const SNIFFED_BYTES: u64 = 4096;

/// Kinds of files that people give as weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Foreign {
    /// A checkpoint of PyTorch, a zip archive.
    PyTorch,
    /// A checkpoint of PyTorch before 1.6, or another Python pickle.
    Pickle,
    /// A `TorchScript` module, a zip archive.
    TorchScript,
    /// A program exported by `torch.export`, a zip archive.
    TorchExport,
    /// Keras 3, a zip archive.
    Keras,
    /// `NumPy` arrays in a zip archive.
    Npz,
    /// Another zip archive.
    Zip,
    /// What begins as a zip archive, and has no end of one.
    CutZip,
    /// One `NumPy` array.
    Npy,
    /// An ONNX model.
    Onnx,
    /// GGUF, of llama.cpp.
    Gguf,
    /// HDF5, of Keras and others.
    Hdf5,
    /// A model of TensorFlow Lite.
    TfLite,
    /// The index of a model in several safetensors files.
    ShardIndex,
    /// Other JSON.
    Json,
    /// What git has in place of a large file.
    LfsPointer,
    /// A page of a website.
    Html,
    /// A packed file: gzip, xz, bzip2 or zstd.
    Packed(&'static str),
    /// A tar archive.
    Tar,
    /// A 7z archive.
    SevenZip,
    /// A chip's profile, of this program.
    Profile,
    /// What never holds weights: a picture, a page, a program.
    Other(&'static str),
    /// Text.
    Text,
    /// No byte.
    Empty,
}

/// First bytes, and the kind that they tell.
const MAGIC: [(&[u8], Foreign); 20] = [
    (b"\x93NUMPY", Foreign::Npy),
    (b"GGUF", Foreign::Gguf),
    (b"\x89HDF\r\n\x1a\n", Foreign::Hdf5),
    (b"version https://git-lfs", Foreign::LfsPointer),
    (b"\x1f\x8b", Foreign::Packed("gzip")),
    (b"\xfd7zXZ\0", Foreign::Packed("xz")),
    (b"BZh", Foreign::Packed("bzip2")),
    (b"\x28\xb5\x2f\xfd", Foreign::Packed("zstd")),
    (b"7z\xbc\xaf\x27\x1c", Foreign::SevenZip),
    (b"\x89SFP\r\n\x1a\n", Foreign::Profile),
    (b"\x89PNG\r\n\x1a\n", Foreign::Other("a picture (PNG)")),
    (b"\xff\xd8\xff", Foreign::Other("a picture (JPEG)")),
    (b"GIF8", Foreign::Other("a picture (GIF)")),
    (b"%PDF-", Foreign::Other("a PDF document")),
    (b"\x7fELF", Foreign::Other("a program (ELF)")),
    (b"SQLite format 3\0", Foreign::Other("a database (SQLite)")),
    (b"\x80\x02", Foreign::Pickle),
    (b"\x80\x03", Foreign::Pickle),
    (b"\x80\x04", Foreign::Pickle),
    (b"\x80\x05", Foreign::Pickle),
];

impl Foreign {
    /// The kind of a file. `None` if it cannot be read, or is not known as anything.
    pub fn of_file(path: &Path) -> Option<Self> {
        let mut first = Vec::new();
        File::open(path).ok()?.take(SNIFFED_BYTES).read_to_end(&mut first).ok()?;
        Self::of(&first, path)
    }

    /// The kind of a file with these first bytes; of zip archives the names inside tell, which are read from the file.
    /// `None` if it is not known as anything.
    pub(super) fn of(first: &[u8], path: &Path) -> Option<Self> {
        if first.is_empty() {
            return Some(Self::Empty);
        }
        if first.starts_with(b"PK\x03\x04") || first.starts_with(b"PK\x05\x06") {
            return Some(Self::of_zip(path));
        }
        if let Some((_, kind)) = MAGIC.iter().find(|(magic, _)| first.starts_with(magic)) {
            return Some(*kind);
        }
        if first.get(4..8) == Some(b"TFL3") {
            return Some(Self::TfLite);
        }
        if first.get(257..262) == Some(b"ustar") {
            return Some(Self::Tar);
        }
        if is_onnx(first) {
            return Some(Self::Onnx);
        }
        Self::of_text(first)
    }

    fn of_zip(path: &Path) -> Self {
        // What is no file, such as a pipe, has been read, and opening it again would wait for ever.
        if !path.is_file() {
            return Self::Zip;
        }
        let archive = File::open(path).ok().and_then(|file| zip::ZipArchive::new(file).ok());
        let Some(archive) = archive else { return Self::CutZip };
        let names: Vec<_> = archive.file_names().filter_map(Result::ok).collect();
        let has = |end: &str| names.iter().any(|name| name.ends_with(end));
        if has("/constants.pkl") || names.iter().any(|name| name.contains("/code/")) {
            Self::TorchScript
        } else if has("data.pkl") {
            Self::PyTorch
        } else if has("model.weights.h5") {
            Self::Keras
        } else if has("archive_format") || has("models/model.json") || has("serialized_exported_program.json")
        {
            Self::TorchExport
        } else if has(".npy") {
            Self::Npz
        } else {
            Self::Zip
        }
    }

    fn of_text(first: &[u8]) -> Option<Self> {
        let text = match std::str::from_utf8(first) {
            Ok(text) => text,
            // The last letter may be cut off.
            Err(error) if error.valid_up_to() + 4 > first.len() && error.valid_up_to() > 0 => {
                std::str::from_utf8(&first[..error.valid_up_to()]).ok()?
            }
            Err(_) => return None,
        };
        if text.chars().any(|letter| letter.is_control() && !letter.is_whitespace()) {
            return None;
        }
        let begin = text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).to_ascii_lowercase();
        Some(if ["<!doctype", "<html", "<head", "<?xml", "<!--"].iter().any(|tag| begin.starts_with(tag)) {
            Self::Html
        } else if begin.starts_with(['{', '[']) {
            let is_index = begin.contains("\"weight_map\"") || begin.contains("\"total_size\"");
            if is_index { Self::ShardIndex } else { Self::Json }
        } else {
            Self::Text
        })
    }

    /// What it is, with an article.
    pub fn kind(self) -> String {
        match self {
            Self::PyTorch => "a checkpoint of PyTorch (a zip archive)",
            Self::Pickle => "a Python pickle, as PyTorch wrote checkpoints before 1.6",
            Self::TorchScript => "a TorchScript module (a zip archive)",
            Self::TorchExport => "a program of torch.export (a zip archive)",
            Self::Keras => "a Keras model (a zip archive)",
            Self::Npz => "NumPy arrays (npz)",
            Self::Zip => "a zip archive",
            Self::CutZip => "the begin of a zip archive, as PyTorch and NumPy write them, without its end",
            Self::Npy => "a NumPy array (npy)",
            Self::Onnx => "an ONNX model",
            Self::Gguf => "a GGUF model of llama.cpp",
            Self::Hdf5 => "an HDF5 file, as Keras writes weights",
            Self::TfLite => "a TensorFlow Lite model",
            Self::ShardIndex => "the index of a model in several safetensors files",
            Self::Json => "JSON",
            Self::LfsPointer => "a git LFS pointer, what git has in place of a large file",
            Self::Html => "a web page",
            Self::Packed(how) => return format!("packed with {how}"),
            Self::Tar => "a tar archive",
            Self::SevenZip => "a 7z archive",
            Self::Profile => "a chip's profile (sfp)",
            Self::Other(what) => what,
            Self::Text => "text",
            Self::Empty => "empty",
        }
        .to_owned()
    }
}

/// A protobuf message whose first field is the version of ONNX, a small number, followed by text or a message (the producer, its
/// version, the graph, the operators).
fn is_onnx(first: &[u8]) -> bool {
    matches!(first, [0x08, 1..=31, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42, ..])
}
