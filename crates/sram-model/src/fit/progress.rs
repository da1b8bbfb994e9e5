//! How far a fit is.

use std::cell::Cell;
use std::fmt;

/// A part of a fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FitStage {
    /// The profile's maps are read.
    Maps,
    /// What the cells of banks and columns have in common.
    Structure,
    /// What those of halves of columns have.
    Halves,
    /// The noise of reads and of measurements.
    Noise,
}

impl FitStage {
    /// Where it begins and ends in the whole, by the time that it takes of a usual chip.
    fn span(self) -> (f64, f64) {
        match self {
            Self::Maps => (0.0, 0.1),
            Self::Structure => (0.1, 0.7),
            Self::Halves => (0.7, 0.85),
            Self::Noise => (0.85, 1.0),
        }
    }
}

impl fmt::Display for FitStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Maps => "reading maps",
            Self::Structure => "fitting banks and columns",
            Self::Halves => "fitting halves of columns",
            Self::Noise => "fitting noise",
        })
    }
}

/// How far a fit is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FitProgress {
    /// What is done now.
    pub stage: FitStage,
    /// The share of the whole fit that is done, from 0 to 1; it never falls. A stage that ends early skips what it had.
    pub share: f64,
}

/// Tells how far a stage of a fit is.
pub(crate) struct Watch<'a> {
    tell: Option<&'a dyn Fn(FitProgress)>,
    stage: FitStage,
    /// The most steps that the stage can have.
    most: usize,
    done: Cell<usize>,
}

impl<'a> Watch<'a> {
    pub(crate) fn new(tell: &'a dyn Fn(FitProgress)) -> Self {
        Self { tell: Some(tell), stage: FitStage::Maps, most: 1, done: Cell::new(0) }
    }

    /// Nobody listens.
    pub(crate) fn none() -> Self {
        Self { tell: None, stage: FitStage::Maps, most: 1, done: Cell::new(0) }
    }

    /// The same for a stage of at most `most` steps.
    pub(crate) fn stage(&self, stage: FitStage, most: usize) -> Watch<'a> {
        Watch { tell: self.tell, stage, most: most.max(1), done: Cell::new(0) }
    }

    /// A step is done.
    pub(crate) fn tick(&self) {
        let done = (self.done.get() + 1).min(self.most);
        self.done.set(done);
        if let Some(tell) = self.tell {
            let (from, to) = self.stage.span();
            tell(FitProgress {
                stage: self.stage,
                share: from + (to - from) * done as f64 / self.most as f64,
            });
        }
    }
}
