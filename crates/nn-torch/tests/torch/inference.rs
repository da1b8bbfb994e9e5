//! Layers made ready for many batches, against layer after layer as PyTorch computes them.

use std::collections::HashMap;

use nn_bridge::data::{DataSource, Normalisation, Split};
use nn_bridge::{Architecture, Device, Layer, WeightFile};
use nn_torch::Network;
use tch::Tensor;

use crate::shared;

/// What a network gives, computed one layer at a time.
struct Naive {
    parameters: Vec<Tensor>,
    statistics: Vec<Tensor>,
}

impl Naive {
    fn new(architecture: &Architecture, file: &WeightFile) -> Self {
        let named: HashMap<&str, &nn_bridge::Tensor> =
            file.tensors().iter().map(|tensor| (&*tensor.name, tensor)).collect();
        let tensor = |name: &str, shape: &[usize]| {
            let shape: Vec<i64> = shape.iter().map(|&side| side as i64).collect();
            Tensor::from_slice(&named[name].values().unwrap()).view(&shape[..])
        };
        let parameters = architecture.parameters().iter();
        let statistics = architecture.statistics().iter();
        Self {
            parameters: parameters.map(|parameter| tensor(&parameter.name, &parameter.shape)).collect(),
            statistics: statistics.map(|statistic| tensor(&statistic.name, &[statistic.channels])).collect(),
        }
    }

    fn run(&self, layers: &[Layer], x: &Tensor) -> Tensor {
        layers.iter().fold(x.shallow_clone(), |x, layer| self.layer(layer, &x))
    }

    fn layer(&self, layer: &Layer, x: &Tensor) -> Tensor {
        let parameter = |index: usize| Some(&self.parameters[index]);
        match layer {
            Layer::Conv { weight, bias, stride, padding } => {
                let bias = bias.map(|bias| &self.parameters[bias]);
                let (stride, padding) = (*stride as i64, *padding as i64);
                x.conv2d(&self.parameters[*weight], bias, [stride; 2], [padding; 2], [1; 2], 1)
            }
            Layer::BatchNorm { scale, shift, mean, variance } => {
                let (mean, variance) = (&self.statistics[*mean], &self.statistics[*variance]);
                let (scale, shift) = (parameter(*scale), parameter(*shift));
                x.batch_norm(scale, shift, Some(mean), Some(variance), false, 0.1, 1e-5, false)
            }
            Layer::GroupNorm { scale, shift, groups } => {
                x.group_norm(*groups as i64, parameter(*scale), parameter(*shift), 1e-5, false)
            }
            Layer::Relu => x.relu(),
            Layer::MaxPool { size } => {
                x.max_pool2d([*size as i64; 2], [*size as i64; 2], [0; 2], [1; 2], false)
            }
            Layer::AveragePool => x.adaptive_avg_pool2d([1; 2]),
            Layer::Flatten => x.flatten(1, -1),
            Layer::Linear { weight, bias } => x.linear(&self.parameters[*weight], parameter(*bias)),
            Layer::Residual { main, shortcut } => self.run(main, x) + self.run(shortcut, x),
            Layer::Subsample { zeros } => {
                let zeros = *zeros as i64;
                x.slice(2, None, None, 2).slice(3, None, None, 2).constant_pad_nd([0, 0, 0, 0, zeros, zeros])
            }
        }
    }
}

/// The greatest of the outputs for each image.
fn answers(logits: &[f32], classes: usize) -> Vec<usize> {
    let greatest = |row: &[f32]| (0..classes).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or_default();
    logits.chunks(classes).map(greatest).collect()
}

#[test]
fn rounding_changes_no_answer_of_resnet20_to_the_test_images_of_cifar10() {
    let (Some(folder), Some(models)) = (shared("cifar10"), shared("models")) else { return };
    let file = WeightFile::open(&models.join("resnet20.safetensors")).unwrap();
    let architecture = Architecture::named("resnet20", [3, 32, 32], 10).unwrap();
    let data = DataSource::Cifar10(folder).load(Split::Test).unwrap();
    assert_eq!(data.len(), 10_000);
    let normalisation = Normalisation { mean: vec![0.485, 0.456, 0.406], std: vec![0.229, 0.224, 0.225] };
    let found =
        Network::load(&architecture, &file, Device::Cpu).unwrap().logits(&data, &normalisation).unwrap();

    let _guard = tch::no_grad_guard();
    let naive = Naive::new(&architecture, &file);
    let channels = |values: &[f64]| Tensor::from_slice(values).view([3, 1, 1]).to_kind(tch::Kind::Float);
    let (mean, std) = (channels(&[0.485, 0.456, 0.406]), channels(&[0.229, 0.224, 0.225]));
    let mut expected = Vec::new();
    for pixels in data.pixels().chunks(100 * 3 * 32 * 32) {
        let images = Tensor::from_slice(pixels).view([-1, 3, 32, 32]).to_kind(tch::Kind::Float) / 255.0;
        let outputs = naive.run(architecture.layers(), &((images - &mean) / &std));
        expected.extend(Vec::<f32>::try_from(outputs.contiguous().view([-1])).unwrap());
    }
    let widest = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    let different = answers(&found, 10).iter().zip(answers(&expected, 10)).filter(|(a, b)| **a != *b).count();
    assert_eq!(different, 0, "answers of 10,000; outputs differ by up to {widest}");
    assert!(widest < 2e-4, "outputs differ by up to {widest}");
}
