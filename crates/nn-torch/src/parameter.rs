//! A tensor of a network.

use tch::Tensor;

/// A named tensor of a network, on its device.
#[derive(Debug)]
pub(super) struct NetworkTensor {
    /// Its name in a `state_dict`.
    pub(super) name: String,
    pub(super) tensor: Tensor,
    /// Its place in the file that it came from.
    pub(super) position: usize,
}
