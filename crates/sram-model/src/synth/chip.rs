//! A chip that was drawn.

use crate::fault::FaultMap;
use crate::geometry::{Floorplan, Geometry};
use crate::model::Model;
use crate::profile::{Content, CriticalCell, ProfileDraft, Provenance};
use crate::synth::SYNTHESIS_VERSION;
use crate::voltage::Voltage;

/// A chip that was drawn from a model.
#[derive(Clone, Debug)]
pub struct VirtualChip<'a> {
    pub(crate) model: &'a Model,
    pub(crate) geometry: Geometry,
    pub(crate) seed: u64,
    celsius: Option<f64>,
    pub(crate) cells: Vec<CriticalCell>,
}

impl<'a> VirtualChip<'a> {
    pub(super) fn new(
        model: &'a Model,
        geometry: Geometry,
        seed: u64,
        celsius: Option<f64>,
        cells: Vec<CriticalCell>,
    ) -> Self {
        Self { model, geometry, seed, celsius, cells }
    }

    /// The chip's size.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The cells that fail in the model's range, ascending.
    pub fn cells(&self) -> &[CriticalCell] {
        &self.cells
    }

    /// The faults at a voltage, as its profile would give them.
    pub fn at(&self, voltage: Voltage) -> FaultMap {
        let Model { read_noise, flip_floor, .. } = *self.model;
        let faults = self.cells.iter().filter_map(|cell| cell.fault_at(voltage, read_noise, flip_floor));
        FaultMap::from_sorted(self.geometry, voltage, faults.collect())
    }

    /// The chip as a profile. `model_file` is the model as it was read, for the provenance.
    pub fn into_draft(self, model_file: &str) -> ProfileDraft {
        let Self { model, geometry, seed, celsius, cells } = self;
        let at = celsius.map_or_else(String::new, |celsius| format!(", at {celsius} °C,"));
        let voltages = model.voltages();
        let mut notes = vec![format!("synthesised with seed {seed}{at} from the model:\n{model_file}")];
        // The range moves with the temperature.
        let moved = |voltage: Voltage| {
            let offset = celsius.map_or(0.0, |celsius| model.temperature.offset(celsius));
            Voltage::new(voltage.get() + offset).unwrap_or(voltage)
        };
        let measured = model.measured_range().map(|(low, high)| (moved(low), moved(high)));
        let beyond = |low, high| voltages.iter().any(|&voltage| voltage < low || voltage > high);
        let measured = measured.filter(|&(low, high)| beyond(low, high));
        if let Some((low, high)) = measured {
            notes.push(format!("the model knows {low} to {high} {}, beyond it extrapolates", model.unit));
        }
        let provenance = Provenance {
            licence: "MIT OR Apache-2.0".to_owned(),
            // Not the program's version: the same model gives the same bytes for as long as the synthesis does.
            made_by: format!("sram-sim synthesis {SYNTHESIS_VERSION}"),
            notes,
            ..Provenance::new(model.source.clone())
        };
        // Only a chip that follows the curve is known to be clean where the curve begins.
        let vmin = model.vmin().map(moved);
        ProfileDraft {
            name: model.name.clone(),
            unit: model.unit,
            geometry,
            floorplan: Some(Floorplan::grid(geometry.banks(), model.arrays.banks_per_row)),
            vmin: if model.unit == crate::voltage::VoltageUnit::Volt { vmin } else { None },
            measured,
            content: Content::Critical {
                voltages,
                read_noise: model.read_noise,
                flip_floor: model.flip_floor,
                cells,
            },
            provenance,
        }
    }
}
