//! What the files that `sram-sim inject` writes say of themselves.

use serde::Serialize;

use super::report::Head;
use crate::memory::{BitsPerWeight, MemoryReport, Source};
use crate::output::MadeBy;
use crate::selection::KeptApart;

/// What the written files say of themselves.
#[derive(Serialize)]
pub(super) struct Provenance<'a> {
    made_by: &'a MadeBy,
    /// The name of their file; where it lies is nobody's business.
    weights: &'a str,
    scheme: &'a str,
    bits_per_weight: BitsPerWeight,
    order: &'a str,
    with_statistics: bool,
    kept_apart: &'a [KeptApart],
    faults: &'a Source,
    memory: &'a MemoryReport,
    read: &'a str,
    offset: u64,
    seed: u64,
    bit_errors: u64,
}

impl<'a> Provenance<'a> {
    pub(super) fn of(report: &'a Head, bit_errors: u64) -> Self {
        Self {
            made_by: &report.made_by,
            weights: report.weights.rsplit(['/', std::path::MAIN_SEPARATOR]).next().unwrap_or_default(),
            scheme: &report.scheme,
            bits_per_weight: report.bits_per_weight,
            order: &report.order,
            with_statistics: report.with_statistics,
            kept_apart: &report.kept_apart,
            faults: &report.faults,
            memory: &report.memory,
            read: &report.read,
            offset: report.offset,
            seed: report.seed,
            bit_errors,
        }
    }
}
