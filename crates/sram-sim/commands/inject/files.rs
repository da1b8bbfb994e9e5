//! The files that `sram-sim inject` writes.

use std::collections::BTreeMap;

use anyhow::Result;
use cli_io::{Files, Output, OutputPath};
use nn_bridge::{ModelCard, WeightImage, write_codes};

use super::error_log::ErrorLog;
use super::provenance::Provenance;
use super::report::Head;
use crate::arguments::InjectArguments;
use crate::network::Network;
use crate::{UsageError, weights};

/// What is asked for, checked.
pub(super) struct Outputs {
    pub(super) weights: Option<Output>,
    codes: Option<Output>,
    clean_codes: Option<Output>,
    pub(super) errors: Option<ErrorLog>,
}

impl Outputs {
    pub(super) fn of(arguments: &InjectArguments, files: &Files) -> Result<Self> {
        let written = [&arguments.out, &arguments.codes, &arguments.clean_codes];
        let is_other = |path: &&OutputPath| weights::kind(path).is_some_and(|kind| kind != "safetensors");
        if let Some(path) = written.into_iter().flatten().find(is_other) {
            let text =
                format!("{path}: what is quantised is written as safetensors, expected a name that says so");
            return Err(UsageError(text).into());
        }
        let output = |path: &Option<OutputPath>| path.as_ref().map(|path| files.output(path)).transpose();
        Ok(Self {
            weights: output(&arguments.out)?,
            codes: output(&arguments.codes)?,
            clean_codes: output(&arguments.clean_codes)?,
            errors: ErrorLog::of(arguments.error_log.as_ref(), files)?,
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Output> {
        let log = self.errors.as_ref().map(ErrorLog::output);
        [&self.weights, &self.codes, &self.clean_codes].into_iter().flatten().chain(log)
    }

    pub(super) fn write(
        &self,
        network: &Network<'_>,
        clean: &WeightImage,
        faulty: &WeightImage,
        (report, bit_errors): (&Head, u64),
        as_trained: bool,
    ) -> Result<()> {
        let file = &network.file;
        let provenance = serde_json::to_string(&Provenance::of(report, bit_errors))?;
        let mut metadata = BTreeMap::from([("sram_sim".to_owned(), provenance)]);
        if let Some(output) = &self.weights {
            let names = faulty.tensors().iter().map(|tensor| tensor.name.as_str());
            let values = names.enumerate().map(|(tensor, name)| {
                let offset = network.offset(name);
                (name, faulty.decode(tensor).into_iter().map(|value| value + offset).collect())
            });
            let values: BTreeMap<&str, Vec<f32>> = values.collect();
            output.write(|out| file.write_with(out, &values, &metadata))?;
        }
        // Names that tensors have beside their own.
        let ties = file.ties().iter().map(|(other, name)| (other.clone(), name.clone()));
        metadata.extend(ties);
        // With it the codes can stand for the weights, if they are as it says.
        let card = file.metadata().get_key_value(ModelCard::KEY).filter(|_| as_trained);
        metadata.extend(card.map(|(key, card)| (key.clone(), card.clone())));
        for (output, image, is_clean) in [(&self.codes, faulty, false), (&self.clean_codes, clean, true)] {
            if let Some(output) = output {
                output.write(|out| {
                    write_codes(out, image, is_clean, &|tensor| network.origin(tensor), &metadata)
                })?;
            }
        }
        Ok(())
    }
}
