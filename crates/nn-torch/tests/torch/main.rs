//! Networks with libtorch: against PyTorch, against walks over every weight, and against laws of training.
#![cfg(feature = "torch")]

mod evaluation;
mod inference;
mod lenet;
mod loading;
mod methods;
mod training;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use nn_bridge::data::{Dataset, Normalisation};
use nn_bridge::{
    Architecture, Augmentation, Device, Scheme, SelectionRules, Tensor, TensorOrder, WeightFile,
};
use nn_torch::{Network, Storage, TrainSettings, Trainer};

/// A folder of the shared data, if it is there.
fn shared(folder: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(folder);
    if !path.exists() {
        // Past the test runner, which keeps what tests print to itself.
        let _ = writeln!(std::io::stderr(), "skipped: {} is not here", path.display());
    }
    path.exists().then_some(path)
}

fn shape(network: &str) -> [usize; 3] {
    if ["lenet5", "simplenet-mnist"].contains(&network) { [1, 28, 28] } else { [3, 32, 32] }
}

/// Four images of nothing in particular, one of each of the first four classes.
fn images(network: &str) -> Dataset {
    let count = 4 * shape(network).iter().product::<usize>();
    let pixels = (0..count).map(|i| ((i * 7919 + i * i % 257) >> 3) as u8).collect();
    Dataset::new(shape(network), 10, pixels, vec![0, 1, 2, 3]).unwrap()
}

fn normalisation(network: &str) -> Normalisation {
    let channels = shape(network)[0];
    Normalisation { mean: vec![0.4; channels], std: vec![0.3; channels] }
}

/// The tensors in a network's memory, in their order there.
fn stored_weights(network: &Network) -> Vec<Tensor> {
    let stored = network.stored(&SelectionRules::default(), TensorOrder::Name).unwrap();
    stored.tensors.into_iter().map(|tensor| network.weights(tensor).unwrap()).collect()
}

/// A network and weights in which every tensor matters: those that training begins with, and a wave added.
fn weights(network: &str) -> (Architecture, WeightFile) {
    let architecture = Architecture::named(network, shape(network), 10).unwrap();
    let settings = TrainSettings::paper();
    let storage = Storage::plain(&architecture, Scheme::rquant(8).unwrap(), None).unwrap();
    let (data, normalisation) = (images(network), normalisation(network));
    let augmentation = Augmentation::default();
    let mut trainer =
        Trainer::new(&architecture, settings, storage, data, &normalisation, augmentation, Device::Cpu)
            .unwrap();
    let waved = |tensor: &Tensor| {
        let more = if tensor.name.ends_with("running_var") { 0.3 } else { 0.0 };
        let values = tensor.values().unwrap();
        let wave = values.iter().zip(0..).map(|(value, i)| value + 0.1 * (i as f32 * 0.37).sin() + more);
        Tensor::from_f32(tensor.name.clone(), tensor.shape.clone(), &wave.collect::<Vec<_>>()).unwrap()
    };
    let tensors = trainer.weights().unwrap().tensors().iter().map(waved).collect();
    (architecture, WeightFile::new(tensors, BTreeMap::new()))
}
