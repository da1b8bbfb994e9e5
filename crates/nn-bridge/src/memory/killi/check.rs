//! What parity and check bits say of a line that is read. All codes are linear, so it depends on its wrong bits alone.

use std::sync::OnceLock;

use super::wrong::WrongInLine;
use super::{CHECK_BITS, CLEAN_PARITY_BITS, LINE_BITS, PARITY_BITS};
use crate::memory::code::{Correction, WordCode, WordCodeError};

/// The code of a line: Hsiao's SECDED (523,512), made once.
pub(super) fn line_code() -> Result<WordCode, WordCodeError> {
    static CODE: OnceLock<WordCode> = OnceLock::new();
    if let Some(code) = CODE.get() {
        return Ok(code.clone());
    }
    let code = WordCode::named(&format!("secded:{LINE_BITS}"))?;
    Ok(CODE.get_or_init(|| code).clone())
}

/// What a line with all its parity and check bits looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Checked {
    /// Nothing is seen.
    Right,
    /// This data bit is wrong.
    One(u64),
    /// More is wrong, or something else.
    More,
}

impl WrongInLine<'_> {
    /// Whether the four parity bits are as the data say.
    pub(super) fn clean_parity_holds(self) -> bool {
        let parity = self.parity.iter().map(|bit| bit % PARITY_BITS).filter(|&bit| bit < CLEAN_PARITY_BITS);
        self.data.iter().map(|bit| bit % CLEAN_PARITY_BITS).chain(parity).fold(0u16, |bad, at| bad ^ 1 << at)
            == 0
    }

    /// What all parity bits say, and the check bits if there are any.
    pub(super) fn check(self, code: Option<&WordCode>) -> Checked {
        if self.is_empty() {
            return Checked::Right;
        }
        let bad_segments = self.bad_segments();
        let Some(code) = code else {
            return if bad_segments == 0 { Checked::Right } else { Checked::More };
        };
        match (bad_segments.count_ones(), code.decode(code.syndrome(&self.code_bits()))) {
            (0, Correction::Nothing) => Checked::Right,
            (1, Correction::One(bit)) => {
                let bit = u64::from(bit);
                let is_in_segment = bit < LINE_BITS && bad_segments >> (bit % PARITY_BITS) & 1 == 1;
                if is_in_segment { Checked::One(bit) } else { Checked::More }
            }
            _ => Checked::More,
        }
    }

    /// The segments of sixteen whose parity is wrong.
    fn bad_segments(self) -> u16 {
        self.data.iter().chain(self.parity).fold(0, |bad, bit| bad ^ 1 << (bit % PARITY_BITS))
    }

    /// The wrong bits of the code's word: data bits, then check bits.
    fn code_bits(self) -> Vec<u32> {
        let data = self.data.iter().map(|bit| bit % LINE_BITS);
        let checks = self.checks.iter().map(|bit| LINE_BITS + bit % CHECK_BITS);
        data.chain(checks).map(|bit| bit as u32).collect()
    }
}
