//! Tensors of blocks in GGUF files, against the Python package `gguf` and against decoding all anew.

use std::path::PathBuf;

use flip_core::{FaultKind, SparseMask};
use nn_bridge::{LayerConfig, LayerDamage, LayerRole, QuantisedLayer, WeightFile, quantised_layers};

use crate::{Scene, change};

fn case(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/gguf").join(name)
}

fn layers(file: &WeightFile) -> Vec<QuantisedLayer<'_>> {
    static NONE: std::sync::LazyLock<LayerConfig> = std::sync::LazyLock::new(LayerConfig::default);
    quantised_layers(file.tensors(), file.metadata(), &NONE)
}

#[test]
fn blocks_have_the_weights_that_the_python_package_makes_of_them() {
    let file = WeightFile::map(&case("blocks.gguf")).unwrap();
    let expected = WeightFile::open(&case("blocks.safetensors")).unwrap();
    let layers = layers(&file);
    assert_eq!(layers.len(), expected.tensors().len());
    for layer in layers {
        let expected = expected.tensor(&layer.name).unwrap().values().unwrap();
        let same = |(ours, theirs): (&f64, &f32)| *ours == f64::from(*theirs);
        assert!(layer.decode().iter().zip(&expected).all(same), "{layer:?}");
        assert_eq!((layer.decode().len(), layer.name.contains(layer.format)), (expected.len(), true));
    }
}

/// Bits of a block by what they are, as ggml's structures have them.
fn bits_of(format: &str) -> Vec<(LayerRole, u64)> {
    use LayerRole::{Codes, Mins, Scales, SubMins, SubScales, SuperMins, SuperScales};
    match format {
        "Q4_0" | "IQ4_NL" => vec![(Codes, 128), (Scales, 16)],
        "Q4_1" => vec![(Codes, 128), (Scales, 16), (Mins, 16)],
        "Q5_0" => vec![(Codes, 160), (Scales, 16)],
        "Q5_1" => vec![(Codes, 160), (Scales, 16), (Mins, 16)],
        "Q8_0" => vec![(Codes, 256), (Scales, 16)],
        "MXFP4" => vec![(Codes, 128), (Scales, 8)],
        "Q2_K" => vec![(Codes, 512), (SubScales, 64), (SubMins, 64), (SuperScales, 16), (SuperMins, 16)],
        "Q3_K" => vec![(Codes, 768), (SubScales, 96), (SuperScales, 16)],
        "Q4_K" => vec![(Codes, 1024), (SubScales, 48), (SubMins, 48), (SuperScales, 16), (SuperMins, 16)],
        "Q5_K" => vec![(Codes, 1280), (SubScales, 48), (SubMins, 48), (SuperScales, 16), (SuperMins, 16)],
        "Q6_K" => vec![(Codes, 1536), (SubScales, 128), (SuperScales, 16)],
        "IQ4_XS" => vec![(Codes, 1024), (SubScales, 48), (SuperScales, 16)],
        other => panic!("{other}"),
    }
}

/// Weights that depend on a bit of a role at most.
fn reach(format: &str, role: LayerRole) -> u64 {
    let block = if format.contains("_K") || format == "IQ4_XS" { 256 } else { 32 };
    let group = if ["Q4_K", "Q5_K", "IQ4_XS"].contains(&format) { 32 } else { 16 };
    match role {
        LayerRole::Codes => 1,
        LayerRole::SubScales | LayerRole::SubMins => group,
        _ => block,
    }
}

#[test]
fn each_bit_is_of_one_role_and_changes_the_weights_that_depend_on_it() {
    let file = WeightFile::map(&case("blocks.gguf")).unwrap();
    let scene = Scene::of(&file);
    let layout = scene.memory.layout();
    for layer in layers(&file) {
        let clean = layer.decode();
        let is_own = |name: &str| name == layer.name;
        let place = scene.image.tensors().iter().position(|stored| is_own(&stored.tensor.name)).unwrap();
        let range = layout.bits(place);
        let blocks =
            clean.len() as u64 / if reach(layer.format, LayerRole::Scales) == 256 { 256 } else { 32 };
        let mut counts: Vec<(LayerRole, u64)> = Vec::new();
        for bit in range {
            let errors = SparseMask::from_faults(layout.len_bits(), [(bit, FaultKind::Inverts)]).unwrap();
            let LayerDamage { roles, all, .. } = scene.damage_of(&layer, &errors);
            let hit: Vec<_> = roles.iter().filter(|role| role.bit_errors > 0).collect();
            assert_eq!((hit.len(), hit[0].change), (1, all), "{layer:?} {bit}");
            match counts.iter_mut().find(|(role, _)| *role == hit[0].role) {
                Some((_, count)) => *count += 1,
                None => counts.push((hit[0].role, 1)),
            }
            assert!(all.changed_weights <= reach(layer.format, hit[0].role), "{layer:?} {bit} {all:?}");
            // Decoding all anew is dear: every seventh bit meets each of every byte.
            if bit % 7 == 0 {
                let again = scene.hit(&errors);
                let again = layers(&again).into_iter().find(|again| is_own(&again.name)).unwrap().decode();
                assert_eq!(all, change(&clean, &again), "{layer:?} {bit}");
            }
        }
        let mut expected = bits_of(layer.format);
        expected.iter_mut().for_each(|(_, bits)| *bits *= blocks);
        expected.sort_unstable();
        counts.sort_unstable();
        assert_eq!(counts, expected, "{layer:?}");
    }
}
