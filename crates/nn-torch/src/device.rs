//! Devices as libtorch knows them.

use tch::{TchError, Tensor};

use super::error::TorchError;
use nn_bridge::Device;

/// The device, if it is there.
pub(super) fn find(device: Device) -> Result<tch::Device, TorchError> {
    match device {
        Device::Cpu => Ok(tch::Device::Cpu),
        Device::Cuda(number) => {
            let found = usize::try_from(tch::Cuda::device_count()).unwrap_or(0);
            let there = (number < found).then_some(tch::Device::Cuda(number));
            there.ok_or(TorchError::Device { device, found })
        }
    }
}

/// What computes, in one word.
pub(super) fn kind(device: tch::Device) -> &'static str {
    if device.is_cuda() { "cuda" } else { "cpu" }
}

/// Whether a GPU may not multiply in TF32.
pub(super) fn forbids_tf32() -> bool {
    std::env::var("NVIDIA_TF32_OVERRIDE").is_ok_and(|value| value == "0")
}

/// A copy on the device. From memory that a GPU copies from by itself, the program goes on meanwhile.
pub(super) fn sent(tensor: &Tensor, device: tch::Device) -> Result<Tensor, TchError> {
    tensor.f_to_device_(device, tensor.kind(), true, false)
}

/// A copy in memory that a GPU copies from by itself.
pub(super) fn pinned(tensor: &Tensor, device: tch::Device) -> Result<Tensor, TchError> {
    // The public call warns, each time, that its device, which tch makes one give, is not needed any more.
    tensor.f_internal_pin_memory(device).or_else(|_| tensor.f_pin_memory(device))
}

/// Waits until all is done that the device of this number was told.
pub(super) fn settle(number: &Tensor) -> Result<(), TchError> {
    if number.device().is_cuda() {
        // What is read of a GPU comes after all that it was told before.
        f64::try_from(number)?;
    }
    Ok(())
}

/// Lets libtorch compute with this number of threads on a CPU.
pub fn set_threads(count: u16) {
    tch::set_num_threads(i32::from(count));
}

/// Values in a shape, on the device.
pub(super) fn on_device(values: &[f32], shape: &[usize], device: tch::Device) -> Result<Tensor, TorchError> {
    let shape: Vec<i64> = shape.iter().map(|&side| side as i64).collect();
    Ok(Tensor::f_from_slice(values)?.f_view(&shape[..])?.f_to_device(device)?)
}
