//! `NumPy` arrays of bytes in pickles, of the functions that make them.

use std::rc::Rc;

use crate::pickle::{Dialect, Machine, Step, Text, Value};

/// Images have four, and their labels one.
const MAX_SIDES: usize = 8;

/// An array of bytes, row by row.
#[derive(Default)]
pub(super) struct Array<'a> {
    pub(super) shape: Vec<usize>,
    pub(super) data: Text<'a>,
}

/// What only such pickles hold.
pub(super) enum Own<'a> {
    Array(Array<'a>),
    /// A type of an array's elements.
    Type(Text<'a>),
    Function(Function),
}

/// A function or class that arrays are made with.
#[derive(Clone, Copy)]
pub(super) enum Function {
    /// `_reconstruct`: an array yet without elements.
    Reconstruct,
    /// The class of arrays.
    Ndarray,
    /// `dtype`.
    Type,
    /// `_codecs.encode`: bytes from text.
    Encode,
    /// `_frombuffer`: an array with its elements, of protocol 5.
    FromBuffer,
}

/// Pickles of dictionaries, lists, numbers, texts and arrays of bytes.
#[derive(Default)]
pub(super) struct Arrays {
    /// Bytes that were made of those of the pickle.
    made: usize,
}

impl Function {
    fn named(module: &[u8], name: &[u8]) -> Option<Self> {
        Some(match (module, name) {
            (b"numpy.core.multiarray" | b"numpy._core.multiarray", b"_reconstruct") => Self::Reconstruct,
            (b"numpy", b"ndarray") => Self::Ndarray,
            (b"numpy", b"dtype") => Self::Type,
            (b"_codecs", b"encode") => Self::Encode,
            (b"numpy.core.numeric" | b"numpy._core.numeric", b"_frombuffer") => Self::FromBuffer,
            _ => return None,
        })
    }
}

impl<'a> Dialect<'a> for Arrays {
    type Own = Own<'a>;

    /// CIFAR-100's largest file has 150,000 and a few.
    const MAX_VALUES: usize = 1 << 20;

    fn global(&mut self, module: &[u8], name: &[u8]) -> Step<Own<'a>> {
        Function::named(module, name).map(Own::Function).ok_or_else(|| {
            let [module, name] = [module, name].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            format!("it would call {module}.{name}: only arrays of bytes, lists and dictionaries are read")
        })
    }

    fn call(machine: &mut Machine<'a, Self>, function: usize, arguments: usize) -> Step<Value<'a, Own<'a>>> {
        let Value::Own(Own::Function(function)) = machine.values[function] else {
            return Err("found no function to call".to_owned());
        };
        let first = machine.parts_of(arguments)?.first().copied().ok_or("found a call without arguments")?;
        Ok(match function {
            Function::Reconstruct => Value::Own(Own::Array(Array::default())),
            Function::Type => Value::Own(Own::Type(machine.bytes_of(first)?)),
            Function::Encode => machine.encoded(first)?,
            Function::FromBuffer => {
                let &[data, dtype, shape, order] = machine.parts_of(arguments)? else {
                    return Err("found an array of other parts than four".to_owned());
                };
                if **machine.bytes_of(order)? != *b"C" {
                    return Err("found an array that does not lie row by row".to_owned());
                }
                Value::Own(Own::Array(machine.array_of(shape, dtype, data)?))
            }
            Function::Ndarray => return Err("found an array that is called".to_owned()),
        })
    }

    fn build(machine: &mut Machine<'a, Self>, object: usize, state: usize) -> Step<()> {
        match &machine.values[object] {
            // Byte order and alignment: of bytes they say nothing.
            Value::Own(Own::Type(_)) => return Ok(()),
            Value::Own(Own::Array(_)) => {}
            other => return Err(format!("found {} to fill, expected an array", other.kind::<Self>())),
        }
        let &[_, shape, dtype, order, data] = machine.parts_of(state)? else {
            return Err("found an array's state of other parts than five".to_owned());
        };
        // Whether it lies column by column.
        if !matches!(machine.values[order], Value::Bool(false) | Value::Int(0)) {
            return Err("found an array that does not lie row by row".to_owned());
        }
        let array = machine.array_of(shape, dtype, data)?;
        machine.values[object] = Value::Own(Own::Array(array));
        Ok(())
    }

    fn outside(_: &Machine<'a, Self>, _: usize) -> Step<Value<'a, Own<'a>>> {
        Err("found a name of what lies outside, expected data alone".to_owned())
    }

    fn kind(own: &Own<'a>) -> &'static str {
        match own {
            Own::Array(_) => "an array",
            Own::Type(_) => "a type of elements",
            Own::Function(_) => "a function",
        }
    }
}

impl<'a> Machine<'a, Arrays> {
    /// The bytes that a text of Latin-1 stands for, as Python 3 writes bytes in protocol 2.
    fn encoded(&mut self, text: usize) -> Step<Value<'a, Own<'a>>> {
        let text = self.bytes_of(text)?;
        // The same text may be named again and again.
        self.dialect.made += text.len();
        if self.dialect.made > self.bytes.len() {
            return Err("found more texts to encode than it holds".to_owned());
        }
        let text = std::str::from_utf8(&text).map_err(|_| "found a text that is none")?;
        let latin = text.chars().map(|letter| u8::try_from(u32::from(letter)));
        let latin = latin.collect::<Result<Vec<u8>, _>>().map_err(|_| "found a letter that is no byte")?;
        Ok(Value::Bytes(Rc::new(latin.into())))
    }

    fn array_of(&self, shape: usize, dtype: usize, data: usize) -> Step<Array<'a>> {
        let side = |&side: &usize| match self.values[side] {
            Value::Int(side) => usize::try_from(side).map_err(|_| format!("found a side of {side}")),
            _ => Err("found a side that is no number".to_owned()),
        };
        // A shape may be named again and again, so it is not walked before it is known to be short.
        let sides = self.parts_of(shape)?;
        if sides.len() > MAX_SIDES {
            return Err(format!("found an array of {} sides, expected at most {MAX_SIDES}", sides.len()));
        }
        let shape = sides.iter().map(side).collect::<Step<Vec<usize>>>()?;
        match &self.values[dtype] {
            Value::Own(Own::Type(name)) if matches!(&***name, b"u1" | b"|u1" | b"uint8" | b"B") => {}
            Value::Own(Own::Type(name)) => {
                return Err(format!(
                    "found an array of {}, expected bytes (u1)",
                    String::from_utf8_lossy(name)
                ));
            }
            other => return Err(format!("found {}, expected a type of elements", other.kind::<Arrays>())),
        }
        let data = self.bytes_of(data)?;
        let elements = shape.iter().try_fold(1usize, |product, &side| product.checked_mul(side));
        if elements != Some(data.len()) {
            return Err(format!("found {} elements, expected an array of shape {shape:?}", data.len()));
        }
        Ok(Array { shape, data })
    }
}
