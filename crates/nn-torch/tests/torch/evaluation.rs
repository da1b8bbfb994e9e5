//! Errors under faults, against networks whose weights were read one by one.

use std::path::Path;

use flip_core::{FaultKind, FaultMask, PersistentErrors, Rate};
use nn_bridge::data::{DataSource, Normalisation, Split};
use nn_bridge::{
    Architecture, Device, Role, Scheme, SelectionRules, Tensor, TensorOrder, WeightFile, WeightImage,
};
use nn_torch::{Evaluation, Network};

use crate::{images, normalisation as normalisation_of, shared, stored_weights, weights};

fn digits() -> nn_bridge::data::Dataset {
    DataSource::Digits { seed: 3 }.load(Split::Test).unwrap().first(300)
}

fn normalisation() -> Normalisation {
    DataSource::Digits { seed: 3 }.normalisation(1)
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
        let selection = SelectionRules::default().select(file.tensors(), TensorOrder::Name).unwrap();
        let clean = WeightImage::build(scheme, selection.stored()).unwrap();
        assert_eq!(evaluation.image().as_bytes(), clean.as_bytes());
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
            mask.apply(&mut faulty.bits_mut()).unwrap();
            assert_eq!(errors.count(), clean.bits().hamming(faulty.bits()).unwrap());
            let here = right(&logits_of(&architecture, &file, &faulty));
            let there = right(&logits_of(&architecture, &file, &clean));
            let wrong = here.iter().filter(|right| !**right).count();
            assert_eq!(answers.error(), wrong as f64 / 300.0, "{scheme}");
            let either = here.iter().zip(there).filter(|(here, clean)| !**here || !*clean).count();
            assert_eq!(answers.error_with(evaluation.clean()), either as f64 / 300.0, "{scheme}");
        }
        // Every weight is back, to the bit.
        for (number, stored) in stored_weights(evaluation.network()).iter().enumerate() {
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

/// Statistics of `BatchNorm` in memory are hit by bit errors, and free of them otherwise; the order is that asked for.
#[test]
fn statistics_are_stored_when_asked_for_and_tensors_lie_in_the_order_asked_for() {
    let (architecture, file) = weights("resnet20");
    let (data, normalisation) = (images("resnet20"), normalisation_of("resnet20"));
    let scheme = Scheme::rquant(8).unwrap();
    for order in [TensorOrder::Name, TensorOrder::File] {
        for with_statistics in [false, true] {
            let network = Network::load(&architecture, &file, Device::Cpu).unwrap();
            let rules = SelectionRules { with_statistics, ..SelectionRules::default() };
            let stored = network.stored(&rules, order).unwrap();
            assert_eq!(stored.kept_apart.is_empty(), with_statistics);
            let weights = network.all_weights(&stored.tensors).unwrap();
            let image = WeightImage::build(scheme, &weights.iter().collect::<Vec<_>>()).unwrap();
            let mut evaluation =
                Evaluation::of_image(network, stored.tensors, image, &data, &normalisation, 4).unwrap();
            // The same image as `inject` makes of the file.
            let selected = rules.select(file.tensors(), order).unwrap();
            let expected = WeightImage::build(scheme, selected.stored()).unwrap();
            assert_eq!(evaluation.image().as_bytes(), expected.as_bytes());
            let names = |image: &WeightImage| -> Vec<String> {
                image.tensors().iter().map(|tensor| tensor.name.clone()).collect()
            };
            assert_eq!(names(evaluation.image()), names(&expected));
            let running = names(&expected).iter().any(|name| name.ends_with("running_var"));
            assert_eq!(running, with_statistics);
            let bits = expected.layout().len_bits();
            let all = FaultMask::from_faults(bits, (0..bits).map(|bit| (bit, FaultKind::Inverts))).unwrap();
            let clean = evaluation.clean().clone();
            evaluation.under(&all).unwrap();
            let (again, _) = evaluation.under(&FaultMask::from_faults(bits, []).unwrap()).unwrap();
            assert_eq!(again, clean);
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/lenet5-digits.pt");
    let module = Network::script(&path, Device::Cpu).unwrap();
    let rules = SelectionRules { with_statistics: true, ..SelectionRules::default() };
    let error = module.stored(&rules, TensorOrder::Name);
    assert!(error.unwrap_err().to_string().contains("cannot be stored"));
}

/// Everything that an answer depends on changes the identity, and nothing else does.
#[test]
fn identities_tell_apart_what_answers_depend_on() {
    let (architecture, file) = weights("resnet20");
    let (data, normalisation) = (images("resnet20"), normalisation_of("resnet20"));
    let scheme = Scheme::rquant(8).unwrap();
    let of = |file: &WeightFile, scheme, data, normalisation, batch| {
        let network = Network::load(&architecture, file, Device::Cpu).unwrap();
        let evaluation = Evaluation::new(network, scheme, data, normalisation, batch).unwrap();
        serde_json::to_string(&evaluation.identity(data).unwrap()).unwrap()
    };
    let first = of(&file, scheme, &data, &normalisation, 4);
    assert_eq!(of(&file, scheme, &data, &normalisation, 4), first);
    let with_other = |suffix: &str| {
        let changed = |tensor: &Tensor| {
            let mut values = tensor.values().unwrap();
            if tensor.name.ends_with(suffix) {
                values[0] += 0.25;
            }
            Tensor::from_f32(tensor.name.clone(), tensor.shape.clone(), &values).unwrap()
        };
        WeightFile::new(file.tensors().iter().map(changed).collect(), file.metadata().clone())
    };
    let mut other_normalisation = normalisation.clone();
    other_normalisation.std[2] += 0.01;
    let others = [
        of(&with_other("layer2.1.bn1.running_mean"), scheme, &data, &normalisation, 4),
        of(&with_other("conv1.weight"), scheme, &data, &normalisation, 4),
        of(&file, Scheme::normal(8).unwrap(), &data, &normalisation, 4),
        of(&file, scheme, &data.clone().first(3), &normalisation, 4),
        of(&file, scheme, &data, &other_normalisation, 4),
        of(&file, scheme, &data, &normalisation, 3),
    ];
    for (number, other) in others.iter().enumerate() {
        assert!(*other != first && !others[..number].contains(other), "{number}");
    }
}
