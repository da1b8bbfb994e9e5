use std::ffi::OsString;

use super::*;

fn chips(names: &[&str]) -> Result<Vec<Chip>> {
    let names = names.iter().map(|name| ChipName::from(OsString::from(name))).collect();
    several(names, &Files::new())
}

fn maker(chip: &Chip) -> &Rc<Maker> {
    match &chip.found {
        Kept::Closed(Closed::OfModel { maker, .. }) => maker,
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_of_one_chip_have_one_identity_and_others_have_others() {
    // The stored chip A is made by its recipe, whose seed is 1.
    let chips = chips(&["A", "stored:A", "a", "A#1", "A#01", "stored:A#1", "A#2", "B", "B#1"]).unwrap();
    let same = |a: usize, b: usize| chips[a].identity() == chips[b].identity();
    assert!((1..6).all(|index| same(0, index)));
    for (index, other) in [(6, 0), (7, 0), (8, 0), (8, 7), (8, 6)] {
        assert!(!same(index, other), "{index} and {other}");
    }
}

#[test]
fn files_are_one_chip_by_any_path_and_refused_when_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chip.sfp");
    std::fs::write(&path, sram_model::STORED[0].bytes).unwrap();
    let folder = folder.path().display();
    let chips = chips(&[&format!("{folder}/chip.sfp"), &format!("file:{folder}/./chip.sfp")]).unwrap();
    assert_eq!(chips[0].identity(), chips[1].identity());
    assert_eq!(chips[0].outline().unwrap().name, "A");
    std::fs::write(&path, sram_model::STORED[1].bytes).unwrap();
    let said = chips[1].profile().unwrap_err().to_string();
    assert!(said.contains("was changed while it was in use"), "{said}");
}

#[test]
fn a_model_is_read_and_solved_once_and_its_chips_are_made_one_at_a_time() {
    let chips = chips(&["B#0", "B#1"]).unwrap();
    assert!(Rc::ptr_eq(maker(&chips[0]), maker(&chips[1])));
    let outlines = [0, 1].map(|chip| chips[chip].outline().unwrap());
    assert!(Rc::ptr_eq(&outlines[0].profile, &outlines[1].profile));
    assert_eq!(outlines.each_ref().map(|outline| outline.name.as_str()), ["B#0", "B#1"]);
    let first = chips[0].profile().unwrap();
    assert!(Rc::ptr_eq(&first, &chips[0].profile().unwrap()));
    let of_first = Rc::downgrade(&first);
    drop(first);
    let second = chips[1].profile().unwrap();
    assert!(of_first.upgrade().is_none(), "the first one takes memory no more");
    // Made as by itself, and what was known before was right.
    let alone = super::super::open(&OsString::from("B#1").into(), &Files::new()).unwrap();
    assert_eq!(second.info(), alone.info());
    let outline = outlines[1].profile.info();
    let of_all =
        |info: &sram_model::ProfileInfo| (info.vmin(), info.measured(), info.voltages().collect::<Vec<_>>());
    assert_eq!(of_all(outline), of_all(alone.info()));
}
