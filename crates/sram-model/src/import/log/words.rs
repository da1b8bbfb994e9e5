//! The words in which testers say how a cell fails, and whether a test passed.

use crate::fault::Direction;

pub(super) const POLARITIES: &str =
    "SA0 or 1->0 (a stored 1 reads as 0), SA1 or 0->1 (a stored 0 reads as 1)";

/// The direction of a fault; the bare bit at which a cell is stuck counts only in a column that is called so.
pub(super) fn direction_of(text: &str, column: &str) -> Option<Direction> {
    let letters = text.chars().filter(|letter| !matches!(letter, ' ' | '_' | '-' | '=' | '@'));
    let plain: String =
        letters.map(|letter| if letter == '→' { '>' } else { letter.to_ascii_lowercase() }).collect();
    match plain.as_str() {
        "sa0" | "s0" | "stuckat0" | "stuck0" | "stuckatzero" | "1>0" | "1to0" | "readszero" => {
            Some(Direction::OneToZero)
        }
        "sa1" | "s1" | "stuckat1" | "stuck1" | "stuckatone" | "0>1" | "0to1" | "readsone" => {
            Some(Direction::ZeroToOne)
        }
        "0" if column.starts_with("stuck") => Some(Direction::OneToZero),
        "1" if column.starts_with("stuck") => Some(Direction::ZeroToOne),
        _ => None,
    }
}

/// From which bit to which a cell fails, in words.
pub(super) fn way(direction: Direction) -> &'static str {
    match direction {
        Direction::ZeroToOne => "from 0 to 1",
        Direction::OneToZero => "from 1 to 0",
    }
}

pub(super) const VERDICTS: &str = "pass or fail (0 and 1 could mean either)";

/// Whether a test passed. Numbers are refused: 0 is a pass to some testers, and a fail to others.
pub(super) fn passed(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "pass" | "passed" | "ok" | "p" | "good" => Some(true),
        "fail" | "failed" | "f" | "ko" | "ng" | "nok" | "bad" | "error" => Some(false),
        _ => None,
    }
}

/// Whether a field says that there is nothing to say.
pub(super) fn is_blank(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "" | "-" | "none" | "na" | "n/a")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stuck_at_0_fails_from_1() {
        for text in
            ["SA0", "sa-0", "S0", "stuck-at-0", "Stuck at 0", "STUCK_AT_0", "1->0", "1 → 0", "1to0", "s@0"]
        {
            assert_eq!(direction_of(text, "polarity"), Some(Direction::OneToZero), "{text}");
        }
        for text in ["SA1", "s1", "stuck-at-1", "0->1", "0→1", "stuck_at=1"] {
            assert_eq!(direction_of(text, "polarity"), Some(Direction::ZeroToOne), "{text}");
        }
        for text in ["", "0", "1", "SA", "TF", "SA2", "10"] {
            assert_eq!(direction_of(text, "polarity"), None, "{text}");
        }
        assert_eq!(direction_of("0", "stuck_at"), Some(Direction::OneToZero));
    }
}
