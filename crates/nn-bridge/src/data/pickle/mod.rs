//! Python pickles of dictionaries, lists, numbers, texts and `NumPy` arrays of bytes, read without running anything: a pickle is a
//! program for a stack machine, and of its instructions only those are known that put such values together. The functions that
//! arrays are made of are recognised by name; any other name is refused, not called.

mod arrays;
mod value;

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

pub(super) use self::value::{Array, Value};
use self::value::{Function, Text};

/// The most values that are kept: CIFAR-100's largest file has 150,000 and a few.
const MAX_VALUES: usize = 1 << 20;

/// A pickle that was read.
#[derive(Debug)]
pub(super) struct Pickle<'a> {
    values: Vec<Value<'a>>,
    root: usize,
}

impl<'a> Pickle<'a> {
    pub(super) fn values(&self) -> &[Value<'a>] {
        &self.values
    }

    /// The number of the value that holds the others.
    pub(super) fn root(&self) -> usize {
        self.root
    }
}

/// Reads a pickle of protocol 2 or later.
///
/// # Errors
/// Where, what was found, what was expected.
pub(super) fn read(bytes: &[u8]) -> Result<Pickle<'_>, String> {
    if bytes.first() != Some(&0x80) {
        return Err("at byte 0: found no pickle of protocol 2 or later".to_owned());
    }
    let mut machine = Machine {
        bytes,
        at: 0,
        values: Vec::new(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        made: 0,
    };
    loop {
        let at = machine.at;
        match machine.step() {
            Ok(false) => {}
            Ok(true) => {
                let root = machine.stack.pop().ok_or("found an empty pickle")?;
                return Ok(Pickle { values: machine.values, root });
            }
            Err(what) => return Err(format!("at byte {at} of the pickle: {what}")),
        }
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    values: Vec<Value<'a>>,
    /// Numbers of values.
    stack: Vec<usize>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<usize, usize>,
    /// Bytes that were made of those of the pickle.
    made: usize,
}

type Step<T> = Result<T, String>;

impl<'a> Machine<'a> {
    /// Does what the next instruction says; `true` at the end.
    fn step(&mut self) -> Step<bool> {
        let [code] = self.array()?;
        match code {
            b'.' => return Ok(true),
            // Protocol and frame say nothing of values.
            0x80 => drop(self.array::<1>()?),
            0x95 => drop(self.array::<8>()?),
            b'(' => self.marks.push(self.stack.len()),
            b'0' => drop(self.pop()?),
            b'N' => self.push(Value::None)?,
            0x88 | 0x89 => self.push(Value::Bool(code == 0x88))?,
            b'K' | b'M' | b'J' | 0x8a => self.number(code)?,
            b'U' | b'T' | b'X' | 0x8c | 0x8d | b'C' | b'B' | 0x8e | 0x96 => self.text(code)?,
            b']' => self.push(Value::List(Vec::new()))?,
            b'}' => self.push(Value::Dict(Vec::new()))?,
            b')' | b't' | 0x85..=0x87 => self.tuple(code)?,
            b'q' | b'r' | 0x94 | b'h' | b'j' => self.remember(code)?,
            b'a' | b'e' => self.append(code)?,
            b's' | b'u' => self.set(code)?,
            b'c' | 0x93 => self.function(code)?,
            b'R' => self.call()?,
            b'b' => self.build()?,
            other => return Err(format!("found instruction {other:#04x}, expected those of data alone")),
        }
        Ok(false)
    }

    fn take(&mut self, len: usize) -> Step<&'a [u8]> {
        let taken = self.at.checked_add(len).and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or("the pickle is cut off")?;
        self.at += len;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Step<[u8; N]> {
        Ok(*self.take(N)?.first_chunk().ok_or("the pickle is cut off")?)
    }

    fn push(&mut self, value: Value<'a>) -> Step<()> {
        if self.values.len() >= MAX_VALUES {
            return Err(format!("found more than {MAX_VALUES} values"));
        }
        self.stack.push(self.values.len());
        self.values.push(value);
        Ok(())
    }

    fn pop(&mut self) -> Step<usize> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let value = self.stack.pop().filter(|_| self.stack.len() >= floor);
        value.ok_or_else(|| "the stack is empty".to_owned())
    }

    /// All values since the last mark.
    fn pop_mark(&mut self) -> Step<Vec<usize>> {
        let mark = self.marks.pop().ok_or("there is no mark")?;
        Ok(self.stack.split_off(mark.min(self.stack.len())))
    }

    fn top(&mut self) -> Step<&mut Value<'a>> {
        let top = *self.stack.last().ok_or("the stack is empty")?;
        Ok(&mut self.values[top])
    }

    fn number(&mut self, code: u8) -> Step<()> {
        let number = match code {
            b'K' => i64::from(self.array::<1>()?[0]),
            b'M' => i64::from(u16::from_le_bytes(self.array()?)),
            b'J' => i64::from(i32::from_le_bytes(self.array()?)),
            _ => {
                let len = usize::from(self.array::<1>()?[0]);
                let bytes = self.take(len)?;
                let negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
                let mut all = [if negative { 0xff } else { 0 }; 8];
                all.get_mut(..len).ok_or("found a number of more than 64 bits")?.copy_from_slice(bytes);
                i64::from_le_bytes(all)
            }
        };
        self.push(Value::Int(number))
    }

    fn text(&mut self, code: u8) -> Step<()> {
        let len = match code {
            b'U' | 0x8c | b'C' => u64::from(self.array::<1>()?[0]),
            b'T' | b'X' | b'B' => u64::from(u32::from_le_bytes(self.array()?)),
            _ => u64::from_le_bytes(self.array()?),
        };
        let bytes = self.take(usize::try_from(len).map_err(|_| "the pickle is cut off")?)?;
        self.push(Value::Bytes(Rc::new(Cow::Borrowed(bytes))))
    }

    fn tuple(&mut self, code: u8) -> Step<()> {
        let parts = match code {
            b')' => Vec::new(),
            b't' => self.pop_mark()?,
            count => {
                let mut parts = (0..count - 0x84).map(|_| self.pop()).collect::<Step<Vec<_>>>()?;
                parts.reverse();
                parts
            }
        };
        self.push(Value::Tuple(parts))
    }

    fn remember(&mut self, code: u8) -> Step<()> {
        let slot = match code {
            b'q' | b'h' => usize::from(self.array::<1>()?[0]),
            b'r' | b'j' => u32::from_le_bytes(self.array()?) as usize,
            _ => self.memo.len(),
        };
        if matches!(code, b'h' | b'j') {
            let value = *self.memo.get(&slot).ok_or("found a reference to nothing")?;
            self.stack.push(value);
        } else {
            let top = *self.stack.last().ok_or("the stack is empty")?;
            self.memo.insert(slot, top);
        }
        // Slots and references cost memory, too.
        if self.memo.len().max(self.stack.len()) > MAX_VALUES {
            return Err(format!("found more than {MAX_VALUES} references"));
        }
        Ok(())
    }

    fn append(&mut self, code: u8) -> Step<()> {
        let mut new = if code == b'a' { vec![self.pop()?] } else { self.pop_mark()? };
        match self.top()? {
            Value::List(list) => {
                list.append(&mut new);
                Ok(())
            }
            other => Err(format!("found {} to append to, expected a list", other.kind())),
        }
    }

    fn set(&mut self, code: u8) -> Step<()> {
        let new = if code == b's' {
            let (value, key) = (self.pop()?, self.pop()?);
            vec![key, value]
        } else {
            self.pop_mark()?
        };
        let (pairs, []) = new.as_chunks::<2>() else { return Err("found a key without a value".to_owned()) };
        let pairs = pairs.iter().map(|&[key, value]| (key, value));
        match self.top()? {
            Value::Dict(dict) => {
                dict.extend(pairs);
                Ok(())
            }
            other => Err(format!("found {} to put into, expected a dictionary", other.kind())),
        }
    }

    fn function(&mut self, code: u8) -> Step<()> {
        let (module, name) = if code == b'c' {
            (self.line()?, self.line()?)
        } else {
            let (name, module) = (self.pop()?, self.pop()?);
            (self.bytes_of(module)?.to_vec(), self.bytes_of(name)?.to_vec())
        };
        let function = Function::named(&module, &name).ok_or_else(|| {
            let [module, name] = [&module, &name].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            format!("it would call {module}.{name}: only arrays of bytes, lists and dictionaries are read")
        })?;
        self.push(Value::Function(function))
    }

    fn line(&mut self) -> Step<Vec<u8>> {
        let len =
            self.bytes[self.at..].iter().position(|&byte| byte == b'\n').ok_or("the pickle is cut off")?;
        Ok(self.take(len + 1)?[..len].to_vec())
    }

    fn bytes_of(&self, value: usize) -> Step<Text<'a>> {
        match &self.values[value] {
            Value::Bytes(bytes) => Ok(bytes.clone()),
            other => Err(format!("found {}, expected a text", other.kind())),
        }
    }

    fn parts_of(&self, value: usize) -> Step<&[usize]> {
        match &self.values[value] {
            Value::Tuple(parts) | Value::List(parts) => Ok(parts),
            other => Err(format!("found {}, expected a tuple", other.kind())),
        }
    }
}
