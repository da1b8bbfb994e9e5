//! The bits that read wrong, by line.

use super::{CHECK_BITS, KilliError, LINE_BITS, PARITY_BITS};

/// The bits that read wrong in one read, each list ascending. What makes them wrong is the caller's: a chip's map and the weights
/// stored, or chance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrongBits<'a> {
    /// Data bits, by their number in the image: bit b of line n is 512 n + b.
    pub data: &'a [u64],
    /// Parity bits, beside the data: of line n the first is 16 n.
    pub parity: &'a [u64],
    /// Check bits, wherever they lie in the ECC cache: of line n the first is 11 n. None where its cells are safe.
    pub checks: &'a [u64],
}

/// The wrong bits of one line, by the numbers that they have among those of all lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct WrongInLine<'a> {
    pub(super) line: u32,
    pub(super) data: &'a [u64],
    pub(super) parity: &'a [u64],
    pub(super) checks: &'a [u64],
}

impl<'a> WrongBits<'a> {
    /// Whether they ascend and are of these lines.
    pub(super) fn validate(self, lines: u64) -> Result<(), KilliError> {
        let kinds = [
            ("data", self.data, LINE_BITS),
            ("parity", self.parity, PARITY_BITS),
            ("check", self.checks, CHECK_BITS),
        ];
        for (what, wrong, of_line) in kinds {
            if let Some(pair) = wrong.windows(2).find(|pair| pair[0] >= pair[1]) {
                return Err(KilliError::Order { what, before: pair[0], found: pair[1] });
            }
            let bits = lines * of_line;
            if let Some(&found) = wrong.last().filter(|&&last| last >= bits) {
                return Err(KilliError::Outside { what, found, bits });
            }
        }
        Ok(())
    }

    /// Those of a line, and leaves those of later lines. Lines before it were taken.
    pub(super) fn take_line(&mut self, line: u32) -> WrongInLine<'a> {
        let take = |of_line: u64, rest: &mut &'a [u64]| {
            let end = (u64::from(line) + 1) * of_line;
            let (own, after) = rest.split_at(rest.iter().take_while(|&&bit| bit < end).count());
            *rest = after;
            own
        };
        WrongInLine {
            line,
            data: take(LINE_BITS, &mut self.data),
            parity: take(PARITY_BITS, &mut self.parity),
            checks: take(CHECK_BITS, &mut self.checks),
        }
    }

    /// Those of any line.
    pub(super) fn of_line(self, line: u32) -> WrongInLine<'a> {
        let after = |of_line: u64, wrong: &'a [u64]| {
            &wrong[wrong.partition_point(|&bit| bit < u64::from(line) * of_line)..]
        };
        let mut from_line = WrongBits {
            data: after(LINE_BITS, self.data),
            parity: after(PARITY_BITS, self.parity),
            checks: after(CHECK_BITS, self.checks),
        };
        from_line.take_line(line)
    }
}

impl WrongInLine<'_> {
    pub(super) fn is_empty(self) -> bool {
        self.data.is_empty() && self.parity.is_empty() && self.checks.is_empty()
    }
}
