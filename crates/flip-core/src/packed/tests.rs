use super::*;
use crate::oracle;
use crate::stream::{Purpose, Stream};
use proptest::prelude::*;

fn widths() -> impl Strategy<Value = BitWidth> {
    prop::sample::select(BitWidth::ALL.to_vec())
}

proptest! {
    #[test]
    fn codes_lie_lsb_first_with_no_gap(width in widths(), raw in prop::collection::vec(any::<u32>(), 0..50)) {
        let codes: Vec<u32> = raw.iter().map(|c| c & width.max_code()).collect();
        let bits: Vec<bool> =
            codes.iter().flat_map(|c| (0..width.bits()).map(move |k| c >> k & 1 == 1)).collect();
        let packed = PackedInts::from_codes(width, &codes).unwrap();
        prop_assert_eq!(packed.as_bytes(), &oracle::to_bytes(&bits)[..]);
        prop_assert_eq!(packed.iter().collect::<Vec<_>>(), codes.clone());
        let again = PackedInts::from_bytes(width, codes.len(), packed.as_bytes().to_vec()).unwrap();
        prop_assert_eq!(again, packed);
    }

    #[test]
    fn writing_leaves_the_neighbours(width in widths(), index in 0usize..20, code: u32) {
        let ones = vec![width.max_code(); 20];
        let mut packed = PackedInts::from_codes(width, &ones).unwrap();
        let code = code & width.max_code();
        packed.write(index, &[code]).unwrap();
        for i in 0..20 {
            prop_assert_eq!(packed.get(i), Some(if i == index { code } else { width.max_code() }));
        }
        prop_assert_eq!(packed.get(20), None);
    }
}

#[test]
fn many_codes_are_read_and_written_as_one_by_one() {
    let mut stream = Stream::new(1, Purpose::named("packed test"), 0);
    for width in BitWidth::ALL {
        for (len, first, count) in
            [(400, 0, 400), (400, 3, 397), (301, 5, 200), (77, 70, 7), (77, 77, 0), (9, 1, 8)]
        {
            let mut next = || stream.next_u64() as u32 & width.max_code();
            let before: Vec<u32> = (0..len).map(|_| next()).collect();
            let codes: Vec<u32> = (0..count).map(|_| next()).collect();
            let mut expected = before.clone();
            expected[first..first + count].copy_from_slice(&codes);

            for kernel in Kernel::available() {
                let mut packed = PackedInts::zeros(width, len);
                before.iter().enumerate().for_each(|(index, &code)| packed.store(index, code));
                packed.write_with(kernel, first, &codes).unwrap();
                let found: Vec<u32> = packed.iter().collect();
                assert_eq!(found, expected, "{kernel}, {width} bits, {count} from {first}");
                let mut read = vec![u32::MAX; count];
                packed.read_with(kernel, first, &mut read);
                assert_eq!(read, codes, "{kernel}, {width} bits, {count} from {first}");
            }
        }
    }
}

#[test]
fn codes_beyond_the_end_of_all_numbers_are_refused() {
    let width = BitWidth::new(8).unwrap();
    let refused = |run: fn(&mut PackedInts)| {
        let mut packed = PackedInts::zeros(BitWidth::new(8).unwrap(), 3);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(&mut packed))).is_err()
    };
    assert!(refused(|packed| packed.read(usize::MAX, &mut [0])));
    assert!(refused(|packed| assert!(packed.write(usize::MAX, &[0]).is_ok())));
    assert!(refused(|packed| assert!(packed.write(2, &[0, 0]).is_ok())));
    assert!(std::panic::catch_unwind(|| PackedInts::zeros(width, usize::MAX)).is_err());
}

#[test]
fn a_code_that_does_not_fit_is_an_error_with_its_index() {
    let width = BitWidth::new(3).unwrap();
    let error = PackedInts::from_codes(width, &[7, 8]).unwrap_err();
    assert_eq!(error, CodeError { index: 1, code: 8, bits: 3, max: 7 });
}

#[test]
fn spare_bits_of_foreign_bytes_are_cleared() {
    assert!(PackedInts::from_bytes(BitWidth::new(32).unwrap(), 1 << 59, vec![]).is_err());
    let width = BitWidth::new(3).unwrap();
    let packed = PackedInts::from_bytes(width, 1, vec![0xff]).unwrap();
    assert_eq!(packed.as_bytes(), [0b111]);
    assert!(PackedInts::from_bytes(width, 3, vec![0]).is_err());
}
