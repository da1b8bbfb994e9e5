//! Kinds of CPU, each with promises of its own.

use flip_core::Kernel;

/// CPUs that are promised the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// All that have AVX-512 F, BW, DQ and VL.
    Avx512,
    /// Those that have AVX2 and no more.
    Avx2,
    /// Others, which nothing is promised: NEON was tried in an emulator only, and the portable kernel is for correctness.
    Other,
}

impl Class {
    pub(crate) fn of(kernel: Kernel) -> Self {
        match kernel.name() {
            "avx512" | "avx512vbmi" => Self::Avx512,
            "avx2" => Self::Avx2,
            _ => Self::Other,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Avx512 => "of CPUs with AVX-512",
            Self::Avx2 => "of CPUs with AVX2 alone",
            Self::Other => "none for this kernel: figures are reported only",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cpu_with_more_instructions_is_promised_more() {
        let classes: Vec<Class> = Kernel::available().into_iter().map(Class::of).collect();
        assert_eq!(classes[0], Class::Other, "the portable kernel");
        assert!(classes.is_sorted_by_key(|class| std::cmp::Reverse(*class as u8)), "{classes:?}");
    }
}
