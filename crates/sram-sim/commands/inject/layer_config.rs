//! What files beside weights say of their quantised layers.

use std::path::Path;

use anyhow::{Context, Result};
use cli_io::{Files, InputPath};
use nn_bridge::{LayerConfig, WeightFile};

/// What they say, if they can say something of this file.
pub(super) fn beside(weights: &Path, file: &WeightFile, files: &Files) -> Result<LayerConfig> {
    if !LayerConfig::matters_to(file.tensors()) {
        return Ok(LayerConfig::default());
    }
    let folder = if weights.is_dir() { Some(weights) } else { weights.parent() };
    let folder = folder.unwrap_or(Path::new(""));
    let read = |name: &str| {
        let path = InputPath::from(folder.join(name).into_os_string());
        path.is_file().then(|| files.read(&path, LayerConfig::MAX_BYTES)).transpose()
    };
    let [quantize_config, config] = LayerConfig::FILES.map(read);
    let config = LayerConfig::of([quantize_config?.as_deref(), config?.as_deref()]);
    config.with_context(|| weights.display().to_string())
}
