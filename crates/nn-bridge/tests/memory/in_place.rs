//! Check bits in place.

use flip_core::Rate;
use nn_bridge::Scheme;
use nn_bridge::memory::{Cells, Outcomes, ReadModel, Which};
use sram_model::Geometry;

use crate::scene::{chip, region, stored, tensor};

#[test]
fn seven_of_eight_weights_are_clamped_and_single_errors_are_gone() {
    for name in ["normal", "rquant"] {
        let scheme = Scheme::named(name, 8).unwrap();
        let tensors = [tensor("w", &[1000]), tensor("rest", &[3])];
        let (memory, image) = stored(&region("code = \"in-place\""), &tensors, &[scheme]);
        let (_, before) = stored(&region(""), &tensors, &[scheme]);
        assert_eq!(memory.regions()[0].cells(), 1003 * 8, "no more cells");
        let clamped = memory.make_room(&mut before.clone());
        let changed = (0..1000).filter(|&i| image.code(0, i) != before.code(0, i)).collect::<Vec<_>>();
        assert!(!changed.is_empty() && changed.iter().all(|i| i % 8 != 7), "{name}");
        assert_eq!((clamped.weights, clamped.candidates), (changed.len() as u64, 875), "{name}");
        assert_eq!(clamped.tensors, [("w".to_owned(), changed.len() as u64)]);
        let squares: f64 =
            image.decode(0).iter().zip(before.decode(0)).map(|(a, b)| f64::from(a - b).powi(2)).sum();
        assert!((clamped.squared_change - squares).abs() < 1e-9 * squares);
        for i in (0..1000).filter(|i| i % 8 != 7) {
            let code = image.code(0, i);
            let top = (code >> 7 & 1, code >> 6 & 1);
            assert_eq!(top.0 == top.1, name == "normal", "{name} {code:08b}");
        }
        // A second time nothing is left to clamp.
        assert_eq!(memory.make_room(&mut image.clone()).weights, 0);

        let map = chip(Geometry::new(1, 16, 512).unwrap(), 3, 2);
        let model = ReadModel { which: Which::Worst, seed: 0 };
        let read = memory.read(&image, &[Cells::Chip { map: &map, offset: 0 }], model, 0).unwrap();
        assert!(read.counts().words.corrected > 3, "{:?}", read.counts().words);
        // The rest of three weights has no check bits.
        let bare = 1000 * 8;
        let words = read.counts().words;
        let left: Vec<u64> = read.errors.iter().map(|(bit, _)| bit).filter(|&bit| bit < bare).collect();
        assert_eq!(left.is_empty(), words == Outcomes { corrected: words.corrected, ..Outcomes::default() });
    }
}

/// A wrong top bit takes the bit with it that is told from it; a wrong check bit that is not corrected harms nothing.
#[test]
fn what_is_not_corrected_is_read_as_hardware_reads_it() {
    let tensors = [tensor("w", &[1 << 16])];
    let (memory, image) = stored(&region("code = \"in-place\""), &tensors, &[Scheme::normal(8).unwrap()]);
    let cells = [Cells::Random { rate: Rate::new(0.02).unwrap(), seed: 1, fresh: false }];
    let read = memory.read(&image, &cells, ReadModel { which: Which::Sampled, seed: 0 }, 0).unwrap();
    let mut wrong = vec![0u32; 1 << 16];
    read.errors.iter().for_each(|(bit, _)| wrong[(bit / 8) as usize] |= 1 << (bit % 8));
    let constrained = wrong.iter().enumerate().filter(|(i, _)| i % 8 != 7);
    let (mut tops, mut others) = (0, 0);
    for (_, flips) in constrained {
        assert_eq!(flips >> 7 & 1, flips >> 6 & 1, "{flips:08b}");
        tops += flips >> 7 & 1;
        others += flips >> 5 & 1;
    }
    assert!(tops > 200 && (f64::from(tops) / f64::from(others) - 1.0).abs() < 0.3, "{tops} {others}");
    let expected_hit = 1.0 - 0.98f64.powi(64);
    let hit = read.counts().words.all() as f64 / 8192.0;
    assert!((hit - expected_hit).abs() < 0.03, "{hit}");
}
