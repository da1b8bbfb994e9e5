//! What the project promises for 100 MB of 8-bit weights, and what this machine does.

use std::io::Write;

use anyhow::{Context, Result};
use flip_core::Rate;
use serde::Serialize;

use crate::arguments::{Arguments, Format};
use crate::measure::median_pair;
use crate::work::{Bench, Measured};

/// One promise.
#[derive(Serialize)]
pub(crate) struct Row {
    work: String,
    unit: &'static str,
    must: f64,
    aim: f64,
    measured: f64,
    /// Whether more is better.
    more: bool,
}

impl Row {
    /// Whether the must is kept.
    pub(crate) fn holds(&self) -> bool {
        if self.more { self.measured >= self.must } else { self.measured <= self.must }
    }

    fn reaches(&self) -> bool {
        if self.more { self.measured >= self.aim } else { self.measured <= self.aim }
    }

    fn verdict(&self) -> &'static str {
        match (self.holds(), self.reaches()) {
            (true, true) => "aim",
            (true, false) => "must",
            _ => "MISSED",
        }
    }
}

/// Bytes of the buffer that counts as cached.
const CACHED_BYTES: usize = 1_000_000;

/// Measures every promise.
pub(crate) fn run(arguments: &Arguments) -> Result<Vec<Row>> {
    let mut rows = on_threads(1, || one_thread(arguments))?;
    rows.extend(on_threads(2, || two_threads(arguments))?);
    rows.push(speed_up(arguments)?);
    Ok(rows)
}

fn on_threads<T: Send>(threads: usize, work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
    pool.context("cannot start threads")?.install(work)
}

fn passes(work: String, must: f64, aim: f64, measured: &Measured) -> Row {
    Row { work, unit: "passes", must, aim, measured: measured.seconds / measured.pass_seconds, more: false }
}

fn one_thread(arguments: &Arguments) -> Result<Vec<Row>> {
    let mut bench = Bench::new(arguments)?;
    let mut rows = Vec::new();
    for (rate, must, aim) in [(0.001, 1.3, 1.0), (0.01, 1.6, 1.25), (0.1, 1.6, 1.25)] {
        let measured = bench.transient(Rate::new(rate)?)?;
        rows.push(passes(format!("transient errors, {} %", rate * 100.0), must, aim, &measured));
    }
    for (rate, must, aim) in [(0.001, 3.0, 1.5), (0.01, 4.0, 2.5), (0.1, 8.0, 6.0)] {
        let measured = bench.persistent(Rate::new(rate)?)?;
        rows.push(passes(format!("persistent errors, {} %", rate * 100.0), must, aim, &measured));
    }
    let rare = Rate::new(1e-4)?;
    rows.push(passes("transient errors, 0.01 %".to_owned(), 0.2, 0.08, &bench.transient(rare)?));
    rows.push(passes("persistent errors, 0.01 %".to_owned(), 0.2, 0.08, &bench.persistent(rare)?));
    let sparse = bench.sparse_mask(Rate::new(0.001)?)?;
    rows.push(passes("sparse fault map, 0.1 %".to_owned(), 1.3, 1.0, &sparse));
    rows.push(Row {
        work: "cell of a sparse map or a voltage step".to_owned(),
        unit: "ns",
        must: 3.0,
        aim: 1.5,
        measured: sparse.seconds * 1e9 / sparse.flips as f64,
        more: false,
    });
    rows.push(bench.dense_against_reading(1.15, 1.0)?);

    let mut cached = Bench::new(&Arguments { size: CACHED_BYTES, repeats: 101, ..arguments.clone() })?;
    rows.push(cached.dense_against_reading(1.15, 1.0)?);
    Ok(rows)
}

fn two_threads(arguments: &Arguments) -> Result<Vec<Row>> {
    let mut bench = Bench::new(arguments)?;
    let mut row = |rate: f64| -> Result<Row> {
        let measured = bench.transient(Rate::new(rate)?)?;
        Ok(passes(format!("transient errors, {} %, 2 threads", rate * 100.0), 1.5, 1.1, &measured))
    };
    Ok(vec![row(0.01)?, row(0.1)?])
}

/// Persistent errors on two threads against one, in turns.
fn speed_up(arguments: &Arguments) -> Result<Row> {
    let pool = |threads| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("cannot start threads")
    };
    let (one, two) = (pool(1)?, pool(2)?);
    let mut weights = Bench::new(arguments)?.into_weights();
    let errors = flip_core::PersistentErrors::new(1);
    let rate = Rate::new(0.1)?;
    let cell = std::cell::RefCell::new(&mut weights);
    let inject = |pool: &rayon::ThreadPool| {
        let mut weights = cell.borrow_mut();
        let weights: &mut Vec<u8> = &mut weights;
        pool.install(|| errors.inject(rate, &mut flip_core::BitsMut::new(weights), 0));
    };
    let (alone, together) = median_pair(arguments.repeats, || inject(&one), || inject(&two));
    Ok(Row {
        work: "persistent errors, 10 %, 2 threads against 1".to_owned(),
        unit: "times",
        must: 1.8,
        aim: 1.95,
        measured: alone / together,
        more: true,
    })
}

/// A row for planes against a plain loop over the same bytes.
pub(crate) fn planes_row(bytes: usize, must: f64, aim: f64, measured: f64) -> Row {
    let work = format!("dense planes in {} MB, against a loop that reads as much", bytes as f64 / 1e6);
    Row { work, unit: "times", must, aim, measured, more: false }
}

pub(crate) fn write(rows: &[Row], format: Format, out: &mut impl Write) -> Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, rows)?;
            writeln!(out)?;
        }
        Format::Csv => {
            writeln!(out, "work,unit,must,aim,measured,verdict")?;
            for row in rows {
                let Row { work, unit, must, aim, measured, .. } = row;
                writeln!(out, "\"{work}\",{unit},{must},{aim},{measured},{}", row.verdict())?;
            }
        }
        Format::Text => {
            let width = rows.iter().map(|row| row.work.len()).max().unwrap_or(0);
            writeln!(out, "{:<width$}   unit     must    aim   measured  reached", "work")?;
            for row in rows {
                let Row { work, unit, must, aim, measured, .. } = row;
                let verdict = row.verdict();
                writeln!(out, "{work:<width$}   {unit:<6} {must:>6} {aim:>6} {measured:>10.3}  {verdict}")?;
            }
        }
    }
    Ok(())
}
