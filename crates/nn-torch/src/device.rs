//! Devices as libtorch knows them.

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

/// Lets libtorch compute with this number of threads on a CPU.
pub fn set_threads(count: u16) {
    tch::set_num_threads(i32::from(count));
}
