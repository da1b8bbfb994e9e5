//! What `--check` measures of memories: reads in layouts and under a code, and check bits.

use std::hint::black_box;

use anyhow::{Context, Result, ensure};
use flip_core::{Bits, Rate};
use nn_bridge::memory::code::WordCode;
use nn_bridge::memory::{Cells, Description, Memory, Outline, Read, ReadModel, Stored, Which};
use nn_bridge::{Scheme, Zero};
use sram_model::{Between, FaultMap, STORED};

use crate::measure::median_pair;
use crate::row::{Better, Row};
use crate::work::{Bench, SEED};

/// Weights of a row of the matrix that is stored.
const COLUMNS: usize = 4096;

const LAYOUTS: [&str; 6] =
    ["bit-plane", "padded:32", "tile:16x16", "permute:7", "interleave:4", "column-mux:4"];

/// The weights of a bench as a memory of one region stores them.
struct Region<'a> {
    memory: Memory,
    weights: &'a [u8],
}

impl<'a> Region<'a> {
    fn new(keys: &str, weights: &'a [u8]) -> Result<Self> {
        let description = Description::parse(&format!("format = 1\n[[region]]\n{keys}\n"))?;
        let shape = [weights.len() / COLUMNS, COLUMNS];
        let outline = Outline { name: "weights", shape: &shape, stored_as: Scheme::rquant(8)?.into() };
        Ok(Self { memory: Memory::new(&description, &[outline])?, weights: &weights[..shape[0] * COLUMNS] })
    }

    fn read(&self, cells: Cells<'_>) -> Result<Read> {
        let zeros = [Zero { code: 0, has_sign: false }];
        let stored =
            Stored { layout: self.memory.layout(), bits: Bits::new(self.weights).into(), zeros: &zeros };
        Ok(self.memory.read_stored(stored, &[cells], ReadModel { which: Which::Sampled, seed: SEED }, 0)?)
    }
}

/// Measures reads and check bits, a row each.
pub(crate) fn measure(bench: &Bench, out: &mut dyn FnMut(Row)) -> Result<()> {
    let chip =
        STORED.get(1).context("no stored chip")?.open()?.at("0.875 V/Vmin".parse()?, Between::NextLower)?;
    for layout in LAYOUTS {
        out(walk(bench, layout, &chip)?);
    }
    out(coded_read(bench)?);
    out(check_bits(bench)?);
    Ok(())
}

/// A sampled read of a chip in a layout, by the same of the linear one.
fn walk(bench: &Bench, layout: &str, chip: &FaultMap) -> Result<Row> {
    let word = if layout.contains("mux") || layout.contains("interleave") { "\nword = 16" } else { "" };
    let other = Region::new(&format!("layout = \"{layout}\"{word}"), &bench.weights[..])?;
    let linear = Region::new("", &bench.weights[..])?;
    let cells = Cells::Chip { map: chip, offset: 0 };
    let faults = [other.read(cells)?, linear.read(cells)?].map(|read| read.counts().faults_hit);
    // A layout that leaves no cell empty meets as many faults, but for those of the last copy of the chip.
    let most = chip.faults().len() as u64;
    ensure!(faults[0].abs_diff(faults[1]) <= most, "{layout}: {} faults, linear {}", faults[0], faults[1]);
    let read = |region: &Region<'_>| drop(black_box(region.read(cells)));
    let (seconds, by) = median_pair(bench.repeats, || read(&other), || read(&linear));
    let ns = |seconds: f64, faults: u64| seconds * 1e9 / faults as f64;
    let (one, other) = (ns(seconds, faults[0]), ns(by, faults[1]));
    let work = format!("sampled read of a chip, {layout}, by a linear one ({other:.0} ns a fault)");
    Ok(Row::new(work, "times", 2.0, 1.5, one / other, Better::Less).on_avx2(2.0))
}

/// A read at a rate of 0.01 % under a code: what it takes beyond 1.5 times the same without a code, per word with a wrong bit.
fn coded_read(bench: &Bench) -> Result<Row> {
    let (coded, plain) =
        (Region::new("code = \"secded:64\"", &bench.weights[..])?, Region::new("", &bench.weights[..])?);
    let cells = Cells::Random { rate: Rate::new(1e-4)?, seed: SEED, fresh: false };
    let read = coded.read(cells)?;
    let words = read.counts().words;
    ensure!(words.corrected > 100 * words.detected && words.detected > 0, "{words:?}");
    ensure!(read.errors.count() < plain.read(cells)?.errors.count() / 50, "errors are corrected");
    let (seconds, by) = median_pair(
        bench.repeats,
        || drop(black_box(coded.read(cells))),
        || drop(black_box(plain.read(cells))),
    );
    let beyond = (seconds - 1.5 * by).max(0.0) * 1e9 / words.all() as f64;
    let work = "secded:64, 0.01 %: beyond 1.5 x a read without a code, per word hit".to_owned();
    Ok(Row::new(work, "ns", 60.0, 20.0, beyond, Better::Less))
}

/// All check bits of the weights.
fn check_bits(bench: &Bench) -> Result<Row> {
    let code = WordCode::named("secded:64")?;
    let weights = &bench.weights[..bench.weights.len() / 8 * 8];
    let encode = || {
        let mut sum = 0u32;
        let done =
            code.encode_all(weights, weights.len() as u64 * 8, |checks| sum = sum.rotate_left(1) ^ checks);
        done.map(|()| sum)
    };
    let word: Vec<u64> = weights[..8].as_chunks().0.iter().map(|&bytes| u64::from_le_bytes(bytes)).collect();
    let mut first = None;
    code.encode_all(weights, weights.len() as u64 * 8, |checks| {
        first.get_or_insert(checks);
    })?;
    ensure!(first == Some(code.encode(&word)), "check bits of the first word");
    let (seconds, _) =
        median_pair(bench.repeats, || assert!(black_box(encode()).is_ok(), "whole words"), || ());
    let work = "check bits of secded:64".to_owned();
    Ok(Row::new(work, "GB/s", 2.0, 3.0, weights.len() as f64 / seconds / 1e9, Better::More))
}
