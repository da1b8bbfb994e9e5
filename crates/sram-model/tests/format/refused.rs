//! Drafts that are not written, and what is asked of a Vmin.

use sram_model::{
    CellFault, Content, DraftError, FlipProbability, Floorplan, Profile, ProfileDraft, ProfileError,
    VoltageUnit,
};

use crate::made::{at, critical, draft, fault, levels, measured, volts};
use crate::mend::mend;

#[test]
fn drafts_that_make_no_sense_are_refused() {
    let refused = |content| draft(content).encode().unwrap_err();
    assert_eq!(refused(Content::Measured(vec![])), DraftError::NoVoltage);
    let twice = vec![(volts(0.6), vec![]), (volts(0.6), vec![])];
    assert!(matches!(refused(Content::Measured(twice)), DraftError::VoltageOrder { .. }));
    let outside = vec![(volts(0.6), vec![fault(64, 1.0, 0.0)])];
    assert_eq!(refused(Content::Measured(outside)), DraftError::CellOutside { cell: 64, cells: 64 });
    let doubled = vec![(volts(0.6), vec![fault(7, 1.0, 0.0), fault(7, 0.5, 0.0)])];
    assert_eq!(refused(Content::Measured(doubled)), DraftError::CellTwice { cell: 7 });
    let plan = ProfileDraft { floorplan: Some(Floorplan::grid(3, 3)), ..draft(Content::Measured(levels())) };
    assert!(matches!(plan.encode(), Err(DraftError::Floorplan { found: 3, banks: 2 })));
}

/// The profile with these bytes of its JSON exchanged for others of the same length, checksums mended.
fn with_info(good: &[u8], from: &str, to: &str) -> Result<Profile, ProfileError> {
    let mut bytes = good.to_vec();
    let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    mend(&mut bytes);
    Profile::from_bytes(bytes, "test")
}

#[test]
fn what_a_writer_refuses_of_vmin_the_reader_refuses_too() {
    let relative =
        ProfileDraft { unit: VoltageUnit::RelativeToVmin, vmin: None, ..draft(Content::Measured(levels())) };
    let other = ProfileDraft { vmin: Some(volts(0.9)), ..relative.clone() };
    assert_eq!(other.encode(), Err(DraftError::RelativeVmin { vmin: volts(0.9) }));
    let relative = relative.encode().unwrap();
    assert_eq!(
        Profile::from_bytes(relative.clone(), "test").unwrap().info().vmin(),
        Some(VoltageUnit::RelativeToVmin.of(volts(1.0)))
    );
    let message = |found: Result<Profile, ProfileError>| {
        std::error::Error::source(&found.unwrap_err()).unwrap().to_string()
    };
    let said = message(with_info(&relative, r#""vmin":1.0"#, r#""vmin":0.9"#));
    assert!(said.contains("Vmin is 0.9, but voltages relative to Vmin make it 1"), "{said}");

    // Of critical voltages a block bounds from below only, so that a record above Vmin shows when it is read.
    let said = message(with_info(&measured(), r#""vmin":0.62"#, r#""vmin":0.57"#));
    assert!(said.contains("Vmin is 0.57, but cells fail at 0.6"), "{said}");
    let opened = with_info(&critical(), r#""vmin":0.62"#, r#""vmin":0.59"#).unwrap();
    let said = std::error::Error::source(&opened.critical_cells().unwrap_err()).unwrap().to_string();
    assert!(said.contains("critical voltage 0.59, not below Vmin, which is 0.59"), "{said}");
}

#[test]
fn a_vmin_is_that_of_the_profile_or_one_above_all_faults() {
    let faults = vec![CellFault { cell: 3, flip: FlipProbability::new(1.0, 0.0).unwrap() }];
    let levels = vec![(volts(0.6), Vec::new()), (volts(0.58), faults.clone()), (volts(0.5), faults)];
    let profile = |vmin| {
        let draft = ProfileDraft { vmin, ..draft(Content::Measured(levels.clone())) };
        Profile::from_bytes(draft.encode().unwrap(), "test").unwrap()
    };
    let (known, unknown) = (profile(Some(volts(0.6))), profile(None));
    assert_eq!(unknown.vmin_or(None).unwrap(), None);
    for given in [None, Some(at(0.6))] {
        assert_eq!(known.vmin_or(given).unwrap(), Some(at(0.6)));
    }
    let said = known.vmin_or(Some(at(0.7))).unwrap_err().to_string();
    assert!(said.contains("test knows that Vmin is 0.6 V"), "{said}");
    assert_eq!(unknown.vmin_or(Some(at(0.59))).unwrap(), Some(at(0.59)));
    for given in [0.58, 0.55, 0.3] {
        let said = unknown.vmin_or(Some(at(given))).unwrap_err().to_string();
        assert!(said.contains("expected more than 0.58 V, where cells of test fail"), "{said}");
    }
}
