//! What JSON files beside weights say of how layers are quantised: `quantize_config.json` as GPTQ's programs write it, and
//! `quantization_config` in the `config.json` of Transformers.

use std::fmt::Debug;

use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use crate::weights::Tensor;

/// What is known of a file's layers beside their tensors.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerConfig {
    /// How GPTQ layers are stored: `gptq`, `gptq_v2`, or as a program packs them for itself.
    pub(super) checkpoint_format: Option<String>,
    /// Rows that have a scale in common, of GPTQ and AWQ; -1 for all.
    pub(super) group_size: Option<i64>,
    /// Rows and columns of the blocks of F8 that have a scale in common.
    pub(super) weight_block_size: Option<[u64; 2]>,
}

/// Why such files say nothing.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LayerConfigError {
    /// One is no such JSON.
    #[error(
        "{name} beside the weights should say how they are quantised, and cannot be read: correct it, or move it away"
    )]
    Json {
        /// The file.
        name: &'static str,
        /// Where and why.
        source: serde_json::Error,
    },
    /// They contradict each other.
    #[error(
        "{key} is {first} in {} and {second} in {}, both beside the weights: correct or move away one of them",
        LayerConfig::FILES[0], LayerConfig::FILES[1]
    )]
    TwoReadings {
        /// Of what.
        key: &'static str,
        /// What the first file says.
        first: String,
        /// What the second file says.
        second: String,
    },
}

/// A network's `config.json`, as far as it matters.
#[derive(Deserialize)]
struct Network {
    quantization_config: Option<Quantisation>,
}

#[derive(Default, Deserialize)]
struct Quantisation {
    quant_method: Option<String>,
    checkpoint_format: Option<String>,
    /// The same in newer files of GPTQ, and something else of other methods.
    format: Option<Value>,
    group_size: Option<i64>,
    weight_block_size: Option<[u64; 2]>,
}

impl LayerConfig {
    /// Names of the files, which lie in the folder of the weights.
    pub const FILES: [&str; 2] = ["quantize_config.json", "config.json"];

    /// The most bytes that a program should read of one.
    pub const MAX_BYTES: u64 = 1 << 20;

    /// Whether it can say something of these tensors, by their names: of GPTQ's and AWQ's, and of F8 in blocks. Where it cannot, files of
    /// other programs may be called the same.
    pub fn matters_to<'a>(tensors: impl IntoIterator<Item = &'a Tensor>) -> bool {
        let is_asked = |name: &str| name.ends_with(".qweight") || name.ends_with("_scale_inv");
        tensors.into_iter().any(|tensor| is_asked(&tensor.name))
    }

    /// What the [`FILES`](Self::FILES) say, of which each may be missing.
    ///
    /// # Errors
    /// [`LayerConfigError`] if one cannot be read, or they contradict each other.
    pub fn of(files: [Option<&[u8]>; 2]) -> Result<Self, LayerConfigError> {
        let failed = |file: usize| move |source| LayerConfigError::Json { name: Self::FILES[file], source };
        let first: Option<Quantisation> =
            files[0].map(serde_json::from_slice).transpose().map_err(failed(0))?;
        let second: Option<Network> = files[1].map(serde_json::from_slice).transpose().map_err(failed(1))?;
        let first = first.unwrap_or_default();
        let second = second.and_then(|network| network.quantization_config).unwrap_or_default();
        Ok(Self {
            checkpoint_format: either("checkpoint_format", first.gptq_format(), second.gptq_format())?,
            group_size: either("group_size", first.group_size, second.group_size)?,
            weight_block_size: either(
                "weight_block_size",
                first.weight_block_size,
                second.weight_block_size,
            )?,
        })
    }
}

impl Quantisation {
    fn gptq_format(&self) -> Option<String> {
        let is_gptq = self.quant_method.as_deref().is_some_and(|method| method == "gptq");
        let newer = self.format.as_ref().and_then(Value::as_str).filter(|_| is_gptq);
        self.checkpoint_format.as_deref().or(newer).map(str::to_owned)
    }
}

/// What one of two says, or both.
fn either<T: PartialEq + Debug>(
    key: &'static str,
    first: Option<T>,
    second: Option<T>,
) -> Result<Option<T>, LayerConfigError> {
    match (first, second) {
        (Some(first), Some(second)) if first != second => {
            let [first, second] = [first, second].map(|says| format!("{says:?}"));
            Err(LayerConfigError::TwoReadings { key, first, second })
        }
        (first, second) => Ok(first.or(second)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_file_says_it() {
        let says = br#"{"bits": 4, "group_size": 64, "checkpoint_format": "gptq_v2", "dynamic": null}"#;
        let both =
            br#"{"model_type": "x", "quantization_config": {"quant_method": "gptq", "format": "gptq_v2",
            "group_size": 64, "weight_block_size": [128, 64]}}"#;
        let config = LayerConfig::of([Some(says), None]).unwrap();
        assert_eq!((config.checkpoint_format.as_deref(), config.group_size), (Some("gptq_v2"), Some(64)));
        let config = LayerConfig::of([Some(says), Some(both)]).unwrap();
        assert_eq!(config.weight_block_size, Some([128, 64]));
        assert_eq!(LayerConfig::of([None, Some(both)]).unwrap(), config);
        for nothing in [None, Some(&br#"{"a": [1], "group_size": "of another program"}"#[..])] {
            assert_eq!(LayerConfig::of([None, nothing]).unwrap(), LayerConfig::default());
        }
        // What others call a format is none of GPTQ's.
        let other =
            br#"{"quantization_config": {"quant_method": "compressed-tensors", "format": "pack-quantized"}}"#;
        assert_eq!(LayerConfig::of([None, Some(other)]).unwrap(), LayerConfig::default());
    }

    #[test]
    fn what_is_no_such_file_or_contradicts_is_named() {
        let says = |files| LayerConfig::of(files).unwrap_err().to_string();
        assert!(says([Some(b"[]"), None]).starts_with("quantize_config.json"));
        assert!(
            says([None, Some(b"{\"quantization_config\": {\"group_size\": \"a\"}}")])
                .starts_with("config.json")
        );
        let said = says([
            Some(br#"{"checkpoint_format": "gptq"}"#),
            Some(br#"{"quantization_config": {"checkpoint_format": "gptq_v2"}}"#),
        ]);
        assert!(said.contains("\"gptq\" in quantize_config.json and \"gptq_v2\" in config.json"), "{said}");
    }
}
