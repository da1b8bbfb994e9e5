//! The same kernels for different instructions, chosen when the program runs. All give the same bytes.
//!
//! | kernel | instructions | nibbles that a lookup makes |
//! |---|---|---|
//! | `portable` | what every CPU of the platform has | 1, in memory |
//! | `neon` | `aarch64` with NEON | 16 |
//! | `avx2` | AVX2, FMA, BMI 1 and 2 | 32 |
//! | `avx512` | also AVX-512 F, BW, DQ, VL | 64 |
//! | `avx512vbmi` | also VBMI | 64, in two instructions less |
//!
//! Loops are written once, those of random errors in `portable.rs`, as [`Work`] that [`Kernel::run`] compiles for each set
//! of instructions. Only lookups in tables are written by hand. This folder is the only place of the crate with `unsafe`: calls of functions that need
//! instructions which the caller must know the CPU to have. A [`Kernel`] is the proof of that.

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "intrinsics that load and store through pointers")]
mod avx2;
#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "intrinsics that load and store through pointers")]
mod avx512;
#[cfg(target_arch = "aarch64")]
mod neon;

mod portable;

use std::fmt;
use std::sync::OnceLock;

pub(crate) use portable::{ApplyPlanes, CompareLow, ComparePlanes, Fill, PLANES, XorAndClear};

/// A set of instructions that this CPU has, and the kernels compiled for it. Results never depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kernel(Level);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Level {
    Portable,
    #[cfg(target_arch = "aarch64")]
    Neon,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx512Vbmi,
}

/// Loops that [`Kernel::run`] compiles for each set of instructions.
///
/// Mark [`run`](Self::run) and what it calls `#[inline(always)]`: code that is not inlined is compiled for the
/// instructions that every CPU has.
pub trait Work {
    /// What the loops result in.
    type Output;

    /// Runs the loops.
    fn run(self) -> Self::Output;
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
        #[cfg(target_arch = "aarch64")]
        if std::arch::is_aarch64_feature_detected!("neon") {
            kernels.push(Self(Level::Neon));
        }
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            // Every CPU with AVX2 has FMA and BMI 1 and 2, but hypervisors may hide them; so with F16C, which AVX-512 F
            // implies for the compiler.
            let avx2 = has!("avx2") && has!("fma") && has!("bmi1") && has!("bmi2");
            let avx512 = avx2
                && has!("f16c")
                && has!("avx512f")
                && has!("avx512bw")
                && has!("avx512dq")
                && has!("avx512vl");
            let vbmi = avx512 && has!("avx512vbmi");
            let levels = [(avx2, Level::Avx2), (avx512, Level::Avx512), (vbmi, Level::Avx512Vbmi)];
            kernels.extend(levels.into_iter().filter(|(has, _)| *has).map(|(_, level)| Self(level)));
        }
        kernels
    }

    /// Its name: `portable`, `neon`, `avx2`, `avx512` or `avx512vbmi`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Level::Portable => "portable",
            #[cfg(target_arch = "aarch64")]
            Level::Neon => "neon",
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Level::Avx512Vbmi => "avx512vbmi",
        }
    }

    /// Whether a product and a sum that are rounded once, together (`mul_add`), are one instruction. Else they are a slow function.
    pub fn multiplies_and_adds(self) -> bool {
        match self.0 {
            Level::Portable => cfg!(target_arch = "aarch64"),
            #[cfg(target_arch = "aarch64")]
            Level::Neon => true,
            #[cfg(target_arch = "x86_64")]
            Level::Avx2 | Level::Avx512 | Level::Avx512Vbmi => true,
        }
    }

    /// Runs work compiled for this kernel's instructions.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "needs instructions that were looked for")
    )]
    pub fn run<W: Work>(self, work: W) -> W::Output {
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma,bmi1,bmi2")]
        fn with_avx2<W: Work>(work: W) -> W::Output {
            work.run()
        }
        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi1,bmi2")]
        fn with_avx512<W: Work>(work: W) -> W::Output {
            work.run()
        }
        match self.0 {
            Level::Portable => work.run(),
            #[cfg(target_arch = "aarch64")]
            // What Rust compiles for this platform uses NEON everywhere.
            Level::Neon => work.run(),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of this level is only made by `Kernel::available`, which found AVX2, FMA and BMI.
            Level::Avx2 => unsafe { with_avx2(work) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of these levels is only made by `Kernel::available`, which found AVX-512 F, BW, DQ, VL,
            // all that they imply, and BMI.
            Level::Avx512 | Level::Avx512Vbmi => unsafe { with_avx512(work) },
        }
    }

    /// XORs mask nibbles that `table` makes of the stream of a key into `bytes`, a multiple of 256.
    #[cfg_attr(
        any(target_arch = "x86_64", target_arch = "aarch64"),
        expect(unsafe_code, reason = "needs instructions that were looked for")
    )]
    pub(crate) fn xor_nibbles(self, key: u64, table: &AliasTable, bytes: &mut [u8]) {
        match self.0 {
            Level::Portable => portable::xor_nibbles(key, table, bytes),
            #[cfg(target_arch = "aarch64")]
            // SAFETY: a kernel of this level is only made by `Kernel::available`, which found NEON.
            Level::Neon => unsafe { neon::xor_nibbles(key, table, bytes) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of this level is only made by `Kernel::available`, which found AVX2, FMA and BMI.
            Level::Avx2 => unsafe { avx2::xor_nibbles(key, table, bytes) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of this level is only made by `Kernel::available`, which found AVX-512 F, BW, DQ, VL
            // and all that they imply.
            Level::Avx512 => unsafe { avx512::xor_nibbles(key, table, bytes) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of this level is only made by `Kernel::available`, which found VBMI, too.
            Level::Avx512Vbmi => unsafe { avx512::xor_nibbles_by_permutations(key, table, bytes) },
        }
    }

    /// Draws bit planes for the cells of a block and compares them with a threshold.
    #[cfg_attr(
        target_arch = "x86_64",
        expect(unsafe_code, reason = "needs instructions that were looked for")
    )]
    pub(crate) fn compare_planes(self, work: ComparePlanes<'_>) {
        match self.0 {
            Level::Portable => portable::compare_planes(work),
            #[cfg(target_arch = "aarch64")]
            Level::Neon => portable::compare_planes(work),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of this level is only made by `Kernel::available`, which found AVX2, FMA and BMI.
            Level::Avx2 => unsafe { avx2::compare_planes(work) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a kernel of these levels is only made by `Kernel::available`, which found AVX-512 F, BW, DQ, VL
            // and all that they imply.
            Level::Avx512 | Level::Avx512Vbmi => unsafe { avx512::compare_planes(work) },
        }
    }
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A table that makes nibbles of any distribution whose probabilities are multiples of 2⁻¹² (the alias method of Walker
/// 1977): a random column keeps itself if a random die is below its threshold, else gives its alias.
#[derive(Clone, Debug)]
pub(crate) struct AliasTable {
    pub(crate) keep_below: [u8; 16],
    pub(crate) alias: [u8; 16],
}

impl AliasTable {
    /// The nibble of a column, which is below 16, and a die.
    #[inline(always)]
    fn nibble(&self, column: u8, die: u8) -> u8 {
        let index = usize::from(column & 15);
        // Chance decides, so that a branch would be foreseen wrongly half of the time.
        let is_alias = 0u8.wrapping_sub(u8::from(die >= self.keep_below[index]));
        column ^ (column ^ self.alias[index]) & is_alias
    }

    /// What turns each column into its alias, moved up by some bits.
    fn changes(&self, up: u32) -> [u8; 16] {
        std::array::from_fn(|column| (column as u8 ^ self.alias[column]) << up)
    }
}

/// Tells the CPU that byte `index` of `bytes` will be needed soon. It never fails and never changes a result.
///
/// Sparse faults in 100 MB take 13 to 17 ns each without it instead of 2 to 4 (a Zen 5).
#[inline(always)]
pub(crate) fn prefetch(bytes: &[u8], index: usize) {
    if let Some(byte) = bytes.get(index) {
        prefetch_beyond(byte, 0);
    }
}

/// Tells the CPU that what lies `distance` bytes after each of the values will be needed soon: a loop over much memory names what
/// it comes to later. It never fails, also beyond the end, and never changes a result.
#[inline(always)]
pub fn fetch_ahead<T>(values: &[T], distance: usize) {
    let first = values.as_ptr().cast();
    (0..size_of_val(values)).step_by(64).for_each(|line| prefetch_beyond(first, distance + line));
}

/// Tells the CPU that the byte `distance` after `first` will be needed soon, if there is one: it may lie after the end of
/// all that is known here.
#[cfg_attr(target_arch = "x86_64", expect(unsafe_code, reason = "takes a pointer"))]
#[inline(always)]
pub(crate) fn prefetch_beyond(first: *const u8, distance: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a prefetch reads nothing that the program could see and takes any address: one that is not mapped is
        // ignored. Every x86-64 CPU has it. The pointer is made by wrapping arithmetic and never used to read.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(first.wrapping_add(distance).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (first, distance);
}
