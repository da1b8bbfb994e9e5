//! What can be typed.

use std::ffi::OsString;

use clap::builder::{OsStringValueParser, TypedValueParser as _};
use clap::{Parser, ValueEnum};
use cli_io::OutputPath;
use flip_core::{BitWidth, Kernel, Rate};

/// Times the injection of bit errors into packed weights, against this machine's memory bandwidth.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "flip-bench",
    version,
    max_term_width = 110,
    after_help = "Examples:\n  flip-bench\n  flip-bench --size 1MB --rates 0.1%,1% --kernel portable\n  flip-bench --check\n\n\
                  A pass is an in-place XOR of the buffer with a constant, timed in the same run with as many threads. \
                  Figures are medians."
)]
pub(crate) struct Arguments {
    /// Bytes of weights, such as 100MB, 64KiB or 1000000: 64 bytes to 64 GiB.
    #[arg(long, default_value = "100MB", value_parser = parse_size)]
    pub(crate) size: usize,
    /// Bits per weight: 1 to 8, 16 or 32.
    #[arg(long, default_value = "8", value_parser = parse_bits)]
    pub(crate) bits: BitWidth,
    /// Rates of bit errors, as fractions or percentages.
    #[arg(long, default_value = "0.01%,0.1%,1%,10%", value_delimiter = ',')]
    pub(crate) rates: Vec<Rate>,
    /// Threads.
    #[arg(long, default_value_t = 1, value_parser = parse_threads)]
    pub(crate) threads: usize,
    /// Instructions to use for random errors and masks [default: the fastest that this CPU has].
    #[arg(long, value_parser = parse_kernel)]
    pub(crate) kernel: Option<Kernel>,
    /// Runs of each piece of work; the median counts.
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) repeats: u32,
    /// How to print.
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
    /// Compare with what the project promises for 100 MB of 8-bit weights on this kind of CPU, and exit with 1 if a promise
    /// is missed. Kinds are by the kernel: AVX-512, AVX2 alone, and others, for which nothing is promised. Takes two to five minutes.
    #[arg(long, conflicts_with_all = ["record", "plot", "rates", "bits", "threads", "size"])]
    pub(crate) check: bool,
    /// Draw ns per weight over the rate as SVG.
    #[arg(long, value_name = "FILE", value_parser = OsStringValueParser::new().try_map(parse_chart_file))]
    pub(crate) plot: Option<OutputPath>,
    /// Write a dated file into the folder benches/record, which is made where it is not.
    #[arg(long)]
    pub(crate) record: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: one object.
    Json,
    /// For spreadsheets: a header and rows.
    Csv,
}

fn parse_size(text: &str) -> Result<usize, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale: usize = match &text[digits.len()..] {
        "" | "B" => 1,
        "kB" | "KB" => 1000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        unit => return Err(format!("unknown unit `{unit}`: expected B, kB, MB, GB, KiB, MiB or GiB")),
    };
    let number: usize = digits.trim().parse().map_err(|_| format!("`{text}` is not a size such as 100MB"))?;
    let bytes = number.checked_mul(scale).filter(|bytes| (64..=64 << 30).contains(bytes));
    bytes.ok_or_else(|| format!("{text}: expected 64 bytes to 64 GiB"))
}

fn parse_bits(text: &str) -> Result<BitWidth, String> {
    let bits = text.parse().map_err(|_| format!("`{text}` is not a number of bits"))?;
    BitWidth::new(bits).map_err(|error| error.to_string())
}

fn parse_threads(text: &str) -> Result<usize, String> {
    let most = crate::machine::hardware_threads();
    let threads = text.parse().ok().filter(|threads| (1..=most).contains(threads));
    threads.ok_or_else(|| {
        format!("expected a whole number from 1 to {most}, the threads that this machine has for it")
    })
}

fn parse_chart_file(typed: OsString) -> Result<OutputPath, String> {
    let path = OutputPath::from(typed);
    if path.has_extension("svg") { Ok(path) } else { Err("expected a file name ending in .svg".to_owned()) }
}

fn parse_kernel(text: &str) -> Result<Kernel, String> {
    let available = Kernel::available();
    available.iter().copied().find(|kernel| kernel.name() == text).ok_or_else(|| {
        let names: Vec<&str> = available.iter().map(|kernel| kernel.name()).collect();
        format!("`{text}` is no kernel that this CPU can run: expected one of {}", names.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_decimal_and_binary_units() {
        assert_eq!(parse_size("100MB"), Ok(100_000_000));
        assert_eq!(parse_size("64KiB"), Ok(65_536));
        assert_eq!(parse_size("1000"), Ok(1000));
        for text in ["", "MB", "1", "-1MB", "1TB", "99999999999GB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_kernels_of_this_cpu_are_accepted() {
        assert_eq!(parse_kernel("portable"), Ok(Kernel::PORTABLE));
        assert!(parse_kernel("sse9").unwrap_err().contains("portable"));
    }
}
