//! How wrong a network is, clean and under bit errors.

use std::collections::BTreeMap;

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

/// A number measured on several fault maps, which come in clusters: reads of one place on a chip are not independent samples
/// of places, and places on one chip are not independent samples of chips.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// The mean over maps.
    pub mean: f64,
    /// The standard deviation over maps, of n − 1; none for one map.
    pub std: Option<f64>,
    /// The standard error of the mean over clusters: how well it tells the mean over all clusters. None for one cluster, which
    /// says nothing of others.
    pub standard_error: Option<f64>,
    /// How many clusters there are.
    pub clusters: usize,
    /// The greatest value.
    pub worst: f64,
}

impl Spread {
    /// Of values that are each a cluster of their own.
    pub fn of(values: &[f64]) -> Self {
        let clustered: Vec<(usize, f64)> = values.iter().copied().enumerate().collect();
        Self::clustered(&clustered)
    }

    /// Of values with the clusters that they belong to. The standard error is the usual one for clusters: of residuals summed by
    /// cluster, which for clusters of equal size is the standard deviation of their means by the root of their number.
    /// Mean and worst are 0 without any value.
    pub fn clustered<C: Ord>(values: &[(C, f64)]) -> Self {
        let count = values.len().max(1) as f64;
        // By what they differ from the first, so that equal values do not differ from their mean.
        let first = values.first().map_or(0.0, |(_, value)| *value);
        let mean = first + values.iter().map(|(_, value)| value - first).sum::<f64>() / count;
        let mut residuals: BTreeMap<&C, f64> = BTreeMap::new();
        for (cluster, value) in values {
            *residuals.entry(cluster).or_default() += value - mean;
        }
        let clusters = residuals.len();
        let squares = |residuals: &mut dyn Iterator<Item = f64>| residuals.map(|r| r * r).sum::<f64>();
        let std = squares(&mut values.iter().map(|(_, value)| value - mean)) / (count - 1.0).max(1.0);
        let between =
            squares(&mut residuals.values().copied()) * clusters as f64 / (clusters as f64 - 1.0).max(1.0);
        Self {
            mean,
            std: (values.len() > 1).then(|| std.sqrt()),
            standard_error: (clusters > 1).then(|| between.sqrt() / count),
            clusters,
            worst: values.iter().map(|(_, value)| *value).fold(0.0, f64::max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_have_no_deviation_and_none_are_no_minus_zero() {
        let equal = Spread::of(&[0.1; 10]);
        assert_eq!((equal.mean, equal.std, equal.standard_error), (0.1, Some(0.0), Some(0.0)));
        assert_eq!(Spread::of(&[]).mean.to_bits(), 0.0f64.to_bits());
    }

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
        let std = (32f64 / 7.0).sqrt();
        assert!((spread.std.unwrap() - std).abs() < 1e-12);
        assert!((spread.standard_error.unwrap() - std / 8f64.sqrt()).abs() < 1e-12);
        let one = Spread::of(&[3.0]);
        assert_eq!((one.mean, one.std, one.standard_error, one.worst), (3.0, None, None, 3.0));
    }

    #[test]
    fn reads_of_one_place_tell_nothing_of_other_places() {
        let reads = [0.1, 0.2, 0.15, 0.12];
        let one_place = Spread::clustered(&reads.map(|value| (0, value)));
        assert_eq!((one_place.clusters, one_place.standard_error), (1, None));
        assert!(one_place.std.is_some());
        // Two places, two reads each: as if their means, 0.15 and 0.35, were all that was measured.
        let places = [(0, 0.1), (0, 0.2), (1, 0.3), (1, 0.4)];
        let of_means = Spread::of(&[0.15, 0.35]);
        let clustered = Spread::clustered(&places);
        assert!((clustered.standard_error.unwrap() - of_means.standard_error.unwrap()).abs() < 1e-12);
        assert!((clustered.mean - of_means.mean).abs() < 1e-12);
        // More reads of the same places add nothing.
        let repeated = Spread::clustered(&[places, places].concat());
        assert!((repeated.standard_error.unwrap() - clustered.standard_error.unwrap()).abs() < 1e-12);
    }
}
