//! How weights lie in memory, of every command that stores them.

use clap::Args;
use cli_io::InputPath;
use nn_bridge::memory::OnDetected;
use nn_bridge::memory::layout::LayoutSpec;

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Memory")]
pub struct MemoryArguments {
    /// What the memory is: a file as `sram-sim memory --init` writes it, of regions, layouts, codes, chips and voltages. It takes
    /// the place of --ecc, --layout, --on-detected and --protect-msb.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ecc", "layout", "on_detected", "protect_msb"])]
    pub memory: Option<InputPath>,
    /// The code of each memory word: parity:K, hamming:K, secded:K (Hsiao), dected:K (BCH) of K data bits, in-place (check bits in
    /// 7 of 8 weights of 8 bits, which are clamped for it), parity-zero (a bit for each 8; a word found wrong becomes 0), or a file
    /// of a matrix (JSON with G and H, or rows of 0 and 1). Check bits lie in cells that fail, too.
    #[arg(long, value_name = "CODE")]
    pub ecc: Option<String>,
    /// What becomes of a word that the code found to be wrong: keep, zero-word or reread (from memory that does not fail).
    #[arg(long, value_name = "WHAT", requires = "ecc", value_parser = parse_on_detected, default_value = "keep")]
    pub on_detected: OnDetected,
    /// How bits lie in words and words in cells: linear, bit-plane, tile:RxC, permute:SEED, padded:BITS, interleave:BANKS,
    /// column-mux:WORDS, or several of them joined by +.
    #[arg(long, value_name = "LAYOUT", default_value_t)]
    pub layout: LayoutSpec,
    /// Keep the N most significant bits of each weight free of errors.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub protect_msb: u32,
    /// Bits of each tensor: a CSV of `pattern, bits`, perhaps with scheme and clip; the first pattern that names a tensor counts,
    /// others are as --bits says.
    #[arg(long, value_name = "FILE")]
    pub bits_by_layer: Option<InputPath>,
}

fn parse_on_detected(text: &str) -> Result<OnDetected, String> {
    match text {
        "keep" => Ok(OnDetected::Keep),
        "zero-word" => Ok(OnDetected::ZeroWord),
        "reread" => Ok(OnDetected::Reread),
        "zero-weights" | "mask-bits" => Err(format!(
            "{text} needs a detector of single bits: give it in a memory file (`sram-sim memory --init` shows how)"
        )),
        _ => Err("expected keep, zero-word or reread".to_owned()),
    }
}
