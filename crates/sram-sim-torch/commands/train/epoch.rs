//! An epoch, its test, and what both are printed as.

use std::io::Write;
use std::time::Instant;

use anyhow::Result;
use cli_io::Talk;
use nn_bridge::data::{Dataset, Normalisation};
use nn_bridge::memory::{Clamped, Memory};
use nn_bridge::{Architecture, SelectionRules, TensorChanges, TensorOrder, WeightImage, changes};
use nn_torch::{Evaluation, Network, Trainer};
use sram_sim_cli::arguments::TrainArguments;
use sram_sim_cli::memory::{MemoryReport, PointFaults, ReadReport};
use sram_sim_cli::output::{grouped, percent, significant};
use sram_sim_cli::progress;

use super::log::Line;
use crate::networks;

/// What is trained and tested.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) epochs: u32,
    pub(super) architecture: &'a Architecture,
    pub(super) memory: &'a Memory,
    pub(super) patterns: &'a [PointFaults],
    pub(super) test: &'a Dataset,
    pub(super) normalisation: &'a Normalisation,
    pub(super) arguments: &'a TrainArguments,
}

/// Trains for an epoch, and tests what came of it if it is one to be tested.
pub(super) fn epoch(trainer: &mut Trainer, subject: &Subject<'_>) -> Result<Line> {
    let Subject { epochs, architecture, memory, test, normalisation, arguments, .. } = *subject;
    let start = Instant::now();
    let bar = progress::bar(trainer.steps() as u64, "steps of an epoch");
    let report = trainer.epoch(|steps, loss| {
        bar.set_message(format!("epoch, loss {loss:.3}"));
        bar.inc(steps);
    })?;
    bar.finish_and_clear();
    if report.epoch % arguments.test_every != 0 && report.epoch < epochs {
        let seconds = start.elapsed().as_secs_f64();
        return Ok(Line { report, err: None, clamped: Clamped::default(), reads: Vec::new(), seconds });
    }
    let busy = progress::busy(format!("testing, {} images", test.len()));
    let network = Network::load(architecture, &trainer.weights()?, arguments.device)?;
    let stored = network.stored(&SelectionRules::default(), TensorOrder::Name)?.tensors;
    let weights = network.all_weights(&stored)?;
    let (image, clamped) = memory.store(&weights.iter().collect::<Vec<_>>())?;
    let reads = reads(&image, subject)?;
    let batch = networks::batch(arguments.device);
    let evaluation = Evaluation::of_image(network, stored, image, test, normalisation, batch)?;
    busy.finish_and_clear();
    let (err, seconds) = (Some(evaluation.clean().error()), start.elapsed().as_secs_f64());
    Ok(Line { report, err, clamped, reads, seconds })
}

/// A read of weights under each pattern of bit errors, as `inject` with the same seed makes it.
fn reads(image: &WeightImage, subject: &Subject<'_>) -> Result<Vec<ReadReport>> {
    let Subject { memory, patterns, arguments, .. } = *subject;
    let model = arguments.read.model(arguments.seed);
    let of_pattern = |faults: &PointFaults| {
        let read =
            memory.read(image, &faults.cells(memory, arguments.seed, |_| arguments.offset), model, 0)?;
        let squared_change = changes(image, &read.errors).iter().map(TensorChanges::squared).sum();
        Ok(ReadReport::of(memory, faults, &read, squared_change))
    };
    patterns.iter().map(of_pattern).collect()
}

pub(super) fn write_line(line: &Line, epochs: u32, out: &mut Talk) -> Result<()> {
    let report = &line.report;
    let perturbed = report.perturbed_loss.map_or_else(String::new, |loss| {
        let share = percent(report.perturbed_share);
        format!("  perturbed {} in {share} % of the steps", significant(loss, 4))
    });
    let err = line.err.map_or_else(String::new, |err| format!("  Err {} %", percent(err)));
    writeln!(
        out,
        "epoch {:>3}/{epochs}  lr {}  loss {}{perturbed}  train error {} %{err}  {:.1} s",
        report.epoch,
        significant(report.learning_rate, 2),
        significant(report.loss, 4),
        percent(report.train_error),
        line.seconds
    )?;
    Ok(out.flush()?)
}

/// What reads of the trained weights give, in a memory with layouts or protection.
pub(super) fn write_reads(line: &Line, memory: &MemoryReport, out: &mut Talk) -> Result<()> {
    memory.write_text("memory         ", out)?;
    for read in &line.reads {
        read.write_text(memory, out)?;
        let errors = grouped(read.bit_errors);
        writeln!(
            out,
            "bit errors     {errors}  {} % of the bits, of a read of these weights",
            percent(read.realised_ber)
        )?;
        let change = significant(read.mean_squared_change, 4);
        writeln!(out, "weight change  mean square {change}")?;
    }
    Ok(())
}
