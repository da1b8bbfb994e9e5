//! Laws of training.

use nn_bridge::data::{Dataset, Normalisation};
use nn_bridge::memory::Which;
use nn_bridge::{Architecture, Augmentation, Device, Scheme, Tensor, WeightFile};
use nn_torch::{Gradient, Start, Storage, TorchError, TrainSettings, Trainer, TrainingFaults};
use sram_model::{Between, STORED};

use crate::lenet::{fresh, of_chip, settings, trained, trainer};

fn bits(file: &WeightFile) -> Vec<u32> {
    let values = |tensor: &Tensor| tensor.values().unwrap();
    file.tensors().iter().flat_map(values).map(f32::to_bits).collect()
}

#[test]
fn a_training_goes_on_from_its_checkpoint_as_if_it_had_never_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let scheme = Scheme::rquant(8).unwrap().clipped(0.1).unwrap();
    let faults = || Some(fresh(&[0.01]));
    let early = Start::Once { loss: 100.0 };
    let settings = TrainSettings { start: early, ..settings(3) };
    let whole = trained(settings.clone(), scheme, faults(), 640);

    let mut first = trainer(settings.clone(), scheme, faults(), 640);
    first.epoch(|_, _| ()).unwrap();
    first.checkpoint().unwrap().write(&path).unwrap();
    drop(first);
    let mut second = trainer(settings.clone(), scheme, faults(), 640);
    second.resume(&path).unwrap();
    assert_eq!(second.epochs(), 1);
    second.epoch(|_, _| ()).unwrap();
    second.epoch(|_, _| ()).unwrap();
    assert_eq!(bits(&second.weights().unwrap()), bits(&whole));

    // Any other training refuses it.
    let others = [
        trainer(TrainSettings { seed: 1, ..settings.clone() }, scheme, faults(), 640),
        trainer(settings.clone(), scheme, Some(fresh(&[0.02])), 640),
        trainer(settings.clone(), scheme, None, 640),
        trainer(settings.clone(), Scheme::rquant(7).unwrap(), faults(), 640),
        trainer(settings, scheme, faults(), 641),
    ];
    for mut other in others {
        assert!(matches!(other.resume(&path), Err(TorchError::OtherTraining { .. })));
    }
}

/// A ResNet-20 with `BatchNorm` on images of noise, augmented.
fn resnet(settings: TrainSettings, bits: u32, faults: Option<TrainingFaults>, seed: usize) -> Trainer {
    let architecture = Architecture::named("resnet20", [3, 32, 32], 10).unwrap();
    let pixels = (0..40 * 3072).map(|i| ((i * 7919 + i * i % 257 + seed) >> 3) as u8).collect();
    let data = Dataset::new([3, 32, 32], 10, pixels, (0..40).map(|i| i % 10).collect()).unwrap();
    let normalisation = Normalisation::imagenet();
    let augmentation = Augmentation::paper(&normalisation.mean);
    let storage = Storage::plain(&architecture, Scheme::rquant(bits).unwrap(), faults).unwrap();
    Trainer::new(&architecture, settings, storage, data, &normalisation, augmentation, Device::Cpu).unwrap()
}

#[test]
fn statistics_augmentation_and_reads_of_a_chip_resume_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint.safetensors");
    let map = STORED[1].open().unwrap().at("0.8 V/Vmin".parse().unwrap(), Between::NextLower).unwrap();
    let faults = || Some(of_chip(&map, 9, Which::Sampled));
    let start = Start::EachBatch { loss: 100.0 };
    let settings = TrainSettings { batch: 16, start, ..settings(2) };
    let mut whole = resnet(settings.clone(), 4, faults(), 0);
    whole.epoch(|_, _| ()).unwrap();
    whole.checkpoint().unwrap().write(&path).unwrap();
    let report = whole.epoch(|_, _| ()).unwrap();
    assert!(report.perturbed_share == 1.0 && report.perturbed_loss.unwrap() != report.loss);
    let mut resumed = resnet(settings.clone(), 4, faults(), 0);
    resumed.resume(&path).unwrap();
    resumed.epoch(|_, _| ()).unwrap();
    assert_eq!(bits(&resumed.weights().unwrap()), bits(&whole.weights().unwrap()));
    // As many other images, and the same faults read in another way, are another training.
    let other_read = Some(of_chip(&map, 9, Which::Worst));
    let other_settings = TrainSettings { seed: 5, momentum: 0.5, ..settings.clone() };
    let others = [
        (resnet(settings.clone(), 4, faults(), 1), &["data: "][..]),
        (resnet(settings.clone(), 4, other_read, 0), &["bit_errors.read: sampled there, worst here"]),
        (
            resnet(other_settings, 4, faults(), 0),
            &["settings.momentum: 0.9 there, 0.5 here", "settings.seed: 0 there, 5 here"],
        ),
    ];
    for (mut other, expected) in others {
        let Err(TorchError::OtherTraining { differing, .. }) = other.resume(&path) else { panic!("resumed") };
        assert_eq!(differing.len(), expected.len(), "{differing:?}");
        assert!(
            differing.iter().zip(expected).all(|(found, expected)| found.starts_with(expected)),
            "{differing:?}"
        );
    }
    // A checkpoint with any byte changed is refused, and the training is as it was.
    let sound = std::fs::read(&path).unwrap();
    let mut trainer = resnet(settings, 4, faults(), 0);
    let before = bits(&trainer.weights().unwrap());
    for at in (9..sound.len()).step_by(sound.len() / 60) {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x10;
        std::fs::write(&path, damaged).unwrap();
        assert!(trainer.resume(&path).is_err(), "byte {at}");
    }
    assert_eq!(bits(&trainer.weights().unwrap()), before);
}

/// Statistics follow the clean weights only: those of a training under bit errors whose gradients are clamped to nothing are
/// those of a training without.
#[test]
fn perturbed_passes_leave_statistics_alone_and_their_gradients_are_clamped() {
    let settings = TrainSettings {
        batch: 16,
        start: Start::Once { loss: f64::INFINITY },
        gradient: Gradient::Sum,
        perturbed_limit: 1e-30,
        ..settings(1)
    };
    let values = |faults| {
        let mut trainer = resnet(settings.clone(), 8, faults, 0);
        trainer.epoch(|_, _| ()).unwrap();
        trainer.weights().unwrap()
    };
    let (clean, perturbed) = (values(None), values(Some(fresh(&[0.05]))));
    for (clean, perturbed) in clean.tensors().iter().zip(perturbed.tensors()) {
        let pairs = clean.values().unwrap().into_iter().zip(perturbed.values().unwrap());
        assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() < 1e-6), "{}", clean.name);
        let initial = if clean.name.ends_with("running_var") { 1.0 } else { 0.0 };
        let moved = clean.values().unwrap().iter().any(|value| (value - initial).abs() > 1e-3);
        assert!(moved || clean.name.ends_with("bias"), "{}", clean.name);
    }
}

#[test]
fn a_batch_of_one_image_is_refused_where_it_has_no_variance() {
    let architecture = Architecture::named("resnet20", [3, 32, 32], 10).unwrap();
    let data = Dataset::new([3, 32, 32], 10, vec![0; 33 * 3072], vec![0; 33]).unwrap();
    let settings = TrainSettings { batch: 32, ..settings(1) };
    let storage = Storage::plain(&architecture, Scheme::rquant(8).unwrap(), None).unwrap();
    let (normalisation, none) = (Normalisation::imagenet(), Augmentation::default());
    let error =
        Trainer::new(&architecture, settings, storage, data, &normalisation, none, Device::Cpu).unwrap_err();
    assert!(error.to_string().contains("33 images in batches of 32"), "{error}");
}

#[test]
fn bit_errors_at_rate_zero_change_nothing() {
    let scheme = Scheme::rquant(8).unwrap();
    let settings = TrainSettings {
        perturbed_limit: f64::INFINITY,
        start: Start::Once { loss: f64::INFINITY },
        ..settings(1)
    };
    let clean = trained(settings.clone(), scheme, None, 640);
    // The mean of equal gradients is each of them.
    assert_eq!(bits(&trained(settings.clone(), scheme, Some(fresh(&[0.0])), 640)), bits(&clean));
    assert_eq!(bits(&trained(settings.clone(), scheme, Some(fresh(&[0.0, 0.0, 0.0])), 640)), bits(&clean));
    let map = STORED[0].open().unwrap().at("1 V/Vmin".parse().unwrap(), Between::NextLower).unwrap();
    let chip = Some(of_chip(&map, 5, Which::Sampled));
    assert_eq!(bits(&trained(settings.clone(), scheme, chip, 640)), bits(&clean));
    // Their sum is twice as long.
    let sum = TrainSettings { gradient: Gradient::Sum, ..settings.clone() };
    assert_ne!(bits(&trained(sum, scheme, Some(fresh(&[0.0])), 640)), bits(&clean));
    assert_ne!(bits(&trained(settings, scheme, Some(fresh(&[0.01])), 640)), bits(&clean));
}

#[test]
fn trained_weights_lie_within_the_clipping_bound() {
    let scheme = Scheme::rquant(4).unwrap().clipped(0.05).unwrap();
    let file = trained(settings(1), scheme, None, 1280);
    let greatest = file.tensors().iter().flat_map(|tensor| tensor.values().unwrap()).map(f32::abs);
    assert_eq!(greatest.fold(0.0, f32::max), 0.05);
}

#[test]
fn a_diverging_training_stops_and_says_so() {
    let settings = TrainSettings { learning_rate: 1e6, ..settings(1) };
    let error = trainer(settings, Scheme::rquant(8).unwrap(), None, 1280).epoch(|_, _| ()).unwrap_err();
    assert!(matches!(error, TorchError::Diverged { .. }), "{error}");
}
