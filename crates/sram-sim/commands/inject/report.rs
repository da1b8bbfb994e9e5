//! What `sram-sim inject` reports.

use nn_bridge::{Damage, Selection};
use serde::Serialize;

use super::network::Network;
use super::source::{Faults, Source};
use crate::arguments::InjectArguments;
use crate::output::{MADE_BY, MadeBy};
use crate::selection::{KeptApart, kept_apart};

#[derive(Serialize)]
pub(super) struct Report {
    pub(super) made_by: MadeBy,
    pub(super) weights: String,
    pub(super) scheme: String,
    pub(super) bits_per_weight: u32,
    pub(super) order: String,
    pub(super) with_statistics: bool,
    /// Tensors of the file that are not in the weight memory.
    pub(super) tensors_kept_apart: usize,
    /// Which, and why.
    pub(super) kept_apart: Vec<KeptApart>,
    #[serde(skip)]
    pub(super) kept_apart_words: Vec<String>,
    pub(super) faults: Faults,
    pub(super) protected_msb: u32,
    pub(super) seed: u64,
    /// Bits of the image that lie in faulty cells.
    pub(super) faults_hit: u64,
    /// Those whose fault shows in this read, on unprotected bits.
    pub(super) faults_shown: u64,
    /// Bit errors to expect by bits stored: of random errors their rate, of a chip the mean of the flip probabilities that apply
    /// to what is stored; protected bits never fail.
    pub(super) expected_ber: f64,
    pub(super) realised_ber: f64,
    /// Bit errors to expect of each tensor.
    #[serde(skip)]
    pub(super) expected_errors: Vec<f64>,
    pub(super) changed_weights: u64,
    pub(super) l_inf: f64,
    pub(super) l2: f64,
    pub(super) damage: Damage,
}

impl Report {
    /// Of a read of these faults, as far as they are not protected, which did this damage.
    pub(super) fn new(
        arguments: &InjectArguments,
        network: &Network,
        selection: &Selection<'_>,
        source: Source,
        damage: Damage,
    ) -> Self {
        Self {
            made_by: MADE_BY,
            weights: arguments.weights.lossy(),
            scheme: network.scheme.to_string(),
            bits_per_weight: network.scheme.bits().bits(),
            order: arguments.selection.order.name().to_owned(),
            with_statistics: arguments.selection.with_statistics,
            tensors_kept_apart: network.file.tensors().len() - selection.stored().len(),
            kept_apart: kept_apart(selection),
            kept_apart_words: selection.words().collect(),
            faults: source.faults,
            protected_msb: arguments.protect_msb,
            seed: arguments.seed,
            faults_hit: source.hit,
            faults_shown: source.mask.count(),
            expected_ber: source.expected.iter().sum::<f64>() / damage.image_bits.max(1) as f64,
            expected_errors: source.expected,
            realised_ber: damage.realised_ber(),
            changed_weights: damage.changed_weights(),
            l_inf: damage.l_inf(),
            l2: damage.l2(),
            damage,
        }
    }
}
