//! What arrays are of: their sides, their names, and the numbers in them.

use sram_model::import::flips::{Axes, FlipOptions};
use sram_model::{ContentKind, Profile};

use crate::{faults, import, import_all, npy, npz, of_size, options, refused};

fn axes(text: &str) -> FlipOptions {
    FlipOptions { axes: Some(text.parse().unwrap()), ..options() }
}

#[test]
fn an_array_of_three_sides_needs_to_be_told() {
    let three = npy("|b1", false, &[2, 1, 3], &[0, 1, 0, 0, 1, 1]);
    let said = refused(&three, &options());
    for part in [
        "2 banks or 2 reads of 1 x 3 cells",
        "--axes banks,rows,columns",
        "--axes reads,rows,columns",
        "--geometry 2x1x3",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let banks = [(1, 1.0, 0.0), (4, 1.0, 0.0), (5, 1.0, 0.0)];
    let reads = [(1, 1.0, 0.0), (2, 0.5, 0.0)];
    for by_banks in [axes("banks,rows,columns"), of_size(2, 1, 3)] {
        assert_eq!(faults(&three, &by_banks), banks);
    }
    for by_reads in [axes("reads,rows,columns"), of_size(1, 1, 3)] {
        assert_eq!(faults(&three, &by_reads), reads);
    }
    // Another map of the chip tells, too.
    let one = npy("|b1", false, &[1, 3], &[0, 1, 0]);
    let (_, report) = import_all(&[("0.6", "a.npy", &one), ("0.5", "b.npy", &three)], &options()).unwrap();
    assert_eq!((report.maps[0].reads, report.maps[1].reads), (None, Some(2)));
    assert!(report.maps[1].form.contains("b1 by reads,rows,columns"), "{}", report.maps[1].form);
}

#[test]
fn axes_may_be_in_any_order() {
    let array = npy("|u1", false, &[3, 2], &[0, 0, 1, 0, 0, 1]);
    assert_eq!(faults(&array, &axes("columns,rows")), [(1, 1.0, 0.0), (5, 1.0, 0.0)]);
    let blocks = b"0,0,0,0,0,0,0,1\n\n1,0,0,0,0,0,0,1\n";
    assert_eq!(faults(blocks, &axes("reads,rows,columns")), [(0, 0.5, 0.0), (7, 1.0, 0.0)]);
    assert_eq!(faults(blocks, &options()).len(), 3, "banks, where nothing else is told");
    for text in ["", "rows", "rows,rows", "rows,columns,cells", "reads,reads,rows,columns"] {
        assert!(text.parse::<Axes>().is_err(), "{text}");
    }
    let said = refused(&array, &axes("banks,rows,columns"));
    assert!(said.contains("an array of 3 x 2 elements, expected 3 axes: banks,rows,columns"), "{said}");
}

#[test]
fn wrong_numbers_are_named_with_their_index() {
    let bytes = |values: &[f32]| values.iter().flat_map(|p| p.to_le_bytes()).collect::<Vec<u8>>();
    let with = |p: f32| npy("<f4", false, &[2, 3], &bytes(&[0.0, 1.0, 0.5, 0.0, p, 0.0]));
    for (p, shown) in
        [(f32::NAN, "NaN at [1, 1]"), (-0.5, "-0.5 at [1, 1]"), (1.5, "1.5 at [1, 1]"), (7.0, "7 at [1, 1]")]
    {
        let said = refused(&with(p), &options());
        assert!(said.contains(shown) && said.contains("expected 0, 1 or a probability"), "{said}");
        assert_eq!(said.contains("--reads N"), p == 7.0, "{said}");
    }
    let counts = |order: bool| npy("|u1", order, &[2, 3], &[0, 1, 2, 3, 4, 9]);
    assert!(refused(&counts(false), &options()).contains("2 at [0, 2]"));
    let with_reads = FlipOptions { reads: Some(8), ..options() };
    let said = refused(&counts(true), &with_reads);
    assert!(said.contains("9 at [1, 2], expected a whole number of the 8 reads"), "{said}");
    // Column by column, the third element stands in row 0 of the second column.
    assert!(refused(&counts(true), &options()).contains("2 at [0, 1]"));
    let reads = npy("|u1", false, &[2, 1, 1, 2], &[0, 1, 2, 0]);
    assert!(refused(&reads, &options()).contains("2 at [1, 0, 0, 0], expected 0 or 1: one read"));
}

#[test]
fn options_that_contradict_an_array_are_refused() {
    let with_reads = FlipOptions { reads: Some(3), ..options() };
    let bools = npy("|b1", false, &[1, 2], &[0, 1]);
    assert!(refused(&bools, &with_reads).contains("booleans, but --reads"));
    let reads = npy("|b1", false, &[2, 1, 1, 2], &[0, 1, 0, 0]);
    assert!(refused(&reads, &with_reads).contains("an axis of 2 reads, but --reads 3"));
    assert!(faults(&reads, &FlipOptions { reads: Some(2), ..options() }) == [(1, 0.5, 0.0)]);
    let said = refused(
        b"row,col,p_flip\n0,0,1\n",
        &FlipOptions { axes: Some("rows,columns".parse().unwrap()), ..of_size(1, 1, 1) },
    );
    assert!(said.contains("--axes, but no file that it is for"), "{said}");
    let said = refused(&bools, &FlipOptions { array: Some("a".to_owned()), ..options() });
    assert!(said.contains("--array, but no file that it is for"), "{said}");
    // A name that says another size than the array.
    let named = |options: &FlipOptions| import_all(&[("0.6", "chip_2x1.npy", &bools)], options);
    let said = named(&options()).unwrap_err().to_string();
    assert!(
        said.contains("banks of 1 rows x 2 columns, but 2x1 in the name")
            && said.contains("--geometry 1x1x2"),
        "{said}"
    );
    assert!(named(&of_size(1, 1, 2)).is_ok());
}

#[test]
fn sizes_that_do_not_fit_and_files_that_are_cut_are_refused() {
    let said = refused(&npy("|b1", false, &[4, 8], &[0; 32]), &of_size(1, 8, 4));
    assert!(said.contains("an array of 4 x 8 elements as rows,columns, expected a chip of 1x8x4"), "{said}");
    let said = refused(&npy("|b1", false, &[9], &[0; 9]), &of_size(1, 3, 3));
    assert!(said.contains("x.reshape(banks, rows, columns)") && said.contains("savetxt"), "{said}");
    assert!(
        refused(&npy("<f4", false, &[2, 2], &[0; 15]), &options())
            .contains("found 15 bytes of elements, expected 16")
    );
    assert!(refused(&npy("|b1", false, &[2, 2], &[0; 5]), &options()).contains("expected the end after 4"));
    assert!(refused(&npy("|b1", false, &[0, 2], &[]), &options()).contains("1 to 2^40 cells"));
    assert!(refused(&npy("<c8", false, &[1, 2], &[0; 16]), &options()).contains("`<c8`"));
    let huge = npy("|b1", false, &[1 << 20, 1 << 20], &[0; 9]);
    assert!(refused(&huge, &options()).contains("found 9 bytes of elements"));
}

#[test]
fn an_array_of_a_file_of_several_is_chosen_by_name_or_voltage() {
    let map =
        |cell: usize| npy("|b1", false, &[1, 3], &(0..3).map(|c| u8::from(c == cell)).collect::<Vec<_>>());
    let one = |cell: u64| [(cell, 1.0, 0.0)];
    assert_eq!(faults(&npz(&[("map", map(2))]), &options()), one(2));
    let named = npz(&[("0.60V", map(0)), ("v0_55", map(1)), ("note", map(2))]);
    assert_eq!(faults(&named, &options()), one(0));
    let form = import(&named, &options()).unwrap().1.maps[0].form.clone();
    assert!(
        form.starts_with("the array 0.60V (npz) of b1 by rows,columns")
            && form.ends_with("; 2 more in the file"),
        "{form}"
    );
    let at = |voltage: &str| import_all(&[(voltage, "m.npz", &named)], &options());
    assert_eq!(crate::faults_of(&at("0.55").unwrap().0), one(1));
    let said = at("0.5").unwrap_err().to_string();
    assert!(said.contains("the arrays 0.60V, v0_55, note") && said.contains("--array NAME"), "{said}");
    let asked = |name: &str| FlipOptions { array: Some(name.to_owned()), ..options() };
    assert_eq!(faults(&named, &asked("note")), one(2));
    assert!(refused(&named, &asked("notes")).contains("expected `notes`, as --array says"));
    // Volts are none of Vmin.
    let relative = FlipOptions { unit: sram_model::VoltageUnit::RelativeToVmin, ..options() };
    assert!(refused(&named, &relative).contains("0.60V, a name in volts"));
    let twice = npz(&[("0.60V", map(0)), ("600mV", map(1))]);
    assert!(refused(&twice, &options()).contains("--array NAME"));
    for (arrays, part) in [
        (vec![("p_0to1", map(0)), ("p_flip", map(1))], "p_0to1 and p_1to0, or p_flip alone"),
        (vec![("p_0to1", map(0))], "found the arrays p_0to1, expected p_0to1 and p_1to0"),
    ] {
        let said = refused(&npz(&arrays), &options());
        assert!(said.contains(part), "{said}");
    }
    let unlike = npz(&[("p_0to1", map(0)), ("p_1to0", npy("|b1", false, &[3, 1], &[0; 3]))]);
    assert!(refused(&unlike, &options()).contains("expected arrays of one size"));
    let broken = npz(&[("p_flip", map(0))]);
    assert!(!refused(&broken[..broken.len() - 30], &options()).is_empty());
}

#[test]
fn the_only_array_is_of_the_voltage_that_its_name_says() {
    let one = |name: &str| npz(&[(name, npy("|b1", false, &[1, 2], &[0, 1]))]);
    for name in ["v0_55", "0.55V", "550mV"] {
        let said = refused(&one(name), &options());
        assert!(said.contains(&format!("found the arrays {name}, expected an array of 0.6")), "{said}");
        assert!(said.contains(&format!("--array {name}")), "{said}");
        let asked = FlipOptions { array: Some(name.to_owned()), ..options() };
        assert_eq!(faults(&one(name), &asked), [(1, 1.0, 0.0)]);
    }
    for name in ["v0_60", "600mV", "arr_0", "map"] {
        assert_eq!(faults(&one(name), &options()), [(1, 1.0, 0.0)], "{name}");
    }
}

#[test]
fn a_packed_file_holds_no_more_failing_cells_than_it_could_have_packed() {
    let side = 2_100;
    let map = |value: u8| npz(&[("map", npy("|b1", false, &[side, side], &vec![value; side * side]))]);
    assert!(map(1).len() < 20_000);
    let said = refused(&map(1), &options());
    assert!(said.contains("map: more than 4194304 failing cells") && said.contains("numpy.save"), "{said}");
    // A large chip that hardly fails packs as well, and is read.
    assert_eq!(faults(&map(0), &options()), []);
}

#[test]
fn the_profile_says_what_each_file_was_read_as_and_of_how_many_reads() {
    let reads = npy("|b1", false, &[4, 1, 1, 2], &[0, 1, 0, 0, 0, 1, 0, 0]);
    let (draft, report) = import(&reads, &options()).unwrap();
    assert_eq!(report.reads().into_iter().collect::<Vec<_>>(), [4]);
    let notes = draft.provenance.notes.join("\n");
    assert!(
        notes.contains(
            "map: read as an array (npy) of b1 by reads,banks,rows,columns: which cells fail in each read"
        ),
        "{notes}"
    );
    assert!(notes.contains("flip probabilities are counts of 4 reads"), "{notes}");
    let profile = Profile::from_bytes(draft.encode().unwrap(), "map").unwrap();
    assert_eq!(profile.info().content, ContentKind::Measured);
}

#[test]
fn an_array_of_a_right_read_is_not_plausible() {
    let right = npy("|b1", false, &[8, 8], &[1; 64]);
    let said = refused(&right, &FlipOptions { anyway: false, ..options() });
    assert!(said.contains("probabilities of a right read") && said.contains("--anyway"), "{said}");
    assert_eq!(faults(&right, &options()).len(), 64);
}

#[test]
fn faults_at_vmin_are_not_plausible() {
    let map = b"row,col,p_flip\n3,5,1\n";
    let of = |voltage: &str, unit, bytes: &[u8]| {
        let options = FlipOptions { anyway: false, unit, ..of_size(1, 8, 16) };
        import_all(&[(voltage, "map", bytes)], &options).map_err(|error| error.to_string())
    };
    let (relative, volts) = (sram_model::VoltageUnit::RelativeToVmin, sram_model::VoltageUnit::Volt);
    for voltage in ["1", "1.05"] {
        let said = of(voltage, relative, map).unwrap_err();
        assert!(said.contains(&format!("1 cell fails at {voltage} V/Vmin")), "{said}");
        assert!(said.contains("are these volts (--unit V)?") && said.contains("--anyway"), "{said}");
        assert!(of(voltage, volts, map).is_ok());
        assert!(of(voltage, relative, b"row,col,p_flip\n").is_ok(), "no cell fails");
    }
    assert!(of("0.99", relative, map).is_ok());
}
