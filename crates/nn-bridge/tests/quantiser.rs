//! Codes and values against a second writing of the paper's arithmetic, number by number as Python and `NumPy` compute: what there is
//! one of for a tensor in float64, what there is for each weight in float32, or in float64 for codes of 32 bits.

#![expect(clippy::manual_midpoint, reason = "the arithmetic is the point, step by step")]

use nn_bridge::{QuantiseError, Quantizer, Scheme};
use proptest::prelude::*;

const BITS: [u32; 9] = [2, 3, 4, 5, 6, 7, 8, 16, 32];

/// A scheme's switches.
#[derive(Clone, Copy, Debug)]
struct Switches {
    bits: u32,
    asymmetric: bool,
    unsigned: bool,
    rounded: bool,
    /// ±this for all tensors.
    range: Option<f64>,
    clip: Option<f64>,
}

impl Switches {
    /// All of one width.
    fn all(bits: u32, range: f64, clip: f64) -> impl Iterator<Item = Self> {
        (0..32).map(move |number: u32| Self {
            bits,
            asymmetric: number & 1 > 0,
            unsigned: number & 2 > 0,
            rounded: number & 4 > 0,
            range: (number & 8 > 0).then_some(range),
            clip: (number & 16 > 0).then_some(clip),
        })
    }

    fn scheme(&self) -> Scheme {
        let switch = |on: bool, name: &str| if on { format!("+{name}") } else { String::new() };
        let name = format!(
            "normal{}{}{}",
            switch(self.asymmetric, "asymmetric"),
            switch(self.unsigned, "unsigned"),
            switch(self.rounded, "rounded")
        );
        let scheme = Scheme::named(&name, self.bits).unwrap();
        let scheme = self.range.map_or(scheme, |range| scheme.with_global_range(range).unwrap());
        self.clip.map_or(scheme, |clip| scheme.clipped(clip).unwrap())
    }
}

/// The oracle: what Python's numbers are before they meet a tensor.
struct Oracle {
    switches: Switches,
    /// Ends of the range.
    lo: f64,
    hi: f64,
    delta: f64,
}

impl Oracle {
    fn of(switches: Switches, weights: &[f32]) -> Self {
        let clipped: Vec<f64> = weights.iter().map(|&w| f64::from(clip(switches, w))).collect();
        let most = clipped.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let least = clipped.iter().copied().fold(f64::INFINITY, f64::min);
        let greatest = weights.iter().map(|&w| f64::from(w).abs()).fold(0.0, f64::max);
        let steps = 2f64.powi(switches.bits as i32 - 1) - 1.0;
        let (lo, hi, delta) = match (switches.asymmetric, switches.range) {
            (false, Some(range)) => (-range, range, (range + 0.001) / steps),
            (true, Some(range)) => (-range, range, (1.0 + 0.001) / steps),
            (true, None) => (least, most, (1.0 + 0.001) / steps),
            (false, None) => {
                let range = (greatest + 0.001).min(switches.clip.unwrap_or(f64::INFINITY));
                (-range, range, range / steps)
            }
        };
        Self { switches, lo, hi, delta }
    }

    fn code(&self, weight: f32) -> u32 {
        let Switches { bits, unsigned, rounded, .. } = self.switches;
        let weight = clip(self.switches, weight);
        let steps = if bits == 32 { self.steps64(weight) } else { f64::from(self.steps32(weight)) };
        let most = 2f64.powi(bits as i32 - 1) - 1.0;
        let steps = match (unsigned, bits) {
            (false, 32) => steps.clamp(-most, most),
            (false, _) => steps,
            // The sum is a float32, too.
            (true, 32) => (steps.clamp(-most, most) + most + 1.0).min(2.0 * most + 1.0),
            (true, _) => f64::from((steps as f32 + (most + 1.0) as f32).min((2.0 * most + 1.0) as f32)),
        };
        let whole = if rounded { half_to_even(steps) } else { toward_zero(steps) };
        (whole as u64 & ((1 << bits) - 1)) as u32
    }

    fn steps32(&self, weight: f32) -> f32 {
        let delta = self.delta as f32;
        if !self.switches.asymmetric {
            return weight / delta;
        }
        let (lo, width) = (self.lo as f32, (self.hi - self.lo) as f32);
        let x = if width == 0.0 { 0.0 } else { (weight - lo) / width * 2.0 - 1.0 };
        x / delta
    }

    fn steps64(&self, weight: f32) -> f64 {
        if !self.switches.asymmetric {
            return f64::from(weight) / self.delta;
        }
        // Ends of a range are those of tensors, float32.
        let (lo, hi) = (f64::from(self.lo as f32), f64::from(self.hi as f32));
        let x = if hi == lo { 0.0 } else { (f64::from(weight) - lo) / (hi - lo) * 2.0 - 1.0 };
        x / self.delta
    }

    fn value(&self, code: u32) -> f32 {
        let Switches { bits, unsigned, asymmetric, .. } = self.switches;
        let half = 1i64 << (bits - 1);
        let number =
            if unsigned || i64::from(code) < half { i64::from(code) } else { i64::from(code) - 2 * half };
        let number = if unsigned { number - half } else { number };
        let (lo, hi) = (self.lo as f32, self.hi as f32);
        if bits == 32 {
            let (lo, hi) = (f64::from(lo), f64::from(hi));
            let value = number as f64 * self.delta;
            let value =
                if asymmetric { (value.clamp(-1.0, 1.0) + 1.0) / 2.0 * (hi - lo) + lo } else { value };
            return value.clamp(lo, hi) as f32;
        }
        let value = number as f32 * self.delta as f32;
        let value = if asymmetric { (value.clamp(-1.0, 1.0) + 1.0) / 2.0 * (hi - lo) + lo } else { value };
        value.clamp(lo, hi)
    }
}

/// A tensor is clipped in float32.
fn clip(switches: Switches, weight: f32) -> f32 {
    let limit = switches.clip.unwrap_or(f64::INFINITY) as f32;
    weight.max(-limit).min(limit)
}

fn toward_zero(x: f64) -> i64 {
    if x < 0.0 { -((-x).floor() as i64) } else { x.floor() as i64 }
}

fn half_to_even(x: f64) -> i64 {
    let below = x.floor();
    match x - below {
        rest if rest < 0.5 => below as i64,
        rest if rest > 0.5 => below as i64 + 1,
        _ => below as i64 + (below as i64).rem_euclid(2),
    }
}

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

/// Sums of codes as `NumPy` 2.4.6 gives them, which share nothing with this program: see `quantiser.py` beside this file.
#[test]
fn codes_are_those_of_numpy() {
    let weights: Vec<f32> = (0u64..50_000)
        .map(|i| ((i.wrapping_mul(2_654_435_761) % (1 << 32)) as f64 / 4_294_967_296.0 * 0.7 - 0.3) as f32)
        .collect();
    for (name, bits, clip, expected) in NUMPY {
        let scheme = Scheme::named(name, bits).unwrap();
        let scheme = clip.map_or(scheme, |clip| scheme.clipped(clip).unwrap());
        let quantizer = Quantizer::fit(scheme, &weights).unwrap();
        let mut codes = vec![0; weights.len()];
        quantizer.encode(0, &weights, &mut codes).unwrap();
        let sum = (1u64..)
            .zip(&codes)
            .fold(0u64, |sum, (i, &code)| sum.wrapping_add(i.wrapping_mul(u64::from(code))));
        assert_eq!(sum, expected, "{name}, {bits} bits, clipped to {clip:?}");
    }
}

const NUMPY: [(&str, u32, Option<f64>, u64); 60] = [
    ("normal", 2, None, 0),
    ("normal", 2, Some(0.1), 1_607_090_782),
    ("normal", 4, None, 7_927_963_402),
    ("normal", 4, Some(0.1), 9_413_215_977),
    ("normal", 8, None, 155_405_289_003),
    ("normal", 8, Some(0.1), 159_469_534_154),
    ("normal", 16, None, 40_215_739_237_714),
    ("normal", 16, Some(0.1), 40_959_667_745_576),
    ("normal", 32, None, 2_635_594_759_381_505_562),
    ("normal", 32, Some(0.1), 2_684_344_490_479_071_937),
    ("normal+rounded", 2, None, 889_407_548),
    ("normal+rounded", 2, Some(0.1), 1_964_175_673),
    ("normal+rounded", 4, None, 8_847_204_111),
    ("normal+rounded", 4, Some(0.1), 9_617_105_514),
    ("normal+rounded", 8, None, 156_208_020_625),
    ("normal+rounded", 8, Some(0.1), 159_640_388_951),
    ("normal+rounded", 16, None, 40_215_828_648_772),
    ("normal+rounded", 16, Some(0.1), 40_959_667_785_291),
    ("normal+rounded", 32, None, 2_635_594_759_470_946_399),
    ("normal+rounded", 32, Some(0.1), 2_684_344_490_478_979_191),
    ("normal+unsigned", 2, None, 1_964_350_230),
    ("normal+unsigned", 2, Some(0.1), 2_500_057_375),
    ("normal+unsigned", 4, None, 10_458_061_472),
    ("normal+unsigned", 4, Some(0.1), 11_071_749_494),
    ("normal+unsigned", 8, None, 179_177_679_232),
    ("normal+unsigned", 8, Some(0.1), 182_506_169_431),
    ("normal+unsigned", 16, None, 46_068_405_163_450),
    ("normal+unsigned", 16, Some(0.1), 46_812_331_820_284),
    ("normal+unsigned", 32, None, 3_019_190_013_312_283_872),
    ("normal+unsigned", 32, Some(0.1), 3_067_939_744_766_978_126),
    ("normal+asymmetric", 2, None, 0),
    ("normal+asymmetric", 2, Some(0.1), 0),
    ("normal+asymmetric", 4, None, 8_569_529_526),
    ("normal+asymmetric", 4, Some(0.1), 9_234_099_664),
    ("normal+asymmetric", 8, None, 158_749_233_097),
    ("normal+asymmetric", 8, Some(0.1), 159_291_132_479),
    ("normal+asymmetric", 16, None, 40_958_811_515_937),
    ("normal+asymmetric", 16, Some(0.1), 40_953_774_141_456),
    ("normal+asymmetric", 32, None, 2_684_470_166_896_341_006),
    ("normal+asymmetric", 32, Some(0.1), 2_683_961_342_005_679_722),
    ("rquant", 2, None, 2_500_056_581),
    ("rquant", 2, Some(0.1), 2_678_689_471),
    ("rquant", 4, None, 10_000_602_405),
    ("rquant", 4, Some(0.1), 11_250_363_526),
    ("rquant", 8, None, 160_010_470_932),
    ("rquant", 8, Some(0.1), 182_684_888_148),
    ("rquant", 16, None, 40_962_673_058_045),
    ("rquant", 16, Some(0.1), 46_806_973_429_344),
    ("rquant", 32, None, 2_684_529_609_244_863_021),
    ("rquant", 32, Some(0.1), 3_067_556_596_650_521_552),
    ("global", 2, None, 0),
    ("global", 2, Some(0.1), 0),
    ("global", 4, None, 4_842_897_603),
    ("global", 4, Some(0.1), 0),
    ("global", 8, None, 141_379_320_418),
    ("global", 8, Some(0.1), 135_680_331_475),
    ("global", 16, None, 37_148_172_871_812),
    ("global", 16, Some(0.1), 35_686_538_977_410),
    ("global", 32, None, 2_434_921_246_463_959_506),
    ("global", 32, Some(0.1), 2_339_127_828_134_549_632),
];
