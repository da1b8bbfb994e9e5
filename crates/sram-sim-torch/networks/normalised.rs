//! How images are normalised.

use std::fmt;

use nn_bridge::ModelCard;
use nn_bridge::data::{DataSource, Normalisation};
use nn_torch::Network;
use serde::Serialize;
use sram_sim_cli::UsageError;
use sram_sim_cli::arguments::networks::Normalise;

/// How images are normalised, and who says so.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Normalised {
    #[serde(flatten)]
    pub(crate) by: Normalisation,
    /// In words.
    pub(crate) from: &'static str,
}

impl Normalised {
    /// As asked, or else as the weights were trained, or as is known of the network or the data.
    pub(super) fn of(
        typed: Option<&Normalise>,
        network: &Network,
        data: &DataSource,
        card: Option<&ModelCard>,
        channels: usize,
    ) -> Result<Self, UsageError> {
        let of = |by, from| Self { by, from };
        let own = matches!(data, DataSource::Own { .. });
        Ok(match (typed, card) {
            (Some(Normalise::Data), _) if own => {
                let text = format!(
                    "--normalise data: mean and deviation of {data} are not known: give them, as in --normalise \
                 0.5,0.5,0.5/0.25,0.25,0.25, or none, if the network normalises its images itself"
                );
                return Err(UsageError(text));
            }
            (Some(Normalise::Data), _) => of(data.normalisation(channels), "of the data"),
            (Some(Normalise::Imagenet), _) => of(Normalisation::imagenet(), "of ImageNet"),
            (Some(Normalise::None), _) => of(Normalisation::none(channels), "none, as asked"),
            (Some(Normalise::By(by)), _) => of(by.clone(), "as asked"),
            (None, Some(card)) => of(card.normalisation.clone(), "as the weights were trained"),
            // The published weights of this name were trained so.
            (None, None) if network.name() == "resnet20" => of(
                Normalisation::imagenet(),
                "of ImageNet, as the published weights of resnet20 were trained",
            ),
            (None, None) if own => of(
                data.normalisation(channels),
                "none: nothing is known of own images; --normalise gives values",
            ),
            (None, None) => of(data.normalisation(channels), "of the data, since nothing else is known"),
        })
    }
}

impl fmt::Display for Normalised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |values: &[f32]| values.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        write!(f, "mean {}; deviation {} ({})", list(&self.by.mean), list(&self.by.std), self.from)
    }
}
