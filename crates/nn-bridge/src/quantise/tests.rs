use super::*;
use crate::scheme::Rounding;
use proptest::prelude::*;

const BITS: [u32; 9] = [2, 3, 4, 5, 6, 7, 8, 16, 32];

fn schemes(bits: u32) -> Vec<Scheme> {
    let switches = ["", "+asymmetric", "+unsigned", "+asymmetric+unsigned"];
    let rounding = ["", "+rounded"];
    let names = switches.iter().flat_map(|a| rounding.iter().map(move |b| format!("normal{a}{b}")));
    names.map(|name| Scheme::named(&name, bits).unwrap()).collect()
}

fn encode(quantizer: &Quantizer, weights: &[f32]) -> Result<Vec<u32>, QuantiseError> {
    let mut codes = vec![0; weights.len()];
    quantizer.encode(0, weights, &mut codes).map(|()| codes)
}

fn decode(quantizer: &Quantizer, codes: &[u32]) -> Vec<f32> {
    let mut values = vec![0.0; codes.len()];
    quantizer.decode(codes, &mut values);
    values
}

proptest! {
    #[test]
    fn a_value_lies_within_a_step_of_its_weight(weights in prop::collection::vec(-3f32..3.0, 1..40)) {
        for scheme in BITS.into_iter().flat_map(schemes) {
            let quantizer = Quantizer::fit(scheme, &weights).unwrap();
            let (lo, hi) = quantizer.range();
            let steps = ((1u64 << (scheme.bits().bits() - 1)) - 1) as f32;
            // δ in units of the weight, and half of it if rounded; float32 adds its own.
            let step = (hi - lo) / 2.0 * 1.001 / steps + 3e-6;
            let bound = if scheme.rounding == Rounding::Nearest { step / 2.0 + 3e-6 } else { step };
            let values = decode(&quantizer, &encode(&quantizer, &weights).unwrap());
            for (weight, value) in weights.iter().zip(values) {
                prop_assert!((weight - value).abs() <= bound, "{}: {} became {}", scheme, weight, value);
            }
        }
    }

    #[test]
    fn no_code_leaves_the_clean_range(weights in prop::collection::vec(-3f32..3.0, 1..9), code: u32) {
        for scheme in BITS.into_iter().flat_map(schemes) {
            let quantizer = Quantizer::fit(scheme, &weights).unwrap();
            let (lo, hi) = quantizer.range();
            let value = decode(&quantizer, &[code])[0];
            prop_assert!((lo..=hi).contains(&value), "{}: {}", scheme, value);
        }
    }

    #[test]
    fn a_tensor_of_one_value_keeps_it_whatever_its_codes_become(weight in -1e30f32..1e30, code: u32) {
        for scheme in BITS.into_iter().flat_map(schemes).filter(|s| s.symmetry == Symmetry::Asymmetric) {
            let quantizer = Quantizer::fit(scheme, &[weight; 3]).unwrap();
            prop_assert_eq!(decode(&quantizer, &encode(&quantizer, &[weight; 3]).unwrap()), vec![weight; 3]);
            prop_assert_eq!(decode(&quantizer, &[code]), vec![weight]);
        }
    }

    #[test]
    fn clipping_bounds_the_range(weights in prop::collection::vec(-3f32..3.0, 1..40), limit in 0.05f64..4.0) {
        for scheme in BITS.into_iter().flat_map(schemes) {
            let quantizer = Quantizer::fit(scheme.clipped(limit).unwrap(), &weights).unwrap();
            let (lo, hi) = quantizer.range();
            let limit = limit as f32;
            prop_assert!(lo >= -limit && hi <= limit);
            let clipped: Vec<f32> = weights.iter().map(|w| w.clamp(-limit, limit)).collect();
            prop_assert_eq!(encode(&quantizer, &weights).unwrap(), encode(&quantizer, &clipped).unwrap());
        }
    }
}

#[test]
fn every_kernel_gives_the_same_ranges_codes_and_values() {
    // No multiple of any vector's length; also scales beyond which a quotient is a division on every kernel.
    let weights =
        |scale: f32| (0..1001).map(|i| (((i * i) as f32 * 0.37).sin() * 0.4 + 0.1) * scale).collect();
    let scaled: Vec<Vec<f32>> = [1.0, 1e-30, 1e30].map(weights).into();
    let clipped = |scheme: Scheme| [scheme, scheme.clipped(0.3).unwrap(), scheme.clipped(1e-30).unwrap()];
    let schemes = BITS.into_iter().flat_map(schemes).flat_map(clipped);
    for (scheme, weights) in schemes.flat_map(|scheme| scaled.iter().map(move |weights| (scheme, weights))) {
        let convert = |kernel: Kernel| {
            let quantizer = Quantizer::fit_with(kernel, scheme, weights).unwrap();
            let (mut codes, mut values) = (vec![0; weights.len()], vec![0.0; weights.len()]);
            quantizer.encode_with(kernel, 0, weights, &mut codes).unwrap();
            quantizer.decode_with(kernel, &codes, &mut values);
            (quantizer, codes, values)
        };
        let portable = convert(Kernel::PORTABLE);
        for kernel in Kernel::available() {
            assert_eq!(convert(kernel), portable, "{kernel}, {scheme}");
        }
    }
}

/// Codes worked out by hand from the definitions.
#[test]
fn codes_are_those_of_the_definition() {
    let weights = [-0.5, 0.0, 0.25, 0.499];
    let codes = |name: &str, bits| {
        let quantizer = Quantizer::fit(Scheme::named(name, bits).unwrap(), &weights).unwrap();
        encode(&quantizer, &weights).unwrap()
    };
    // r = 0.501, δ = 0.501/127: −126.7, 0, 63.4, 126.5.
    assert_eq!(codes("normal", 8), [256 - 126, 0, 63, 126]);
    assert_eq!(codes("normal+rounded", 8), [256 - 127, 0, 63, 126]);
    // 128 added first: 1.25, 128, 191.4, 254.5.
    assert_eq!(codes("normal+unsigned", 8), [1, 128, 191, 254]);
    // x = 2(w + 0.5)/0.999 − 1: −1, 0.001, 0.5015, 1; δ = 1.001/127: −126.87, 0.127, 63.6, 126.87.
    assert_eq!(codes("normal+asymmetric", 8), [256 - 126, 0, 63, 126]);
    assert_eq!(codes("rquant", 8), [1, 128, 192, 255]);
    // δ = 1.001/127 without mapping: −63.4, 0, 31.7, 63.3.
    assert_eq!(codes("global", 8), [256 - 63, 0, 31, 63]);
    // δ = 0.501/7: −6.99, 0, 3.49, 6.97; 4 bits.
    assert_eq!(codes("normal", 4), [16 - 6, 0, 3, 6]);
    assert_eq!(codes("normal+rounded", 4), [16 - 7, 0, 3, 7]);
    // δ = 0.501/1: 2 bits.
    assert_eq!(codes("normal+rounded", 2), [3, 0, 0, 1]);
}

#[test]
fn rquant_of_8_bits_uses_codes_1_to_255() {
    let weights: Vec<f32> = (0..1000).map(|i| i as f32 * 0.001 - 0.3).collect();
    let quantizer = Quantizer::fit(Scheme::rquant(8).unwrap(), &weights).unwrap();
    let codes = encode(&quantizer, &weights).unwrap();
    assert_eq!((codes.iter().min(), codes.iter().max()), (Some(&1), Some(&255)));
}

#[test]
fn what_cannot_be_represented_is_an_error_not_a_wrap() {
    for bits in BITS {
        let quantizer = Quantizer::fit(Scheme::global(bits).unwrap(), &[]).unwrap();
        assert_eq!(encode(&quantizer, &[0.5, -1.0, 1.0]).map(|codes| codes.len()), Ok(3), "{bits} bits");
        for outside in [-1.001, 1.001, -1.5, -2.9, 3.5, 1e30] {
            let error = encode(&quantizer, &[0.5, outside]).unwrap_err();
            assert!(matches!(error, QuantiseError::OutOfRange { index: 1, .. }), "{bits} bits: {error}");
        }
        let clipping = Quantizer::fit(Scheme::global(bits).unwrap().clipped(1.0).unwrap(), &[]).unwrap();
        assert_eq!(encode(&clipping, &[3.5]), encode(&clipping, &[1.0]));
    }
    for found in [f32::NAN, f32::INFINITY] {
        let error = Quantizer::fit(Scheme::rquant(8).unwrap(), &[0.0, found]).unwrap_err();
        assert!(matches!(error, QuantiseError::NotFinite { index: 1, .. }));
        let quantizer = Quantizer::fit(Scheme::rquant(8).unwrap(), &[0.0, 1.0]).unwrap();
        assert!(encode(&quantizer, &[found]).is_err());
    }
    let wide = Quantizer::fit(Scheme::rquant(8).unwrap(), &[f32::MIN, f32::MAX]);
    assert!(matches!(wide, Err(QuantiseError::TooWide { .. })));
    // Only what maps to −1..1 takes twice the width.
    let symmetric = Quantizer::fit(Scheme::normal(8).unwrap(), &[1e38, -2e38]).unwrap();
    assert_eq!(encode(&symmetric, &[1e38, -2e38]).unwrap(), [63, 256 - 127]);
}

#[test]
fn large_weights_of_32_bits_keep_23_bits_of_themselves() {
    let weights = [1e6f32, -1e6, 123_456.78, 0.0];
    for scheme in schemes(32) {
        let quantizer = Quantizer::fit(scheme, &weights).unwrap();
        let values = decode(&quantizer, &encode(&quantizer, &weights).unwrap());
        assert!(weights.iter().zip(values).all(|(w, v)| (w - v).abs() <= 0.07), "{scheme}");
    }
}
