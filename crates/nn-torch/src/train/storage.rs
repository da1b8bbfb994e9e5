//! Where a network in training is stored.

use super::TrainingFaults;
use crate::error::TorchError;
use nn_bridge::memory::{Description, Memory, Outline};
use nn_bridge::{Architecture, Parameter, Scheme, order_by_name};

/// The memory of a network in training, and its bit errors, if it is trained with some.
#[derive(Clone, Debug)]
pub struct Storage {
    /// Of the [`parameters`](Self::parameters).
    pub memory: Memory,
    /// Bit errors.
    pub faults: Option<TrainingFaults>,
}

impl Storage {
    /// The parameters of a network in their order in memory: by their names.
    pub fn parameters(architecture: &Architecture) -> Vec<&Parameter> {
        let parameters = architecture.parameters();
        let order = order_by_name(parameters.iter().map(|parameter| &*parameter.name));
        order.into_iter().map(|index| &parameters[index]).collect()
    }

    /// All parameters in one region, quantised by one scheme.
    ///
    /// # Errors
    /// [`TorchError`] if memory cannot hold them.
    pub fn plain(
        architecture: &Architecture,
        scheme: Scheme,
        faults: Option<TrainingFaults>,
    ) -> Result<Self, TorchError> {
        let outline = |parameter: &'_ Parameter| (parameter.name.clone(), parameter.shape.clone());
        let parameters: Vec<_> = Self::parameters(architecture).into_iter().map(outline).collect();
        let outlines: Vec<Outline<'_>> = parameters
            .iter()
            .map(|(name, shape)| Outline { name, shape, stored_as: scheme.into() })
            .collect();
        Ok(Self { memory: Memory::new(&Description::default(), &outlines)?, faults })
    }
}
