//! The same kernels for different instructions, chosen when the program runs. All give the same bytes.
//!
//! | kernel | instructions | gains |
//! |---|---|---|
//! | `portable` | what every CPU of the platform has (NEON on aarch64) | |
//! | `avx2` | AVX2 | random words 2.7 times as fast |
//! | `avx512` | AVX-512 F, BW, DQ, VL | random words 10 times as fast |
//! | `avx512vbmi` | also VBMI | byte tables in registers |
//!
//! The loops are written once, in `portable.rs`, and compiled once for each set of instructions. Only the byte table of
//! `avx512vbmi` is written by hand. This folder is the only place of the crate with `unsafe`: calls of functions that
//! need instructions which the caller must know the CPU to have. A [`Kernel`] is the proof of that.

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "intrinsics that load and store through pointers")]
mod vbmi;

mod portable;

use std::fmt;
use std::sync::OnceLock;

/// A set of instructions that this CPU has, and the kernels compiled for it. Results never depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kernel(Level);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "levels of another platform"))]
enum Level {
    Portable,
    Avx2,
    Avx512,
    Avx512Vbmi,
}

impl Kernel {
    /// What every CPU can run.
    pub const PORTABLE: Self = Self(Level::Portable);

    /// The fastest that this CPU can run; looked up once.
    pub fn best() -> Self {
        static BEST: OnceLock<Kernel> = OnceLock::new();
        *BEST.get_or_init(|| Self::available().into_iter().max().unwrap_or(Self::PORTABLE))
    }

    /// All that this CPU can run, slowest first.
    pub fn available() -> Vec<Self> {
        let mut kernels = vec![Self::PORTABLE];
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let avx2 = has!("avx2");
            let avx512 = has!("avx512f") && has!("avx512bw") && has!("avx512dq") && has!("avx512vl");
            let vbmi = avx512 && has!("avx512vbmi");
            let levels = [(avx2, Level::Avx2), (avx512, Level::Avx512), (vbmi, Level::Avx512Vbmi)];
            kernels.extend(levels.into_iter().filter(|(has, _)| *has).map(|(_, level)| Self(level)));
        }
        kernels
    }

    /// Its name: `portable`, `avx2`, `avx512` or `avx512vbmi`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Level::Portable => "portable",
            Level::Avx2 => "avx2",
            Level::Avx512 => "avx512",
            Level::Avx512Vbmi => "avx512vbmi",
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A table for drawing bytes of any distribution whose probabilities are multiples of 2⁻¹⁶ (the alias method of Walker
/// 1977): a random column keeps itself if a random die is below its threshold, else gives its alias.
#[derive(Clone, Debug)]
pub(crate) struct AliasTable {
    pub(crate) keep_below: [u8; 256],
    pub(crate) alias: [u8; 256],
}

/// Compiles kernels for sets of instructions and makes functions that call the one of a [`Kernel`].
macro_rules! kernels {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $kind:ty),*);)*) => {
        #[cfg(target_arch = "x86_64")]
        mod avx2 {
            use super::*;
            $(#[target_feature(enable = "avx2")]
            pub(super) fn $name($($argument: $kind),*) {
                portable::$name($($argument),*);
            })*
        }

        #[cfg(target_arch = "x86_64")]
        mod avx512 {
            use super::*;
            $(#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
            pub(super) fn $name($($argument: $kind),*) {
                portable::$name($($argument),*);
            })*
        }

        $($(#[$doc])*
        #[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "needs instructions that were looked for"))]
        pub(crate) fn $name(kernel: Kernel, $($argument: $kind),*) {
            match kernel.0 {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: a kernel of this level is only made by `Kernel::available`, which found AVX2.
                Level::Avx2 => unsafe { avx2::$name($($argument),*) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: a kernel of these levels is only made by `Kernel::available`, which found AVX-512 F, BW, DQ, VL.
                Level::Avx512 | Level::Avx512Vbmi => unsafe { avx512::$name($($argument),*) },
                _ => portable::$name($($argument),*),
            }
        })*
    };
}

kernels! {
    /// Fills `out` with the first words of the stream of a key.
    fn fill(key: u64, out: &mut [u64]);

    /// Compares a random number for each cell with the top bits of `threshold`: sets the cells below in `below`, and
    /// appends words of those equal to `undecided`, each with its index.
    fn compare_planes(key: u64, threshold: u64, below: &mut [u64], undecided: &mut Vec<(u32, u64)>);

    /// Inverts the bits of `bytes` that are ones in `flips`, and clears `flips`.
    fn xor_and_clear(bytes: &mut [u8], flips: &mut [u64]);

    /// Makes each byte read as `(byte & keep) ^ invert`.
    fn apply_planes(bytes: &mut [u8], keep: &[u8], invert: &[u8]);

    /// [`draw_masks`] without byte permutations.
    fn draw_masks_by_table(key: u64, table: &AliasTable, masks: &mut [u64], bytes: &mut [u8]);
}

/// Draws `masks`, a multiple of 32 words, byte by byte from `table` by the stream of a key, and XORs them into `bytes`,
/// which is as long or empty.
#[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "needs instructions that were looked for"))]
pub(crate) fn draw_masks(kernel: Kernel, key: u64, table: &AliasTable, masks: &mut [u64], bytes: &mut [u8]) {
    match kernel.0 {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a kernel of this level is only made by `Kernel::available`, which found AVX-512 F, BW, DQ, VL and VBMI.
        Level::Avx512Vbmi => unsafe { vbmi::draw_masks(key, table, masks, bytes) },
        _ => draw_masks_by_table(kernel, key, table, masks, bytes),
    }
}

/// Tells the CPU that byte `index` of `bytes` will be needed soon. It never fails and never changes a result.
#[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "takes a pointer"))]
#[inline]
pub(crate) fn prefetch(bytes: &[u8], index: usize) {
    #[cfg(target_arch = "x86_64")]
    if let Some(byte) = bytes.get(index) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing that the program could see, and every x86-64 CPU has it; the pointer is that
        // of a reference all the same.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(byte).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (bytes, index);
}
