//! Which of the tensors in a checkpoint are a network's weights.

use std::collections::HashSet;

use super::stored::StoredTensor;
use super::tensors::Own;
use crate::pickle::{Pickle, Value};

/// A network's tensors, and what lies beside them.
#[derive(Default)]
pub(super) struct State<'p> {
    pub(super) named: Vec<(String, &'p StoredTensor)>,
    /// Names of tensors that are none of the network's, and of objects that are not read.
    pub(super) beside: Vec<String>,
}

/// What the weights are called in a checkpoint that has more beside them.
const WEIGHTS: [&str; 7] =
    ["state_dict", "model_state_dict", "model", "model_state", "net", "network", "weights"];

/// What the state of an optimiser and the like is called, which is no network's.
const BESIDE: [&str; 6] =
    ["optimizer", "optimizer_state_dict", "optimizers", "scheduler", "lr_scheduler", "scaler"];

/// Dictionaries, lists and tuples in each other at most.
const MAX_DEPTH: usize = 16;

/// The tensors of the dictionary that is called as weights are, else all.
pub(super) fn state<'p>(pickle: &'p Pickle<'_, Own>) -> Result<State<'p>, String> {
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
    let mut walk = Walk { pickle, left: pickle.values().len() };
    let (mut chosen, mut others) = (Vec::new(), Vec::new());
    for &(key, value) in entries {
        let name = walk.text(key).unwrap_or_else(|| "?".to_owned());
        let is_dictionary = matches!(pickle.values()[value], Value::Dict(_));
        let is_weights = is_dictionary && WEIGHTS.contains(&&*name);
        let found = walk.found(value)?;
        if is_weights && !found.named.is_empty() { &mut chosen } else { &mut others }.push((name, found));
    }
    match &mut chosen[..] {
        [] => all(others),
        [(name, found)] => {
            let known: HashSet<&str> = found.named.iter().map(|(name, _)| &**name).collect();
            let is_same = |(_, other): &&(String, State<'_>)| {
                other.named.iter().any(|(name, _)| known.contains(&**name))
            };
            if let Some((other, _)) = others.iter().find(is_same) {
                return Err(several(&[name, other]));
            }
            let beside = others.into_iter().flat_map(|(name, other)| other.names(&name));
            found.beside.extend(beside.collect::<Vec<_>>());
            once(std::mem::take(found))
        }
        several_chosen => Err(several(&several_chosen.iter().map(|(name, _)| &**name).collect::<Vec<_>>())),
    }
}

/// All tensors, but for those of optimisers and the like.
fn all(entries: Vec<(String, State<'_>)>) -> Result<State<'_>, String> {
    let mut all = State::default();
    for (name, found) in entries {
        if BESIDE.contains(&&*name) {
            all.beside.extend(found.names(&name));
            continue;
        }
        all.named.extend(found.named.into_iter().map(|(inner, tensor)| (joined(&name, &inner), tensor)));
        all.beside.extend(found.beside.into_iter().map(|inner| joined(&name, &inner)));
    }
    if all.named.is_empty() {
        return Err("found no dictionary of tensors in it: save model.state_dict()".to_owned());
    }
    once(all)
}

fn several(names: &[&str]) -> String {
    format!(
        "found several dictionaries of tensors, {}: save the one that is meant by itself",
        names.join(", ")
    )
}

/// The same, if each name is there once.
fn once(state: State<'_>) -> Result<State<'_>, String> {
    let mut seen = HashSet::new();
    match state.named.iter().find(|(name, _)| !seen.insert(&**name)) {
        Some((name, _)) => Err(format!("tensor {name} is there twice")),
        None => Ok(state),
    }
}

/// A walk through the values of a pickle.
struct Walk<'p, 'a> {
    pickle: &'p Pickle<'a, Own>,
    /// Values that may still be met: one may be named again and again.
    left: usize,
}

impl<'p> Walk<'p, '_> {
    /// The tensors in a value, by their names in it.
    fn found(&mut self, value: usize) -> Result<State<'p>, String> {
        let mut state = State::default();
        self.meet(String::new(), value, 0, &mut state)?;
        Ok(state)
    }

    fn meet(
        &mut self,
        name: String,
        value: usize,
        depth: usize,
        state: &mut State<'p>,
    ) -> Result<(), String> {
        self.left = self.left.checked_sub(1).ok_or("found values that are named again and again")?;
        match &self.pickle.values()[value] {
            Value::Own(Own::Tensor(tensor)) => state.named.push((name, tensor)),
            Value::Own(Own::Other | Own::Storage { .. }) => state.beside.push(name),
            _ if depth == MAX_DEPTH => state.beside.push(name),
            Value::Dict(entries) => {
                for &(key, value) in entries {
                    let key = self.text(key).unwrap_or_else(|| "?".to_owned());
                    self.meet(joined(&name, &key), value, depth + 1, state)?;
                }
            }
            Value::List(parts) | Value::Tuple(parts) => {
                for (number, &value) in parts.iter().enumerate() {
                    self.meet(joined(&name, &number.to_string()), value, depth + 1, state)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn text(&self, value: usize) -> Option<String> {
        match &self.pickle.values()[value] {
            Value::Bytes(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            Value::Int(number) => Some(number.to_string()),
            _ => None,
        }
    }
}

impl State<'_> {
    /// All that it has, by name.
    fn names(self, of: &str) -> Vec<String> {
        let tensors = self.named.into_iter().map(|(name, _)| name);
        tensors.chain(self.beside).map(|name| joined(of, &name)).collect()
    }
}

fn joined(name: &str, inner: &str) -> String {
    match (name, inner) {
        ("", inner) => inner.to_owned(),
        (name, "") => name.to_owned(),
        (name, inner) => format!("{name}.{inner}"),
    }
}
