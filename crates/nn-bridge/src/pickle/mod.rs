//! Python pickles of plain data, read without running anything: a pickle is a program for a stack machine, and of its instructions only
//! those are known that put values together. What functions would make is up to a [`Dialect`], which knows some by name and calls none.

mod value;

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

pub(crate) use self::value::{Text, Value};

/// What a step gives, or what was found, what was expected.
pub(crate) type Step<T> = Result<T, String>;

/// What is known of the functions in a kind of pickles.
pub(crate) trait Dialect<'a>: Sized {
    /// Values that only they make.
    type Own;

    /// The most values that are kept.
    const MAX_VALUES: usize;

    /// What a function or class of this name stands for.
    fn global(&mut self, module: &[u8], name: &[u8]) -> Step<Self::Own>;

    /// What a function would make of its arguments.
    fn call(machine: &mut Machine<'a, Self>, function: usize, arguments: usize)
    -> Step<Value<'a, Self::Own>>;

    /// Gives an object its state.
    fn build(machine: &mut Machine<'a, Self>, object: usize, state: usize) -> Step<()>;

    /// What lies outside the pickle under this name.
    fn outside(machine: &Machine<'a, Self>, name: usize) -> Step<Value<'a, Self::Own>>;

    /// What a value of theirs is, with an article.
    fn kind(own: &Self::Own) -> &'static str;

    /// Whether nothing is known of a value but that it is there, so that what is put into it is lost.
    fn is_opaque(_own: &Self::Own) -> bool {
        false
    }
}

/// A pickle that was read.
pub(crate) struct Pickle<'a, O> {
    values: Vec<Value<'a, O>>,
    root: usize,
}

impl<'a, O> Pickle<'a, O> {
    /// All values that it made.
    pub(crate) fn values(&self) -> &[Value<'a, O>] {
        &self.values
    }

    /// The number of the value that holds the others.
    pub(crate) fn root(&self) -> usize {
        self.root
    }
}

/// Reads a pickle of protocol 2 or later.
///
/// # Errors
/// Where, what was found, what was expected.
pub(crate) fn read<'a, D: Dialect<'a>>(bytes: &'a [u8], dialect: D) -> Step<Pickle<'a, D::Own>> {
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
        dialect,
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

/// The stack machine.
pub(crate) struct Machine<'a, D: Dialect<'a>> {
    pub(crate) bytes: &'a [u8],
    at: usize,
    pub(crate) values: Vec<Value<'a, D::Own>>,
    /// Numbers of values.
    stack: Vec<usize>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<usize, usize>,
    pub(crate) dialect: D,
}

impl<'a, D: Dialect<'a>> Machine<'a, D> {
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
            b'G' => {
                self.array::<8>()?;
                self.push(Value::Float)?;
            }
            b'U' | b'T' | b'X' | 0x8c | 0x8d | b'C' | b'B' | 0x8e | 0x96 => self.text(code)?,
            // An empty set is filled as a list.
            b']' | 0x8f => self.push(Value::List(Vec::new()))?,
            0x91 => {
                let all = self.pop_mark()?;
                self.push(Value::List(all))?;
            }
            b'}' => self.push(Value::Dict(Vec::new()))?,
            b')' | b't' | 0x85..=0x87 => self.tuple(code)?,
            b'q' | b'r' | 0x94 | b'h' | b'j' => self.remember(code)?,
            b'a' | b'e' | 0x90 => self.append(code)?,
            b's' | b'u' => self.set(code)?,
            b'c' | 0x93 => self.function(code)?,
            // Of a class the same makes an object.
            b'R' | 0x81 => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                let made = D::call(self, function, arguments)?;
                self.push(made)?;
            }
            b'b' => {
                let (state, object) = (self.pop()?, *self.stack.last().ok_or("the stack is empty")?);
                D::build(self, object, state)?;
            }
            b'Q' => {
                let name = self.pop()?;
                let found = D::outside(self, name)?;
                self.push(found)?;
            }
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

    fn push(&mut self, value: Value<'a, D::Own>) -> Step<()> {
        if self.values.len() >= D::MAX_VALUES {
            return Err(format!("found more than {} values", D::MAX_VALUES));
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

    fn top(&mut self) -> Step<&mut Value<'a, D::Own>> {
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
                if len > 8 {
                    // Nobody asks for one so great.
                    return self.push(Value::Float);
                }
                let mut all = [if negative { 0xff } else { 0 }; 8];
                all[..len].copy_from_slice(bytes);
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
        if self.memo.len().max(self.stack.len()) > D::MAX_VALUES {
            return Err(format!("found more than {} references", D::MAX_VALUES));
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
            Value::Own(own) if D::is_opaque(own) => Ok(()),
            other => {
                let kind = other.kind::<D>();
                Err(format!("found {kind} to append to, expected a list"))
            }
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
            Value::Own(own) if D::is_opaque(own) => Ok(()),
            other => {
                let kind = other.kind::<D>();
                Err(format!("found {kind} to put into, expected a dictionary"))
            }
        }
    }

    fn function(&mut self, code: u8) -> Step<()> {
        let (module, name) = if code == b'c' {
            (self.line()?, self.line()?)
        } else {
            let (name, module) = (self.pop()?, self.pop()?);
            (self.bytes_of(module)?.to_vec(), self.bytes_of(name)?.to_vec())
        };
        let own = self.dialect.global(&module, &name)?;
        self.push(Value::Own(own))
    }

    fn line(&mut self) -> Step<Vec<u8>> {
        let len =
            self.bytes[self.at..].iter().position(|&byte| byte == b'\n').ok_or("the pickle is cut off")?;
        Ok(self.take(len + 1)?[..len].to_vec())
    }

    /// The text that a value is.
    pub(crate) fn bytes_of(&self, value: usize) -> Step<Text<'a>> {
        match &self.values[value] {
            Value::Bytes(bytes) => Ok(bytes.clone()),
            other => Err(format!("found {}, expected a text", other.kind::<D>())),
        }
    }

    /// The values in a tuple or list.
    pub(crate) fn parts_of(&self, value: usize) -> Step<&[usize]> {
        match &self.values[value] {
            Value::Tuple(parts) | Value::List(parts) => Ok(parts),
            other => Err(format!("found {}, expected a tuple", other.kind::<D>())),
        }
    }
}
