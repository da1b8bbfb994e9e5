//! Codes against those of `NumPy`.

use nn_bridge::{Quantizer, Scheme};

/// Sums of codes as `NumPy` 2.4.6 gives them, which share nothing with this program: see `numpy_sums.py` beside this file.
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
