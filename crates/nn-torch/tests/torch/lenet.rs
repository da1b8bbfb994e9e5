//! LeNet-5 trained on drawn digits, as the tests of training and of its methods share it.

use flip_core::Rate;
use nn_bridge::data::{DataSource, Dataset, Split};
use nn_bridge::memory::Which;
use nn_bridge::{Architecture, Augmentation, Device, Scheme, WeightFile};
use nn_torch::{Storage, TrainSettings, Trainer, TrainingCells, TrainingFaults};
use sram_model::FaultMap;

pub(crate) fn digits(split: Split, count: usize) -> Dataset {
    DataSource::Digits { seed: 0 }.load(split).unwrap().first(count)
}

pub(crate) fn rate(p: f64) -> Rate {
    Rate::new(p).unwrap()
}

pub(crate) fn settings(epochs: u32) -> TrainSettings {
    TrainSettings { epochs, ..TrainSettings::paper() }
}

/// Fresh bit errors at each of these rates.
pub(crate) fn fresh(rates: &[f64]) -> TrainingFaults {
    let cells = rates.iter().map(|&p| TrainingCells::Fresh { rate: rate(p) });
    TrainingFaults::everywhere(1, cells, Which::Sampled)
}

pub(crate) fn of_chip(map: &FaultMap, offset: u64, which: Which) -> TrainingFaults {
    TrainingFaults::everywhere(1, [TrainingCells::Chip { map: map.clone(), offset }], which)
}

pub(crate) fn trainer(
    settings: TrainSettings,
    scheme: Scheme,
    faults: Option<TrainingFaults>,
    images: usize,
) -> Trainer {
    let architecture = Architecture::named("lenet5", [1, 28, 28], 10).unwrap();
    let normalisation = DataSource::Digits { seed: 0 }.normalisation(1);
    let data = digits(Split::Train, images);
    let storage = Storage::plain(&architecture, scheme, faults).unwrap();
    Trainer::new(&architecture, settings, storage, data, &normalisation, Augmentation::default(), Device::Cpu)
        .unwrap()
}

pub(crate) fn trained(
    settings: TrainSettings,
    scheme: Scheme,
    faults: Option<TrainingFaults>,
    images: usize,
) -> WeightFile {
    let epochs = settings.epochs;
    let mut trainer = trainer(settings, scheme, faults, images);
    (0..epochs).for_each(|_| {
        trainer.epoch(|_, _| ()).unwrap();
    });
    trainer.weights().unwrap()
}
