//! A file of weights of any bytes is read or refused; what is read and written again is the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nn_bridge::{ModelCard, WeightFile};
use sram_fuzz::file;

fuzz_target!(|bytes: &[u8]| {
    let Ok(weights) = file("weights.safetensors", bytes, WeightFile::open) else { return };
    let _ = ModelCard::of(&weights);
    let mut written = Vec::new();
    weights.write_to(&mut written).expect("memory takes it");
    let again = file("again.safetensors", &written, WeightFile::open).expect("what was written is read");
    assert_eq!(again.tensors().len(), weights.tensors().len());
    for tensor in weights.tensors() {
        let same = again.tensor(&tensor.name).expect("its tensors are there");
        let bits = |values: Option<Vec<f32>>| values.map(|values| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>());
        assert_eq!((&same.shape, bits(same.values())), (&tensor.shape, bits(tensor.values())));
    }
});
