//! Profiles made for the tests: one of measured maps, one of critical voltages.

use flip_core::FaultKind;
use sram_model::{
    Between, CellFault, Content, CriticalCell, CriticalContent, FlipProbability, Floorplan, Geometry,
    Profile, ProfileDraft, Provenance, QuantifiedVoltage, Voltage, VoltageUnit,
};

pub(crate) fn volts(units: f64) -> Voltage {
    Voltage::new(units).unwrap()
}

/// The same, as chips are asked.
pub(crate) fn at(units: f64) -> QuantifiedVoltage {
    VoltageUnit::Volt.of(volts(units))
}

pub(crate) fn fault(cell: u64, p01: f32, p10: f32) -> CellFault {
    CellFault { cell, flip: FlipProbability::new(p01, p10).unwrap() }
}

pub(crate) fn draft(content: Content) -> ProfileDraft {
    ProfileDraft {
        name: "test chip".to_owned(),
        unit: VoltageUnit::Volt,
        geometry: Geometry::new(2, 8, 4).unwrap(),
        floorplan: Some(Floorplan::grid(2, 2)),
        vmin: Some(volts(0.62)),
        measured: None,
        content,
        provenance: Provenance::new("a test"),
    }
}

/// Three levels; cell 3 recovers at 0.58 and cell 9 changes.
pub(crate) fn levels() -> Vec<(Voltage, Vec<CellFault>)> {
    vec![
        (volts(0.6), vec![fault(9, 0.5, 0.0), fault(3, 1.0, 0.0)]),
        (volts(0.58), vec![fault(9, 0.75, 0.0)]),
        (volts(0.55), vec![fault(0, 0.0, 1.0), fault(9, 1.0, 0.0), fault(63, 0.25, 0.125)]),
    ]
}

pub(crate) fn measured() -> Vec<u8> {
    draft(Content::Measured(levels())).encode().unwrap()
}

pub(crate) fn critical() -> Vec<u8> {
    let cell = |cell, critical, kind| CriticalCell { cell, critical: volts(critical), kind };
    let cells = vec![
        cell(40, 0.57, FaultKind::ReadsOne),
        cell(5, 0.59, FaultKind::ReadsZero),
        cell(41, 0.549, FaultKind::Inverts),
    ];
    let voltages = vec![volts(0.6), volts(0.55)];
    let content = CriticalContent { voltages, read_noise: 0.002, flip_floor: 0.001, cells };
    draft(Content::Critical(content)).encode().unwrap()
}

pub(crate) fn faults(profile: &Profile, voltage: f64) -> Vec<CellFault> {
    profile.at(at(voltage), Between::NextLower).unwrap().faults().to_vec()
}
