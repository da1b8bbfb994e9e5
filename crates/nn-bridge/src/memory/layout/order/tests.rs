//! The laws of all orders, and what single ones are.

use proptest::prelude::*;

use super::super::spec::LayoutSpec;
use super::*;

fn order(text: &str) -> Order {
    text.parse::<LayoutSpec>().unwrap().order
}

fn of(text: &str, rows: u64, columns: u64, planes: u32) -> PartOrder {
    order(text).of(Part::new(rows, columns, planes).unwrap()).unwrap()
}

/// Each choice of both lists by its example, and some more.
fn orders() -> impl Strategy<Value = Order> {
    let examples = |examples: Vec<&'static str>| {
        let word = prop::sample::select(examples).prop_map(str::to_owned);
        prop_oneof![Just("linear".to_owned()), word]
    };
    let elements = prop_oneof![
        2 => examples(ElementOrder::examples().collect()),
        1 => (1u32..8, 1u32..8).prop_map(|(rows, columns)| format!("tile:{rows}x{columns}")),
        1 => any::<u64>().prop_map(|seed| format!("permute:{seed}")),
    ];
    let bits = prop_oneof![
        2 => examples(BitOrder::examples().collect()),
        1 => (1u32..20).prop_map(|word| format!("padded:{word}")),
    ];
    (elements, bits)
        .prop_map(|(elements, bits)| Order { elements: order(&elements).elements, bits: order(&bits).bits })
}

proptest! {
    #[test]
    fn every_order_is_given_both_ways(order in orders(), rows in 0u64..24, columns in 0u64..24, planes in 1u32..9) {
        let part = Part::new(rows, columns, planes).unwrap();
        let Ok(map) = order.of(part) else {
            let Order { bits: BitOrder::Padded(Padded { word }), .. } = order else { panic!("refused: {order:?}") };
            prop_assert!(word.get() < planes);
            return Ok(());
        };
        let mut found = vec![None; map.len_bits() as usize];
        for (element, plane) in (0..part.elements()).flat_map(|e| (0..planes).map(move |p| (e, p))) {
            let offset = map.offset(element, plane).unwrap();
            prop_assert!(offset < map.len_bits());
            prop_assert_eq!(found[offset as usize].replace((element, plane)), None);
        }
        for (offset, found) in (0..).zip(&found) {
            prop_assert_eq!(map.at(offset), *found);
        }
        for outside in [map.len_bits(), map.len_bits() + 1, u64::MAX] {
            prop_assert_eq!(map.at(outside), None);
        }
        prop_assert_eq!(map.offset(part.elements(), 0), None);
        prop_assert_eq!(map.offset(0, planes), None);
        // Only padding makes a part longer.
        if !matches!(order.bits, BitOrder::Padded(_)) {
            prop_assert_eq!(map.len_bits(), part.elements() * u64::from(planes));
        }
    }

    #[test]
    fn every_order_of_a_huge_part_is_given_both_ways(order in orders(), element in 0..Part::MAX_ELEMENTS, plane in 0u32..8) {
        for (rows, columns) in [(1, 1 << 40), (1 << 40, 1), (1 << 20, 1 << 20), (1_048_573, 1_048_571)] {
            let part = Part::new(rows, columns, 8).unwrap();
            let Ok(map) = order.of(part) else { return Ok(()) };
            let element = element % part.elements();
            let offset = map.offset(element, plane).unwrap();
            prop_assert!(offset < map.len_bits());
            prop_assert_eq!(map.at(offset), Some((element, plane)));
        }
    }

    #[test]
    fn tiles_are_those_of_a_loop(rows in 0u64..20, columns in 0u64..20, high in 1u64..8, wide in 1u64..30) {
        let map = of(&format!("tile:{high}x{wide}"), rows, columns, 1);
        let mut place = 0;
        for top in (0..rows).step_by(high as usize) {
            for left in (0..columns).step_by(wide as usize) {
                for row in top..rows.min(top + high) {
                    for column in left..columns.min(left + wide) {
                        prop_assert_eq!(map.offset(row * columns + column, 0), Some(place));
                        place += 1;
                    }
                }
            }
        }
        prop_assert_eq!(place, map.len_bits());
    }
}

#[test]
fn the_default_is_the_image() {
    let map = of("linear", 3, 5, 4);
    assert!((0..60).all(|bit| map.at(bit) == Some((bit / 4, (bit % 4) as u32))));
}

#[test]
fn the_order_of_bits_as_a_picture() {
    let picture = |text: &str| -> String {
        let map = of(text, 1, 3, 2);
        let names = (0..map.len_bits()).map(|offset| match map.at(offset) {
            Some((element, plane)) => format!("{}{plane}", ["a", "b", "c"][element as usize]),
            None => "--".to_owned(),
        });
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(picture("linear"), "a0 a1 b0 b1 c0 c1");
    assert_eq!(picture("bit-plane"), "a0 b0 c0 a1 b1 c1");
    assert_eq!(picture("padded:5"), "a0 a1 b0 b1 -- c0 c1 -- -- --");
    assert_eq!(picture("padded:3"), "a0 a1 -- b0 b1 -- c0 c1 --");
}

#[test]
fn padded_words_that_hold_no_element_are_refused() {
    let refused = order("padded:7").of(Part::new(2, 2, 8).unwrap()).unwrap_err();
    assert_eq!(refused, LayoutError::Padding { word: 7, planes: 8 });
    assert!(refused.to_string().contains("at least 8 bits"));
}

mod permutation {
    use super::*;

    fn permuted(seed: u64, elements: u64) -> Vec<u64> {
        let map = of(&format!("permute:{seed}"), 1, elements, 1);
        (0..elements).filter_map(|element| map.offset(element, 0)).collect()
    }

    #[test]
    fn it_is_pinned() {
        // Computed apart from this code, from its description.
        assert_eq!(permuted(7, 10), [6, 1, 3, 5, 4, 2, 7, 8, 0, 9]);
        let map = of("permute:7", 1 << 20, 1 << 20, 1);
        assert_eq!(
            [0, 1, 1 << 39, (1 << 40) - 1].map(|element| map.offset(element, 0)),
            [Some(225_889_786_621), Some(382_478_102_814), Some(265_692_033_435), Some(348_311_737_099)]
        );
    }

    #[test]
    fn it_is_one_for_every_number_and_seed() {
        for elements in 0..300 {
            for seed in [0, 1, 7, u64::MAX] {
                let mut sorted = permuted(seed, elements);
                sorted.sort_unstable();
                assert!(sorted.into_iter().eq(0..elements), "{elements} elements, seed {seed}");
            }
        }
    }

    /// Over many seeds, each element of few goes to each place as often: chi-square of a table with fixed margins.
    #[test]
    fn every_place_is_as_likely() {
        for elements in [2usize, 3, 5, 12, 16, 31] {
            let seeds = 4000;
            let mut counts = vec![0u32; elements * elements];
            for seed in 0..seeds {
                for (element, place) in permuted(seed, elements as u64).into_iter().enumerate() {
                    counts[element * elements + place as usize] += 1;
                }
            }
            let expected = seeds as f64 / elements as f64;
            let chi2: f64 = counts.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
            // Of a uniform permutation the sum is n times chi-square of (n − 1)^2 degrees, by n − 1.
            let degrees = ((elements - 1) * (elements - 1)) as f64;
            let scaled = chi2 * (elements as f64 - 1.0) / elements as f64;
            let most = degrees + 5.0 * (2.0 * degrees).sqrt();
            assert!(scaled < most, "{elements} elements: {scaled:.1} of at most {most:.1}");
        }
    }

    /// Neighbours land anywhere: (place of e, place of e + 1) over a grid of 16 x 16 fields, and displacements as wide as by chance.
    #[test]
    fn neighbours_part() {
        for elements in [4_096u64, 5_000, 65_535, 65_536, 100_003, 1 << 20] {
            let places = permuted(7, elements);
            let field = |place: u64| (place * 16 / elements) as usize;
            let mut counts = [0u32; 256];
            for pair in places.windows(2) {
                counts[field(pair[0]) * 16 + field(pair[1])] += 1;
            }
            let expected = (elements - 1) as f64 / 256.0;
            let chi2: f64 = counts.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
            assert!((110.0..370.0).contains(&chi2), "{elements} elements: {chi2:.1}, expected about 240");
            let moved: f64 = (0..).zip(&places).map(|(e, &place)| f64::from(place.abs_diff(e) as u32)).sum();
            let mean = moved / (elements as f64).powi(2);
            assert!(
                (mean - 1.0 / 3.0).abs() < 0.02,
                "{elements} elements move by {mean:.3} of all, expected 1/3"
            );
            let fixed = (0..).zip(&places).filter(|&(e, &place)| place == e).count();
            assert!(fixed < 8, "{fixed} of {elements} elements stay");
        }
    }

    #[test]
    fn seeds_and_sizes_make_unlike_ones() {
        let alike = |a: &[u64], b: &[u64]| a.iter().zip(b).filter(|(a, b)| a == b).count();
        let base = permuted(7, 1000);
        assert!(alike(&base, &permuted(8, 1000)) < 12);
        assert!(alike(&base, &permuted(7, 1001)) < 12);
    }
}
