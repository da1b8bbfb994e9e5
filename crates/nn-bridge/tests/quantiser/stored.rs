//! Weights that lie on a grid already.

use nn_bridge::{QuantiseError, Quantizer, Scheme, WeightFile};
use proptest::prelude::*;

/// Codes and their values.
fn through(scheme: Scheme, weights: &[f32]) -> (Quantizer, Vec<u32>, Vec<f32>) {
    let quantizer = Quantizer::fit(scheme, weights).unwrap();
    let (mut codes, mut values) = (vec![0; weights.len()], vec![0.0; weights.len()]);
    quantizer.encode(0, weights, &mut codes).unwrap();
    quantizer.decode(&codes, &mut values);
    (quantizer, codes, values)
}

/// A step, as a scale of float32 or of float64.
fn steps() -> impl Strategy<Value = f64> {
    (1e-6f64..10.0, any::<bool>())
        .prop_map(|(step, single)| if single { f64::from(step as f32) } else { step })
}

proptest! {
    #[test]
    fn integers_times_a_scale_keep_their_integers_and_values(
        step in steps(),
        bits in prop::sample::select(vec![2u32, 3, 4, 8, 16]),
        numbers in prop::collection::vec(any::<i32>(), 1..200),
    ) {
        let most = (1i32 << (bits - 1)) - 1;
        // One has the greatest number: what is said of the step.
        let numbers: Vec<i32> = numbers.into_iter().map(|number| number % (most + 1)).chain([-most]).collect();
        let weights: Vec<f32> = numbers.iter().map(|&number| (f64::from(number) * step) as f32).collect();
        let (quantizer, codes, values) = through(Scheme::stored(bits).unwrap(), &weights);
        let mask = u32::MAX >> (32 - bits);
        let expected: Vec<u32> = numbers.iter().map(|&number| number.cast_unsigned() & mask).collect();
        prop_assert_eq!(&codes, &expected);
        prop_assert_eq!(&values, &weights);
        prop_assert!((quantizer.step() / step - 1.0).abs() < 1e-6);
        // The least code, which no weight has, is a step below.
        let mut least = [0.0];
        quantizer.decode(&[1 << (bits - 1)], &mut least);
        prop_assert!((f64::from(least[0]) / step / (f64::from(most) + 1.0) + 1.0).abs() < 1e-6);
    }

    #[test]
    fn affine_integers_are_counted_from_the_least(
        step in steps(),
        zero in 0u32..256,
        numbers in prop::collection::vec(0u32..256, 1..200),
    ) {
        let numbers: Vec<u32> = numbers.into_iter().chain([0, 255]).collect();
        let weights: Vec<f32> =
            numbers.iter().map(|&number| ((f64::from(number) - f64::from(zero)) * step) as f32).collect();
        let scheme = Scheme::named("stored+unsigned", 8).unwrap();
        let (_, codes, values) = through(scheme, &weights);
        prop_assert_eq!(&codes, &numbers);
        prop_assert_eq!(&values, &weights);
    }

    #[test]
    fn a_coarser_grid_gives_values_back_too(
        step in steps(),
        numbers in prop::collection::vec(-30i32..30, 1..100),
    ) {
        let weights: Vec<f32> = numbers.iter().map(|&number| (f64::from(number) * step) as f32).collect();
        for name in ["stored", "stored+unsigned"] {
            let (_, _, values) = through(Scheme::named(name, 8).unwrap(), &weights);
            prop_assert_eq!(&values, &weights);
        }
    }
}

#[test]
fn weights_on_no_grid_are_refused_with_what_was_found() {
    let refused = |scheme: &str, bits: u32, weights: &[f32]| match Quantizer::fit(
        Scheme::named(scheme, bits).unwrap(),
        weights,
    ) {
        Err(error @ QuantiseError::NoGrid { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    };
    let irrational: Vec<f32> = (0..5).map(|i| (i as f32).sqrt()).collect();
    assert!(refused("stored", 8, &irrational).contains("found 5 different weights"));
    let many: Vec<f32> = (0..400).map(|i| i as f32).collect();
    assert!(refused("stored", 8, &many).contains("found more than 256 different weights"));
    // 200 steps up do not fit a sign and seven bits.
    let up: Vec<f32> = (0..=200).map(|i| i as f32).collect();
    assert!(refused("stored", 8, &up).contains("stored+unsigned"));
    assert_eq!(through(Scheme::named("stored+unsigned", 8).unwrap(), &up).2, up);
    assert_eq!(through(Scheme::stored(16).unwrap(), &many).2, many);
    assert_eq!(through(Scheme::stored(8).unwrap(), &[0.0, -0.0, 0.0]).1, [0, 0, 0]);
    assert!(through(Scheme::stored(8).unwrap(), &[]).1.is_empty());
    for what in ["stored+asymmetric", "stored+truncated"] {
        assert!(Scheme::named(what, 8).unwrap_err().to_string().contains("keeps weights as they are"));
    }
    let stored = Scheme::stored(8).unwrap();
    assert!(
        stored.clipped(0.1).is_err()
            && stored.with_global_range(1.0).is_err()
            && stored.with_bits(32).is_err()
    );
    assert!(Scheme::stored(32).is_err());
}

#[test]
fn files_of_integers_times_a_scale_come_back_at_rate_0() {
    let cases = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/stored-grid");
    if !cases.is_dir() {
        return println!("skipped: no cases at {}", cases.display());
    }
    for name in ["small", "large"] {
        let file = WeightFile::open(&cases.join(format!("{name}.safetensors"))).unwrap();
        let weights = file.tensors()[0].values().unwrap();
        let (_, _, values) = through(Scheme::stored(8).unwrap(), &weights);
        assert_eq!(values, weights);
    }
}
