//! What a number in the place of a cell says: that it fails, in how many reads it did, or how probably it does.

use crate::npy::Number;

/// What the numbers of a map are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A cell fails or does not: of one read, on an axis of several.
    Fails,
    /// How many of so many reads failed.
    Counts(u32),
    /// Flip probabilities, of which 0 and 1 are two.
    Probabilities,
}

impl Meaning {
    /// The flip probability that a number says, or what was expected in its place.
    pub(super) fn probability(self, number: Number) -> Result<f32, String> {
        let whole = match number {
            Number::Whole(whole) => Some(whole),
            Number::Float(float) if float.fract() == 0.0 && float.abs() < 1e15 => Some(float as i128),
            Number::Float(_) => None,
        };
        match (self, whole, number) {
            (Self::Fails | Self::Probabilities, Some(whole @ (0 | 1)), _) => Ok(whole as f32),
            (Self::Counts(reads), Some(count), _) if (0..=i128::from(reads)).contains(&count) => {
                Ok((count as f64 / f64::from(reads)) as f32)
            }
            (Self::Probabilities, None, Number::Float(p)) if (0.0..=1.0).contains(&p) => Ok(p as f32),
            (Self::Fails, ..) => Err("0 or 1: one read of a cell fails or does not".to_owned()),
            (Self::Counts(reads), ..) => Err(format!("a whole number of the {reads} reads")),
            (Self::Probabilities, Some(2..), _) => Err(
                "0, 1 or a probability between; of counts of failing reads, say how many reads there were (--reads N)"
                    .to_owned(),
            ),
            (Self::Probabilities, ..) => Err("0, 1 or a probability between".to_owned()),
        }
    }

    /// In words.
    pub(super) fn describe(self) -> String {
        match self {
            Self::Fails => "which cells fail in each read".to_owned(),
            Self::Counts(reads) => format!("counts of {reads} reads"),
            Self::Probabilities => "which cells fail, or how probably".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_meaning_takes_its_numbers_and_no_others() {
        let of = |meaning: Meaning, numbers: &[Number]| {
            numbers.iter().map(|&number| meaning.probability(number).ok()).collect::<Vec<_>>()
        };
        let whole: Vec<Number> = [-1, 0, 1, 2, 4, 5].map(Number::Whole).into();
        let floats: Vec<Number> =
            [-0.5, 0.0, 0.25, 1.0, 4.0, 4.5, f64::NAN, f64::INFINITY, 1e300].map(Number::Float).into();
        assert_eq!(of(Meaning::Probabilities, &whole), [None, Some(0.0), Some(1.0), None, None, None]);
        assert_eq!(of(Meaning::Counts(4), &whole), [None, Some(0.0), Some(0.25), Some(0.5), Some(1.0), None]);
        assert_eq!(of(Meaning::Fails, &whole), of(Meaning::Probabilities, &whole));
        let none = [None; 5];
        assert_eq!(
            of(Meaning::Probabilities, &floats),
            [&[None, Some(0.0), Some(0.25), Some(1.0)][..], &none].concat()
        );
        assert_eq!(
            of(Meaning::Counts(4), &floats),
            [&[None, Some(0.0), None, Some(0.25), Some(1.0)][..], &none[1..]].concat()
        );
        assert_eq!(of(Meaning::Fails, &floats), [&[None, Some(0.0), None, Some(1.0)][..], &none].concat());
    }

    #[test]
    fn counts_without_their_reads_are_told_the_option() {
        for number in [Number::Whole(2), Number::Float(7.0)] {
            assert!(Meaning::Probabilities.probability(number).unwrap_err().contains("--reads N"));
        }
        assert!(!Meaning::Probabilities.probability(Number::Float(1.5)).unwrap_err().contains("--reads"));
    }
}
