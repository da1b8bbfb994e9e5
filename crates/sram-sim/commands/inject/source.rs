//! The faults of a read: those of a chip at a voltage, or random ones.

use anyhow::Result;
use cli_io::Files;
use flip_core::{FaultMask, PersistentErrors, ProtectedBits, Rate};
use nn_bridge::{Placement, WeightImage, expected_errors_by_tensor, read_mask};
use serde::Serialize;
use sram_model::{FaultMap, Voltage};

use crate::arguments::InjectArguments;
use crate::chip::{self, ChipName};

/// The mask of a read, and where it comes from.
pub(super) struct Source {
    pub(super) mask: FaultMask,
    pub(super) hit: u64,
    /// Bit errors to expect of each tensor.
    pub(super) expected: Vec<f64>,
    pub(super) faults: Faults,
}

/// Where the faults come from.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Faults {
    Chip {
        name: String,
        voltage: f64,
        map_voltage: f64,
        extrapolated: bool,
        unit: String,
        offset: u64,
        copies: f64,
        read: String,
        fault_rate: f64,
    },
    Random {
        rate: f64,
        stream_version: u32,
    },
}

impl Source {
    /// Those that the arguments name.
    pub(super) fn of(
        arguments: &InjectArguments,
        files: &Files,
        clean: &WeightImage,
        protected: &ProtectedBits,
    ) -> Result<Self> {
        match (arguments.rate, &arguments.chip, arguments.voltage) {
            (Some(rate), ..) => Ok(random(rate, arguments, clean)),
            (None, Some(chip), Some(voltage)) => of_chip(chip, voltage, arguments, files, clean, protected),
            _ => anyhow::bail!("give --chip and --voltage, or --rate"),
        }
    }
}

fn of_chip(
    chip: &ChipName,
    voltage: Voltage,
    arguments: &InjectArguments,
    files: &Files,
    clean: &WeightImage,
    protected: &ProtectedBits,
) -> Result<Source> {
    let len_bits = clean.layout().len_bits();
    let profile = chip::open(chip, files)?;
    chip::warn_if_extrapolated(&profile, &[voltage]);
    let map = profile.at(voltage, arguments.between.into())?;
    let cells = map.geometry().cells();
    let placement = Placement::new(arguments.offset, cells);
    let model = arguments.read.model(arguments.seed);
    let faults = Faults::Chip {
        name: profile.info().name.clone(),
        voltage: voltage.get(),
        map_voltage: map.voltage().get(),
        extrapolated: profile.info().extrapolates(voltage),
        unit: profile.info().unit.to_string(),
        offset: arguments.offset % cells,
        copies: len_bits as f64 / cells as f64,
        read: arguments.read.name().to_owned(),
        fault_rate: map.rates().p(),
    };
    Ok(Source {
        mask: read_mask(&map, placement, len_bits, model)?,
        hit: count_hit(&map, placement, len_bits),
        expected: expected_errors_by_tensor(&map, placement, clean, model, protected),
        faults,
    })
}

fn count_hit(map: &FaultMap, placement: Placement, len_bits: u64) -> u64 {
    placement.faults(map.faults(), len_bits).count() as u64
}

fn random(rate: Rate, arguments: &InjectArguments, clean: &WeightImage) -> Source {
    let layout = clean.layout();
    let mask = PersistentErrors::new(arguments.seed).mask(rate, 0, layout.len_bits());
    let faults = Faults::Random { rate: rate.get(), stream_version: flip_core::STREAM_VERSION };
    let open_bits = layout.width().bits().saturating_sub(arguments.protect_msb);
    let expected = |tensor| rate.get() * f64::from(open_bits) * layout.codes(tensor).len() as f64;
    let expected = (0..clean.tensors().len()).map(expected).collect();
    Source { hit: mask.count(), mask, expected, faults }
}
