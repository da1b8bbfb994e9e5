//! Networks and their weights, against PyTorch.

use std::collections::BTreeMap;

use nn_bridge::{Architecture, Device, Tensor, WeightFile};
use nn_torch::{Network, TorchError};

use crate::{images, normalisation, shape, stored_weights, weights};

/// What PyTorch 2.11 gives for the second image, with modules of `torch.nn` that loaded the same weights by their names.
const PYTORCH: [(&str, [f32; 10]); 8] = [
    ("lenet5", [3.2412, -2.7935, -2.0642, -0.4648, -5.5857, -7.0406, -4.5319, -6.9998, -9.433, -5.3424]),
    ("simplenet", [2.1926, 1.1509, 1.4683, 0.99108, -0.71283, -3.2872, -1.9444, -0.72862, -2.2129, -1.7766]),
    ("simplenet-bn", [155.59, -131.56, -24.498, 305.04, -179.58, -296.14, -206.08, 49.96, -103.51, -254.23]),
    (
        "simplenet-mnist",
        [0.28627, -1.4394, -0.95416, -0.53059, 0.17465, -0.79702, 0.95788, -0.47758, -0.39001, 1.2823],
    ),
    (
        "resnet20",
        [1728.0, -253.16, -2396.6, -5135.2, 1.28648e+04, -7465.4, 3441.0, 7551.1, 2.15120e+04, -3035.2],
    ),
    ("resnet20-gn", [1.0927, -0.165, -2.02, 1.5877, 1.8306, -1.4351, 0.016_553, 2.3809, 6.956, -0.69378]),
    ("wrn28-10", [1.8459, 0.71733, -2.8431, 0.39571, 2.6004, -1.5926, -1.7844, 1.9231, 1.3813, -0.66888]),
    (
        "wrn28-10-bn",
        [
            6.56104e+06,
            4.87501e+06,
            -8.10846e+06,
            -5.79138e+06,
            7.28919e+06,
            -3.95682e+06,
            -3.18486e+06,
            2.38822e+06,
            3.27442e+06,
            1.99088e+06,
        ],
    ),
];

#[test]
fn networks_give_what_pytorch_gives() {
    for (name, expected) in PYTORCH {
        let (architecture, file) = weights(name);
        let network = Network::load(&architecture, &file, Device::Cpu).unwrap();
        let logits = network.logits(&images(name), &normalisation(name)).unwrap();
        let scale = expected.iter().fold(0.0f32, |scale, value| scale.max(value.abs()));
        for (found, expected) in logits[10..20].iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4 * scale, "{name}: {found}, PyTorch {expected}");
        }
    }
}

/// The file with some tensors changed by name; without those for which there is nothing.
fn changed(file: &WeightFile, name: &str, change: impl Fn(&Tensor) -> Option<Tensor>) -> WeightFile {
    let tensors = file.tensors().iter();
    let tensors =
        tensors.filter_map(|tensor| if tensor.name == name { change(tensor) } else { Some(tensor.clone()) });
    WeightFile::new(tensors.collect(), BTreeMap::new())
}

fn error(architecture: &Architecture, file: &WeightFile) -> String {
    Network::load(architecture, file, Device::Cpu).unwrap_err().to_string()
}

#[test]
fn what_does_not_fit_is_refused_by_its_name_and_shapes() {
    let (architecture, file) = weights("resnet20-gn");
    let missing = changed(&file, "layer2.0.gn1.bias", |_| None);
    let said = error(&architecture, &missing);
    assert!(said.contains("layer2.0.gn1.bias is missing") && said.contains("[32]"), "{said}");

    let of = |name: &str, shape: &[usize]| {
        Tensor::from_f32(name, shape.to_vec(), &vec![0.0; shape.iter().product()])
    };
    let hundred = changed(&file, "linear.weight", |tensor| of(&tensor.name, &[100, 64]));
    let said = error(&architecture, &hundred);
    assert!(said.contains("linear.weight: found shape [100, 64], expected [10, 64]"), "{said}");

    let nan = changed(&file, "conv1.weight", |tensor| {
        let mut values = tensor.values().unwrap();
        values[7] = f32::NAN;
        Tensor::from_f32(tensor.name.clone(), tensor.shape.clone(), &values)
    });
    let said = error(&architecture, &nan);
    assert!(said.contains("conv1.weight: element 7 is NaN"), "{said}");

    let mut more = file.tensors().to_vec();
    more.extend(of("layer4.0.conv1.weight", &[1]));
    let said = error(&architecture, &WeightFile::new(more, BTreeMap::new()));
    assert!(said.contains("layer4.0.conv1.weight, which resnet20-gn does not have"), "{said}");
}

#[test]
fn names_of_data_parallel_checkpoints_are_known_and_the_files_own_come_back() {
    let (architecture, file) = weights("resnet20-gn");
    let named = |tensor: &Tensor| {
        let values = tensor.values().unwrap();
        Tensor::from_f32(format!("module.{}", tensor.name), tensor.shape.clone(), &values).unwrap()
    };
    let parallel = WeightFile::new(file.tensors().iter().map(named).collect(), BTreeMap::new());
    let logits = |file| {
        let network = Network::load(&architecture, file, Device::Cpu).unwrap();
        network.logits(&images("resnet20-gn"), &normalisation("resnet20-gn")).unwrap()
    };
    assert_eq!(logits(&parallel), logits(&file));
    // In memory lies the scale of a norm less 1; everything else is as in the file.
    let network = Network::load(&architecture, &file, Device::Cpu).unwrap();
    for stored in stored_weights(&network) {
        let less = if stored.name.contains("gn") && stored.name.ends_with("weight") { 1.0 } else { 0.0 };
        let expected = file.tensor(&stored.name).unwrap().values().unwrap();
        let found = stored.values().unwrap();
        assert!(found.iter().zip(expected).all(|(found, file)| *found == file - less), "{}", stored.name);
    }
}

#[test]
fn devices_and_scripts_that_are_not_there_are_said_to_be() {
    let (architecture, file) = weights("lenet5");
    let gpu = Network::load(&architecture, &file, Device::Cuda(99)).unwrap_err();
    assert!(matches!(gpu, TorchError::Device { .. }) && gpu.to_string().contains("cuda:99"));
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let script = Network::script(&path, Device::Cpu).unwrap_err();
    assert!(script.to_string().contains("is no TorchScript module"), "{script}");
    assert!(!script.to_string().contains('\n'), "{script}");
    let wrong = Architecture::named("lenet5", shape("resnet20"), 10);
    assert!(wrong.is_err());
}
