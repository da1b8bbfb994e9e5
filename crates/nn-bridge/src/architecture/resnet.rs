//! Residual networks for CIFAR.

use super::Layer;
use super::build::{Builder, Norm};

/// ResNet-20 of He et al. (CVPR 2016), section 4.2, with shortcuts of option A. `norms` begins the names of normalisations.
pub(super) fn resnet20(classes: usize, norms: &str, norm: Norm) -> Builder {
    let mut net = Builder::default();
    let first = net.conv("conv1", [3, 16], 3).plain();
    let first_norm = norm(&mut net, &format!("{norms}1"), 16);
    net.push([first, first_norm, Layer::Relu]);
    let mut inputs = 16;
    for (outputs, stage) in [16, 32, 64].into_iter().zip(1..) {
        for block in 0..3 {
            let stride = outputs / inputs;
            let name = |part: &str, number: u32| format!("layer{stage}.{block}.{part}{number}");
            let conv1 = net.conv(&name("conv", 1), [inputs, outputs], 3).stride(stride).plain();
            let norm1 = norm(&mut net, &name(norms, 1), outputs);
            let conv2 = net.conv(&name("conv", 2), [outputs, outputs], 3).plain();
            let norm2 = norm(&mut net, &name(norms, 2), outputs);
            let shortcut = (stride > 1).then_some(Layer::Subsample { zeros: (outputs - inputs) / 2 });
            let main = vec![conv1, norm1, Layer::Relu, conv2, norm2];
            net.push([Layer::Residual { main, shortcut: shortcut.into_iter().collect() }, Layer::Relu]);
            inputs = outputs;
        }
    }
    let classifier = net.linear("linear", [inputs, classes]);
    net.push([Layer::AveragePool, Layer::Flatten, classifier]);
    net
}

/// Wide residual network 28-10 (Zagoruyko and Komodakis, BMVC 2016) with 12 base channels instead of 16, as in the paper.
pub(super) fn wide(classes: usize, norms: &str, norm: Norm) -> Builder {
    const BLOCKS: usize = (28 - 4) / 6;
    const BASE: usize = 12;
    let mut net = Builder::default();
    let first = net.conv("conv1", [3, BASE], 3).plain();
    net.push([first]);
    let mut inputs = BASE;
    for (outputs, stage) in [10 * BASE, 20 * BASE, 40 * BASE].into_iter().zip(1..) {
        for block in 0..BLOCKS {
            let stride = if block == 0 && stage > 1 { 2 } else { 1 };
            let name = |part: &str| format!("block{stage}.layer.{block}.{part}");
            let norm1 = norm(&mut net, &name(&format!("{norms}1")), inputs);
            let conv1 = net.conv(&name("conv1"), [inputs, outputs], 3).stride(stride).plain();
            let norm2 = norm(&mut net, &name(&format!("{norms}2")), outputs);
            let conv2 = net.conv(&name("conv2"), [outputs, outputs], 3).plain();
            let rest = [conv1, norm2, Layer::Relu, conv2];
            if inputs == outputs {
                let main = [norm1, Layer::Relu].into_iter().chain(rest).collect();
                net.push([Layer::Residual { main, shortcut: Vec::new() }]);
            } else {
                // The short way begins after the normalisation, too.
                let short = net.conv(&name("convShortcut"), [inputs, outputs], 1).stride(stride).plain();
                net.push([norm1, Layer::Relu]);
                net.push([Layer::Residual { main: rest.into(), shortcut: vec![short] }]);
            }
            inputs = outputs;
        }
    }
    let last = norm(&mut net, &format!("{norms}1"), inputs);
    let classifier = net.linear("fc", [inputs, classes]);
    net.push([last, Layer::Relu, Layer::AveragePool, Layer::Flatten, classifier]);
    net
}
