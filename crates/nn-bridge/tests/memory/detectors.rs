//! Minerva: single bits that are known to be wrong (Reagen et al., ISCA 2016).

use flip_core::Rate;
use nn_bridge::memory::{Cells, Read, ReadModel, Which};
use nn_bridge::{Damage, Scheme, Tensor, WeightImage};

use crate::scene::{region, stored};

/// Weights that are small but for some, as those of trained networks.
fn trained() -> Tensor {
    let values: Vec<f32> =
        (0..1 << 16).map(|i| (i as f32 * 0.37).sin().powi(7) * (i as f32 * 0.11).cos()).collect();
    Tensor::from_f32("w", vec![values.len()], &values).unwrap()
}

fn read(keys: &str, scheme: Scheme, rate: f64) -> (Read, WeightImage) {
    let (memory, image) = stored(&region(keys), &[trained()], &[scheme]);
    let cells = [Cells::Random { rate: Rate::new(rate).unwrap(), seed: 8, fresh: false }];
    let read = memory.read(&image, &cells, ReadModel { which: Which::Sampled, seed: 1 }, 0).unwrap();
    (read, image)
}

/// The sum of the changes of all weights.
fn change(read: &Read, image: &WeightImage) -> f64 {
    nn_bridge::changes(image, &read.errors)
        .iter()
        .flat_map(|changes| changes.clean.iter().zip(&changes.faulty))
        .map(|(clean, faulty)| f64::from((clean - faulty).abs()))
        .sum()
}

#[test]
fn masking_bits_costs_less_than_masking_words_and_both_less_than_nothing() {
    let scheme = Scheme::normal(8).unwrap();
    let (none, image) = read("", scheme, 0.01);
    let (words, _) = read("detector = { profile = {} }\non_detected = \"zero-weights\"", scheme, 0.01);
    let (bits, _) = read("detector = { profile = {} }\non_detected = \"mask-bits\"", scheme, 0.01);
    let [none_cost, words_cost, bits_cost] = [&none, &words, &bits].map(|read| change(read, &image));
    assert!(
        none_cost > 1.2 * words_cost && words_cost > 1.5 * bits_cost,
        "{none_cost} {words_cost} {bits_cost}"
    );
    // Words are masked where a bit is flagged: 7.73 % of words of eight bits at 1 %.
    let share = Damage::of(&image, &none.errors).changed_weights() as f64 / 65536.0;
    let hit = 1.0 - 0.99f64.powi(8);
    assert!((hit - 0.0773).abs() < 1e-4 && (share - hit).abs() < 0.006, "{share}");
}

#[test]
fn a_masked_bit_is_the_sign_and_a_flagged_sign_makes_the_weight_zero() {
    let (bits, image) =
        read("detector = { profile = {} }\non_detected = \"mask-bits\"", Scheme::normal(8).unwrap(), 0.02);
    let (plain, _) = read("", Scheme::normal(8).unwrap(), 0.02);
    let mut flagged = vec![0u32; 1 << 16];
    plain.errors.iter().for_each(|(bit, _)| flagged[(bit / 8) as usize] |= 1 << (bit % 8));
    let mut wrong = vec![0u32; 1 << 16];
    bits.errors.iter().for_each(|(bit, _)| wrong[(bit / 8) as usize] |= 1 << (bit % 8));
    for (element, (&flags, &flips)) in flagged.iter().zip(&wrong).enumerate() {
        let code = image.code(0, element);
        let sign = if code & 0x80 == 0 { 0 } else { 0xff };
        let expected = if flags & 0x80 != 0 { 0 } else { code & !flags | sign & flags };
        assert_eq!(code ^ flips, expected, "{code:08b} {flags:08b}");
        assert!(flags == 0 || flags & 0x80 != 0 || (code ^ sign) & flags != 0 || flips == 0);
    }
}

#[test]
fn codes_without_a_sign_read_as_the_code_nearest_to_zero() {
    let scheme = Scheme::rquant(8).unwrap();
    let (bits, image) = read("detector = { profile = {} }\non_detected = \"mask-bits\"", scheme, 0.01);
    let (words, _) = read("detector = { profile = {} }\non_detected = \"zero-weights\"", scheme, 0.01);
    assert_eq!(bits.errors, words.errors);
    let zero = image.zeros()[0].code;
    assert!(!image.zeros()[0].has_sign);
    let changed = nn_bridge::changes(&image, &words.errors);
    assert!(!changed[0].elements.is_empty());
    for (&element, &flips) in changed[0].elements.iter().zip(&changed[0].flips) {
        assert_eq!(image.code(0, element) ^ flips, zero);
    }
}

#[test]
fn a_detector_that_misses_or_cries_wolf_does_so_as_often_as_it_says() {
    let scheme = Scheme::normal(8).unwrap();
    let keys = |detection: f64, false_alarm: f64| {
        format!(
            "detector = {{ razor = {{ detection = {detection:?}, false_alarm = {false_alarm:?} }} }}\non_detected = \"reread\"\nword = 8"
        )
    };
    let (none, _) = read("", scheme, 0.01);
    let all = none.errors.count() as f64;
    let (half, _) = read(&keys(0.5, 0.0), scheme, 0.01);
    assert!((half.regions[0].flagged_bits as f64 - all / 2.0).abs() < 5.0 * (all / 4.0).sqrt());
    let (full, _) = read(&keys(1.0, 0.0), scheme, 0.01);
    assert_eq!((full.errors.count(), full.regions[0].flagged_bits), (0, none.errors.count()));
    let (wolf, _) = read(&keys(0.0, 0.001), scheme, 0.0);
    let alarms = 65536.0 * 8.0 * 0.001;
    assert!((wolf.regions[0].flagged_bits as f64 - alarms).abs() < 5.0 * f64::sqrt(alarms));
    assert!(wolf.regions[0].reread_words > 0 && wolf.errors.count() == 0);
}
