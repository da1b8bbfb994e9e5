//! How wrong a network is, clean and under bit errors.

use serde::Serialize;

/// Which test images a network gets right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answers {
    right: Vec<bool>,
}

impl Answers {
    /// From whether each image was classified right.
    pub fn new(right: Vec<bool>) -> Self {
        Self { right }
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.right.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.right.is_empty()
    }

    /// The share that is wrong: Err of clean, rerr of perturbed weights. A fraction, 0 without images.
    pub fn error(&self) -> f64 {
        self.share(|right| !right)
    }

    /// The share that is wrong here or with the clean weights: `rerr_paper`, as the authors of the paper count it.
    ///
    /// # Panics
    /// If `clean` is about another number of images.
    pub fn error_with(&self, clean: &Self) -> f64 {
        assert_eq!(self.len(), clean.len(), "answers about the same images");
        let wrong = self.right.iter().zip(&clean.right).filter(|(here, clean)| !**here || !**clean).count();
        if self.is_empty() { 0.0 } else { wrong as f64 / self.len() as f64 }
    }

    fn share(&self, counted: impl Fn(bool) -> bool) -> f64 {
        let count = self.right.iter().filter(|&&right| counted(right)).count();
        if self.is_empty() { 0.0 } else { count as f64 / self.len() as f64 }
    }
}

/// A number measured on several fault maps.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The mean over maps.
    pub mean: f64,
    /// The standard deviation over maps, of n − 1; 0 for one map.
    pub std: f64,
    /// The standard error of the mean, std/√n: how well so many maps tell the mean over all maps.
    pub standard_error: f64,
    /// The greatest value.
    pub worst: f64,
}

impl Spread {
    /// Of these values; all 0 without any.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let std = (squares / (count - 1.0).max(1.0)).sqrt();
        let worst = values.iter().copied().fold(0.0, f64::max);
        Self { mean, std, standard_error: std / count.sqrt(), worst }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_papers_error_counts_what_is_wrong_either_way() {
        let clean = Answers::new(vec![true, true, false, false]);
        let faulty = Answers::new(vec![true, false, true, false]);
        assert_eq!((clean.error(), faulty.error()), (0.5, 0.5));
        assert_eq!(faulty.error_with(&clean), 0.75);
        assert_eq!(clean.error_with(&clean), clean.error());
        assert_eq!(Answers::new(Vec::new()).error(), 0.0);
    }

    #[test]
    fn spreads_are_those_of_the_textbook() {
        let spread = Spread::of(&[2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0]);
        assert_eq!((spread.mean, spread.worst), (5.0, 9.0));
        assert!((spread.std - (32f64 / 7.0).sqrt()).abs() < 1e-12);
        assert!((spread.standard_error - spread.std / 8f64.sqrt()).abs() < 1e-12);
        assert_eq!(Spread::of(&[3.0]), Spread { mean: 3.0, std: 0.0, standard_error: 0.0, worst: 3.0 });
    }
}
