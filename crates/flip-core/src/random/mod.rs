//! Random bit errors: every bit is in error with the same probability p, independently of all others (the bit error
//! model of Stutz et al., MLSys 2021, section 3). An error inverts the bit.
//!
//! * [`PersistentErrors`]: one simulated chip. The same cells fail at each read, and what fails at p' ≤ p fails at p.
//! * [`TransientErrors`]: drawn anew for each read.
//!
//! Both address *cells*: a bit string that starts at cell `first_cell` gets the errors of the cells it lies on, so a
//! string may be worked on in pieces, in any order, by any number of threads. With [`ProtectedBits`](crate::ProtectedBits) cell 0 is bit 0
//! of a code.
//!
//! # How exact
//! * Transient errors below p = 1/64 come from Poisson counts, by inversion of a table in f64: tails are good to 2⁻⁶⁴
//!   absolute and about 10⁻¹² relative. From 1/64 on they come from nibbles whose probabilities are right to about 10⁻¹⁴.
//! * A persistent chip draws arrivals with Poisson counts of the same kind and thins them by times of 44 bits within a
//!   slab of time, which limits the relative error of p to 10⁻¹⁰ at p = 10⁻⁹ and to less above. From p = 1/64 on each
//!   cell compares a uniform number of 64 bits.
//! * p = 0 and p = 1 are exact.
//!
//! `tests/statistics.rs` compares 10⁹ cells at each of seven rates with independent ones, by counts, positions, gaps,
//! patterns and pairs, and the counts of 2³⁸ cells at rates down to 10⁻⁹.
//!
//! The streams are version [`STREAM_VERSION`]; the same seed gives the same errors for as long as it stays.

mod arrivals;
mod collect;
mod fetched;
mod nibbles;
mod persistent;
mod pieces;
mod poisson;
mod transient;

pub use persistent::PersistentErrors;
pub use transient::TransientErrors;

/// Version of the random streams: it changes when the same seed begins to give other errors.
pub const STREAM_VERSION: u32 = 3;

#[cfg(test)]
mod tests {
    use super::pieces::PIECE_CELLS;
    use super::*;
    use crate::bits::{Bits, BitsMut, bytes_for};
    use crate::position::ProtectedBits;
    use crate::rate::Rate;
    use crate::width::BitWidth;
    use proptest::prelude::*;

    /// Rates on each path and at its ends.
    const RATES: [f64; 13] =
        [0.0, 1e-9, 1e-4, 0.000_488, 0.000_489, 0.000_6, 0.003, 0.01, 0.015_624, 0.015_626, 0.2, 0.5, 1.0];

    /// Both models as one function: rate, bits, first cell.
    type Inject = Box<dyn Fn(Rate, &mut BitsMut<'_>, u64)>;

    fn models(protected: Option<&ProtectedBits>) -> [(&'static str, Inject); 2] {
        let mut persistent = PersistentErrors::new(42);
        let guard = protected.cloned();
        let transient = move |rate| {
            let errors = TransientErrors::new(42, rate);
            guard.iter().fold(errors, |errors, guard| errors.protecting(guard.clone()))
        };
        if let Some(protected) = protected {
            persistent = persistent.protecting(protected.clone());
        }
        [
            ("persistent", Box::new(move |rate, bits, cell| persistent.inject(rate, bits, cell))),
            ("transient", Box::new(move |rate, bits, cell| transient(rate).inject(7, bits, cell))),
        ]
    }

    fn flips(inject: &Inject, p: f64, first_cell: u64, len_bits: u64) -> Vec<u8> {
        let mut bytes = vec![0u8; bytes_for(len_bits) as usize];
        inject(Rate::new(p).unwrap(), &mut BitsMut::with_len(&mut bytes, len_bits).unwrap(), first_cell);
        bytes
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
        #[test]
        #[cfg_attr(miri, ignore = "takes hours under Miri")]
        fn a_string_worked_on_in_pieces_gets_the_same_errors(
            first_cell in 0u64..10_000_000, len in 1u64..300_000, cut: prop::sample::Index, rate in 0..RATES.len(),
        ) {
            let cut = cut.index(len as usize) as u64;
            for (name, inject) in models(None) {
                let whole = flips(&inject, RATES[rate], first_cell, len);
                let pieces = [flips(&inject, RATES[rate], first_cell, cut), flips(&inject, RATES[rate], first_cell + cut, len - cut)];
                let whole = Bits::with_len(&whole, len).unwrap();
                for i in 0..len {
                    let piece = if i < cut { Bits::new(&pieces[0]).get(i) } else { Bits::new(&pieces[1]).get(i - cut) };
                    prop_assert_eq!(whole.get(i), piece, "{} bit {}", name, i);
                }
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn any_number_of_threads_gives_the_same_errors() {
        for p in [1e-4, 0.003, 0.01, 0.1] {
            let rate = Rate::new(p).unwrap();
            let inject = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                // Enough bytes to be shared out, and a last piece that is not whole.
                let mut bytes = vec![0u8; (9 << 20) + 12_345];
                let (persistent, transient) = (PersistentErrors::new(5), TransientErrors::new(6, rate));
                // Once from a byte of cells on, once from within one.
                let cells = [80_000, 80_003];
                pool.install(|| {
                    for cell in cells {
                        let mut bits = BitsMut::new(&mut bytes);
                        persistent.inject(rate, &mut bits, cell);
                        transient.inject(1, &mut bits, cell);
                    }
                    let mut restored = bytes.clone();
                    let mut bits = BitsMut::new(&mut restored);
                    for cell in cells {
                        let len = bits.len_bits();
                        persistent.mask(rate, cell, len).apply(&mut bits).unwrap();
                        transient.mask(1, cell, len).apply(&mut bits).unwrap();
                    }
                    assert!(restored.iter().all(|&byte| byte == 0), "masks of {threads} threads at {p}");
                });
                bytes
            };
            let alone = inject(1);
            assert!([2, 3, 7].into_iter().all(|threads| inject(threads) == alone), "{p}");
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn injecting_twice_restores_the_bits_and_spare_bits_are_untouched() {
        for (name, inject) in models(None) {
            for p in RATES {
                let mut bytes = vec![0xa5u8; 20_000];
                let len = bytes.len() as u64 * 8 - 5;
                let rate = Rate::new(p).unwrap();
                inject(rate, &mut BitsMut::with_len(&mut bytes, len).unwrap(), 1000);
                assert_eq!(bytes.last().unwrap() >> 3, 0xa5 >> 3, "{name} {p}");
                assert_eq!(bytes.iter().all(|&b| b == 0xa5), p < 1e-6, "{name} {p}");
                inject(rate, &mut BitsMut::with_len(&mut bytes, len).unwrap(), 1000);
                assert!(bytes.iter().all(|&b| b == 0xa5), "{name} {p}");
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn protected_bits_never_fail_and_the_others_fail_as_before() {
        for width in BitWidth::ALL {
            let protected = ProtectedBits::most_significant(width, 1);
            let len = 100_000;
            for ((name, open), (_, guarded)) in models(None).into_iter().zip(models(Some(&protected))) {
                for p in RATES {
                    let (open, guarded) = (flips(&open, p, 0, len), flips(&guarded, p, 0, len));
                    let (open, guarded) = (Bits::new(&open), Bits::new(&guarded));
                    let agree = |i: u64| guarded.get(i) == (open.get(i) && !protected.contains(i));
                    assert!((0..len).all(agree), "{name} {p} width {width}");
                }
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn the_mask_holds_just_the_errors() {
        let (first_cell, len) = (123_456, PIECE_CELLS + 77_777);
        for p in RATES {
            let rate = Rate::new(p).unwrap();
            let guard = ProtectedBits::most_significant(BitWidth::new(5).unwrap(), 2);
            let (persistent, transient) = (PersistentErrors::new(42), TransientErrors::new(42, rate));
            let masks = [persistent.mask(rate, first_cell, len), transient.mask(7, first_cell, len)];
            let guarded = [
                persistent.protecting(guard.clone()).mask(rate, first_cell, len),
                transient.protecting(guard.clone()).mask(7, first_cell, len),
            ];
            let open = models(None).into_iter().zip(masks);
            for ((name, inject), mask) in open.chain(models(Some(&guard)).into_iter().zip(guarded)) {
                let mut bytes = flips(&inject, p, first_cell, len);
                let mut bits = BitsMut::with_len(&mut bytes, len).unwrap();
                assert_eq!(mask.count(), bits.as_bits().count_ones(), "{name} {p}");
                mask.apply(&mut bits).unwrap();
                assert_eq!(bits.as_bits().count_ones(), 0, "{name} {p}");
            }
        }
    }

    #[test]
    #[cfg_attr(miri, ignore = "takes hours under Miri")]
    fn streams_are_pinned() {
        // FNV-1a over the flips of 50,000 cells at each rate. A change here is a new STREAM_VERSION and a line in the
        // changelog.
        let pinned: Vec<u64> = models(None)
            .iter()
            .map(|(_, inject)| {
                let bytes = RATES.iter().flat_map(|&p| flips(inject, p, 70_000, 50_000));
                bytes.fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
            })
            .collect();
        assert_eq!(
            (STREAM_VERSION, pinned),
            (3, vec![14_738_092_670_507_808_821, 17_596_265_977_427_103_914])
        );
    }

    #[test]
    fn every_path_restores_a_short_string_and_keeps_to_it() {
        for (name, inject) in models(None) {
            for p in RATES {
                let mut bytes = [0x3cu8; 300];
                let rate = Rate::new(p).unwrap();
                let run = |bytes: &mut [u8; 300]| {
                    inject(rate, &mut BitsMut::with_len(&mut bytes[3..], 2371).unwrap(), 70_001);
                };
                run(&mut bytes);
                assert_eq!((&bytes[..3], bytes[299] >> 3), (&[0x3c; 3][..], 0x3c >> 3), "{name} {p}");
                let changed = bytes[3..] != [0x3c; 297];
                assert!(if changed { p > 1e-6 } else { p < 0.01 }, "{name} {p}");
                run(&mut bytes);
                assert_eq!(bytes, [0x3c; 300], "{name} {p}");
            }
        }
    }
}
