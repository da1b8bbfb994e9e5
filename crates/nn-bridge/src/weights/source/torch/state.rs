//! Which of the tensors in a checkpoint are a network's weights.

use std::collections::HashSet;

use super::stored::StoredTensor;
use super::tensors::Own;
use crate::pickle::{Pickle, Value};

/// A tensor, and what it is called.
type Named<'p> = Vec<(String, &'p StoredTensor)>;

/// What the state of an optimiser and the like is called, which is no network's.
const BESIDE: [&str; 6] =
    ["optimizer", "optimizer_state_dict", "optimizers", "scheduler", "lr_scheduler", "scaler"];

/// The tensors of the checkpoint's only dictionary of tensors.
pub(super) fn tensors<'p>(pickle: &'p Pickle<'_, Own>) -> Result<Named<'p>, String> {
    let root = &pickle.values()[pickle.root()];
    let Value::Dict(entries) = root else {
        return Err(match root {
            Value::Own(Own::Other) => {
                "found a whole module, which only its own code can load: save model.state_dict()"
            }
            _ => "found no dictionary of tensors: save model.state_dict()",
        }
        .to_owned());
    };
    let own = of_dictionary(pickle, entries);
    if !own.is_empty() {
        return once(own);
    }
    let mut inner: Vec<(String, Named<'p>)> = Vec::new();
    for &(key, value) in entries {
        let (Some(name), Value::Dict(entries)) = (text(pickle, key), &pickle.values()[value]) else {
            continue;
        };
        let found = of_dictionary(pickle, entries);
        if !found.is_empty() && !BESIDE.contains(&&*name) {
            inner.push((name, found));
        }
    }
    match &mut inner[..] {
        [] => Err("found no dictionary of tensors in it: save model.state_dict()".to_owned()),
        [(_, found)] => once(std::mem::take(found)),
        several => {
            let names: Vec<&str> = several.iter().map(|(name, _)| &**name).collect();
            Err(format!(
                "found several dictionaries of tensors, {}: save the one that is meant by itself",
                names.join(", ")
            ))
        }
    }
}

/// The tensors of a dictionary, by their names.
fn of_dictionary<'p>(pickle: &'p Pickle<'_, Own>, entries: &[(usize, usize)]) -> Named<'p> {
    let tensor = |&(key, value): &(usize, usize)| match &pickle.values()[value] {
        Value::Own(Own::Tensor(tensor)) => Some((text(pickle, key)?, tensor)),
        _ => None,
    };
    entries.iter().filter_map(tensor).collect()
}

fn text(pickle: &Pickle<'_, Own>, value: usize) -> Option<String> {
    match &pickle.values()[value] {
        Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

/// The tensors, if each name is there once.
fn once(named: Named<'_>) -> Result<Named<'_>, String> {
    let mut seen = HashSet::new();
    match named.iter().find(|(name, _)| !seen.insert(&**name)) {
        Some((name, _)) => Err(format!("tensor {name} is there twice")),
        None => Ok(named),
    }
}
