//! What looks like a layer, and is none, or could be two.

use flip_core::{FaultKind, SparseMask};
use nn_bridge::quantised_layers;
use proptest::prelude::*;

use crate::made::{Layer, Made, floats, tensor, words};
use crate::{Scene, all, bitsandbytes, compressed, gptq, torchao};

fn count(made: &Layer) -> usize {
    let file = made.open();
    quantised_layers(file.tensors(), file.metadata(), &made.config()).len()
}

#[test]
fn without_its_codes_or_scales_there_is_no_layer() {
    for missing in 0..2 {
        for mut made in all() {
            made.tensors.remove(missing);
            assert_eq!(count(&made), 0, "{} without tensor {missing}", made.format);
        }
    }
}

#[test]
fn what_could_be_read_in_two_ways_is_no_layer() {
    let mut made = crate::floats::float8("_scale", [6, 32], [1, 32], &[6, 1]);
    made.tensors.push(tensor("up.weight_scale_inv", "F32", &[1, 1], floats(&[1.0])));
    assert_eq!(count(&made), 0, "scales of two names");
    let mut made = bitsandbytes::int8();
    made.tensors.push(tensor("fc.weight_scale", "F32", &[1], floats(&[1.0])));
    assert_eq!(count(&made), 0, "scales of two formats");
    let mut made = compressed::packed_integers(4, 4, compressed::With::OneScale);
    assert_eq!(count(&made), 0, "four integers of 2, 4 or 8 bits in a word");
    made = torchao::int8(&[6, 1]);
    made.metadata = None;
    assert_eq!(count(&made), 0, "of which kind?");
}

#[test]
fn groups_that_there_are_not_make_no_layer() {
    let mut made = gptq::gptq(4, true, false);
    made.tensors[3].bytes[..4].copy_from_slice(&99u32.to_le_bytes());
    assert_eq!(count(&made), 0);
    // Groups that are not set are none.
    let mut made = compressed::packed_integers(4, 24, compressed::With::RowScales);
    made.tensors.push(tensor("q.weight_g_idx", "I32", &[24], words(&[u32::MAX; 24])));
    assert_eq!(count(&made), 1);
}

#[test]
fn groups_of_unequal_size_are_known_by_the_json_alone() {
    let mut made = gptq::gptq(4, false, false);
    // Three groups for 32 rows: of 11, 11 and 10, or of 12, 12 and 8?
    for tensor in &mut made.tensors[1..] {
        tensor.bytes.truncate(tensor.bytes.len() / 4 * 3);
        tensor.shape[0] = 3;
    }
    assert_eq!(count(&made), 0);
    made.config = Some(r#"{"group_size": 12}"#);
    assert_eq!(count(&made), 1);
    // It says what cannot be: groups of one size are the only way left, and these are not.
    made.config = Some(r#"{"group_size": 8}"#);
    assert_eq!(count(&made), 0);
}

/// A change to a layer's tensors: which tensor, what, and a number for it.
type Edit = (prop::sample::Index, u8, usize);

const TYPES: [(&str, usize); 9] = [
    ("F8_E8M0", 1),
    ("I32", 4),
    ("F32", 4),
    ("F16", 2),
    ("U8", 1),
    ("I8", 1),
    ("F8_E4M3", 1),
    ("I64", 8),
    ("F64", 8),
];

/// Makes one, with as many bytes as the tensor then has.
fn edit(tensors: &mut Vec<Made>, (which, what, number): &Edit) {
    let place = which.index(tensors.len());
    let edited = &mut tensors[place];
    match what {
        0 if edited.shape.len() < 4 => edited.shape.push(number % 3),
        1 => drop(edited.shape.pop()),
        2 | 3 => {
            if let Some(side) = edited.shape.last_mut() {
                *side = number % 70;
            }
        }
        4 => {
            if let Some(side) = edited.shape.first_mut() {
                *side = number % 20;
            }
        }
        5 => edited.dtype = TYPES[number % TYPES.len()].0,
        6 => {
            // Its numbers.
            let len = edited.bytes.len().max(1);
            edited.bytes.iter_mut().skip(number % len).take(4).for_each(|byte| *byte ^= *number as u8);
        }
        _ if tensors.len() > 1 => drop(tensors.remove(place)),
        _ => {}
    }
    for tensor in tensors {
        let of_type = TYPES.iter().find(|(name, _)| *name == tensor.dtype).unwrap().1;
        tensor.bytes.resize(tensor.shape.iter().product::<usize>() * of_type, 1);
    }
}

/// The same tensors, all of one layer by their names.
fn renamed(mut made: Layer) -> Layer {
    let name = |name: &str| format!("m.{}", name.split_once('.').unwrap().1);
    made.tensors.append(&mut made.beside);
    made.tensors.iter_mut().for_each(|tensor| tensor.name = name(&tensor.name));
    made.metadata = made.metadata.map(|(key, text)| (name(&key), text));
    made
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever the tensors, finding layers and their damage ends well, and no tensor is of two layers.
    #[test]
    fn any_tensors_are_layers_or_none(
        first: prop::sample::Index,
        second: prop::sample::Index,
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0u8..8, any::<usize>()), 0..5),
        group_size in prop::option::of(-2i64..40),
        bit: prop::sample::Index,
    ) {
        let mut made: Vec<Layer> = all().into_iter().map(renamed).collect();
        let other = first.index(made.len());
        let mut layer = made.swap_remove(other);
        let added = made.swap_remove(second.index(made.len())).tensors;
        let is_new = |tensor: &Made| layer.tensors.iter().all(|known| known.name != tensor.name);
        let added: Vec<Made> = added.into_iter().filter(|tensor| is_new(tensor)).collect();
        layer.tensors.extend(added);
        edits.iter().for_each(|change| edit(&mut layer.tensors, change));
        let file = layer.open();
        let json = format!(r#"{{"group_size": {}}}"#, group_size.map_or("null".to_owned(), |size| size.to_string()));
        let config = nn_bridge::LayerConfig::of([Some(json.as_bytes()), None]).unwrap();
        let layers = quantised_layers(file.tensors(), file.metadata(), &config);
        let mut parts: Vec<&str> = layers.iter().flat_map(|layer| layer.parts().map(|(_, tensor)| &*tensor.name)).collect();
        parts.sort_unstable();
        prop_assert!(parts.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", layers);
        if layers.is_empty() {
            return Ok(());
        }
        let scene = Scene::of(&file);
        let len = scene.memory.layout().len_bits();
        let all: Vec<_> = (0..len).map(|bit| (bit, FaultKind::Inverts)).collect();
        let one = vec![all[bit.index(all.len())]];
        for faults in [all, one] {
            let errors = SparseMask::from_faults(len, faults).unwrap();
            for (layer, damage) in layers.iter().zip(scene.damage(&layers, &errors)) {
                prop_assert_eq!(damage.weights as usize, layer.decode().len());
                prop_assert!(damage.all.changed_weights <= damage.weights);
            }
        }
    }
}
