//! What `--check` measures, and what is promised of it.

use anyhow::{Context, Result, ensure};
use flip_core::{
    Bits, BitsMut, DenseMask, FaultKind, PackedInts, PersistentErrors, Rate, SparseMask, TransientErrors,
};
use nn_bridge::{Quantizer, Scheme};

use crate::arguments::Arguments;
use crate::class::Class;
use crate::measure::median_pair;
use crate::memories;
use crate::plain;
use crate::row::{Better, Row};
use crate::work::{Bench, Measured, SEED, faults};

/// Bytes of the buffer that counts as cached.
const CACHED_BYTES: usize = 1_000_000;

/// Measures every promise once, calling `measured` with each row as it comes.
pub(crate) fn measure(arguments: &Arguments, class: Class, mut each: impl FnMut(Row) + Send) -> Result<()> {
    let mut measured = |row: Row| each(row.for_class(class));
    on_threads(1, || {
        let mut bench = Bench::new(arguments)?;
        random_errors(&mut bench, &mut measured)?;
        masks(&mut bench, &mut measured)
    })?;
    on_threads(1, || memories::measure(&Bench::new(arguments)?, &mut measured))?;
    on_threads(1, || quantisation(arguments, &mut measured))?;
    let cached = Arguments { size: CACHED_BYTES, repeats: 101.max(arguments.repeats), ..arguments.clone() };
    on_threads(1, || in_cache(&mut Bench::new(&cached)?, &mut measured))?;
    on_threads(2, || two_threads(&mut Bench::new(arguments)?, &mut measured))?;
    measured(speed_up(arguments)?);
    Ok(())
}

type Out<'a> = &'a mut (dyn FnMut(Row) + Send);

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.context("cannot start threads")?.install(work)
}

fn passes(work: String, must: f64, aim: f64, measured: &Measured) -> Row {
    Row::new(work, "passes", must, aim, measured.seconds / measured.pass_seconds, Better::Less)
}

fn random_errors(bench: &mut Bench, out: Out<'_>) -> Result<()> {
    for (percent, must, aim) in [(0.1, 1.6, 1.0), (1.0, 1.6, 1.25), (10.0, 1.6, 1.25), (0.01, 0.12, 0.08)] {
        let measured = bench.transient(Rate::new(percent / 100.0)?)?;
        let row = passes(format!("transient errors, {percent} %"), must, aim, &measured);
        out(row.on_avx2(if percent < 0.1 { must } else { 4.0 }));
    }
    for (percent, must, aim, on_avx2) in
        [(0.1, 2.0, 1.5, 4.0), (1.0, 3.0, 2.5, 5.0), (10.0, 8.0, 6.0, 16.0), (0.01, 0.2, 0.08, 0.2)]
    {
        let measured = bench.persistent(Rate::new(percent / 100.0)?)?;
        out(passes(format!("persistent errors, {percent} %"), must, aim, &measured).on_avx2(on_avx2));
    }
    Ok(())
}

fn masks(bench: &mut Bench, out: Out<'_>) -> Result<()> {
    let sparse = bench.sparse_mask(Rate::new(0.001)?)?;
    out(passes("sparse fault map, 0.1 %".to_owned(), 1.3, 1.0, &sparse).on_avx2(1.3));
    for (from, to, changed) in [(0.001, 0.0011, "0.01"), (0.01, 0.011, "0.1"), (0.01, 0.02, "1")] {
        let (seconds, cells) = bench.step(Rate::new(from)?, Rate::new(to)?)?;
        let work = format!("voltage step, made before, that changes {changed} % of the cells, per cell");
        out(Row::new(work, "ns", 3.0, 1.5, seconds * 1e9 / cells as f64, Better::Less));
    }
    out(dense_planes(bench)?);
    Ok(())
}

/// Dense planes against a plain loop that reads two planes and updates the weights.
fn dense_planes(bench: &mut Bench) -> Result<Row> {
    let kernel = bench.kernel;
    let mask = DenseMask::from(&sparse_mask(bench, 0.1)?);
    let planes = [vec![0xf7u8; bench.weights.len()], vec![0x08u8; bench.weights.len()]];
    let mb = bench.weights.len() as f64 / 1e6;
    let ratio = bench.ratio(
        |weights| assert!(mask.apply_with(kernel, &mut BitsMut::new(weights), 0).is_ok(), "the mask fits"),
        |weights| plain::planes(weights, &planes[0], &planes[1]),
    );
    let work = format!("dense planes, {mb} MB, by a plain loop that reads as much");
    Ok(Row::new(work, "times", 1.15, 1.0, ratio, Better::Less))
}

fn sparse_mask(bench: &Bench, rate: f64) -> Result<SparseMask> {
    Ok(SparseMask::from_faults(bench.len_bits(), faults(Rate::new(rate)?, bench.len_bits()))?)
}

/// Float weights to packed codes and back, by passes over the floats.
fn quantisation(arguments: &Arguments, out: Out<'_>) -> Result<()> {
    let mut weights: Vec<f32> = (0..arguments.size / 4).map(|i| (i as f32 * 0.37).sin()).collect();
    let cell = std::cell::RefCell::new(&mut weights);
    for bits in [8, 4, 3] {
        let quantizer = Quantizer::fit(Scheme::rquant(bits)?, &cell.borrow())?;
        let mut packed = PackedInts::zeros(quantizer.scheme().bits(), arguments.size / 4);
        quantizer.pack(&cell.borrow(), &mut packed, 0)?;
        let mut values = vec![0.0; arguments.size / 4];
        quantizer.unpack(&packed, 0, &mut values);
        let step = 2.0 / f64::from((1 << bits) - 1);
        let near = |(a, b): (&f32, &f32)| (f64::from(*a) - f64::from(*b)).abs() < step;
        ensure!(cell.borrow().iter().zip(&values).all(near), "{bits} bits: weights do not come back");

        let (seconds, pass) = median_pair(
            arguments.repeats,
            || assert!(quantizer.pack(&cell.borrow(), &mut packed, 0).is_ok(), "weights in range"),
            || pass_over(&mut cell.borrow_mut()),
        );
        let work = format!("quantise and pack, {bits} bits, by passes over the floats");
        out(Row::new(work, "passes", 2.0, 1.0, seconds / pass, Better::Less));
        let (seconds, pass) = median_pair(
            arguments.repeats,
            || quantizer.unpack(&packed, 0, &mut values),
            || pass_over(&mut cell.borrow_mut()),
        );
        let work = format!("unpack and dequantise, {bits} bits, by passes over the floats");
        out(Row::new(work, "passes", 2.0, 1.0, seconds / pass, Better::Less));
    }
    Ok(())
}

/// An in-place XOR that leaves the floats as they are, which the compiler does not know.
fn pass_over(weights: &mut [f32]) {
    let nothing = std::hint::black_box(0u32);
    weights.iter_mut().for_each(|weight| *weight = f32::from_bits(weight.to_bits() ^ nothing));
    std::hint::black_box(weights);
}

/// The kernels in a buffer that stays in a cache, against plain loops that do the same.
fn in_cache(bench: &mut Bench, out: Out<'_>) -> Result<()> {
    let mb = bench.weights.len() as f64 / 1e6;
    let mut row = |work: &str, ratio: f64| {
        let work = format!("{work}, {mb} MB, by a plain loop");
        out(Row::new(work, "times", 1.0, 1.0, ratio, Better::Less));
    };
    for p in [0.001, 0.01, 0.1] {
        let rate = Rate::new(p)?;
        let transient = TransientErrors::new(SEED, rate).with_kernel(bench.kernel);
        let plain = |weights: &mut [u8]| plain::random_errors(weights, p, SEED);
        let ratio = bench.ratio(|weights| transient.inject(0, &mut BitsMut::new(weights), 0), plain);
        row(&format!("transient errors, {} %", p * 100.0), ratio);
        let persistent = PersistentErrors::new(SEED).with_kernel(bench.kernel);
        let ratio = bench.ratio(|weights| persistent.inject(rate, &mut BitsMut::new(weights), 0), plain);
        row(&format!("persistent errors, {} %", p * 100.0), ratio);
    }
    let kernel = bench.kernel;
    // So many faults that the CPU cannot learn from run to run which kind comes next.
    let mask = sparse_mask(bench, 0.01)?;
    let list: Vec<(u64, FaultKind)> = mask.iter().collect();
    let ratio = bench.ratio(
        |weights| assert!(mask.apply_with(kernel, &mut BitsMut::new(weights), 0).is_ok(), "the mask fits"),
        |weights| plain::faults(weights, &list),
    );
    row("sparse fault map, 1 %", ratio);
    out(dense_planes(bench)?);
    Ok(())
}

fn two_threads(bench: &mut Bench, out: Out<'_>) -> Result<()> {
    bench.repeats *= 3;
    for percent in [1.0, 10.0] {
        let measured = bench.transient(Rate::new(percent / 100.0)?)?;
        out(passes(format!("transient errors, {percent} %, 2 threads"), 1.5, 1.1, &measured));
    }
    Ok(())
}

/// Persistent errors on two threads against one, in turns.
fn speed_up(arguments: &Arguments) -> Result<Row> {
    let pool = |threads| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")
    };
    let (one, two) = (pool(1)?, pool(2)?);
    let mut bench = Bench::new(arguments)?;
    let errors = PersistentErrors::new(SEED).with_kernel(bench.kernel);
    let rate = Rate::new(0.1)?;
    let inject = |pool: &rayon::ThreadPool, weights: &mut [u8]| {
        pool.install(|| errors.inject(rate, &mut BitsMut::new(weights), 0));
    };
    // Two threads sometimes wait for a CPU: more runs, so that the median is one in which they did not.
    bench.repeats *= 3;
    let ratio = bench.ratio(|weights| inject(&one, weights), |weights| inject(&two, weights));
    let work = "persistent errors, 10 %, 2 threads against 1".to_owned();
    Ok(Row::new(work, "times", 1.8, 1.95, ratio, Better::More))
}

impl Bench {
    /// The median time of some work on the weights by that of other work, in turns.
    fn ratio(&mut self, mut work: impl FnMut(&mut [u8]), mut by: impl FnMut(&mut [u8])) -> f64 {
        let repeats = self.repeats;
        let cell = std::cell::RefCell::new(&mut self.weights);
        let (seconds, other) =
            median_pair(repeats, || work(&mut cell.borrow_mut()), || by(&mut cell.borrow_mut()));
        seconds / other
    }

    /// Median seconds of a step between two rates of a persistent chip, and the cells that change.
    fn step(&mut self, from: Rate, to: Rate) -> Result<(f64, u64)> {
        let chip = PersistentErrors::new(SEED);
        let clean = &self.weights;
        let errors = |rate| chip.mask(rate, 0, clean.len() as u64 * 8).bit_errors(Bits::new(clean));
        let (before, after) = (errors(from)?, errors(to)?);
        let step = before.step_to(&after)?;
        let mut weights = clean.to_vec();
        before.apply(&mut BitsMut::new(&mut weights))?;
        step.apply(&mut BitsMut::new(&mut weights))?;
        let found = Bits::new(clean).hamming(Bits::new(&weights))?;
        ensure!(
            found == after.count(),
            "a step from {from} to {to}: {found} errors, expected {}",
            after.count()
        );
        drop((weights, before, after));
        let (repeats, kernel) = (self.repeats, self.kernel);
        let cell = std::cell::RefCell::new(&mut self.weights);
        // A pass between two steps, so that what the last step left in a cache is gone.
        let (seconds, _) = median_pair(
            repeats,
            || {
                let mut weights = cell.borrow_mut();
                assert!(step.apply_with(kernel, &mut BitsMut::new(&mut weights), 0).is_ok(), "the step fits");
            },
            || crate::work::pass(&mut cell.borrow_mut()),
        );
        Ok((seconds, step.count()))
    }
}
