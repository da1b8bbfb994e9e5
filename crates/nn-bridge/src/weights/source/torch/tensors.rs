//! Tensors in pickles, of the functions that make them. Whatever else a checkpoint holds is passed over.

use super::stored::{StoredTensor, UNKNOWN, of_name, of_storage};
use crate::pickle::{Dialect, Machine, Step, Value};

/// Pickles of tensors.
pub(super) struct Tensors;

/// What only such pickles hold.
pub(super) enum Own {
    Global(Global),
    Storage {
        key: String,
        /// Its type, if all its elements have one.
        kind: Option<&'static str>,
    },
    Tensor(StoredTensor),
    /// Anything else.
    Other,
}

/// A function or class by its name.
#[derive(Clone, Copy)]
pub(super) enum Global {
    /// A dictionary, ordered or with defaults.
    Dictionary,
    /// A class of storages whose elements have this type.
    Storage(Option<&'static str>),
    /// A type of elements.
    Type(&'static str),
    /// Of storage, offset, shape, strides.
    Tensor,
    /// The same, with the type of its elements.
    TypedTensor,
    /// A tensor that is trained.
    Parameter,
    /// Anything else.
    Other,
}

impl Global {
    fn named(module: &str, name: &str) -> Self {
        match (module, name) {
            ("collections", "OrderedDict" | "defaultdict") => Self::Dictionary,
            ("torch._utils", "_rebuild_tensor" | "_rebuild_tensor_v2" | "_rebuild_qtensor") => Self::Tensor,
            ("torch._utils", "_rebuild_tensor_v3") => Self::TypedTensor,
            ("torch._utils", "_rebuild_parameter" | "_rebuild_parameter_with_state") => Self::Parameter,
            ("torch.storage", "UntypedStorage") => Self::Storage(None),
            ("torch", name) => match (of_storage(name), of_name(name)) {
                (Some(kind), _) => Self::Storage(Some(kind)),
                (None, Some(kind)) => Self::Type(kind),
                (None, None) if name.ends_with("Storage") => Self::Storage(Some(UNKNOWN)),
                (None, None) => Self::Other,
            },
            _ => Self::Other,
        }
    }
}

impl<'a> Dialect<'a> for Tensors {
    type Own = Own;

    /// 60,000 tensors are 1.2 million.
    const MAX_VALUES: usize = 1 << 22;

    fn global(&mut self, module: &[u8], name: &[u8]) -> Step<Own> {
        let [module, name] = [module, name].map(String::from_utf8_lossy);
        Ok(Own::Global(Global::named(&module, &name)))
    }

    fn call(machine: &mut Machine<'a, Self>, function: usize, arguments: usize) -> Step<Value<'a, Own>> {
        let Value::Own(Own::Global(global)) = machine.values[function] else {
            return Ok(Value::Own(Own::Other));
        };
        match global {
            Global::Dictionary => Ok(Value::Dict(Vec::new())),
            Global::Tensor => machine.tensor(arguments, None),
            Global::TypedTensor => machine.tensor(arguments, Some(6)),
            Global::Parameter => {
                let first =
                    machine.parts_of(arguments)?.first().copied().ok_or("found a parameter of nothing")?;
                match &machine.values[first] {
                    Value::Own(Own::Tensor(tensor)) => Ok(Value::Own(Own::Tensor(tensor.clone()))),
                    _ => Err("found a parameter of something else than a tensor".to_owned()),
                }
            }
            Global::Storage(_) | Global::Type(_) | Global::Other => Ok(Value::Own(Own::Other)),
        }
    }

    /// What objects beside tensors hold is of no interest.
    fn build(_: &mut Machine<'a, Self>, _: usize, _: usize) -> Step<()> {
        Ok(())
    }

    fn outside(machine: &Machine<'a, Self>, name: usize) -> Step<Value<'a, Own>> {
        let &[_, class, key, ..] = machine.parts_of(name)? else {
            return Err("found a storage of fewer parts than three".to_owned());
        };
        let Value::Own(Own::Global(Global::Storage(kind))) = machine.values[class] else {
            return Err("found a storage of something else than a class of storages".to_owned());
        };
        let key = String::from_utf8_lossy(&machine.bytes_of(key)?).into_owned();
        Ok(Value::Own(Own::Storage { key, kind }))
    }

    fn kind(own: &Own) -> &'static str {
        match own {
            Own::Global(_) => "a function",
            Own::Storage { .. } => "a storage",
            Own::Tensor(_) => "a tensor",
            Own::Other => "an object",
        }
    }

    fn is_opaque(own: &Own) -> bool {
        matches!(own, Own::Other)
    }
}

/// Sides at most, as of PyTorch.
const MAX_SIDES: usize = 64;

impl<'a> Machine<'a, Tensors> {
    /// A tensor of storage, offset, shape and strides; its type is that of its storage, or the argument of this number.
    fn tensor(&self, arguments: usize, kind_at: Option<usize>) -> Step<Value<'a, Own>> {
        let parts = self.parts_of(arguments)?;
        let &[storage, offset, shape, stride, ..] = parts else {
            return Err("found a tensor of fewer parts than four".to_owned());
        };
        let Value::Own(Own::Storage { key, kind }) = &self.values[storage] else {
            return Err("found a tensor without a storage".to_owned());
        };
        let said = match kind_at.and_then(|at| parts.get(at)).map(|&at| &self.values[at]) {
            Some(Value::Own(Own::Global(Global::Type(kind)))) => Some(*kind),
            Some(_) => Some(UNKNOWN),
            None => None,
        };
        let kind = said.or(*kind).ok_or("found a tensor without a type")?;
        let (shape, stride) = (self.sides(shape)?, self.sides(stride)?);
        if shape.len() != stride.len() {
            return Err(format!("found a tensor of {} sides and {} strides", shape.len(), stride.len()));
        }
        let offset = self.size(offset)?;
        Ok(Value::Own(Own::Tensor(StoredTensor { key: key.clone(), kind, offset, shape, stride })))
    }

    fn sides(&self, value: usize) -> Step<Vec<usize>> {
        let parts = self.parts_of(value)?;
        if parts.len() > MAX_SIDES {
            return Err(format!("found a tensor of {} sides, expected at most {MAX_SIDES}", parts.len()));
        }
        parts.iter().map(|&side| self.size(side)).collect()
    }

    fn size(&self, value: usize) -> Step<usize> {
        match self.values[value] {
            Value::Int(size) => {
                usize::try_from(size).map_err(|_| format!("found {size}, expected 0 or more"))
            }
            ref other => Err(format!("found {}, expected a number", other.kind::<Tensors>())),
        }
    }
}
