//! Makes the sample weights: a small convolutional network with the weights that PyTorch users begin training with.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use flip_core::{Purpose, Stream};
use nn_bridge::Architecture;
use safetensors::tensor::{Dtype, TensorView};

const SEED: u64 = 1;

/// Writes `lenet5-untrained.safetensors` into `folder`.
pub(crate) fn write(folder: &Path) -> Result<()> {
    let network = Architecture::of("lenet5", 10)?;
    let tensors = network.parameters();
    let mut bytes: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for (tensor, block) in tensors.iter().zip(0..) {
        let weight = tensors.iter().find(|other| tensor.name.replace("bias", "weight") == other.name);
        let fan_in: usize = weight.map_or(1, |weight| weight.shape[1..].iter().product());
        let bound = 1.0 / (fan_in as f64).sqrt();
        let mut stream = Stream::new(SEED, Purpose::named("xtask sample weights"), block);
        let uniform = |_| (bound * (2.0 * stream.next_unit() - 1.0)) as f32;
        bytes.insert(&tensor.name, (0..tensor.len()).map(uniform).flat_map(f32::to_le_bytes).collect());
    }
    let views: Vec<(&str, TensorView<'_>)> = tensors
        .iter()
        .map(|tensor| {
            let view = TensorView::new(Dtype::F32, tensor.shape.clone(), &bytes[tensor.name.as_str()])?;
            Ok((tensor.name.as_str(), view))
        })
        .collect::<Result<_>>()?;
    let metadata = std::collections::HashMap::from([(
        "made_by".to_owned(),
        format!("cargo xtask sample, seed {SEED}: uniform in ±1/√fan-in, untrained"),
    )]);
    let file = safetensors::serialize(views, Some(metadata))?;
    std::fs::create_dir_all(folder)?;
    let path = folder.join("lenet5-untrained.safetensors");
    sram_model::write_atomically::<std::io::Error>(&path, |out| out.write_all(&file))?;
    Ok(())
}
