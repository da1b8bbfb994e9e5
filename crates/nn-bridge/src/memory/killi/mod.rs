//! Killi: lines of memory whose faults are found while it runs (Ganapathy et al., "Killi: Runtime Fault Classification to Deploy
//! Low Voltage Caches without MBIST", HPCA 2019).
//!
//! Nobody tests the memory. Each line of 64 bytes has a [state](LineState), and reads teach it: a line that reads right keeps
//! little parity, one with a single fault keeps a SECDED code, and one with more is not used. Weights are never changed where they
//! lie, so whatever cannot be read right is fetched anew from memory that does not fail: a *miss*.
//!
//! | state | protection | on a read |
//! |---|---|---|
//! | [`Unknown`](LineState::Unknown) 01 | 16 parity, SECDED | nothing seen: 00; one bit: corrected, 10; else 11, miss |
//! | [`Clean`](LineState::Clean) 00 | 4 parity | parity wrong: 01, miss |
//! | [`OneFault`](LineState::OneFault) 10 | 16 parity, SECDED | nothing seen, or one bit: corrected; else 11, miss |
//! | [`Disabled`](LineState::Disabled) 11 | none | always a miss |
//!
//! * Data bit b of a line is in segment b mod 16, or b mod 4 where there are four. Parity bits lie beside their line, in cells
//!   that fail as others do; four of them in the first four of the sixteen.
//! * The 11 check bits lie in the *ECC cache*, which has an entry for a few of the lines only. The least recently used of a set
//!   makes room, and its line is lost ([`Eviction`]). It is a small array, taken to be of safe cells; a read may say otherwise.
//! * A bit is corrected if both say the same: one segment is wrong, and the code names a bit in it. So a lone wrong parity or
//!   check bit disables a line of which nothing is known.
//! * Without an ECC cache there is parity only: whatever it sees in an unknown line disables it.
//!
//! The body of the paper was not at hand, only its abstract and those of the patents (US 10,379,944, 10,908,991, 11,509,333). The
//! table follows what is told of it; where bits lie, what both checks must say and the order of evictions are choices made here.
//!
//! ```
//! use nn_bridge::memory::killi::{Killi, KilliOptions, LineState, WrongBits};
//!
//! let mut killi = Killi::new(KilliOptions { lines_per_entry: 1, ..KilliOptions::default() }, 3)?;
//! // Line 1 has a faulty cell, line 2 has two.
//! let wrong = WrongBits { data: &[700, 1030, 1031], ..WrongBits::default() };
//!
//! assert_eq!(killi.read(wrong)?.misses.load, 3);
//! let read = killi.read(wrong)?;
//! assert_eq!((read.clean, read.corrected, read.misses.found), (1, 1, 1));
//! assert_eq!(read.inverted, [700]);
//! assert!(read.errors.is_empty());
//! assert_eq!(killi.state(2), Some(LineState::Disabled));
//! # Ok::<(), nn_bridge::memory::killi::KilliError>(())
//! ```

mod check;
mod ecc_cache;
mod error;
mod options;
mod report;
mod wrong;

pub use self::error::KilliError;
pub use self::options::{Eviction, KilliOptions, MAX_WAYS};
pub use self::report::{KilliRead, LineCounts, Misses};
pub use self::wrong::WrongBits;

use self::check::{Checked, line_code};
use self::ecc_cache::EccCache;
use self::wrong::WrongInLine;
use super::code::WordCode;

/// Data bits of a line.
pub const LINE_BITS: u64 = 512;

/// Parity bits of a line that is not known yet, or has a fault.
pub const PARITY_BITS: u64 = 16;

/// Parity bits of a line without a known fault.
pub const CLEAN_PARITY_BITS: u64 = 4;

/// Check bits of a line in the ECC cache.
pub const CHECK_BITS: u64 = 11;

/// What is known of a line's faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineState {
    /// None was seen.
    Clean = 0b00,
    /// Nothing: it was not read at this voltage.
    Unknown = 0b01,
    /// One was seen.
    OneFault = 0b10,
    /// Two or more were seen: it is not used.
    Disabled = 0b11,
}

/// What a line holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Content {
    /// Nothing yet.
    Empty,
    /// Nothing, since another line took its place in the ECC cache.
    Evicted,
    /// Its weights.
    Stored,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line {
    state: LineState,
    content: Content,
}

/// Lines of memory and what reads have taught about them. What a read gives depends on the reads before it and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Killi {
    options: KilliOptions,
    code: WordCode,
    lines: Vec<Line>,
    ecc_cache: Option<EccCache>,
}

impl Killi {
    /// So many lines, empty, of which nothing is known. Their first read loads them.
    ///
    /// # Errors
    /// [`KilliError`] for a number of ways or lines that cannot be.
    pub fn new(options: KilliOptions, lines: u64) -> Result<Self, KilliError> {
        if options.ways == 0 || options.ways > MAX_WAYS {
            return Err(KilliError::Ways { found: options.ways });
        }
        let count = u32::try_from(lines).map_err(|_| KilliError::Lines { found: lines })?;
        let fresh = Line { state: LineState::Unknown, content: Content::Empty };
        Ok(Self {
            options,
            code: line_code()?,
            lines: vec![fresh; count as usize],
            ecc_cache: EccCache::new(options, count),
        })
    }

    /// How it was made.
    pub fn options(&self) -> KilliOptions {
        self.options
    }

    /// Entries of the ECC cache.
    pub fn ecc_entries(&self) -> u64 {
        self.ecc_cache.as_ref().map_or(0, EccCache::entries)
    }

    /// The state of a line; `None` if there is no such line.
    pub fn state(&self, line: u64) -> Option<LineState> {
        self.lines.get(usize::try_from(line).ok()?).map(|line| line.state)
    }

    /// Lines by state.
    pub fn lines(&self) -> LineCounts {
        let mut counts = LineCounts::default();
        self.lines.iter().for_each(|line| counts.count(line.state));
        counts
    }

    /// The voltage is another: nothing is known of any line, and all are empty, since they lack the check bits that lines have of
    /// which nothing is known.
    pub fn voltage_changed(&mut self) {
        self.lines.iter_mut().for_each(|line| line.state = LineState::Unknown);
        self.reload();
    }

    /// Other weights are to be stored: states stay, lines are empty, and the next read loads them.
    pub fn reload(&mut self) {
        self.lines.iter_mut().for_each(|line| line.content = Content::Empty);
        self.ecc_cache = EccCache::new(self.options, self.lines.len() as u32);
    }

    /// Reads all lines once, in order; `wrong` are the bits that read wrong in this read.
    ///
    /// # Errors
    /// [`KilliError`] if `wrong` does not ascend or has bits of other lines; then nothing has changed.
    pub fn read(&mut self, wrong: WrongBits<'_>) -> Result<KilliRead, KilliError> {
        wrong.validate(self.lines.len() as u64)?;
        let (mut read, mut rest) = (KilliRead::default(), wrong);
        for line in 0..self.lines.len() as u32 {
            let in_line = rest.take_line(line);
            self.read_line(line, in_line, wrong, &mut read);
        }
        read.lines = self.lines();
        Ok(read)
    }

    fn read_line(&mut self, line: u32, in_line: WrongInLine<'_>, wrong: WrongBits<'_>, read: &mut KilliRead) {
        let Line { state, content } = self.lines[line as usize];
        match (state, content) {
            (LineState::Disabled, _) => read.misses.disabled += 1,
            (_, Content::Empty) => {
                read.misses.load += 1;
                self.store(line, wrong);
            }
            (_, Content::Evicted) => {
                read.misses.evicted += 1;
                self.store(line, wrong);
            }
            (LineState::Clean, Content::Stored) if in_line.clean_parity_holds() => {
                read.deliver(in_line, None);
            }
            (LineState::Clean, Content::Stored) => {
                read.misses.detected += 1;
                self.lines[line as usize].state = LineState::Unknown;
                self.store(line, wrong);
            }
            (LineState::Unknown | LineState::OneFault, Content::Stored) => {
                self.read_checked(line, in_line, read);
            }
        }
    }

    /// Reads a line with all its parity, and an entry in the ECC cache if there is one.
    fn read_checked(&mut self, line: u32, in_line: WrongInLine<'_>, read: &mut KilliRead) {
        let state = &mut self.lines[line as usize].state;
        let mut keeps_entry = true;
        match in_line.check(self.ecc_cache.as_ref().map(|_| &self.code)) {
            Checked::Right => {
                if *state == LineState::Unknown {
                    *state = LineState::Clean;
                    keeps_entry = false;
                }
                read.deliver(in_line, None);
            }
            Checked::One(bit) => {
                *state = LineState::OneFault;
                read.deliver(in_line, Some(bit));
            }
            Checked::More => {
                *state = LineState::Disabled;
                keeps_entry = false;
                read.misses.found += 1;
            }
        }
        match &mut self.ecc_cache {
            Some(cache) if keeps_entry => cache.touch(line),
            Some(cache) => cache.remove(line),
            None => {}
        }
    }

    /// Stores a line that was fetched.
    fn store(&mut self, line: u32, wrong: WrongBits<'_>) {
        let Line { state, content } = &mut self.lines[line as usize];
        *content = Content::Stored;
        if *state == LineState::Clean {
            return;
        }
        let evicted = self.ecc_cache.as_mut().and_then(|cache| cache.insert(line));
        if let Some(evicted) = evicted {
            self.evict(evicted, wrong);
        }
    }

    /// Deals with a line whose entry in the ECC cache is another line's now.
    fn evict(&mut self, line: u32, wrong: WrongBits<'_>) {
        let Line { state, content } = &mut self.lines[line as usize];
        if self.options.eviction == Eviction::Classify && *state == LineState::Unknown {
            *state = match wrong.of_line(line).check(Some(&self.code)) {
                Checked::Right => LineState::Clean,
                Checked::One(_) => LineState::OneFault,
                Checked::More => LineState::Disabled,
            };
        }
        // One without a fault needs no entry.
        if *state != LineState::Clean {
            *content = Content::Evicted;
        }
    }
}
