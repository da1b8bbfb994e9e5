//! Models: drawing chips, and the maps of a large one.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use sram_model::{Between, Geometry, Model, Profile, QuantifiedVoltage, STORED, Synthesiser, fit};

/// A chip of 2^30 cells of which one in a thousand fails at the lowest voltage: 3.09 deviations above the mean.
const LARGE: &str = r#"
format = 1
name = "large"
source = "a bench"
unit = "V"
arrays = { banks = 32768, rows = 512, columns = 64, banks_per_row = 128 }
read_noise = 0.002
flip_floor = 0.001
voltages = [0.6, 0.55, 0.5, 0.4545]
[shared]
bank = 0.05
column = 0.5
[directions]
unit = "cell"
share_0to1 = 0.5
[law]
mean = 0.3
deviation = 0.05
"#;

pub(crate) fn large_chip(c: &mut Criterion) {
    let model = Model::parse(LARGE).expect("a model");
    let geometry = model.geometry().expect("a geometry");
    let draw = || Synthesiser::new(&model).chip(geometry, 1, None).unwrap();
    let chip =
        Profile::from_bytes(draw().into_draft(LARGE).encode().expect("a chip"), "large").expect("a profile");
    let mut group = c.benchmark_group("chip of 2^30 cells");
    group.sample_size(10);
    for voltage in ["0.55 V", "0.5 V", "0.4545 V"] {
        let voltage: QuantifiedVoltage = voltage.parse().expect("a voltage");
        let map = || chip.at(black_box(voltage), Between::NextLower).expect("in range");
        let (found, expected) = (map(), model.predict(voltage, None).expect("its unit"));
        // The chip's columns move its rate; of so many they move it little.
        assert!((found.rates().p() / expected.p() - 1.0).abs() < 0.2, "{} at {voltage}", found.rates().p());
        group.throughput(Throughput::Elements(found.faults().len() as u64));
        group.bench_function(format!("map at {}", voltage.voltage), |b| b.iter(map));
    }
    // From high to low, the last is the lowest of above.
    let down: Vec<QuantifiedVoltage> =
        (0..11).map(|k| format!("{} V", 0.5 - f64::from(k) * 0.00455).parse().expect("a voltage")).collect();
    let faults = || {
        let mut sweep = chip.sweep();
        let maps = down.iter().map(|&voltage| sweep.at(voltage, Between::NextLower).expect("in range"));
        maps.map(|map| map.faults().len()).sum::<usize>()
    };
    group.throughput(Throughput::Elements(faults() as u64));
    group.bench_function("maps at 11 voltages down to 0.4545", |b| b.iter(faults));
    group.throughput(Throughput::Elements(geometry.cells()));
    group.bench_function("draw", |b| b.iter_batched(|| (), |()| draw(), BatchSize::PerIteration));
}

pub(crate) fn fitting(c: &mut Criterion) {
    let chip = STORED[1].open().expect("stored chips are sound");
    let model = fit(&chip).expect("chip B has faults");
    assert!((model.shared.column - 0.75).abs() < 0.05 && model.shared.bank < 0.02);
    let mut group = c.benchmark_group("models");
    group.sample_size(10);
    group.bench_function("fit chip B", |b| b.iter(|| fit(black_box(&chip))));
    let geometry = Geometry::new(32, 512, 64).expect("a geometry");
    group.bench_function("draw a twin of chip B", |b| {
        let synthesiser = Synthesiser::new(&model);
        b.iter(|| synthesiser.chip(geometry, black_box(3), None).unwrap());
    });
}
