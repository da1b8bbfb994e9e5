//! Which tensors lie in the weight memory.

use nn_bridge::{SelectError, SelectionRules, TensorOrder, WeightFile};

use crate::{f32s, file};

/// What these rules store and keep apart (each with why), or the error, of tensors of these names, types, shapes and bytes.
fn selected(
    rules: &SelectionRules,
    tensors: &[(&str, &str, &[usize], Vec<u8>)],
) -> Result<(Vec<String>, Vec<String>), String> {
    let (_folder, path) = file(tensors);
    let weights = WeightFile::open(&path).unwrap();
    let selection = rules.select(weights.tensors(), TensorOrder::Name).map_err(|error| error.to_string())?;
    let stored = selection.stored().iter().map(|tensor| tensor.name.clone()).collect();
    let apart = selection.apart().iter().flat_map(|group| {
        group.tensors.iter().map(|tensor| format!("{}: {}", tensor.name, group.why)).collect::<Vec<_>>()
    });
    Ok((stored, apart.collect()))
}

fn rules(only: &[&str], exclude: &[&str], keep_apart: bool) -> SelectionRules {
    let globs = |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect();
    SelectionRules {
        only: globs(only),
        exclude: globs(exclude),
        keep_apart,
        with_statistics: false,
        as_stored: false,
    }
}

#[test]
fn what_cannot_be_stored_is_refused_by_name_type_and_share_of_the_bytes() {
    let types = [
        "BOOL",
        "U8",
        "I8",
        "U16",
        "I16",
        "U32",
        "I32",
        "U64",
        "I64",
        "C64",
        "F8_E5M2",
        "F8_E4M3",
        "F8_E8M0",
        "F8_E4M3FNUZ",
        "F8_E5M2FNUZ",
    ];
    for dtype in types {
        let bytes = match dtype {
            "C64" => 8,
            other => other.split('_').next().unwrap()[1..].parse::<usize>().unwrap_or(8) / 8,
        };
        let tensors =
            [("fc.weight", dtype, &[30][..], vec![1; 30 * bytes]), ("fc.scale", "F32", &[1], f32s(&[0.5]))];
        let refused = selected(&SelectionRules::default(), &tensors).unwrap_err();
        let share = 100.0 * (30 * bytes) as f64 / (30 * bytes + 4) as f64;
        assert!(
            refused.starts_with(&format!("1 tensor cannot be stored as weights, {share:.1} %")),
            "{refused}"
        );
        assert!(refused.contains(&format!("fc.weight ({dtype}, {share:.1} %)")), "{refused}");
        for rules in
            [rules(&[], &[], true), rules(&[], &["fc.weigh?"], false), rules(&["*scale"], &[], false)]
        {
            let (stored, apart) = selected(&rules, &tensors).unwrap();
            assert_eq!((stored, apart.len()), (vec!["fc.scale".to_owned()], 1), "{dtype}");
        }
    }
    // Types of less than a byte, two elements a byte.
    let packed = [("w", "F4", &[64][..], vec![7; 32]), ("s", "BF16", &[1], vec![0, 0])];
    assert!(selected(&SelectionRules::default(), &packed).unwrap_err().contains("w (F4, 94.1 %)"));
    let alone = selected(&rules(&[], &[], true), &packed[..1]).unwrap_err();
    assert!(alone.contains("no tensor is left") && alone.contains("F4"), "{alone}");
}

#[test]
fn known_buffers_are_kept_apart_and_what_resembles_them_is_stored() {
    let inf = f32::NEG_INFINITY;
    let square: &[usize] = &[1, 1, 2, 2];
    let apart = [
        ("h.0.attn.bias", "BOOL", square, vec![1, 0, 1, 1]),
        ("h.1.attn.bias", "U8", square, vec![1, 0, 1, 1]),
        ("h.2.attn.bias", "F32", square, f32s(&[1.0, 0.0, 1.0, 1.0])),
        ("h.0.attn.masked_bias", "F32", &[], f32s(&[-1e4])),
        ("rotary.inv_freq", "F32", &[2], f32s(&[1.0, 0.1])),
        ("rotary.cos_cached", "F16", &[2], vec![0; 4]),
        ("position_ids", "I64", &[1], vec![0; 8]),
        ("swin.relative_position_index", "I32", &[1], vec![0; 4]),
        ("attn_mask", "F32", &[3], f32s(&[0.0, inf, 0.0])),
        ("blocks.1.attn_mask", "F32", &[2], f32s(&[0.0, -100.0])),
        ("alibi_mask", "F32", &[3], f32s(&[-0.5, inf, -1.0])),
        ("whatever.it.is", "F32", &[2], f32s(&[inf, 0.0])),
        ("half", "F16", &[2], vec![0x00, 0xfc, 0, 0]),
        ("rope.freqs", "F32", &[2], f32s(&[1.0, 0.1])),
        ("head.tril", "F32", &[2, 2], f32s(&[1.0, 0.0, 1.0, 1.0])),
        ("attn.alibi_slopes", "F32", &[2], f32s(&[0.5, 0.25])),
        ("pos.sinusoidal", "F32", &[2, 4], f32s(&[0.0, 1.0, 0.0, 1.0, 0.6, 0.8, 0.28, 0.96])),
        ("model.24.anchor_grid", "F32", &[2], f32s(&[10.0, 13.0])),
        ("normalize.mean", "F32", &[1, 3, 1, 1], f32s(&[0.485, 0.456, 0.406])),
        ("normalize.std", "F32", &[3], f32s(&[0.229, 0.224, 0.225])),
        ("conv.activation_post_process.min_val", "F32", &[], f32s(&[-1.0])),
        ("fc.activation_post_process.min_val", "F32", &[], f32s(&[f32::INFINITY])),
        ("optimizer.exp_avg", "F32", &[1], f32s(&[0.5])),
        ("bn.num_batches_tracked", "I64", &[], vec![0; 8]),
        ("bn.running_var", "F32", &[1], f32s(&[1.0])),
    ];
    let stored = [
        ("a.bias", "F32", &[2][..], f32s(&[0.0, 1.0])),
        ("attn.bias_table", "F32", square, f32s(&[1.0, 0.0, 1.0, 1.0])),
        ("conv.bias", "F32", square, f32s(&[1.0, 0.25, 0.5, 1.0])),
        ("decoder.mask_token", "F32", &[2], f32s(&[0.0, 1.0])),
        ("fft.freqs", "F32", &[2], f32s(&[1.0, 0.1])),
        ("gate_mask", "F32", &[3], f32s(&[0.1, 0.2, 0.3])),
        ("inv_freq_of", "F32", &[1], f32s(&[1.0])),
        ("mask_head.weight", "F32", &[2], f32s(&[0.0, 0.5])),
        ("pos.tril", "F32", &[2, 2], f32s(&[1.0, 0.0, 0.5, 1.0])),
        ("position_ids_", "F32", &[1], f32s(&[1.0])),
        ("prior.mean", "F32", &[4], f32s(&[0.5, 0.25, 0.125, 0.0])),
        ("prior.std", "F32", &[3], f32s(&[0.5, -0.25, 0.125])),
        ("trained.sinusoidal", "F32", &[1, 4], f32s(&[0.1, 0.2, 0.3, 0.4])),
    ];
    let all: Vec<_> = apart.iter().chain(&stored).cloned().collect();
    let (in_memory, kept) = selected(&SelectionRules::default(), &all).unwrap();
    assert_eq!(in_memory, stored.each_ref().map(|(name, ..)| (*name).to_owned()));
    assert_eq!(kept.len(), apart.len(), "{kept:?}");
    // The same names with other types are integers like others.
    let refused = selected(&SelectionRules::default(), &[("x_mask", "I32", &[1], vec![0; 4])]).unwrap_err();
    assert!(refused.contains("x_mask (I32"), "{refused}");
}

#[test]
fn weights_that_are_not_finite_are_refused_with_place_and_way_out() {
    let (inf, nan) = (f32::INFINITY, f32::NAN);
    let double = |value: f64| value.to_le_bytes().to_vec();
    let cases = [
        (("w[0]", "F32", &[3][..], f32s(&[0.0, 1.0, nan])), "element 2 is NaN"),
        (("w[0]", "F32", &[2], f32s(&[inf, 0.0])), "element 0 is inf"),
        (("w[0]", "F32", &[2], f32s(&[-inf, 0.5])), "element 0 is -inf"),
        (("w[0]", "F32", &[2], f32s(&[-inf, -inf])), "element 0 is -inf"),
        (("attn_mask", "F32", &[2], f32s(&[-inf, nan])), "element 0 is -inf"),
        (("attn_mask", "F32", &[2], f32s(&[0.0, inf])), "element 1 is inf"),
        (("w[0]", "F64", &[1], double(1e300)), "element 0 is 1"),
        (("w[0]", "BF16", &[1], vec![0x80, 0x7f]), "element 0 is inf"),
    ];
    for (tensor, found) in cases {
        let other = ("fc", "F32", &[1][..], f32s(&[1.0]));
        let refused = selected(&SelectionRules::default(), &[tensor.clone(), other.clone()]).unwrap_err();
        assert!(refused.contains(found) && refused.contains(tensor.0), "{refused}");
        // What is typed as told excludes just this tensor.
        let glob = refused.split('\'').nth(1).unwrap();
        let (stored, apart) = selected(&rules(&[], &[glob], false), &[tensor, other]).unwrap();
        assert_eq!((stored, apart.len()), (vec!["fc".to_owned()], 1), "{glob}");
    }
}

#[test]
fn globs_name_tensors_and_one_that_names_none_is_an_error() {
    let one = |name: &'static str| (name, "F32", &[1][..], f32s(&[1.0]));
    let tensors =
        [one("layers.0.up.weight"), one("layers.0.up.bias"), one("layers.1.up.weight"), one("head")];
    let stored =
        |only: &[&str], exclude: &[&str]| selected(&rules(only, exclude, false), &tensors).unwrap().0;
    assert_eq!(stored(&["layers.*.weight"], &[]), ["layers.0.up.weight", "layers.1.up.weight"]);
    assert_eq!(stored(&["layers.0.*", "head"], &["*.bias"]), ["head", "layers.0.up.weight"]);
    assert_eq!(stored(&["{head,layers.[01].up.bias}"], &[]), ["head", "layers.0.up.bias"]);
    assert_eq!(stored(&[], &["layers.*"]), ["head"]);
    for (only, exclude, glob) in
        [(&["head", "tail*"][..], &[][..], "--only tail*"), (&[], &["HEAD"], "--exclude HEAD")]
    {
        let refused = selected(&rules(only, exclude, false), &tensors).unwrap_err();
        assert!(refused.contains(glob) && refused.contains("none of the 4 tensors"), "{refused}");
    }
    assert!(selected(&rules(&[], &["*"], false), &tensors).unwrap_err().contains("no tensor is left"));
    assert!("[a".parse::<nn_bridge::NameGlob>().is_err());
    let none = SelectionRules::default().select(&[], TensorOrder::Name);
    assert!(matches!(none, Err(SelectError::Nothing { .. })));
}
