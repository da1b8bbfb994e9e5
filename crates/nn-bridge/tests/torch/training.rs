//! Laws of training, and the order of the paper's methods on drawn digits.

use flip_core::{PersistentErrors, Rate};
use nn_bridge::data::{DataSource, Dataset, Split};
use nn_bridge::torch::{
    ChipRead, Evaluation, Gradient, Network, Start, TorchError, TrainSettings, Trainer, TrainingFaults,
};
use nn_bridge::{Architecture, Augmentation, Device, Scheme, Tensor, WeightFile};
use sram_model::{Between, STORED};

fn digits(split: Split, count: usize) -> Dataset {
    DataSource::Digits { seed: 0 }.load(split).unwrap().first(count)
}

fn rate(p: f64) -> Rate {
    Rate::new(p).unwrap()
}

fn settings(scheme: Scheme, epochs: u32) -> TrainSettings {
    TrainSettings { epochs, ..TrainSettings::paper(scheme) }
}

fn trainer(settings: TrainSettings, faults: Option<TrainingFaults>, images: usize) -> Trainer {
    let architecture = Architecture::named("lenet5", [1, 28, 28], 10).unwrap();
    let normalisation = DataSource::Digits { seed: 0 }.normalisation();
    let data = digits(Split::Train, images);
    Trainer::new(&architecture, settings, faults, data, &normalisation, Augmentation::default(), Device::Cpu)
        .unwrap()
}

fn trained(settings: TrainSettings, faults: Option<TrainingFaults>, images: usize) -> WeightFile {
    let epochs = settings.epochs;
    let mut trainer = trainer(settings, faults, images);
    (0..epochs).for_each(|_| {
        trainer.epoch(|_| ()).unwrap();
    });
    trainer.weights().unwrap()
}

fn bits(file: &WeightFile) -> Vec<u32> {
    let values = |tensor: &Tensor| tensor.values().unwrap();
    file.tensors().iter().flat_map(values).map(f32::to_bits).collect()
}

#[test]
fn a_training_goes_on_from_its_checkpoint_as_if_it_had_never_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let scheme = Scheme::rquant(8).unwrap().clipped(0.1).unwrap();
    let faults = || Some(TrainingFaults::Random { rates: vec![rate(0.01)] });
    let early = Start::Once { loss: 100.0 };
    let settings = TrainSettings { start: early, ..settings(scheme, 3) };
    let whole = trained(settings.clone(), faults(), 640);

    let mut first = trainer(settings.clone(), faults(), 640);
    first.epoch(|_| ()).unwrap();
    first.save(&path).unwrap();
    drop(first);
    let mut second = trainer(settings.clone(), faults(), 640);
    second.resume(&path).unwrap();
    assert_eq!(second.epochs(), 1);
    second.epoch(|_| ()).unwrap();
    second.epoch(|_| ()).unwrap();
    assert_eq!(bits(&second.weights().unwrap()), bits(&whole));

    // Any other training refuses it.
    let others = [
        trainer(TrainSettings { seed: 1, ..settings.clone() }, faults(), 640),
        trainer(settings.clone(), Some(TrainingFaults::Random { rates: vec![rate(0.02)] }), 640),
        trainer(settings.clone(), None, 640),
        trainer(settings, faults(), 641),
    ];
    for mut other in others {
        assert!(matches!(other.resume(&path), Err(TorchError::Checkpoint { .. })));
    }
}

#[test]
fn bit_errors_at_rate_zero_change_nothing() {
    let scheme = Scheme::rquant(8).unwrap();
    let settings = TrainSettings {
        perturbed_limit: f64::INFINITY,
        start: Start::Once { loss: f64::INFINITY },
        ..settings(scheme, 1)
    };
    let clean = trained(settings.clone(), None, 640);
    let none = |rates: &[f64]| TrainingFaults::Random { rates: rates.iter().map(|&p| rate(p)).collect() };
    // The mean of equal gradients is each of them.
    assert_eq!(bits(&trained(settings.clone(), Some(none(&[0.0])), 640)), bits(&clean));
    assert_eq!(bits(&trained(settings.clone(), Some(none(&[0.0, 0.0, 0.0])), 640)), bits(&clean));
    let map = STORED[0].open().unwrap().at("1".parse().unwrap(), Between::NextLower).unwrap();
    let chip = TrainingFaults::Chip { map, offset: 5, read: ChipRead::Sampled };
    assert_eq!(bits(&trained(settings.clone(), Some(chip), 640)), bits(&clean));
    // Their sum is twice as long.
    let sum = TrainSettings { gradient: Gradient::Sum, ..settings.clone() };
    assert_ne!(bits(&trained(sum, Some(none(&[0.0])), 640)), bits(&clean));
    assert_ne!(bits(&trained(settings, Some(none(&[0.01])), 640)), bits(&clean));
}

#[test]
fn trained_weights_lie_within_the_clipping_bound() {
    let scheme = Scheme::rquant(4).unwrap().clipped(0.05).unwrap();
    let file = trained(settings(scheme, 1), None, 1280);
    let greatest = file.tensors().iter().flat_map(|tensor| tensor.values().unwrap()).map(f32::abs);
    assert_eq!(greatest.fold(0.0, f32::max), 0.05);
}

#[test]
fn a_diverging_training_stops_and_says_so() {
    let settings = TrainSettings { learning_rate: 1e6, ..settings(Scheme::rquant(8).unwrap(), 1) };
    let error = trainer(settings, None, 1280).epoch(|_| ()).unwrap_err();
    assert!(matches!(error, TorchError::Diverged { .. } | TorchError::Torch { .. }), "{error}");
}

/// Mean rerr of a network over eight chips of random bit errors at each rate.
fn rerr(file: &WeightFile, scheme: Scheme, rates: &[f64]) -> Vec<f64> {
    let architecture = Architecture::named("lenet5", [1, 28, 28], 10).unwrap();
    let network = Network::load(&architecture, file, Device::Cpu).unwrap();
    let (data, normalisation) = (digits(Split::Test, 2000), DataSource::Digits { seed: 0 }.normalisation());
    let mut evaluation = Evaluation::new(network, scheme, &data, &normalisation, 100).unwrap();
    let bits = evaluation.image().layout().len_bits();
    let mut error = |p: f64| {
        let maps = (0..8).map(|seed| PersistentErrors::new(seed).mask(rate(p), 0, bits));
        maps.map(|mask| evaluation.under(&mask).unwrap().0.error()).sum::<f64>() / 8.0
    };
    rates.iter().map(|&p| error(p)).collect()
}

/// The paper's order: robust quantisation bears more than normal quantisation, clipping more than that, and training under bit
/// errors most.
#[test]
fn methods_bear_bit_errors_in_the_papers_order() {
    let normal = Scheme::normal(8).unwrap();
    let rquant = Scheme::rquant(8).unwrap();
    let clipped = rquant.clipped(0.2).unwrap();
    let random = || Some(TrainingFaults::Random { rates: vec![rate(0.05)] });
    let rates = [0.01, 0.05, 0.1];
    let of = |scheme, faults| rerr(&trained(settings(scheme, 10), faults, 4000), scheme, &rates);
    let (normal, rquant, clipping, randbet) =
        (of(normal, None), of(rquant, None), of(clipped, None), of(clipped, random()));
    let all = format!("normal {normal:.3?}, rquant {rquant:.3?}, clipping {clipping:.3?}, randbet {randbet:.3?}");
    println!("{all}");
}
