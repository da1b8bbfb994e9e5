//! `TorchScript` modules, whatever they compute.

use std::path::Path;

use sha2::{Digest, Sha256};
use tch::{CModule, Kind, TchError, Tensor};

use super::error::{TorchError, first_line};
use super::parameter::NetworkTensor;

/// A module that was read.
pub(super) struct Script {
    pub(super) module: CModule,
    /// Its parameters, by name. They are handles: writing to them changes the module.
    pub(super) tensors: Vec<NetworkTensor>,
    /// SHA-256 of its file.
    pub(super) digest: [u8; 32],
}

/// Reads a module for evaluation.
pub(super) fn load(path: &Path, device: tch::Device) -> Result<Script, TorchError> {
    let script = |what: String| TorchError::Script { path: path.to_owned(), what };
    let failed = |error: TchError| script(first_line(&error));
    if !path.is_file() {
        return Err(script("there is no such file".to_owned()));
    }
    let bytes = std::fs::read(path).map_err(|error| script(error.to_string()))?;
    let digest = Sha256::digest(&bytes).into();
    // From the bytes that were hashed, not from a file that may be another by now.
    let mut module = CModule::load_data_on_device(&mut bytes.as_slice(), device).map_err(failed)?;
    module.f_set_eval().map_err(failed)?;
    let mut parameters: Vec<NetworkTensor> = Vec::new();
    for (position, (name, mut tensor)) in module.named_parameters().map_err(failed)?.into_iter().enumerate() {
        let kind =
            tensor.f_kind().map_err(|error| script(format!("parameter {name}: {}", first_line(&error))))?;
        if kind != Kind::Float {
            return Err(script(format!(
                "parameter {name} is of {kind:?}, and only Float (32 bits) can be stored"
            )));
        }
        if let Some(other) = parameters.iter().find(|other| shares(&other.tensor, &tensor)) {
            // One tensor under two names lies in memory once.
            if same(&other.tensor, &tensor) {
                continue;
            }
            return Err(script(format!("parameters {} and {name} overlap in part", other.name)));
        }
        // Elements are addressed in row-major order.
        if !tensor.is_contiguous() {
            let contiguous = tensor.f_detach()?.f_contiguous()?;
            tensor.set_data(&contiguous);
        }
        parameters.push(NetworkTensor { name, tensor, position });
    }
    if parameters.is_empty() {
        return Err(TorchError::NoParameters { path: path.to_owned() });
    }
    parameters.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Script { module, tensors: parameters, digest })
}

/// Whether two tensors have elements at the same addresses, or between the same ones.
fn shares(one: &Tensor, other: &Tensor) -> bool {
    let span = |tensor: &Tensor| {
        let sides = tensor.size().into_iter().zip(tensor.stride());
        let reach: i64 = sides.map(|(size, stride)| (size - 1).max(0) * stride).sum();
        let bytes = (reach + 1) as usize * size_of::<f32>();
        let start = tensor.data_ptr() as usize;
        start..start + bytes
    };
    let empty = one.numel() == 0 || other.numel() == 0;
    let (one, other) = (span(one), span(other));
    !empty && one.start < other.end && other.start < one.end
}

fn same(one: &Tensor, other: &Tensor) -> bool {
    one.data_ptr() == other.data_ptr() && one.size() == other.size() && one.stride() == other.stride()
}

pub(super) fn run(module: &CModule, images: &Tensor) -> Result<Tensor, TchError> {
    module.forward_ts(std::slice::from_ref(images))
}
