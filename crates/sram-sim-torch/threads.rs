//! How many threads libtorch computes with.

use nn_torch::set_threads;

/// Weights times images of a batch for which another thread is worth waking. Convolutions use each weight many times, so this
/// stands for some millions of multiplications; below, handing out the work takes longer than doing it.
const WORTH_A_THREAD: u64 = 1 << 18;

/// Sets the number asked for, or else as many as there are cores and as a batch is worth, `work` being the network's weights
/// times the images of a batch.
pub(crate) fn set(asked: Option<u16>, work: u64) {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let worth = (work / WORTH_A_THREAD).clamp(1, cores.min(u64::from(u16::MAX)));
    set_threads(asked.unwrap_or(worth as u16));
}
