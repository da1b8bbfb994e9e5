//! Values of tensors: of files, and of libtorch.

use tch::{Kind, Tensor};

use super::error::TorchError;

/// The values of a file's tensor, if they are finite and of this shape.
pub(super) fn checked(
    tensor: &nn_bridge::Tensor,
    network: &str,
    expected: &[usize],
) -> Result<Vec<f32>, TorchError> {
    let name = || tensor.name.clone();
    if tensor.shape != expected {
        let found = tensor.shape.clone();
        return Err(TorchError::Shape {
            name: name(),
            network: network.to_owned(),
            found,
            expected: expected.to_vec(),
        });
    }
    let values = tensor.values().ok_or_else(|| TorchError::NoFloats { name: name() })?;
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(TorchError::NotFinite { name: name(), index, found: values[index] }),
        None => Ok(values),
    }
}

/// All elements in row-major order.
pub(super) fn values(tensor: &Tensor) -> Result<Vec<f32>, TorchError> {
    let flat = tensor.f_detach()?.f_to_device(tch::Device::Cpu)?.f_to_kind(Kind::Float)?.f_contiguous()?;
    Ok(Vec::<f32>::try_from(flat.f_view([-1])?)?)
}
