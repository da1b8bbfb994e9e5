//! A chip that was drawn.

use std::sync::Arc;

use crate::fault::FaultMap;
use crate::geometry::{Floorplan, Geometry};
use crate::model::Model;
use crate::profile::{Content, CriticalCell, CriticalContent, ProfileDraft, Provenance, STORED};
use crate::synth::SYNTHESIS_VERSION;
use crate::voltage::{QuantifiedVoltage, Voltage, VoltageError, VoltageUnit};

/// A chip that was drawn from a model.
#[derive(Clone, Debug)]
pub struct VirtualChip {
    pub(crate) model: Arc<Model>,
    pub(crate) geometry: Geometry,
    pub(crate) seed: u64,
    celsius: Option<f64>,
    pub(crate) cells: Vec<CriticalCell>,
}

impl VirtualChip {
    pub(super) fn new(
        model: Arc<Model>,
        geometry: Geometry,
        seed: u64,
        celsius: Option<f64>,
        cells: Vec<CriticalCell>,
    ) -> Self {
        Self { model, geometry, seed, celsius, cells }
    }

    /// A chip of this size without its cells, for what all chips of a model have in common: unit, voltages, range, Vmin.
    pub fn without_cells(model: &Model, geometry: Geometry, celsius: Option<f64>) -> Self {
        Self::new(Arc::new(model.clone()), geometry, model.seed, celsius, Vec::new())
    }

    /// The chip's size.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// The cells that fail in the model's range, ascending.
    pub fn cells(&self) -> &[CriticalCell] {
        &self.cells
    }

    /// The faults at a voltage, as its profile would give them; `None` below the range that the chip was drawn for.
    ///
    /// # Errors
    /// [`VoltageError::OtherUnit`] for a voltage in another unit than the model's.
    pub fn at(&self, voltage: QuantifiedVoltage) -> Result<Option<FaultMap>, VoltageError> {
        Ok(self.own_at(voltage.in_unit(self.model.unit)?))
    }

    /// The same at a voltage in the model's unit.
    pub(crate) fn own_at(&self, voltage: Voltage) -> Option<FaultMap> {
        let lowest = self.model.own_voltages().last().copied()?;
        if voltage < lowest {
            return None;
        }
        let (noise, floor) = (self.model.total_noise(), self.model.flip_floor);
        let faults = self.cells.iter().filter_map(|cell| cell.fault_at(voltage, noise, floor));
        Some(FaultMap::from_sorted(self.geometry, self.model.unit.of(voltage), faults.collect()))
    }

    /// The chip as a profile. `model_file` is the model as it was read, for the provenance: with it, and what stands there of the
    /// size, the voltages and the temperature where they are not the model's, the same chip can be made again.
    pub fn into_draft(self, model_file: &str) -> ProfileDraft {
        let Self { model, geometry, seed, celsius, cells } = self;
        let voltages = model.own_voltages();
        let mut notes = vec![origin(&model, geometry, seed, celsius, model_file)];
        // A model without a curve knows of no voltage.
        let known = model.measured_range(celsius);
        let known = known.map_or((Voltage::MAX, Voltage::MAX), |(low, high)| (low.voltage, high.voltage));
        let vmin = model.vmin().map(|_| known.1);
        let beyond = |voltage: &Voltage| *voltage < known.0 || (*voltage > known.1 && vmin.is_none());
        let measured = Some(known).filter(|_| voltages.iter().any(beyond));
        if measured.is_some() {
            notes.push(match model.measured_range(celsius) {
                Some((low, high)) => {
                    format!("the model knows {} to {high}, beyond it extrapolates", low.voltage)
                }
                None => "the model has no curve: every rate is that of its law".to_owned(),
            });
        }
        let provenance = Provenance {
            licence: licence(&model, model_file),
            // Not the program's version: the same model gives the same bytes for as long as the synthesis does.
            made_by: format!("sram-sim synthesis {SYNTHESIS_VERSION}"),
            notes,
            ..Provenance::new(model.source.clone())
        };
        ProfileDraft {
            name: model.name.clone(),
            unit: model.unit,
            geometry,
            floorplan: Some(Floorplan::grid(geometry.banks(), model.arrays.banks_per_row)),
            vmin: if model.unit == VoltageUnit::Volt { vmin } else { None },
            measured,
            content: Content::Critical(CriticalContent {
                voltages,
                read_noise: model.total_noise(),
                flip_floor: model.flip_floor,
                cells,
            }),
            provenance,
        }
    }
}

/// A chip is under the licence of what its model was taken from; nobody knows another. The recipes that come with the
/// program are the program's own.
fn licence(model: &Model, model_file: &str) -> String {
    let of_the_program = STORED.iter().any(|stored| stored.recipe == model_file);
    if model.licence.is_empty() && of_the_program {
        "MIT OR Apache-2.0".to_owned()
    } else {
        model.licence.clone()
    }
}

/// All that a chip depends on: the model, and what was asked for in place of what stands in it.
fn origin(model: &Model, geometry: Geometry, seed: u64, celsius: Option<f64>, model_file: &str) -> String {
    let without_voltages = |model: &Model| Model { voltages: Vec::new(), ..model.clone() };
    // A model that was changed since it was read is written anew.
    let read = Model::parse(model_file).ok().filter(|read| without_voltages(read) == without_voltages(model));
    let text = if read.is_some() { model_file.to_owned() } else { model.to_toml() };
    let recipe = read.as_ref().unwrap_or(model);
    let mut asked = vec![format!("seed {seed}")];
    if recipe.geometry().ok() != Some(geometry) {
        asked.push(format!("geometry {geometry}"));
    }
    if recipe.own_voltages() != model.own_voltages() {
        let voltages: Vec<String> = model.own_voltages().iter().map(ToString::to_string).collect();
        asked.push(format!("voltages {} {}", voltages.join(" "), model.unit));
    }
    asked.extend(celsius.map(|celsius| format!("at {celsius} °C")));
    let comma = if asked.len() > 1 { "," } else { "" };
    format!("synthesised with {}{comma} from the model:\n{text}", asked.join(", "))
}
