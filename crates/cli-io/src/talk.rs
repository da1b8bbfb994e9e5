//! What a program says on standard output.

use std::cell::Cell;
use std::io::{self, IsTerminal, Write};
use std::rc::Rc;

use crate::shown::harmless;

/// What a program says on standard output: text for people, with all that could steer a terminal written out. What it writes
/// goes on to standard error as soon as an output has taken standard output.
///
/// Saying never fails, so that the work goes on when nobody listens: where the reader has gone (`| head`), the rest is
/// dropped, and that is no error, since whoever read it has seen enough. Any other error is kept for
/// [`finish`](Self::finish).
#[derive(Debug)]
pub struct Talk {
    buffer: Vec<u8>,
    stdout_taken: Rc<Cell<bool>>,
    /// Whether a terminal shows it.
    on_terminal: bool,
    failed: Option<io::Error>,
}

/// Bytes are kept until there are this many, or until they are flushed.
const BUFFER: usize = 1 << 16;

impl Talk {
    pub(crate) fn new(stdout_taken: Rc<Cell<bool>>) -> Self {
        Self { buffer: Vec::new(), stdout_taken, on_terminal: io::stdout().is_terminal(), failed: None }
    }

    /// The same for programs: CSV and JSON, as they are, unless a terminal shows them.
    ///
    /// Tables on standard output are for programs, too, but a reader that closes it early (`| head`) still counts as one that
    /// has seen enough, as with ripgrep and others. An output that was asked for by name is whole or an error: see
    /// [`Output`](crate::Output).
    pub fn data(&mut self) -> Data<'_> {
        Data(self)
    }

    /// Data of any length: what makes it is ended when nobody reads any more.
    ///
    /// # Errors
    /// What `fill` says of its own.
    pub fn stream<E>(&mut self, fill: impl FnOnce(&mut dyn Write) -> Result<(), E>) -> Result<(), E> {
        let filled = fill(&mut Stream(self));
        if self.failed.is_some() { Ok(()) } else { filled }
    }

    /// Says what is left.
    ///
    /// # Errors
    /// What went wrong first, unless it was that nobody reads any more.
    pub fn finish(mut self) -> io::Result<()> {
        self.send();
        match self.failed.take() {
            Some(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
            _ => Ok(()),
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.buffer.extend_from_slice(bytes);
        }
        if self.buffer.len() >= BUFFER {
            self.send();
        }
    }

    fn send(&mut self) {
        let bytes = std::mem::take(&mut self.buffer);
        if bytes.is_empty() || self.failed.is_some() {
            return;
        }
        let sent = if self.stdout_taken.get() {
            io::stderr().write_all(&bytes)
        } else {
            let mut out = io::stdout().lock();
            out.write_all(&bytes).and_then(|()| out.flush())
        };
        self.failed = sent.err();
    }
}

impl Write for Talk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match std::str::from_utf8(bytes) {
            Ok(text) => self.add(harmless(text).as_bytes()),
            Err(_) => self.add(harmless(&String::from_utf8_lossy(bytes)).as_bytes()),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send();
        Ok(())
    }
}

/// What a program says for programs: see [`Talk::data`].
#[derive(Debug)]
pub struct Data<'t>(&'t mut Talk);

impl Write for Data<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.on_terminal {
            return self.0.write(bytes);
        }
        self.0.add(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Data that ends with its reader: see [`Talk::stream`].
struct Stream<'t>(&'t mut Talk);

impl Write for Stream<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.failed.is_some() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        self.0.data().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_as_it_is_but_on_a_terminal() {
        let on = |on_terminal| {
            let mut talk = Talk { on_terminal, ..Talk::new(Rc::default()) };
            let mut data = talk.data();
            write!(data, "conv\u{1b}[31m,{}\r\n", 1).unwrap();
            talk.stream(|out| write!(out, "\u{9b}")).unwrap();
            String::from_utf8(std::mem::take(&mut talk.buffer)).unwrap()
        };
        assert_eq!(on(false), "conv\u{1b}[31m,1\r\n\u{9b}");
        assert_eq!(on(true), "conv\\u{1b}[31m,1\\r\n\\u{9b}");
    }
}
