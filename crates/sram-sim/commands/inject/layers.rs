//! What `sram-sim inject --as-stored` says of quantised layers.

use std::collections::{BTreeSet, HashSet};
use std::io::Write;

use anyhow::Result;
use nn_bridge::{Change, LayerDamage, RoleSummary, StoredDamage, StoredTensorDamage};

use crate::output::{or_dash, significant, write_table};

/// Layers that are listed one by one; of more JSON has them.
const LISTED: usize = 8;

/// What bit errors did to weights, by what is stored of them, and layer by layer if they are few.
pub(super) fn write_text(roles: &[RoleSummary], layers: &[LayerDamage], out: &mut impl Write) -> Result<()> {
    if layers.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let header = [
        "format",
        "hit in",
        "bits",
        "bit errors",
        "weights changed",
        "per error",
        "not finite",
        "L-inf",
        "L2",
    ];
    write_table(out, &header, &roles.iter().map(role_row).collect::<Vec<_>>())?;
    writeln!(
        out,
        "changes are of weights as the network sees them, by bit errors of each kind alone; per error: weights changed"
    )?;
    let assumed: BTreeSet<&str> = layers.iter().filter_map(|layer| layer.assumed).collect();
    assumed.iter().try_for_each(|assumed| writeln!(out, "{assumed}"))?;
    writeln!(out)?;
    if layers.len() > LISTED {
        writeln!(out, "{} quantised layers: --format json has each", layers.len())?;
        return Ok(());
    }
    let header = [
        "quantised layer",
        "format",
        "weights",
        "bit errors",
        "weights changed",
        "not finite",
        "L-inf",
        "L2",
    ];
    Ok(write_table(out, &header, &layers.iter().map(layer_row).collect::<Vec<_>>())?)
}

/// What blocks are hit, but not decoded, so that nothing says what became of their weights; none if there are none.
pub(super) fn not_decoded(damage: &StoredDamage, layers: &[LayerDamage]) -> Option<String> {
    let known: HashSet<&str> = layers.iter().map(|layer| &*layer.layer).collect();
    let is_unknown =
        |tensor: &&StoredTensorDamage| tensor.change.l_inf.is_nan() && !known.contains(&*tensor.name);
    let unknown: Vec<&StoredTensorDamage> = damage.tensors.iter().filter(is_unknown).collect();
    let types: BTreeSet<&str> = unknown.iter().map(|tensor| &*tensor.dtype).collect();
    let types: Vec<&str> = types.into_iter().collect();
    (!unknown.is_empty()).then(|| {
        let (count, types) = (unknown.len(), types.join(", "));
        format!("{count} tensors of blocks of {types} are hit like any bytes: what became of their weights is not known here")
    })
}

fn role_row(sum: &RoleSummary) -> Vec<String> {
    let RoleSummary { format, role, bits, bit_errors, weights_per_bit_error, change } = sum;
    let [changed, rest @ ..] = change_cells(change);
    let per_error = or_dash(*weights_per_bit_error, 4);
    let of = [(*format).to_owned(), role.to_string(), bits.to_string(), bit_errors.to_string()];
    [&of[..], &[changed, per_error], &rest].concat()
}

fn layer_row(layer: &LayerDamage) -> Vec<String> {
    let bit_errors: u64 = layer.roles.iter().map(|role| role.bit_errors).sum();
    let counts = [layer.weights, bit_errors].map(|count| count.to_string());
    [&[layer.layer.clone(), layer.format.to_owned()][..], &counts, &change_cells(&layer.all)].concat()
}

fn change_cells(change: &Change) -> [String; 4] {
    let Change { changed_weights, not_finite, l_inf, l2 } = *change;
    let [l_inf, l2] = [l_inf, l2].map(|size| significant(size, 4));
    [changed_weights.to_string(), not_finite.to_string(), l_inf, l2]
}
