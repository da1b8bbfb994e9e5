//! Quantised layers as files hold them: their weights, and what bit errors in each of their tensors do to these.

mod bitsandbytes;
mod compressed;
mod floats;
mod gguf;
mod gptq;
mod made;
mod torchao;
mod unknown;

use std::slice;

use compressed::With;
use flip_core::{FaultKind, Rate, SparseMask};
use made::{Layer, open};
use nn_bridge::memory::{Cells, Description, Memory, ReadModel, Which};
use nn_bridge::{
    Change, LayerConfig, LayerDamage, LayerRole, QuantisedLayer, SelectionRules, StoredImage, TensorOrder,
    WeightFile, layer_damage, quantised_layers,
};

fn all() -> Vec<Layer> {
    let mut all = Vec::new();
    for bits in [2, 3, 4, 8] {
        all.extend([false, true].map(|act_order| gptq::gptq(bits, act_order, false)));
    }
    all.extend([gptq::gptq(4, false, true), gptq::gptq(3, true, true), gptq::awq()]);
    all.extend([bitsandbytes::nf4(), bitsandbytes::nested(), bitsandbytes::int8()]);
    for (bits, columns) in [(2, 48), (4, 24), (8, 12), (4, 12)] {
        for with in [With::OneScale, With::RowScales, With::PackedZeros, With::Zeros, With::Groups] {
            all.push(compressed::packed_integers(bits, columns, with));
        }
    }
    all.extend([(1, false), (1, true), (4, true)].map(|(groups, zeros)| compressed::int8(groups, zeros)));
    let sides = [6, 32];
    all.push(floats::float8("_scale", sides, [1, 32], &[6, 1]));
    all.push(floats::float8("_scale", sides, sides, &[1]));
    all.push(floats::float8("_scale", sides, [1, 8], &[6, 4]));
    all.push(floats::float8("_scale_inv", sides, sides, &[]));
    let block = floats::float8("_scale_inv", sides, [4, 12], &[2, 3]);
    all.push(Layer { config: Some(r#"{"weight_block_size": [4, 12]}"#), ..block });
    all.extend(["U8", "F8_E8M0"].map(floats::mxfp8));
    all.extend([true, false].map(floats::nvfp4));
    all.extend([true, false].map(floats::mxfp4));
    all.extend([
        torchao::int8(&[6, 1]),
        torchao::int8(&[6]),
        torchao::float8(),
        torchao::intx(),
        torchao::int4(),
    ]);
    all
}

/// The only layer of a file; none if there is none.
fn only<'a>(file: &'a WeightFile, config: &'a LayerConfig) -> Option<QuantisedLayer<'a>> {
    let mut layers = quantised_layers(file.tensors(), file.metadata(), config);
    assert!(layers.len() < 2, "{layers:?}");
    layers.pop()
}

/// What becomes of clean weights if these are read.
fn change(clean: &[f64], read: &[f64]) -> Change {
    let mut change = Change::default();
    for (before, after) in clean.iter().zip(read).filter(|(before, after)| before != after) {
        change.changed_weights += 1;
        if !after.is_finite() {
            change.not_finite += 1;
            continue;
        }
        change.l_inf = change.l_inf.max((after - before).abs());
        change.l2 += (after - before) * (after - before);
    }
    Change { l2: change.l2.sqrt(), ..change }
}

/// A file in memory.
struct Scene<'a> {
    file: &'a WeightFile,
    image: StoredImage<'a>,
    memory: Memory,
}

impl<'a> Scene<'a> {
    fn of(file: &'a WeightFile) -> Self {
        let rules = SelectionRules { as_stored: true, ..SelectionRules::default() };
        let image = StoredImage::of(&rules.select(file.tensors(), TensorOrder::Name).unwrap());
        let memory = Memory::new(&Description::default(), &image.outlines()).unwrap();
        Self { file, image, memory }
    }

    fn damage(&self, layers: &[QuantisedLayer<'_>], errors: &SparseMask) -> Vec<LayerDamage> {
        layer_damage(layers, &self.image, self.memory.layout(), errors)
    }

    fn damage_of(&self, layer: &QuantisedLayer<'_>, errors: &SparseMask) -> LayerDamage {
        self.damage(slice::from_ref(layer), errors).remove(0)
    }

    /// The same file, hit.
    fn hit(&self, errors: &SparseMask) -> WeightFile {
        let (folder, mut bytes) = (tempfile::tempdir().unwrap(), Vec::new());
        let mut inverted = self.image.by_tensor(self.memory.layout(), errors);
        self.file.write_inverted(0, &mut bytes, &mut inverted).unwrap();
        let path = folder.path().join("hit");
        std::fs::write(&path, bytes).unwrap();
        WeightFile::map(&path).unwrap()
    }

    /// The weights of the same file with the tensors hit that `is_hit` says; none if there is no layer any more.
    fn decoded(
        &self,
        config: &LayerConfig,
        errors: &SparseMask,
        is_hit: &dyn Fn(&str) -> bool,
    ) -> Option<Vec<f64>> {
        let mut bytes = Vec::new();
        let mut inverted = self.image.by_tensor(self.memory.layout(), errors);
        inverted.retain(|name, _| is_hit(name));
        self.file.write_inverted(0, &mut bytes, &mut inverted).unwrap();
        only(&open(&bytes), config).map(|layer| layer.decode())
    }
}

#[test]
fn layers_have_the_weights_that_their_tensors_make() {
    let mut layers = all();
    // Blocks of DeepSeek are known without a word, also where the last ones are smaller.
    layers.push(floats::float8("_scale_inv", [192, 300], [128, 128], &[2, 3]));
    layers.push(floats::float8("_scale", [192, 300], [128, 128], &[2, 3]));
    for made in layers {
        let (file, config) = (made.open(), made.config());
        let layer = only(&file, &config).unwrap_or_else(|| panic!("{} is none", made.format));
        assert_eq!(layer.format, made.format);
        let parts: Vec<&str> = layer.parts().map(|(_, tensor)| &*tensor.name).collect();
        assert_eq!(parts, made.tensors.iter().map(|tensor| &*tensor.name).collect::<Vec<_>>());
        assert!(layer.decode() == made.weights, "{} {parts:?}", made.format);
    }
}

#[test]
fn damage_is_that_of_all_weights_decoded_again() {
    for made in all() {
        let file = made.map();
        let config = made.config();
        let (scene, layer) = (Scene::of(&file), only(&file, &config).unwrap());
        let parts: Vec<&str> = layer.parts().map(|(_, tensor)| &*tensor.name).collect();
        for rate in [0.0, 0.001, 0.01, 0.3] {
            let cells = [Cells::Random { rate: Rate::new(rate).unwrap(), seed: 9, fresh: false }];
            let model = ReadModel { which: Which::Sampled, seed: 0 };
            let read = scene.memory.read_stored(scene.image.stored(&scene.memory), &cells, model, 0).unwrap();
            let damage = scene.damage_of(&layer, &read.errors);
            let decoded = |is_hit: &dyn Fn(&str) -> bool| scene.decoded(&config, &read.errors, is_hit);
            for (role, (_, tensor)) in damage.roles.iter().zip(layer.parts()) {
                match decoded(&|name| name == tensor.name) {
                    Some(weights) => {
                        assert_eq!(role.change, change(&made.weights, &weights), "{layer:?} {rate} {role:?}");
                    }
                    // Groups that there are not are no layer any more.
                    None => assert_eq!(role.role, LayerRole::Groups, "{layer:?} {rate}"),
                }
            }
            if let Some(weights) = decoded(&|name| parts.contains(&name)) {
                assert_eq!(damage.all, change(&made.weights, &weights), "{layer:?} {rate}");
            }
        }
    }
}

#[test]
fn each_bit_touches_just_the_weights_that_it_changes() {
    for made in all() {
        let file = made.map();
        let config = made.config();
        let (scene, layer) = (Scene::of(&file), only(&file, &config).unwrap());
        let layout = scene.memory.layout();
        for (place, stored) in scene.image.tensors().iter().enumerate() {
            let is_part = layer.parts().any(|(_, tensor)| tensor.name == stored.tensor.name);
            let bits = layout.bits(place);
            // An odd step meets each bit of whole bytes; long tensors repeat themselves.
            let step = (bits.end - bits.start) as usize / 512 * 2 + 1;
            for bit in bits.step_by(step) {
                let errors = SparseMask::from_faults(layout.len_bits(), [(bit, FaultKind::Inverts)]).unwrap();
                let damage = scene.damage_of(&layer, &errors).all;
                if !is_part {
                    assert_eq!(damage, Change::default(), "{layer:?} {}", stored.tensor.name);
                } else if let Some(weights) = scene.decoded(&config, &errors, &|_| true) {
                    let expected = change(&made.weights, &weights);
                    assert_eq!(damage, expected, "{layer:?} {} {bit}", stored.tensor.name);
                }
            }
        }
    }
}

#[test]
fn zeros_of_gptq_are_read_as_the_json_says_and_an_assumption_is_said() {
    let made = gptq::gptq(4, false, false);
    let file = made.open();
    let assumed = |json: Option<&str>| {
        let config = LayerConfig::of([None, json.map(str::as_bytes)]).unwrap();
        only(&file, &config).map(|layer| (layer.assumed.is_some(), layer.format, layer.decode()))
    };
    let says = |format: &str| {
        assumed(Some(&format!(
            r#"{{"quantization_config": {{"quant_method": "gptq", "checkpoint_format": "{format}"}}}}"#
        )))
    };
    assert!(assumed(None) == Some((true, "GPTQ", made.weights.clone())));
    assert!(says("gptq") == Some((false, "GPTQ", made.weights.clone())));
    let (_, format, second) = says("gptq_v2").unwrap();
    let expected = gptq::gptq(4, false, true).weights;
    assert!(format == "GPTQ, second format" && second == expected && second != made.weights);
    // Packed as a kernel wants it: the tensors look alike, and are read otherwise.
    assert!(says("marlin").is_none());
}
