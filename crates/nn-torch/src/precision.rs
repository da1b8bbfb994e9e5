//! What networks compute in.

use serde::Serialize;

/// Numbers that a network computes in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// float32 throughout. On a GPU, where libtorch lets convolutions multiply in TF32 unless told otherwise, this needs
    /// `NVIDIA_TF32_OVERRIDE=0` in the environment.
    #[default]
    Float32,
    /// float32, but convolutions multiply in TF32, with 10 bits after the point. GPUs only.
    Tf32,
    /// bfloat16, with 7 bits after the point, for weights and activations alike; sums are in float32. In training, a
    /// `GroupNorm`'s scale is then one of 1/128 apart, where its codes are finer; in evaluation norms are in float32.
    Bfloat16,
}
