//! The bit errors of a read, as planes over all codes.

use tch::Tensor;

use crate::device::{pinned, sent};
use crate::error::TorchError;

/// What reading does to every code: `(code & and) ^ xor`, as bytes where codes have 8 bits at most.
#[derive(Debug)]
pub(super) struct Planes {
    /// None: all bits stay.
    pub(super) and: Option<Tensor>,
    pub(super) xor: Tensor,
}

impl Planes {
    pub(super) fn read(&self, codes: &Tensor) -> Result<Tensor, TorchError> {
        let kept = match &self.and {
            Some(and) => codes.f_bitwise_and_tensor(and)?,
            None => codes.shallow_clone(),
        };
        Ok(kept.f_bitwise_xor_tensor(&self.xor)?)
    }

    /// The same in memory that a GPU copies from by itself.
    pub(super) fn pinned(&self, device: tch::Device) -> Result<Self, TorchError> {
        let and = self.and.as_ref().map(|and| pinned(and, device)).transpose()?;
        Ok(Self { and, xor: pinned(&self.xor, device)? })
    }

    /// The same on a device.
    pub(super) fn on(&self, device: tch::Device) -> Result<Self, TorchError> {
        let and = self.and.as_ref().map(|and| sent(and, device)).transpose()?;
        Ok(Self { and, xor: sent(&self.xor, device)? })
    }
}
