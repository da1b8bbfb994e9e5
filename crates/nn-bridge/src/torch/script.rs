//! `TorchScript` modules, whatever they compute.

use std::path::Path;

use tch::{CModule, Kind, TchError, Tensor};

use super::error::{TorchError, first_line};
use super::network::NetworkTensor;

/// Reads a module for evaluation. Its parameters are handles: writing to them changes the module.
pub(super) fn load(path: &Path, device: tch::Device) -> Result<(CModule, Vec<NetworkTensor>), TorchError> {
    let script = |what: String| TorchError::Script { path: path.to_owned(), what };
    let failed = |error: TchError| script(first_line(&error));
    if !path.is_file() {
        return Err(script("there is no such file".to_owned()));
    }
    let mut module = CModule::load_on_device(path, device).map_err(failed)?;
    module.f_set_eval().map_err(failed)?;
    let mut parameters = Vec::new();
    for (name, mut tensor) in module.named_parameters().map_err(failed)? {
        if tensor.kind() != Kind::Float {
            let found = tensor.kind();
            return Err(script(format!("parameter {name} is of {found:?}, expected Float (32 bits)")));
        }
        // Elements are addressed in row-major order.
        if !tensor.is_contiguous() {
            let contiguous = tensor.f_detach()?.f_contiguous()?;
            tensor.set_data(&contiguous);
        }
        parameters.push(NetworkTensor { name, tensor });
    }
    if parameters.is_empty() {
        return Err(TorchError::NoParameters { path: path.to_owned() });
    }
    parameters.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((module, parameters))
}

pub(super) fn run(module: &CModule, images: &Tensor) -> Result<Tensor, TchError> {
    module.forward_ts(std::slice::from_ref(images))
}
