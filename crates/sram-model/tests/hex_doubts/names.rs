//! Dumps that are not of one chip, by their content or their names.

use sram_model::import::hex::{HexOptions, import_hex};

use crate::{FAULTS, import_files, memory, mixed, options, plain};

#[test]
fn reads_that_have_nothing_in_common_are_refused() {
    let of_chip = |seed: usize| {
        let mut words = memory(1024, 16, 0);
        (0..FAULTS).for_each(|number| words[mixed(number + 1000 * seed) % 1024] &= !(1 << (number % 16)));
        plain(&words)
    };
    let names = ["run1_0.60V.txt", "run2_0.60V.txt", "run3_0.60V.txt"];
    let of = |seeds: [usize; 3]| {
        let files: Vec<(&str, String)> = names.into_iter().zip(seeds.map(of_chip)).collect();
        import_files(&files, &options(16)).map(|(counts, _)| counts[0])
    };
    for seeds in [[1, 2, 3], [1, 1, 2], [2, 1, 1]] {
        let said = of(seeds).unwrap_err();
        assert!(said.contains("fail in another read at 0.6 V: are these reads of one chip"), "{said}");
    }
    assert!((38..=40).contains(&of([1, 1, 1]).unwrap()));
    // Weak cells, of which each fails once in ten reads.
    let weak = |read: usize| {
        let mut words = memory(8192, 16, 0);
        let fails = |cell: &usize| mixed(cell + 7777 * read).is_multiple_of(10);
        (0..600).filter(fails).for_each(|cell| words[mixed(cell) % 8192] &= !(1 << (cell % 16)));
        plain(&words)
    };
    let files: Vec<(&str, String)> = names.into_iter().zip([1, 2, 3].map(weak)).collect();
    assert!(import_files(&files, &options(16)).is_ok());
}

#[test]
fn names_of_two_things_are_refused_unless_the_same_cells_fail() {
    let files = |names: [&'static str; 2], other: usize| {
        let high = memory(1024, 16, 9);
        let mut low = memory(1024, 16, FAULTS);
        if other > 0 {
            low = memory(1024, 16, 0);
            (0..FAULTS).for_each(|number| low[mixed(number + 1000 * other) % 1024] &= !(1 << (number % 16)));
        }
        [(names[0], plain(&high)), (names[1], plain(&low))]
    };
    for names in [
        ["boardA_0.60V.txt", "boardB_0.59V.txt"],
        ["chip1_0.60V.txt", "chip2_0.59V.txt"],
        ["fpga1_0.60V.txt", "fpga2_0.59V.txt"],
        ["bram1_0.60V.txt", "bram2_0.59V.txt"],
    ] {
        let said = import_files(&files(names, 1), &options(16)).unwrap_err();
        assert!(said.contains(&format!("the names of {} and {} differ", names[0], names[1])), "{said}");
        let anyway = HexOptions { anyway: true, ..options(16) };
        assert!(import_files(&files(names, 1), &anyway).is_ok());
        assert_eq!(import_files(&files(names, 0), &options(16)).unwrap().0, [9, 40], "the same cells fail");
    }
    let dates = ["Mon-07-June-2024_0.60V.txt", "Tue-08-July-2024_0.59V.txt"];
    assert!(import_files(&files(dates, 1), &options(16)).is_ok());
    let told = vec![("boardB_0.59V.txt".to_owned(), "0.59".parse().unwrap())];
    let told = HexOptions { voltages: told, ..options(16) };
    assert!(import_files(&files(["boardA_0.60V.txt", "boardB_0.59V.txt"], 1), &told).is_ok());
}

#[test]
fn what_has_a_voltage_in_its_name_is_read_or_refused() {
    let clean = || plain(&memory(1024, 16, 0));
    for name in [
        "c_0.50V.csv",
        "c_0.50V",
        "c_0.50V.log",
        "c_0.50V.txt.gz",
        "c_0.50V.txt.bak",
        "c_0.50V.txt~",
        "c_0.50",
        "c_500mV.json",
    ] {
        let files = [("c_0.60V.txt", clean()), (name, clean())];
        let said = import_files(&files, &options(16)).unwrap_err();
        assert!(said.contains(&format!("{name}: found a name with a voltage")), "{said}");
        assert!(said.contains("--voltage FILE=V"), "{said}");
        let voltages = vec![(name.to_owned(), "0.5".parse().unwrap())];
        let (counts, _) = import_files(&files, &HexOptions { voltages, ..options(16) }).unwrap();
        assert_eq!(counts.len(), 2, "{name}");
    }
    for name in ["notes.csv", "plot_0.50V.png", "readme", "counts.json", ".c_0.50V.txt.swp", "v2"] {
        let files = [("c_0.60V.txt", clean()), (name, clean())];
        let (_, report) = import_files(&files, &options(16)).unwrap();
        let by_name = ["readme", "v2"].contains(&name);
        let reason = if by_name { "no dump, by its name" } else { "no dump, by its extension" };
        let reason = if name.starts_with('.') { "hidden" } else { reason };
        assert_eq!(
            report.ignored.iter().map(|ignored| ignored.reason).collect::<Vec<_>>(),
            [reason],
            "{name}"
        );
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c_0.60V.txt"), clean()).unwrap();
    std::fs::create_dir(folder.path().join("0.50V")).unwrap();
    let said = import_hex(folder.path(), &options(16)).unwrap_err().to_string();
    assert!(said.contains("0.50V: found a name with a voltage") && said.contains("of a folder"), "{said}");
}

#[test]
fn conditions_that_contradict_each_other_are_refused() {
    let clean = || plain(&memory(1024, 16, 0));
    for (names, part) in [
        (["0.60V_25 °C.txt", "0.55V_85 °C.txt"], "25 °C and others"),
        (["0.60V_25C.txt", "0.55V_358K.txt"], "25 °C and others"),
        (["0.60V_77F.txt", "0.55V_85C.txt"], "77 °F and others"),
        (["0.60V.txt", "0.60-0.55V.txt"], "0.55 V and 0.6 V in the name"),
        (["0.60V.txt", "sweep-3_vdd-550.txt"], "`550` in the name `sweep-3_vdd-550`"),
        (["0.60V.txt", "run_4_dump_1.txt"], "no voltage in the name"),
        (
            ["0.60V.txt", "chip_5V.txt"],
            "found `5V` in the name `chip_5V`, expected a voltage of at most 4.194303 V",
        ),
        (["sample1_0.60V.txt", "sample2_0.60V.txt"], "the voltage 0.6 V of sample1_0.60V.txt again"),
        (["0.60V_1.txt", "0.60V_2.txt"], "after a word such as run or read"),
    ] {
        let files = names.map(|name| (name, clean()));
        let said = import_files(&files, &options(16)).unwrap_err();
        assert!(said.contains(part), "{said}");
    }
    let told = |voltage: &str| ("x.txt".to_owned(), voltage.parse().unwrap());
    let files = [("x.txt", clean())];
    let twice = HexOptions { voltages: vec![told("0.5"), told("0.6")], ..options(16) };
    let said = import_files(&files, &twice).unwrap_err();
    assert!(said.contains("--voltage x.txt=0.5 and --voltage x.txt=0.6"), "{said}");
    let same = HexOptions { voltages: vec![told("0.5"), told("0.5")], ..options(16) };
    assert!(import_files(&files, &same).is_ok());
    for names in [["0.60V_25C.txt", "0.55V_298K.txt"], ["0.60V_77F.txt", "0.55V_25 °C.txt"]] {
        assert!(import_files(&names.map(|name| (name, clean())), &options(16)).is_ok());
    }
    let folder = tempfile::tempdir().unwrap();
    for name in ["0.60V_25C.txt", "0.55V.txt"] {
        std::fs::write(folder.path().join(name), clean()).unwrap();
    }
    let (draft, _) = import_hex(folder.path(), &options(16)).unwrap();
    let notes = draft.provenance.notes.join("\n");
    assert!(notes.contains("the name `0.55V.txt` says no temperature, others say 25 °C"), "{notes}");
}
