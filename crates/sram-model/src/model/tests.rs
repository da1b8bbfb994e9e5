use super::*;
use crate::normal;
use crate::synth::Synthesiser;
use crate::voltage::VoltageError;

const MODEL: &str = include_str!("../../../../profiles/B.toml");

#[test]
fn a_model_survives_its_file() {
    let mut model = Model::parse(MODEL).unwrap();
    model.name = "quotes \" and \\ and\nlines".to_owned();
    model.law = Some(Law { mean: 0.25, deviation: 0.125 });
    model.licence = "CC BY \"4.0\"".to_owned();
    model.reads = Some([7, 5]);
    model.voltages = vec!["0.9".parse().unwrap(), "0.5".parse().unwrap()];
    model.rates = Rates::Population;
    model.shared = Shared { bank: 0.1, column: 0.2, half_column: 0.05, row: 1.0 / 3.0, column_mux: 4 };
    let fit =
        FitNotes { made_by: "me".into(), found: vec!["x".into()], not_identified: vec!["y \"z\"".into()] };
    model.fit = Some(fit);
    assert_eq!(Model::parse(&model.to_toml()).unwrap(), model);
}

#[test]
fn values_that_make_no_sense_are_named() {
    for (from, to, field) in [
        ("format = 1", "format = 2", "format"),
        ("read_noise = 0.0083", "read_noise = -1.0", "read_noise"),
        ("column = 0.75", "column = 1.5", "shared.column"),
        ("column = 0.75", "column = 0.75\nbank = 0.5", "shared"),
        ("column = 0.75", "column = 0.75\ncolumn_mux = 3", "column_mux"),
        ("share_0to1 = 0.75", "share_0to1 = nan", "share_0to1"),
        ("p_0to1 = 0.0082", "p_0to1 = 0.0", "p_0to1"),
        ("p_0to1 = 0.11502", "p_0to1 = 0.7", "p_0to1"),
        ("voltage = 0.75", "voltage = 0.8", "voltages"),
        ("banks = 32", "banks = 0", "0x512x64"),
        // Reads as noisy as the curve is steep, or than Vmin is far from the first fault.
        ("read_noise = 0.0083", "read_noise = 0.1", "read_noise"),
        ("read_noise = 0.0083", "read_noise = 0.02", "read_noise"),
        // Rates that hardly rise follow no normal law.
        ("p_0to1 = 0.11502\np_1to0 = 0.04698", "p_0to1 = 0.0357437000000001\np_1to0 = 0.04698", "curve"),
        ("p_0to1 = 0.0\np_1to0 = 0.0", "p_0to1 = 0.4\np_1to0 = -0.4", "p_"),
        ("name =", "nome =", "nome"),
    ] {
        assert!(MODEL.contains(from), "{from}");
        let error = Model::parse(&MODEL.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(field), "{to}: {error}");
    }
}

fn relative(voltage: &str) -> QuantifiedVoltage {
    VoltageUnit::RelativeToVmin.of(voltage.parse().unwrap())
}

#[test]
fn predictions_follow_the_curve_and_say_when_they_leave_it() {
    let model = Model::parse(MODEL).unwrap();
    let at = |voltage: &str| model.predict(relative(voltage), None).unwrap();
    let close = |a: f64, b: f64| (a / b - 1.0).abs() < 1e-9;
    assert!(close(at("0.833333").p01, 0.0082) && close(at("0.833333").p10, 0.0019));
    // Half-way the geometric mean.
    assert!((at("0.854167").p01 / (0.0082f64 * 0.00115).sqrt() - 1.0).abs() < 1e-4);
    assert_eq!((at("1").p(), at("1.2").p()), (0.0, 0.0));
    assert!(!at("0.75").extrapolated && !at("1.2").extrapolated && at("0.749").extrapolated);
    // Rates go on from the end of the curve, and rise to all cells.
    assert!((at("0.7499").p() / at("0.75").p() - 1.0).abs() < 0.01 && at("0.7499").p() > at("0.75").p());
    assert!((at("0.1").p() - 1.0).abs() < 1e-6);
}

#[test]
fn beyond_the_curve_a_model_follows_its_law() {
    let mut model = Model::parse(MODEL).unwrap();
    let law = Law { mean: 0.4, deviation: 0.05 };
    (model.curve, model.law, model.voltages) = (Vec::new(), Some(law), vec!["0.5".parse().unwrap()]);
    model.check().unwrap();
    for voltage in ["0.3", "0.4", "0.55"] {
        let found = model.predict(relative(voltage), None).unwrap();
        let share = normal::cdf((0.4 - found.voltage.voltage.get()) / 0.05);
        assert!((found.p() - share).abs() < 1e-12 && found.extrapolated);
    }
}

#[test]
fn voltages_of_another_unit_are_refused() {
    let mut model = Model::parse(MODEL).unwrap();
    let volts = "0.8 V".parse().unwrap();
    let expected = VoltageError::OtherUnit { found: volts, expected: VoltageUnit::RelativeToVmin };
    assert_eq!(model.predict(volts, None), Err(expected.clone()));
    let chip = Synthesiser::new(&model).chip("1x64x64".parse().unwrap(), 1, None).unwrap();
    assert_eq!(chip.at(volts), Err(expected));
    let before = model.clone();
    assert!(matches!(model.set_voltages([relative("0.9"), volts]), Err(ModelError::Voltage(_))));
    assert!(model.set_voltages([relative("0.8"), relative("0.9")]).is_err(), "ascending");
    assert_eq!(model, before);
    model.set_voltages([relative("0.9"), relative("0.8")]).unwrap();
    assert_eq!(model.voltages(), [relative("0.9"), relative("0.8")]);
}

#[test]
fn temperature_moves_every_critical_voltage() {
    let mut model = Model::parse(MODEL).unwrap();
    model.temperature = Temperature { reference: 25.0, per_kelvin: -0.5 };
    // 20 K more, 10 thousandths less.
    let warm = model.predict(relative("0.82"), Some(45.0)).unwrap();
    let cold = model.predict(relative("0.83"), None).unwrap();
    assert!((warm.p01 - cold.p01).abs() < 1e-12 && (warm.p10 - cold.p10).abs() < 1e-12);
    let lower = model.predict(relative("0.745"), Some(45.0)).unwrap();
    assert!(!warm.extrapolated && lower.voltage < cold.voltage);
}
