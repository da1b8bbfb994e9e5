use super::apply::CACHED_BITS;
use super::*;

#[test]
fn faults_come_back_sorted() {
    let faults = [(9, FaultKind::ReadsZero), (3, FaultKind::Inverts), (5, FaultKind::ReadsOne)];
    let mask = SparseMask::from_faults(10, faults).unwrap();
    let mut sorted = faults;
    sorted.sort_unstable();
    assert_eq!(mask.iter().collect::<Vec<_>>(), sorted);
}

#[test]
#[cfg_attr(miri, ignore = "takes hours under Miri")]
fn long_masks_of_every_density_read_as_their_faults_say() {
    let len_bits = CACHED_BITS + 8 * 1000;
    for gap in [300, 1000, 4000] {
        let faults: Vec<(u64, FaultKind)> =
            (0..len_bits / gap).map(|k| (k * gap + k % 7, FaultKind::ALL[(k % 3) as usize])).collect();
        let mask = SparseMask::from_faults(len_bits, faults.iter().copied()).unwrap();
        let clean = vec![0x5au8; (len_bits / 8) as usize];
        let mut expected = clean.clone();
        for (position, kind) in faults {
            let (byte, bit) = (&mut expected[(position / 8) as usize], position % 8);
            let read = kind.reads(*byte >> bit & 1 == 1);
            *byte = *byte & !(1 << bit) | u8::from(read) << bit;
        }
        for kernel in Kernel::available() {
            let mut bytes = clean.clone();
            mask.apply_with(kernel, &mut BitsMut::new(&mut bytes), 0).unwrap();
            assert!(bytes == expected, "gap {gap}, {kernel}");
        }
    }
}

#[test]
fn a_step_leads_from_one_read_to_the_other_and_back() {
    let clean: Vec<u8> = (0..2000u32).map(|i| ((i * 73) >> 3) as u8).collect();
    let len_bits = clean.len() as u64 * 8;
    let kind = |position: u64| FaultKind::ALL[(position % 3) as usize];
    // Some cells fail in both, some in one only, some with another kind.
    let read = |every: u64, shift: u64| {
        let cells = (0..len_bits).filter(|position| position % every == 0);
        let mask =
            SparseMask::from_faults(len_bits, cells.map(|position| (position, kind(position + shift))));
        let errors = mask.unwrap().bit_errors(Bits::new(&clean)).unwrap();
        let mut bytes = clean.clone();
        errors.apply(&mut BitsMut::new(&mut bytes)).unwrap();
        (errors, bytes)
    };
    let ((high, at_high), (low, at_low)) = (read(30, 0), read(12, 1));
    let step = high.step_to(&low).unwrap();
    assert_eq!(Ok(step.count()), Bits::new(&at_high).hamming(Bits::new(&at_low)));
    let mut bytes = at_high.clone();
    step.apply(&mut BitsMut::new(&mut bytes)).unwrap();
    assert_eq!(bytes, at_low);
    step.apply(&mut BitsMut::new(&mut bytes)).unwrap();
    assert_eq!(bytes, at_high);
    assert_eq!(high.step_to(&high).unwrap().count(), 0);
    assert_eq!(low.step_to(&high), Ok(step));
}

#[test]
fn a_step_between_faults_that_hide_what_they_change_is_refused() {
    let stuck = SparseMask::from_faults(9, [(2, FaultKind::Inverts), (4, FaultKind::ReadsOne)]).unwrap();
    let empty = SparseMask::empty(9).unwrap();
    assert_eq!(empty.step_to(&stuck), Err(MaskError::NotInverting { position: 4 }));
    assert_eq!(stuck.step_to(&empty), Err(MaskError::NotInverting { position: 4 }));
    assert!(matches!(empty.step_to(&SparseMask::empty(8).unwrap()), Err(MaskError::Length(_))));
}

#[test]
fn wrong_lists_are_refused_with_the_bit_at_fault() {
    let outside = SparseMask::from_faults(10, [(10, FaultKind::ReadsOne)]);
    assert_eq!(outside.unwrap_err(), MaskError::OutOfRange { position: 10, len_bits: 10 });
    let twice = SparseMask::from_faults(
        10,
        [(4, FaultKind::ReadsOne), (1, FaultKind::Inverts), (4, FaultKind::ReadsZero)],
    );
    assert_eq!(twice.unwrap_err(), MaskError::Duplicate { position: 4 });
    assert!(SparseMask::empty(SparseMask::MAX_LEN_BITS + 1).is_err());
}
