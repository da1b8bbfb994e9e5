//! Networks without shortcuts: LeNet-5 and `SimpleNet`.

use super::Layer;
use super::build::{Builder, Norm};

/// LeNet-5 (`LeCun` et al. 1998) as it is built today: `ReLU`, greatest of squares.
pub(super) fn lenet5(classes: usize) -> Builder {
    let mut net = Builder::default();
    for (name, channels) in [("conv1", [1, 6]), ("conv2", [6, 16])] {
        let conv = net.conv(name, channels, 5).without_padding().with_bias();
        net.push([conv, Layer::Relu, Layer::MaxPool { size: 2 }]);
    }
    net.push([Layer::Flatten]);
    for (name, features) in [("fc1", [16 * 4 * 4, 120]), ("fc2", [120, 84])] {
        let linear = net.linear(name, features);
        net.push([linear, Layer::Relu]);
    }
    let last = net.linear("fc3", [84, classes]);
    net.push([last]);
    net
}

/// A convolution of `SimpleNet`: outputs, side of its squares, and whether it is followed by a pool.
type Stage = (usize, usize, bool);

/// The paper's `SimpleNet` for CIFAR: pools after convolutions 4, 7, 9, 10 and 12.
pub(super) fn simplenet(classes: usize, norm: Norm) -> Builder {
    let stages = [
        (64, 3, false),
        (128, 3, false),
        (128, 3, false),
        (128, 3, true),
        (128, 3, false),
        (128, 3, false),
        (256, 3, true),
        (256, 3, false),
        (256, 3, true),
        (512, 3, true),
        (2048, 1, false),
        (256, 1, true),
        (256, 3, false),
    ];
    stack(3, &stages, classes, norm)
}

/// The paper's `SimpleNet` for MNIST: half as wide, one stage less. Where its pools lie is not published; here they lie
/// after the same widths as for CIFAR.
pub(super) fn simplenet_mnist(classes: usize, norm: Norm) -> Builder {
    let stages = [
        (32, 3, false),
        (64, 3, false),
        (64, 3, false),
        (64, 3, true),
        (64, 3, false),
        (64, 3, false),
        (128, 3, true),
        (256, 3, true),
        (1024, 1, false),
        (128, 1, true),
        (128, 3, false),
    ];
    stack(1, &stages, classes, norm)
}

fn stack(mut inputs: usize, stages: &[Stage], classes: usize, norm: Norm) -> Builder {
    let mut net = Builder::default();
    for (&(outputs, side, pool), number) in stages.iter().zip(1..) {
        let conv = net.conv(&format!("conv{number}"), [inputs, outputs], side).with_bias();
        let norm = norm(&mut net, &format!("norm{number}"), outputs);
        net.push([conv, norm, Layer::Relu]);
        net.push(pool.then_some(Layer::MaxPool { size: 2 }));
        inputs = outputs;
    }
    let classifier = net.linear("classifier", [inputs, classes]);
    net.push([Layer::AveragePool, Layer::Flatten, classifier]);
    net
}
