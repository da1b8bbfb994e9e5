//! What bit errors in each kind of stored number did, over all layers of a format.

use serde::Serialize;

use super::{Change, LayerDamage, LayerRole};

/// What bit errors of one role did in all layers of a format, those of each layer alone.
#[derive(Clone, Debug, Serialize)]
pub struct RoleSummary {
    /// How the layers are quantised.
    pub format: &'static str,
    /// What the bits are.
    pub role: LayerRole,
    /// How many bits are of it.
    pub bits: u64,
    /// Its bit errors.
    pub bit_errors: u64,
    /// Weights that changed for each bit error; none without one.
    pub weights_per_bit_error: Option<f64>,
    /// What they did.
    #[serde(flatten)]
    pub change: Change,
}

/// Sums over layers, by format and role in the order in which they first come.
pub fn by_role(layers: &[LayerDamage]) -> Vec<RoleSummary> {
    let mut all: Vec<RoleSummary> = Vec::new();
    for layer in layers {
        for of in &layer.roles {
            let is_same = |known: &&mut RoleSummary| known.format == layer.format && known.role == of.role;
            let Some(sum) = all.iter_mut().find(is_same) else {
                let (format, role, bits, bit_errors) = (layer.format, of.role, of.bits, of.bit_errors);
                let change = of.change;
                all.push(RoleSummary { format, role, bits, bit_errors, weights_per_bit_error: None, change });
                continue;
            };
            sum.bits += of.bits;
            sum.bit_errors += of.bit_errors;
            sum.change.changed_weights += of.change.changed_weights;
            sum.change.not_finite += of.change.not_finite;
            sum.change.l_inf = sum.change.l_inf.max(of.change.l_inf);
            sum.change.l2 = sum.change.l2.hypot(of.change.l2);
        }
    }
    for sum in all.iter_mut().filter(|sum| sum.bit_errors > 0) {
        sum.weights_per_bit_error = Some(sum.change.changed_weights as f64 / sum.bit_errors as f64);
    }
    all
}
