//! A file of weights of any bytes is read, named or refused; what is read and written again is the same, and can be stored.
//! The first byte chooses the file's extension.

use nn_bridge::{
    ModelCard, Scheme, SelectionRules, Tensor, TensorOrder, WeightFile, WeightImage, weights_of,
};
use sram_fuzz::{bounded, file, said, sound};

pub(crate) fn run(bytes: &[u8]) {
    let Some((&kind, bytes)) = bytes.split_first() else { return };
    let name = match kind {
        b'p' => "weights.pth",
        b'g' => "weights.gguf",
        b'o' => "weights.onnx",
        b'h' => "weights.h5",
        b'n' => "weights.npz",
        b'j' => "model.safetensors.index.json",
        _ => "weights.safetensors",
    };
    bounded(bytes.len(), || {
        let Some(weights) = said(file(name, bytes, WeightFile::open)) else { return };
        sound();
        let _ = said(ModelCard::of(&weights));
        let mut written = Vec::new();
        if weights.tensors().iter().any(|tensor| tensor.name == "__metadata__") {
            assert!(weights.write_to(&mut written).is_err(), "no such file can be read");
            return;
        }
        weights.write_to(&mut written).expect("memory takes it");
        let again = file("again.safetensors", &written, WeightFile::open).expect("what was written is read");
        assert_eq!((again.metadata(), again.tensors().len()), (weights.metadata(), weights.tensors().len()));
        for tensor in weights.tensors() {
            let same = again.tensor(&tensor.name).expect("its tensors are there");
            assert_eq!(
                (same.dtype(), &same.shape, same.bytes()),
                (tensor.dtype(), &tensor.shape, tensor.bytes())
            );
        }
        let mut rewritten = Vec::new();
        again.write_to(&mut rewritten).expect("memory takes it");
        assert!(rewritten == written, "equal files give equal bytes");
        let codes = weights.has_codes().then(|| said(weights_of(weights.clone())));
        codes.flatten().iter().flat_map(WeightFile::tensors).for_each(lies_as_it_is);
        for order in [TensorOrder::Name, TensorOrder::File] {
            store(&weights, order);
        }
    });
}

/// A tensor of a file of codes is one of floats, and lies in memory as its codes.
fn lies_as_it_is(tensor: &Tensor) {
    let coded = tensor.coded().expect("all are codes");
    let scheme = coded.quantizer().scheme();
    let image = WeightImage::build(scheme, &[tensor]).expect("it is what it says");
    assert!(image.as_bytes() == coded.codes().as_bytes());
    assert!(image.decode(0) == coded.values());
    let values = tensor.values().expect("codes stand for floats");
    assert!(values.iter().all(|value| value.is_finite()), "{}: {values:?}", tensor.name);
}

fn store(weights: &WeightFile, order: TensorOrder) {
    let Some(selection) = said(SelectionRules::default().select(weights.tensors(), order)) else { return };
    for scheme in [Scheme::rquant(3), Scheme::normal(8)] {
        let Some(image) = said(WeightImage::build(scheme.expect("a scheme"), selection.stored())) else {
            continue;
        };
        for (number, tensor) in image.tensors().iter().enumerate() {
            let decoded = image.decode(number);
            assert!(decoded.iter().all(|value| value.is_finite()), "{}: {decoded:?}", tensor.name);
        }
    }
}
