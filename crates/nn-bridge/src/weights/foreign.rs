//! Files that are given as weights and are something else: which kind, by their first bytes, and what to type next.

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
    /// A chip's profile, of this program.
    Profile,
    /// Text.
    Text,
    /// No byte.
    Empty,
}

/// First bytes, and the kind that they tell.
const MAGIC: [(&[u8], Foreign); 13] = [
    (b"\x93NUMPY", Foreign::Npy),
    (b"GGUF", Foreign::Gguf),
    (b"\x89HDF\r\n\x1a\n", Foreign::Hdf5),
    (b"version https://git-lfs", Foreign::LfsPointer),
    (b"\x1f\x8b", Foreign::Packed("gzip")),
    (b"\xfd7zXZ\0", Foreign::Packed("xz")),
    (b"BZh", Foreign::Packed("bzip2")),
    (b"\x28\xb5\x2f\xfd", Foreign::Packed("zstd")),
    (b"\x89SFP\r\n\x1a\n", Foreign::Profile),
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
        let Some(archive) = archive else { return Self::Zip };
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
            Self::Profile => "a chip's profile (sfp)",
            Self::Text => "text",
            Self::Empty => "empty",
        }
        .to_owned()
    }

    /// What to do, or the command to type, to get weights of such a file.
    pub fn next(self, path: &Path) -> String {
        let from = quoted(&path.display().to_string());
        let python = |code: &str| convert(code, path);
        match self {
            Self::PyTorch | Self::Pickle => python(&format!(
                "import sys, torch; {SAVE_TORCH}; s = torch.load(sys.argv[1], map_location='cpu', weights_only=True); s = \
                 s.get('state_dict', s.get('model', s)); {KEEP}"
            )),
            Self::TorchScript => format!(
                "it has its own weights, `sram-sim eval --model {from}` runs it; to get them {}",
                python(&format!(
                    "import sys, torch; {SAVE_TORCH}; s = torch.jit.load(sys.argv[1], map_location='cpu').state_dict(); {KEEP}"
                ))
            ),
            Self::TorchExport => python(&format!(
                "import sys, torch; {SAVE_TORCH}; s = torch.export.load(sys.argv[1]).state_dict; {KEEP}"
            )),
            Self::Keras => python(&format!(
                "import sys, keras; {SAVE_NUMPY}; m = keras.saving.load_model(sys.argv[1], compile=False); save_file({{w.path: \
                 w.numpy() for w in m.weights}}, sys.argv[2])"
            )),
            Self::Npz => python(&format!(
                "import sys, numpy; {SAVE_NUMPY}; save_file(dict(numpy.load(sys.argv[1])), sys.argv[2])"
            )),
            Self::Npy => python(&format!(
                "import sys, numpy; {SAVE_NUMPY}; save_file({{'weight': numpy.load(sys.argv[1])}}, sys.argv[2])"
            )),
            Self::Onnx => python(&format!(
                "import sys, onnx; from onnx.numpy_helper import to_array; {SAVE_NUMPY}; m = onnx.load(sys.argv[1]); \
                 save_file({{t.name: to_array(t).copy() for t in m.graph.initializer}}, sys.argv[2])"
            )),
            Self::Gguf => format!(
                "its blocks of codes cannot be read; for float weights {}",
                python(&format!(
                    "import sys; from gguf import GGUFReader, dequantize; {SAVE_NUMPY}; r = GGUFReader(sys.argv[1]); \
                     save_file({{t.name: dequantize(t.data, t.tensor_type) for t in r.tensors}}, sys.argv[2])"
                ))
            ),
            Self::Hdf5 => python(&format!(
                "import sys, h5py; {SAVE_NUMPY}; s = {{}}; h5py.File(sys.argv[1]).visititems(lambda n, d: s.update({{n: d[()]}}) if \
                 isinstance(d, h5py.Dataset) and d.shape else None); save_file(s, sys.argv[2])"
            )),
            Self::TfLite => {
                "its weights are integers already; convert the float model that it was made from".to_owned()
            }
            Self::ShardIndex => "give one of the safetensors files beside it, which it names".to_owned(),
            Self::Json => "it describes a model, the weights are in a .safetensors file beside it".to_owned(),
            Self::LfsPointer => {
                let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
                let folder = folder.map_or_else(String::new, |folder| {
                    format!("-C {} ", quoted(&folder.display().to_string()))
                });
                format!("get the file itself with `git {folder}lfs pull`")
            }
            Self::Html => {
                "the download gave a page, of an error or to sign in; open the address in a browser"
                    .to_owned()
            }
            Self::Zip => format!("unpack it with `unzip {from}`"),
            Self::Tar => format!("unpack it with `tar xf {from}`"),
            Self::Packed("gzip") => format!("unpack it with `gunzip --keep {from}`"),
            Self::Packed(how) => format!("unpack it with `{how} --decompress --keep {from}`"),
            Self::Profile => "give it as --chip".to_owned(),
            Self::Text => {
                "expected a file of weights that PyTorch's safetensors.torch.save_file wrote".to_owned()
            }
            Self::Empty => "download or write it again".to_owned(),
        }
    }
}

const SAVE_TORCH: &str = "from safetensors.torch import save_file";
const SAVE_NUMPY: &str = "from safetensors.numpy import save_file";
/// Tensors that share memory are stored each for itself.
const KEEP: &str = "save_file({k: v.clone().contiguous() for k, v in s.items() if isinstance(v, torch.Tensor)}, sys.argv[2])";

/// A command of Python that reads the file and writes safetensors beside it.
fn convert(code: &str, path: &Path) -> String {
    let to = path.with_extension("safetensors");
    let to = if to == path { path.with_extension("converted.safetensors") } else { to };
    let [from, to] = [path, &to].map(|path| quoted(&path.display().to_string()));
    format!("convert it: python3 -c \"{code}\" {from} {to}")
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-/+=:@%,".contains(letter);
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with('-') {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

/// A protobuf message whose first field is the version of ONNX, a small number, followed by text or a message (the producer, its
/// version, the graph, the operators).
fn is_onnx(first: &[u8]) -> bool {
    matches!(first, [0x08, 1..=31, 0x12 | 0x1a | 0x22 | 0x28 | 0x32 | 0x3a | 0x42, ..])
}
