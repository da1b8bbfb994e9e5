//! What to type next, to get weights of a file in which they cannot be read.

use std::path::Path;

use super::Foreign;

/// Python that gets the dictionary of tensors `s` from the file that the first argument names.
const TORCH_LOAD: &str = "torch.load(sys.argv[1], map_location='cpu', weights_only=True); s = s.get('state_dict', s.get('model', s))";
const TORCH_JIT: &str = "torch.jit.load(sys.argv[1], map_location='cpu').state_dict()";
const TORCH_EXPORT: &str = "torch.export.load(sys.argv[1]).state_dict";

/// Python that writes the arrays of that file to the one that the second argument names.
const KERAS: &str = "m = keras.saving.load_model(sys.argv[1], compile=False); save_file({w.path: w.numpy() for w in m.weights}, \
                     sys.argv[2])";
const ONNX: &str = "m = onnx.load(sys.argv[1]); save_file({t.name: to_array(t).copy() for t in m.graph.initializer}, sys.argv[2])";
const GGUF: &str = "r = GGUFReader(sys.argv[1]); save_file({t.name: dequantize(t.data, t.tensor_type) for t in r.tensors}, \
                    sys.argv[2])";
const HDF5: &str = "s = {}; h5py.File(sys.argv[1]).visititems(lambda n, d: s.update({n: d[()]}) if isinstance(d, h5py.Dataset) and \
                    d.shape else None); save_file(s, sys.argv[2])";

impl Foreign {
    /// What to do, or the command to type, to get weights of such a file.
    pub fn next(self, path: &Path) -> String {
        let from = quoted(&path.display().to_string());
        match self {
            Self::Pickle => torch(TORCH_LOAD, path),
            Self::TorchScript => format!(
                "it has its own weights, `sram-sim eval --model {from}` runs it; to get them {}",
                torch(TORCH_JIT, path)
            ),
            Self::TorchExport => torch(TORCH_EXPORT, path),
            Self::Keras => numpy("sys, keras", KERAS, path),
            Self::Onnx => numpy("sys, onnx; from onnx.numpy_helper import to_array", ONNX, path),
            Self::Gguf => format!(
                "inject --as-stored flips bits of its blocks; for float weights (of a model in several files, once they are joined) {}",
                numpy("sys; from gguf import GGUFReader, dequantize", GGUF, path)
            ),
            Self::Hdf5 => numpy("sys, h5py", HDF5, path),
            Self::TfLite => {
                "its weights are integers already; convert the float model that it was made from".to_owned()
            }
            // These are read, where they are files.
            Self::PyTorch | Self::Npz | Self::Npy | Self::ShardIndex => "give it as a file".to_owned(),
            Self::Json => "it describes a model, the weights are in a .safetensors file beside it".to_owned(),
            Self::LfsPointer => lfs_pull(path),
            Self::Html => {
                "the download gave a page, of an error or to sign in; open the address in a browser"
                    .to_owned()
            }
            Self::Zip => format!("unpack it with `unzip {from}`"),
            Self::SevenZip => format!("unpack it with `7z x {from}`"),
            Self::Tar => format!("unpack it with `tar xf {from}`"),
            Self::Packed("gzip") => format!("unpack it with `gunzip --keep {from}`"),
            Self::Packed(how) => format!("unpack it with `{how} --decompress --keep {from}`"),
            Self::Profile => "give it as --chip".to_owned(),
            Self::Text | Self::Other(_) => {
                "expected a file of weights that PyTorch's safetensors.torch.save_file wrote".to_owned()
            }
            Self::CutZip => "it is cut off: download or write it again".to_owned(),
            Self::Empty => "download or write it again".to_owned(),
        }
    }
}

/// How to convert with PyTorch. Tensors that share memory are stored each for itself.
fn torch(load: &str, path: &Path) -> String {
    let code = format!(
        "import sys, torch; from safetensors.torch import save_file; s = {load}; save_file({{k: v.clone().contiguous() for k, v in \
         s.items() if isinstance(v, torch.Tensor)}}, sys.argv[2])"
    );
    convert(&code, path)
}

/// How to convert with what has arrays of `NumPy`.
fn numpy(imports: &str, save: &str, path: &Path) -> String {
    convert(&format!("import {imports}; from safetensors.numpy import save_file; {save}"), path)
}

/// A command of Python that reads the file and writes safetensors beside it.
fn convert(code: &str, path: &Path) -> String {
    let to = path.with_extension("safetensors");
    let to = if to == path { path.with_extension("converted.safetensors") } else { to };
    let [from, to] = [path, &to].map(|path| quoted(&path.display().to_string()));
    format!("convert it: python3 -c \"{code}\" {from} {to}")
}

fn lfs_pull(path: &Path) -> String {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder =
        folder.map_or_else(String::new, |folder| format!("-C {} ", quoted(&folder.display().to_string())));
    format!("get the file itself with `git {folder}lfs pull`")
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
