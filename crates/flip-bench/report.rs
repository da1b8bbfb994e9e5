//! Figures as text, JSON and CSV, and as a record.

use std::ffi::OsString;
use std::io::Write;

use anyhow::Result;
use cli_io::OutputPath;
use flip_core::{Kernel, STREAM_VERSION};
use serde::Serialize;

use crate::arguments::Arguments;
use crate::machine;
use crate::memory;
use crate::work::Measured;

/// All figures of a run and what they were measured on.
#[derive(Serialize)]
pub(crate) struct Report {
    made_by: String,
    stream_version: u32,
    date: String,
    cpu: String,
    hardware_threads: usize,
    pages: &'static str,
    kernel: &'static str,
    threads: usize,
    bytes: usize,
    bits_per_weight: u32,
    repeats: u32,
    /// Bytes read and written per second by one pass.
    memory_bandwidth: f64,
    pub(crate) rows: Vec<Row>,
}

/// A figure in the units that users ask for.
#[derive(Serialize)]
pub(crate) struct Row {
    pub(crate) work: &'static str,
    pub(crate) rate: Option<f64>,
    pub(crate) ns_per_weight: f64,
    /// 10⁹ bytes of weights per second.
    gb_per_s: f64,
    flips_per_s: f64,
    /// Time by that of one pass.
    passes: f64,
}

impl Report {
    pub(crate) fn new(arguments: &Arguments, measured: &[Measured]) -> Self {
        let bytes = arguments.size;
        let weights = bytes as f64 * 8.0 / f64::from(arguments.bits.bits());
        let row = |m: &Measured| Row {
            work: m.work.name(),
            rate: m.rate,
            ns_per_weight: m.seconds * 1e9 / weights,
            gb_per_s: bytes as f64 / m.seconds / 1e9,
            flips_per_s: m.flips as f64 / m.seconds,
            passes: m.seconds / m.pass_seconds,
        };
        let pass = measured.first().map_or(f64::INFINITY, |m| m.seconds);
        Self {
            made_by: machine::program().to_owned(),
            stream_version: STREAM_VERSION,
            date: machine::today(),
            cpu: machine::cpu(),
            hardware_threads: machine::hardware_threads(),
            pages: memory::pages(),
            kernel: arguments.kernel.unwrap_or_else(Kernel::best).name(),
            threads: arguments.threads,
            bytes,
            bits_per_weight: arguments.bits.bits(),
            repeats: arguments.repeats,
            memory_bandwidth: 2.0 * bytes as f64 / pass,
            rows: measured.iter().map(row).collect(),
        }
    }

    pub(crate) fn write_text(&self, out: &mut impl Write) -> Result<()> {
        let threads = if self.threads == 1 { "thread" } else { "threads" };
        writeln!(
            out,
            "{} on {}, kernel {}, {} {threads}",
            self.made_by, self.cpu, self.kernel, self.threads
        )?;
        let bytes = self.bytes as f64 / 1e6;
        writeln!(
            out,
            "{bytes} MB of {}-bit weights in {}, median of {} runs",
            self.bits_per_weight, self.pages, self.repeats
        )?;
        writeln!(out, "memory: one pass reads and writes {:.1} GB/s\n", self.memory_bandwidth / 1e9)?;
        writeln!(out, "work               rate %     ns/weight      GB/s     flips/s    passes")?;
        for row in &self.rows {
            let rate =
                row.rate.map_or_else(|| "-".to_owned(), |rate| format!("{}", (rate * 1e8).round() / 1e6));
            let flips =
                if row.flips_per_s > 0.0 { format!("{:.2e}", row.flips_per_s) } else { "-".to_owned() };
            writeln!(
                out,
                "{:<17} {rate:>7} {:>13.4} {:>9.1} {flips:>11} {:>9.2}",
                row.work, row.ns_per_weight, row.gb_per_s, row.passes
            )?;
        }
        writeln!(
            out,
            "\npasses: time by that of an in-place XOR of the weights with a constant, in the same run"
        )?;
        Ok(())
    }

    pub(crate) fn write_json(&self, out: &mut impl Write) -> Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        Ok(writeln!(out)?)
    }

    pub(crate) fn write_csv(&self, out: &mut impl Write) -> Result<()> {
        writeln!(out, "work,rate,ns_per_weight,gb_per_s,flips_per_s,passes")?;
        for row in &self.rows {
            let rate = row.rate.map_or_else(String::new, |rate| rate.to_string());
            let Row { work, ns_per_weight, gb_per_s, flips_per_s, passes, .. } = row;
            writeln!(out, "{work},{rate},{ns_per_weight},{gb_per_s},{flips_per_s},{passes}")?;
        }
        Ok(())
    }

    /// What is said of the figures under a chart.
    pub(crate) fn caption(&self) -> String {
        format!(
            "{}, {}, kernel {}, {} thread(s), {} MB",
            self.date,
            self.cpu,
            self.kernel,
            self.threads,
            self.bytes as f64 / 1e6
        )
    }

    /// The name of a record: by date, size, width, kernel and threads.
    pub(crate) fn file_name(&self) -> String {
        format!(
            "{}-{}-bytes-{}-bits-{}-{}-threads.json",
            self.date, self.bytes, self.bits_per_weight, self.kernel, self.threads
        )
    }
}

/// Where records are kept.
pub(crate) fn folder() -> OutputPath {
    OutputPath::from(OsString::from("benches/record"))
}
