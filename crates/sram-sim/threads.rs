//! How many threads libtorch computes with.

use nn_bridge::torch::set_threads;

/// Multiplications for which another thread is worth waking: below, handing out the work takes longer than doing it.
const WORTH_A_THREAD: u64 = 1 << 20;

/// Sets the number asked for, or else as many as there are cores and as the work of a batch is worth, `work` being a lower bound
/// of its multiplications.
pub(crate) fn set(asked: Option<u16>, work: u64) {
    let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64);
    let worth = (work / WORTH_A_THREAD).clamp(1, cores.min(u64::from(u16::MAX)));
    set_threads(asked.unwrap_or(worth as u16));
}
