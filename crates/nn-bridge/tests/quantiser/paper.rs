//! Codes and values are those of the oracle: of random weights, and of weights at the boundaries between codes.
#![expect(clippy::manual_midpoint, reason = "the arithmetic is the point, step by step")]

use nn_bridge::{QuantiseError, Quantizer, Scheme};
use proptest::prelude::*;

use crate::oracle::{Oracle, Switches, clip};

const BITS: [u32; 9] = [2, 3, 4, 5, 6, 7, 8, 16, 32];

/// Compares codes of these weights, and the values of all their codes and of some others.
fn check(switches: Switches, weights: &[f32]) -> Result<(), TestCaseError> {
    let (quantizer, oracle) =
        (Quantizer::fit(switches.scheme(), weights).unwrap(), Oracle::of(switches, weights));
    let mut codes = vec![0; weights.len()];
    match quantizer.encode(0, weights, &mut codes) {
        // A global range may be too narrow.
        Err(QuantiseError::OutOfRange { found, .. }) => {
            prop_assert!(clip(switches, found).abs() > oracle.hi as f32, "{:?}: {}", switches, found);
            return Ok(());
        }
        other => prop_assert_eq!(other, Ok(())),
    }
    for (&weight, &code) in weights.iter().zip(&codes) {
        prop_assert_eq!(code, oracle.code(weight), "{:?}: {:e}", switches, weight);
    }
    let edges =
        [0, 1, u32::MAX >> (32 - switches.bits), 1 << (switches.bits - 1), (1 << (switches.bits - 1)) - 1];
    codes.extend(
        edges.iter().copied().chain(codes.clone().iter().map(|code| code ^ 1 << (switches.bits - 1))),
    );
    let mut values = vec![0.0; codes.len()];
    quantizer.decode(&codes, &mut values);
    for (&code, value) in codes.iter().zip(values) {
        prop_assert_eq!(value, oracle.value(code), "{:?}: code {:#x}", switches, code);
    }
    Ok(())
}

/// Weights at the boundary between two codes, with their neighbours among float32, of a tensor with these ends.
fn boundaries(switches: Switches, ends: [f32; 2], numbers: &[u32]) -> Vec<f32> {
    let oracle = Oracle::of(switches, &ends);
    let most = (1i64 << (switches.bits - 1)) - 1;
    let mut weights = ends.to_vec();
    for &number in numbers {
        let whole = i64::from(number) % (2 * most + 1) - most;
        let half = if number % 3 == 0 { 0.5 } else { 0.0 };
        let x = (whole as f64 + half) * oracle.delta;
        let weight =
            if switches.asymmetric { (x + 1.0) / 2.0 * (oracle.hi - oracle.lo) + oracle.lo } else { x };
        let near = [weight as f32, (weight as f32).next_up(), (weight as f32).next_down()];
        weights.extend(near.into_iter().filter(|&near| near >= ends[0] && near <= ends[1]));
    }
    weights
}

proptest! {
    #[test]
    fn random_weights_have_the_codes_of_the_paper(
        weights in prop::collection::vec(prop_oneof![-0.3f32..0.3, -2f32..2.0, -1e-4f32..1e-4], 1..60),
        range in 0.05f64..3.0,
        clip in 0.02f64..2.5,
    ) {
        for switches in BITS.into_iter().flat_map(|bits| Switches::all(bits, range, clip)) {
            check(switches, &weights)?;
        }
    }

    #[test]
    fn weights_at_boundaries_have_the_codes_of_the_paper(
        (a, b) in (-1.5f32..1.5, -1.5f32..1.5),
        numbers in prop::collection::vec(any::<u32>(), 1..40),
        (range, clip) in prop_oneof![(0.05f64..3.0, 0.02f64..2.5), Just((1.0, 0.1)), Just((0.3, 0.05))],
    ) {
        for switches in BITS.into_iter().flat_map(|bits| Switches::all(bits, range, clip)) {
            check(switches, &boundaries(switches, [a.min(b), a.max(b)], &numbers))?;
        }
    }
}

#[test]
fn a_bound_that_float32_rounds_up_does_not_wrap_codes_of_32_bits() {
    // 0.1 as float32 is greater than 0.1.
    let scheme = Scheme::named("normal", 32).unwrap().clipped(0.1).unwrap();
    let quantizer = Quantizer::fit(scheme, &[0.5, -0.5]).unwrap();
    let mut codes = [0; 2];
    quantizer.encode(0, &[0.5, -0.5], &mut codes).unwrap();
    assert_eq!(codes, [i32::MAX.cast_unsigned(), (-i32::MAX).cast_unsigned()]);
    let mut values = [0.0; 2];
    quantizer.decode(&codes, &mut values);
    assert_eq!(values, [0.1, -0.1]);
}
