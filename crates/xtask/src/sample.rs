//! Makes the sample weights: a small convolutional network with the weights that PyTorch users begin training with.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use flip_core::{Purpose, Stream};
use safetensors::tensor::{Dtype, TensorView};

/// Name and shape of each tensor: the LeNet-5 of `MNIST`, as PyTorch would name it.
const TENSORS: [(&str, &[usize]); 10] = [
    ("conv1.weight", &[6, 1, 5, 5]),
    ("conv1.bias", &[6]),
    ("conv2.weight", &[16, 6, 5, 5]),
    ("conv2.bias", &[16]),
    ("fc1.weight", &[120, 256]),
    ("fc1.bias", &[120]),
    ("fc2.weight", &[84, 120]),
    ("fc2.bias", &[84]),
    ("fc3.weight", &[10, 84]),
    ("fc3.bias", &[10]),
];

const SEED: u64 = 1;

/// Writes `lenet5-untrained.safetensors` into `folder`.
pub(crate) fn write(folder: &Path) -> Result<()> {
    let mut bytes: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    for ((name, shape), block) in TENSORS.into_iter().zip(0..) {
        let weight = TENSORS.iter().find(|(other, _)| name.replace("bias", "weight") == **other);
        let fan_in: usize = weight.map_or(1, |(_, shape)| shape[1..].iter().product());
        let bound = 1.0 / (fan_in as f64).sqrt();
        let mut stream = Stream::new(SEED, Purpose::named("xtask sample weights"), block);
        let count: usize = shape.iter().product();
        let uniform = |_| (bound * (2.0 * stream.next_unit() - 1.0)) as f32;
        bytes.insert(name, (0..count).map(uniform).flat_map(f32::to_le_bytes).collect());
    }
    let views: Vec<(&str, TensorView<'_>)> = TENSORS
        .into_iter()
        .map(|(name, shape)| Ok((name, TensorView::new(Dtype::F32, shape.to_vec(), &bytes[name])?)))
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
