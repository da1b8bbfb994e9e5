//! What the result of a map depends on.

use anyhow::Result;
use campaign::Digest;
use serde::Serialize;

use super::Map;
use super::plan::Plan;
use super::source::Faults;

/// All that the result of a map depends on.
#[derive(Serialize)]
pub(super) struct MapIdentity<'a> {
    /// Version of this struct's meaning.
    version: u32,
    /// Network, weights, quantisation, images.
    evaluation: &'a Digest,
    faults: FaultsIdentity,
    protected_msb: u32,
    seed: u64,
    /// Versions of the streams of flip-core and of nn-bridge.
    streams: [u32; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum FaultsIdentity {
    Random { rate: f64 },
    Chip { digest: Digest, offset: u64, read: &'static str },
}

impl MapIdentity<'_> {
    pub(super) fn digest(evaluation: &Digest, faults: &Faults, map: Map, plan: &Plan) -> Result<Digest> {
        let faults = match faults {
            Faults::Random(rate) => FaultsIdentity::Random { rate: rate.get() },
            Faults::Chip { digest, .. } => FaultsIdentity::Chip {
                digest: Digest::from(*digest),
                offset: map.offset.unwrap_or(0),
                read: plan.read.name(),
            },
        };
        Ok(Digest::of(&MapIdentity {
            version: 1,
            evaluation,
            faults,
            protected_msb: plan.protected_msb,
            seed: map.seed,
            streams: [flip_core::STREAM_VERSION, nn_bridge::STREAM_VERSION],
        })?)
    }
}
