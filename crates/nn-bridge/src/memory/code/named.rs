//! Codes by name: `KIND:K`, K data bits a word. Data bit j is code bit j, and the check bits follow.

use std::str::FromStr;

use super::{MAX_CHECK_BITS, MAX_NAMED_DATA_BITS, Plan, WordCode, WordCodeError, bch, hsiao};

impl WordCode {
    /// The code of this name, in upper or lower case, of words of K = 1 to 512 data bits:
    ///
    /// * `parity:K`: one check bit, the sum of the data; detects an odd number of wrong bits.
    /// * `hamming:K`: corrects one wrong bit, with the fewest check bits (2^c ≥ K + c + 1).
    /// * `secded:K`: corrects one, detects two: Hsiao's, with the fewest check bits (2^(c−1) ≥ K + c).
    /// * `dected:K`: corrects two, detects three: BCH with parity, 2m + 1 check bits (2^m > K + 2m).
    ///
    /// # Errors
    /// [`WordCodeError`] for an unknown name or number of data bits.
    pub fn named(name: &str) -> Result<Self, WordCodeError> {
        let unknown = || WordCodeError::Name { found: name.to_owned() };
        let lower = name.to_ascii_lowercase();
        let (kind, bits) = lower.split_once(':').ok_or_else(unknown)?;
        let plan_of = match kind {
            "parity" => parity,
            "hamming" => hamming,
            "secded" => secded,
            "dected" => bch::plan,
            _ => return Err(unknown()),
        };
        let data_bits = data_bits(bits)?;
        let plan = plan_of(data_bits).ok_or_else(|| WordCodeError::DataBits { found: bits.to_owned() })?;
        Self::build(&format!("{kind}:{data_bits}"), plan)
    }
}

impl FromStr for WordCode {
    type Err = WordCodeError;

    fn from_str(name: &str) -> Result<Self, WordCodeError> {
        Self::named(name)
    }
}

fn data_bits(found: &str) -> Result<u32, WordCodeError> {
    let digits = !found.is_empty() && found.bytes().all(|byte| byte.is_ascii_digit());
    let number = found.parse().ok().filter(|number| digits && (1..=MAX_NAMED_DATA_BITS).contains(number));
    number.ok_or_else(|| WordCodeError::DataBits { found: found.to_owned() })
}

impl Plan {
    /// The last code bits are the check bits.
    pub(super) fn checks_last(columns: Vec<u32>, data_bits: u32, corrects: u32) -> Self {
        let code_bits = columns.len() as u32;
        Self {
            columns,
            data_positions: (0..data_bits).collect(),
            check_positions: (data_bits..code_bits).collect(),
            corrects,
        }
    }

    /// Check bit i stands in row i alone.
    fn with_unit_checks(mut columns: Vec<u32>, check_bits: u32) -> Self {
        let data_bits = columns.len() as u32;
        columns.extend((0..check_bits).map(|row| 1 << row));
        Self::checks_last(columns, data_bits, 1)
    }
}

#[expect(clippy::unnecessary_wraps, reason = "one type for all kinds")]
fn parity(data_bits: u32) -> Option<Plan> {
    Some(Plan::with_unit_checks(vec![1; data_bits as usize], 1))
}

fn hamming(data_bits: u32) -> Option<Plan> {
    let check_bits = (2..=MAX_CHECK_BITS).find(|&c| 1u32 << c > data_bits + c)?;
    let columns = (1u32..).filter(|column| !column.is_power_of_two()).take(data_bits as usize);
    Some(Plan::with_unit_checks(columns.collect(), check_bits))
}

fn secded(data_bits: u32) -> Option<Plan> {
    let check_bits = hsiao::check_bits(data_bits)?;
    Some(Plan::with_unit_checks(hsiao::data_columns(data_bits, check_bits), check_bits))
}
