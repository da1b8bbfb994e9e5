//! What the result of a map depends on.

use anyhow::Result;
use campaign::Digest;
use serde::Serialize;
use sram_sim_cli::memory::{FaultsIdentity, PointFaults};

use super::Map;
use super::plan::Plan;
use crate::networks::Subject;

/// All that the result of a map depends on.
#[derive(Serialize)]
pub(super) struct MapIdentity<'a> {
    /// Version of this struct's meaning.
    version: u32,
    /// Network, weights, quantisation, images.
    evaluation: &'a Digest,
    /// SHA-256 of regions, layouts and codes.
    memory: Digest,
    /// Of each region.
    faults: Vec<FaultsIdentity>,
    /// Cell of the chips at which regions begin later than they say.
    offset: u64,
    read: &'static str,
    seed: u64,
    /// Versions of the streams of flip-core and of nn-bridge.
    streams: [u32; 2],
}

impl MapIdentity<'_> {
    pub(super) fn digest(subject: &Subject, faults: &PointFaults, map: Map, plan: &Plan) -> Result<Digest> {
        Ok(Digest::of(&MapIdentity {
            version: 3,
            evaluation: &subject.identity,
            memory: Digest::from(subject.memory.digest()),
            faults: faults.identity(),
            offset: map.offset.unwrap_or(0),
            read: plan.read.name(),
            seed: map.seed,
            streams: [flip_core::STREAM_VERSION, nn_bridge::memory::STREAM_VERSION],
        })?)
    }
}
