use super::*;

fn voltages(stem: &str) -> Vec<String> {
    Named::of(stem).voltages.iter().map(ToString::to_string).collect()
}

#[test]
fn a_number_with_a_unit_wins() {
    for (name, voltage) in [
        ("KC705B-0.53", "0.53"),
        ("chip7_0.6V", "0.6"),
        ("0.61", "0.61"),
        ("Spannungµ0.61", ""),
        ("board2_600mV", "0.6"),
        ("board2_0.60V_25C", "0.6"),
        ("board2_run1_0.60V", "0.6"),
        ("board2_0.60V_1", "0.6"),
        ("0.60V25C", "0.6"),
        ("600mV_1.8", "0.6"),
        ("vdd0.57_run3", "0.57"),
        ("x_0V57", "0.57"),
        ("x_0p57V", "0.57"),
        ("x_0,57", "0.57"),
        ("x 0.57 V", "0.57"),
        ("2024-05-07_0.53", "0.53"),
        ("v1.2.3_0.53", "0.53"),
        ("0.53-chip", "0.53"),
        ("chip_v2_0.60", "0.6"),
        ("v0.55", "0.55"),
        ("v1_550mV", "0.55"),
        ("dump_100MHz_0.55", "0.55"),
        ("chip-1-0.53", "0.53"),
        ("3_0.53", "0.53"),
        ("vdd1_dump", "1"),
        ("sweep-3_vdd-1", "1"),
        ("vdd600_0.60", "0.6"),
        ("rev1.2-0.55V", "0.55"),
        ("v1.2-0.55V", "0.55"),
        ("2024-05-07-600mV", "0.6"),
        ("board123-550mV", "0.55"),
    ] {
        let expected: Vec<&str> = Some(voltage).filter(|v| !v.is_empty()).into_iter().collect();
        assert_eq!(voltages(name), expected, "{name}");
    }
}

#[test]
fn names_without_a_voltage_or_with_two_are_known() {
    for name in [
        "chip",
        "chip-",
        "chip-0.5.3",
        "chip-0",
        "board2_25C",
        "board2_600",
        "run1",
        "notes",
        "",
        "sram_v1",
        "sram_v2_550",
        "6e-1V",
        "6E-1_V",
        "0.5５V",
        "５0.5",
        // Whole numbers count something.
        "run_4_dump_1",
        "dump-3",
        "wafer_2",
        "1",
        "sweep-3_vdd-650",
        "3_vdd600",
        "3_650uV",
    ] {
        assert!(voltages(name).is_empty(), "{name}: {:?}", voltages(name));
    }
    for (name, both) in [
        ("vdd0.60V_io1.80V", ["0.6", "1.8"]),
        ("chip_vdd2_0.60", ["0.6", "2"]),
        ("x_1V25C", ["1", "1.25"]),
        ("0.60-0.55V", ["0.55", "0.6"]),
        ("x_0.60..0.55V", ["0.55", "0.6"]),
        ("600-550mV", ["0.55", "0.6"]),
        ("x_0.60_to_0.55V", ["0.55", "0.6"]),
    ] {
        assert_eq!(voltages(name), both, "{name}");
    }
    assert_eq!(voltages("0.60V_600mV"), ["0.6"]);
}

#[test]
fn reads_of_one_condition_differ_in_their_number_only() {
    let (one, two) = (Named::of("board2_run1_0.60V_25C"), Named::of("board2_run02_0.60V_25C"));
    assert_eq!((one.rest.as_str(), one.run, two.run), ("board2_run<run>_<voltage>_25C", Some(1), Some(2)));
    assert_eq!(one.rest, two.rest);
    assert_eq!(Named::of("0.6_read_1").rest, Named::of("0.6_read_2").rest);
    assert_eq!(voltages("0.6_run_1"), ["0.6"]);
    assert_ne!(Named::of("0.6V_1").rest, Named::of("0.6V_2").rest);
    assert_ne!(Named::of("board1_0.60V").rest, Named::of("board2_0.60V").rest);
    // A sample may be a chip.
    assert_eq!(Named::of("sample1_0.60V").run, None);
}

#[test]
fn numbers_after_words_for_a_voltage_that_are_none_are_known() {
    for (name, number) in [
        ("sweep-3_vdd-650", Some("650")),
        ("3_vdd600", Some("600")),
        ("vdd=600", Some("600")),
        ("vdd600_0.55", Some("600")),
        ("vdd055", Some("055")),
        ("3_650uV", Some("650")),
        ("vdd600_0.60", None),
        ("vdd650_0.60V", None),
        ("vdd12_0.60", None),
        ("run_600_0.60", None),
    ] {
        assert_eq!(Named::of(name).no_voltage.as_deref(), number, "{name}");
    }
}

#[test]
fn temperatures_are_read_in_all_spellings() {
    let shown = |name: &str| Named::of(name).temperature.map(|temperature| temperature.shown);
    for (name, expected) in [
        ("x_-40C_0.6", "-40 °C"),
        ("0.60V_25 °C", "25 °C"),
        ("0.60V_25_degC", "25 °C"),
        ("0.60V_25 C", "25 °C"),
        ("t25C_0.60V", "25 °C"),
        ("0.60V_298K", "298 K"),
        ("0.60V_77F", "77 °F"),
    ] {
        assert_eq!(shown(name).as_deref(), Some(expected), "{name}");
        assert_eq!(voltages(name), ["0.6"], "{name}");
    }
    for (name, expected) in [
        ("T25_0.60V", "25"),
        ("temp85_0.60", "85"),
        ("chip_temp_-40_0.60V", "-40"),
        ("temperature=25.5_600mV", "25.5"),
        ("chip_temp-25_0.60V", "25"),
    ] {
        assert_eq!(shown(name), Some(format!("the temperature {expected}")), "{name}");
        assert_eq!(voltages(name), ["0.6"], "{name}");
    }
    for name in
        ["0.60V_100k", "t1_0.60V", "test25_0.60V", "die_2F_0.60V", "chip 0.60 C", "chip2F_0.60V", "0.60V_C"]
    {
        assert_eq!(shown(name), None, "{name}");
    }
    assert_eq!(voltages("chip 0.60 C"), ["0.6"]);
    let same = |a: &str, b: &str| {
        let [a, b] = [a, b].map(|name| Named::of(name).temperature.unwrap());
        a.is_as(&b)
    };
    assert!(
        same("25C", "298K")
            && same("25 °C", "77F")
            && same("temp25", "25C")
            && !same("temp1", "temp2")
            && !same("25C", "358K")
            && !same("-40C", "40C")
    );
}

#[test]
fn what_a_name_calls_the_chip_is_apart_from_the_conditions() {
    let same = |a: &str, b: &str| Named::of(a).things == Named::of(b).things;
    for (a, b) in [
        ("boardA_0.60V", "boardA-0.59V"),
        ("chip_run1_0.60V_25C", "CHIP_0.55V_run_2"),
        ("2024-05-07_0.60V", "2024-05-08_0.55V"),
        ("07-May-2024 chip 0.60V", "08-jun-2024 chip 0.55V"),
        ("dump1_0.60V", "dump2_0.55V"),
        ("chip_0.60V_1", "chip_0.55V_2"),
        ("chip0.60V1", "chip0.55V2"),
        ("board2_vdd0.60", "board02_550mV"),
        ("x_0.60V_25 °C", "x_0.55V_298K"),
        ("scan12_0.60V", "scan_13_0.55V"),
        ("chip_no3_0.60V", "chip no. 03 0.55V"),
        ("chip_20240507_0.60V", "chip_20240508_0.55V"),
    ] {
        assert!(same(a, b), "{a} {b}");
    }
    for (a, b) in [
        ("boardA_0.60V", "boardB_0.59V"),
        ("board1_0.60V", "board2_0.59V"),
        ("chip-1-0.60", "chip-2-0.59"),
        ("die3_0.60V", "die4_0.55V"),
        ("a_0.60V", "b_0.55V"),
        ("specimen3_0.60V", "specimen4_0.55V"),
        ("sn20000001_0.60V", "sn20000002_0.55V"),
        ("sn20240507_0.60V", "sn20240508_0.55V"),
        ("lot_20001301_0.60V", "lot_20001302_0.55V"),
        ("chip_no3_0.60V", "chip_no4_0.55V"),
        ("device_nr_3_0.60V", "device_nr_4_0.55V"),
        ("die_x3_y5_0.60V", "die_x4_y5_0.55V"),
        ("a1_0.60V", "a2_0.55V"),
        ("chip_100MHz_0.60V", "chip_50MHz_0.55V"),
    ] {
        assert!(!same(a, b), "{a} {b}");
    }
}
