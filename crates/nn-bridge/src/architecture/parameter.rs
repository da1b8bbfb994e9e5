//! What a network has learned: its trainable tensors, and the statistics beside them.

/// A trainable tensor of a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in a `state_dict`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// What it does.
    pub role: Role,
}

/// What a parameter does, which says how it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Weighs this number of inputs; begins as He et al. (ICCV 2015) have it.
    Weight {
        /// Products added up to one output.
        fan_in: usize,
    },
    /// Is added; begins at 0.
    Bias,
    /// Scales normalised channels; begins at 1.
    Scale,
    /// Scales normalised channels after 1 was added to it, so that clipping does not take the identity away (Stutz et al.,
    /// MLSys 2021, appendix); begins at 0. A file holds the scale, 1 more than the parameter, as PyTorch has it.
    ScaleOffset,
}

/// A running statistic of a `BatchNorm`: kept beside the weights, free of bit errors.
#[derive(Clone, Debug, PartialEq)]
pub struct Statistic {
    /// Its name in a `state_dict`.
    pub name: String,
    /// Channels.
    pub channels: usize,
    /// What it begins with: 0 for means, 1 for variances.
    pub initial: f32,
}

impl Role {
    /// What a file's value has more than what lies in memory.
    pub fn offset(self) -> f32 {
        if self == Self::ScaleOffset { 1.0 } else { 0.0 }
    }
}

impl Parameter {
    /// The number of its elements.
    pub fn len(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
