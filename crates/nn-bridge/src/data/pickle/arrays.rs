//! Arrays, of the functions that pickles make them with.

use std::rc::Rc;

use super::value::{Array, Function, Value};
use super::{Machine, Step};

/// Images have four, and their labels one.
const MAX_SIDES: usize = 8;

impl<'a> Machine<'a> {
    /// What a known function would make of its arguments.
    pub(super) fn call(&mut self) -> Step<()> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Value::Function(function) = self.values[function] else {
            return Err("found no function to call".to_owned());
        };
        let first = self.parts_of(arguments)?.first().copied().ok_or("found a call without arguments")?;
        let made = match function {
            Function::Reconstruct => Value::Array(Array::default()),
            Function::Type => Value::Type(self.bytes_of(first)?),
            Function::Encode => self.encoded(first)?,
            Function::FromBuffer => {
                let &[data, dtype, shape, order] = self.parts_of(arguments)? else {
                    return Err("found an array of other parts than four".to_owned());
                };
                if **self.bytes_of(order)? != *b"C" {
                    return Err("found an array that does not lie row by row".to_owned());
                }
                Value::Array(self.array_of(shape, dtype, data)?)
            }
            Function::Ndarray => return Err("found an array that is called".to_owned()),
        };
        self.push(made)
    }

    /// The bytes that a text of Latin-1 stands for, as Python 3 writes bytes in protocol 2.
    fn encoded(&mut self, text: usize) -> Step<Value<'a>> {
        let text = self.bytes_of(text)?;
        // The same text may be named again and again.
        self.made += text.len();
        if self.made > self.bytes.len() {
            return Err("found more texts to encode than it holds".to_owned());
        }
        let text = std::str::from_utf8(&text).map_err(|_| "found a text that is none")?;
        let latin = text.chars().map(|letter| u8::try_from(u32::from(letter)));
        let latin = latin.collect::<Result<Vec<u8>, _>>().map_err(|_| "found a letter that is no byte")?;
        Ok(Value::Bytes(Rc::new(latin.into())))
    }

    /// Gives an array its elements.
    pub(super) fn build(&mut self) -> Step<()> {
        let state = self.pop()?;
        match self.top()? {
            // Byte order and alignment: of bytes they say nothing.
            Value::Type(_) => return Ok(()),
            Value::Array(_) => {}
            other => return Err(format!("found {} to fill, expected an array", other.kind())),
        }
        let &[_, shape, dtype, order, data] = self.parts_of(state)? else {
            return Err("found an array's state of other parts than five".to_owned());
        };
        // Whether it lies column by column.
        if !matches!(self.values[order], Value::Bool(false) | Value::Int(0)) {
            return Err("found an array that does not lie row by row".to_owned());
        }
        let array = self.array_of(shape, dtype, data)?;
        *self.top()? = Value::Array(array);
        Ok(())
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
            Value::Type(name) if matches!(&***name, b"u1" | b"|u1" | b"uint8" | b"B") => {}
            Value::Type(name) => {
                return Err(format!(
                    "found an array of {}, expected bytes (u1)",
                    String::from_utf8_lossy(name)
                ));
            }
            other => return Err(format!("found {}, expected a type of elements", other.kind())),
        }
        let data = self.bytes_of(data)?;
        let elements = shape.iter().try_fold(1usize, |product, &side| product.checked_mul(side));
        if elements != Some(data.len()) {
            return Err(format!("found {} elements, expected an array of shape {shape:?}", data.len()));
        }
        Ok(Array { shape, data })
    }
}
