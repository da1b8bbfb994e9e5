//! Errors under faults, against networks whose weights were read one by one.

use std::path::Path;

use flip_core::{FaultKind, FaultMask, PersistentErrors, Rate};
use nn_bridge::data::{DataSource, Normalisation, Split};
use nn_bridge::torch::{Evaluation, Network};
use nn_bridge::{Architecture, Device, Role, Scheme, Tensor, TensorOrder, WeightFile, WeightImage};

use crate::{shared, weights};

fn digits() -> nn_bridge::data::Dataset {
    DataSource::Digits { seed: 3 }.load(Split::Test).unwrap().first(300)
}

fn normalisation() -> Normalisation {
    DataSource::Digits { seed: 3 }.normalisation()
}

/// Which answers a network gives when all of its weights are read from this image, weight by weight.
fn logits_of(architecture: &Architecture, file: &WeightFile, image: &WeightImage) -> Vec<f32> {
    let tensors = file.tensors().iter().map(|tensor| {
        let number = image.tensors().iter().position(|stored| stored.name == tensor.name);
        let Some(number) = number else { return tensor.clone() };
        Tensor::from_f32(tensor.name.clone(), tensor.shape.clone(), &image.decode(number)).unwrap()
    });
    let file = WeightFile::new(tensors.collect(), std::collections::BTreeMap::new());
    let network = Network::load(architecture, &file, Device::Cpu).unwrap();
    network.logits(&digits(), &normalisation()).unwrap()
}

fn right(logits: &[f32]) -> Vec<bool> {
    let greatest = |outputs: &[f32]| (0..10).max_by(|&a, &b| outputs[a].total_cmp(&outputs[b])).unwrap_or(0);
    logits
        .chunks(10)
        .zip(digits().labels())
        .map(|(outputs, &label)| greatest(outputs) == usize::from(label))
        .collect()
}

#[test]
fn answers_are_those_of_a_network_that_reads_every_weight() {
    let (architecture, file) = weights("lenet5");
    assert!(architecture.parameters().iter().all(|parameter| parameter.role != Role::ScaleOffset));
    for (scheme, bits) in [("rquant", 8), ("normal", 4), ("normal+asymmetric", 3)] {
        let scheme = Scheme::named(scheme, bits).unwrap();
        let network = Network::load(&architecture, &file, Device::Cpu).unwrap();
        let mut evaluation = Evaluation::new(network, scheme, &digits(), &normalisation(), 64).unwrap();
        let clean = WeightImage::build(scheme, &file.stored(TensorOrder::Name, false)).unwrap();
        assert_eq!(evaluation.image().codes().as_bytes(), clean.codes().as_bytes());
        let bits = clean.layout().len_bits();
        let of_kinds = (0..bits).step_by(13).zip(FaultKind::ALL.into_iter().cycle());
        let masks = [
            PersistentErrors::new(1).mask(Rate::new(0.01).unwrap(), 0, bits),
            PersistentErrors::new(2).mask(Rate::new(0.3).unwrap(), 0, bits),
            FaultMask::from_faults(bits, of_kinds).unwrap(),
            FaultMask::from_faults(bits, []).unwrap(),
        ];
        for mask in masks {
            let (answers, errors) = evaluation.under(&mask).unwrap();
            let mut faulty = clean.clone();
            mask.apply(&mut faulty.codes_mut().bits_mut()).unwrap();
            assert_eq!(errors.count(), clean.codes().bits().hamming(faulty.codes().bits()).unwrap());
            let here = right(&logits_of(&architecture, &file, &faulty));
            let there = right(&logits_of(&architecture, &file, &clean));
            let wrong = here.iter().filter(|right| !**right).count();
            assert_eq!(answers.error(), wrong as f64 / 300.0, "{scheme}");
            let either = here.iter().zip(there).filter(|(here, clean)| !**here || !*clean).count();
            assert_eq!(answers.error_with(evaluation.clean()), either as f64 / 300.0, "{scheme}");
        }
        // Every weight is back, to the bit.
        for (number, stored) in evaluation.network().weights().unwrap().iter().enumerate() {
            assert_eq!(stored.values().unwrap(), clean.decode(number), "{}", stored.name);
        }
    }
}

#[test]
fn a_torchscript_module_answers_as_the_network_it_was_made_of() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    let file = WeightFile::open(&data.join("lenet5-digits.safetensors")).unwrap();
    let architecture = Architecture::named("lenet5", [1, 28, 28], 10).unwrap();
    let networks = [
        Network::load(&architecture, &file, Device::Cpu).unwrap(),
        Network::script(&data.join("lenet5-digits.pt"), Device::Cpu).unwrap(),
    ];
    let [own, script] = networks.map(|network| {
        let scheme = Scheme::rquant(8).unwrap();
        let mut evaluation = Evaluation::new(network, scheme, &digits(), &normalisation(), 64).unwrap();
        let bits = evaluation.image().layout().len_bits();
        let mask = PersistentErrors::new(1).mask(Rate::new(0.05).unwrap(), 0, bits);
        let (faulty, errors) = evaluation.under(&mask).unwrap();
        let clean = evaluation.under(&FaultMask::from_faults(bits, []).unwrap()).unwrap().0;
        assert_eq!(&clean, evaluation.clean());
        // The images are of another seed than those that it was trained with.
        assert!(
            clean.error() < 0.06 && faulty.error() > clean.error(),
            "{} {}",
            clean.error(),
            faulty.error()
        );
        (clean, faulty, errors.count())
    });
    assert_eq!(own, script);
}

#[test]
fn a_tensor_of_two_names_lies_in_memory_once() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    let script = || Network::script(&data.join("tied.pt"), Device::Cpu).unwrap();
    let scheme = Scheme::rquant(8).unwrap();
    let evaluation = Evaluation::new(script(), scheme, &digits(), &normalisation(), 64).unwrap();
    let names: Vec<&str> = evaluation.image().tensors().iter().map(|tensor| &*tensor.name).collect();
    assert_eq!(names, ["a.bias", "a.weight", "b.bias", "c.bias", "c.weight"]);
    // What it asserts itself is said, with the shape of the images.
    let colour = nn_bridge::data::Dataset::new([3, 8, 8], 10, vec![0; 192], vec![0]).unwrap();
    let error = Evaluation::new(script(), scheme, &colour, &Normalisation::imagenet(), 1).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("[1, 3, 8, 8]") && said.contains("one channel is expected"), "{said}");
}

#[test]
fn outputs_that_are_no_answers_are_refused_with_both_shapes() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data");
    let network = Network::script(&data.join("lenet5-digits.pt"), Device::Cpu).unwrap();
    let digits = digits();
    let hundred =
        nn_bridge::data::Dataset::new([1, 28, 28], 100, digits.pixels().to_vec(), digits.labels().to_vec());
    let error = Evaluation::new(network, Scheme::rquant(8).unwrap(), &hundred.unwrap(), &normalisation(), 64);
    let said = error.unwrap_err().to_string();
    assert!(said.contains("[64, 10]") && said.contains("expected [64, 100]"), "{said}");
}

#[test]
fn resnet20_has_its_published_error() {
    let (Some(models), Some(cifar)) = (shared("models"), shared("cifar10")) else { return };
    let file = WeightFile::open(&models.join("resnet20.safetensors")).unwrap();
    let data = DataSource::Cifar10(cifar).load(Split::Test).unwrap();
    let architecture = Architecture::named("resnet20", data.shape(), data.classes()).unwrap();
    let network = Network::load(&architecture, &file, Device::Cpu).unwrap();
    let scheme = Scheme::rquant(8).unwrap();
    let float = network.answers(&data, &Normalisation::imagenet(), 32).unwrap();
    let evaluation = Evaluation::new(network, scheme, &data, &Normalisation::imagenet(), 32).unwrap();
    // 91.73 % right; another CPU rounds other sums, which may tip an image or two. One test image is a copy of another file.
    let error = 100.0 * float.error();
    assert!((error - 8.27).abs() < 0.035, "{error}");
    assert!((100.0 * evaluation.clean().error() - error).abs() < 0.3);
}
