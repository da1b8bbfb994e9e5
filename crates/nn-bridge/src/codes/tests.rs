use super::*;
use crate::data::Normalisation;
use crate::scheme::Scheme;
use crate::weights::Tensor;

fn card(scheme: &str, bits: u32, clip: Option<f64>) -> ModelCard {
    ModelCard {
        network: "simplenet".to_owned(),
        classes: 10,
        data: "cifar10".to_owned(),
        normalisation: Normalisation::none(3),
        scheme: scheme.to_owned(),
        bits,
        clip,
        method: String::new(),
        trained_under: String::new(),
        trained_in: String::new(),
        layers: BTreeMap::new(),
        epochs: 1,
        seed: 0,
        made_by: String::new(),
    }
}

/// Tensors of a convolution and its norm, whose scale lies in memory less 1.
fn image(scheme: Scheme) -> WeightImage {
    let wave = |count: usize, step: f32| (0..count).map(|i| (i as f32 * step).sin() * 0.13 + 0.02).collect();
    let tensors =
        [("conv1.weight", wave(999, 0.37)), ("norm1.weight", wave(64, 1.3)), ("one", vec![0.25; 3])];
    let tensors: Vec<Tensor> = tensors
        .into_iter()
        .map(|(name, values): (_, Vec<f32>)| {
            // As a file of trained weights gives them: clipped, and 1 added to some and taken away again.
            let limit = scheme.clip().unwrap_or(1.0) as f32;
            let clipped = |value: f32| (value.clamp(-limit, limit) + 1.0) - 1.0;
            let values: Vec<f32> = values.into_iter().map(clipped).collect();
            Tensor::from_f32(name, vec![values.len()], &values).unwrap()
        })
        .collect();
    WeightImage::build(scheme, &tensors.iter().collect::<Vec<_>>()).unwrap()
}

fn origin(tensor: &str) -> Origin {
    match tensor {
        "conv1.weight" => Origin { place: 2, offset: 0.0 },
        "norm1.weight" => Origin { place: 0, offset: 1.0 },
        _ => Origin { place: 1, offset: 0.0 },
    }
}

fn written(image: &WeightImage, clean: bool, card: Option<&ModelCard>) -> WeightFile {
    let mut bytes = Vec::new();
    let card = card.map(|card| (ModelCard::KEY.to_owned(), serde_json::to_string(card).unwrap()));
    write_codes(&mut bytes, image, clean, &origin, &card.into_iter().collect()).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    WeightFile::open(file.path()).unwrap()
}

/// As the first versions wrote them: the card says how codes become weights.
fn of_first_versions(file: &WeightFile) -> WeightFile {
    let mut metadata = file.metadata().clone();
    for (_, said) in metadata.iter_mut().filter(|(name, _)| name.starts_with(TENSOR)) {
        let mut of: serde_json::Value = serde_json::from_str(said).unwrap();
        let of_tensor = of.as_object_mut().unwrap();
        assert!(of_tensor.remove("quantised").is_some() && of_tensor.remove("origin").is_some());
        *said = of.to_string();
    }
    file.clone().with_metadata(metadata)
}

/// Tensors as they lie in memory, each by its own scheme.
fn image_again(file: &WeightFile, order: &WeightImage) -> WeightImage {
    let tensors = order.tensors().iter().map(|tensor| file.tensor(&tensor.name).unwrap());
    let own = tensors.map(|tensor| (tensor, tensor.coded().unwrap().quantizer().scheme()));
    WeightImage::build_each(&own.collect::<Vec<_>>()).unwrap()
}

fn assert_same(again: &WeightImage, image: &WeightImage) {
    assert_eq!(again.as_bytes(), image.as_bytes());
    for (a, b) in again.tensors().iter().zip(image.tensors()) {
        assert_eq!((&a.name, &a.shape), (&b.name, &b.shape));
        let of = |quantizer: crate::Quantizer| (quantizer.scheme(), quantizer.range(), quantizer.step());
        assert_eq!(of(a.quantizer), of(b.quantizer));
    }
}

#[test]
fn codes_of_any_scheme_clean_and_faulty_lie_in_memory_as_they_are() {
    let clipped = |name: &str, bits, clip| Scheme::named(name, bits).unwrap().clipped(clip).unwrap();
    let named = |name: &str, bits| Scheme::named(name, bits).unwrap();
    for scheme in [
        named("rquant", 8),
        clipped("rquant", 4, 0.1),
        clipped("rquant", 3, 0.03),
        named("rquant", 16),
        named("normal", 8),
        named("normal+asymmetric", 5),
        named("normal", 32),
        named("global", 8),
        named("global+rounded", 6).with_global_range(0.3).unwrap(),
        named("global+asymmetric+unsigned", 2).with_global_range(0.7).unwrap(),
    ] {
        let clean = image(scheme);
        let mut faulty = clean.clone();
        let len = faulty.layout().len_bits();
        let mask = (0..len).step_by(7).map(|bit| (bit, flip_core::FaultKind::Inverts));
        flip_core::SparseMask::from_faults(len, mask).unwrap().apply(&mut faulty.bits_mut()).unwrap();
        for (stored, is_clean) in [(&clean, true), (&faulty, false)] {
            let file = weights_of(written(stored, is_clean, None)).unwrap();
            let again = image_again(&file, stored);
            assert_same(&again, stored);
            assert!(file.tensors().iter().all(|tensor| tensor.coded().unwrap().has_errors() != is_clean));
            assert!(file.metadata().is_empty(), "{:?}", file.metadata());
            // In the order of the file that they were made of, and with what memory leaves out.
            let names: Vec<&str> = file.tensors().iter().map(|tensor| &*tensor.name).collect();
            assert_eq!(names, ["norm1.weight", "one", "conv1.weight"]);
            for (number, tensor) in stored.tensors().iter().enumerate() {
                let more = origin(&tensor.name).offset;
                let values: Vec<f32> = stored.decode(number).into_iter().map(|value| value + more).collect();
                assert_eq!(file.tensor(&tensor.name).unwrap().values().unwrap(), values, "{scheme}");
            }
            let less = file.tensor("norm1.weight").unwrap().less(1.0).unwrap();
            assert_eq!(less.coded(), file.tensor("norm1.weight").unwrap().coded());
        }
    }
}

#[test]
fn codes_of_another_scheme_than_asked_are_quantised_anew() {
    let file = weights_of(written(&image(Scheme::rquant(8).unwrap()), true, None)).unwrap();
    let tensors: Vec<&Tensor> = file.tensors().iter().collect();
    let plain: Vec<Tensor> = tensors
        .iter()
        .map(|tensor| {
            Tensor::from_f32(&*tensor.name, tensor.shape.clone(), &tensor.values().unwrap()).unwrap()
        })
        .collect();
    let other = Scheme::normal(4).unwrap();
    let of_plain = WeightImage::build(other, &plain.iter().collect::<Vec<_>>()).unwrap();
    assert_same(&WeightImage::build(other, &tensors).unwrap(), &of_plain);
}

#[test]
fn codes_of_the_first_versions_are_read_by_their_card() {
    for (bits, clip) in [(8, None), (8, Some(0.1)), (4, Some(0.1)), (3, None), (2, Some(0.05)), (16, None)] {
        let card = card("rquant", bits, clip);
        let image = image(card.scheme().unwrap());
        let file = weights_of(of_first_versions(&written(&image, true, Some(&card)))).unwrap();
        assert_same(&image_again(&file, &image), &image);
        let norm = file.tensor("norm1.weight").unwrap().values().unwrap();
        let values: Vec<f32> = image.decode(1).into_iter().map(|value| value + 1.0).collect();
        assert_eq!(norm, values, "a scale of the network");
        assert_eq!(ModelCard::of(&file).unwrap(), Some(card));
        assert_eq!(file.metadata().len(), 1, "{:?}", file.metadata());
    }
}

#[test]
fn a_range_that_no_weights_have_is_refused() {
    let named = |name: &str, bits| Scheme::named(name, bits).unwrap();
    for (scheme, changes) in [
        (named("normal", 8), &[("step", "-0.0078125"), ("step", "0"), ("lo", "0.5"), ("step", "1e300")][..]),
        (named("normal", 32), &[("step", "-1"), ("hi", "1e38")]),
        (named("rquant", 8), &[("step", "-0.1"), ("lo", "1e39"), ("hi", "-9")]),
        (named("global", 8), &[("lo", "-0.5"), ("hi", "2")]),
        (named("rquant", 4).clipped(0.1).unwrap(), &[("hi", "40"), ("lo", "-0.2")]),
    ] {
        let file = written(&image(scheme), true, None);
        for (key, value) in changes {
            let mut metadata = file.metadata().clone();
            let said = metadata.get_mut("tensor conv1.weight").unwrap();
            let mut of: serde_json::Value = serde_json::from_str(said).unwrap();
            of[key] = value.parse::<f64>().unwrap().into();
            *said = of.to_string();
            let error = weights_of(file.clone().with_metadata(metadata)).unwrap_err().to_string();
            assert!(error.contains("codes of tensor conv1.weight"), "{scheme} {key} {value}: {error}");
        }
    }
}

#[test]
fn what_does_not_stand_for_weights_is_refused() {
    let rquant = card("rquant", 8, None);
    let image_of = |card: &ModelCard| image(card.scheme().unwrap());
    let error = |file| weights_of(file).unwrap_err().to_string();
    let no_card = error(of_first_versions(&written(&image_of(&rquant), true, None)));
    assert!(no_card.contains("do not say how they were quantised"), "{no_card}");
    // A range that is none, another step, an unknown scheme, and elements that are no codes.
    let file = written(&image_of(&rquant), true, None);
    let changed = |from: &str, to: &str| {
        let mut metadata = file.metadata().clone();
        metadata.values_mut().for_each(|value| *value = value.replace(from, to));
        error(file.clone().with_metadata(metadata))
    };
    let range = changed("\"lo\":-0.", "\"lo\":9.");
    assert!(range.contains("expected a range and a step"), "{range}");
    let step = changed("\"step\":0.00", "\"step\":0.01");
    assert!(step.contains("expected a range and a step"), "{step}");
    let scheme = changed("\"scheme\":\"rquant\"", "\"scheme\":\"squant\"");
    assert!(scheme.contains("codes of tensor conv1.weight") && scheme.contains("squant"), "{scheme}");
    // A range that is one of another scheme, or of weights that were not clipped so.
    let other = changed("\"scheme\":\"rquant\"", "\"scheme\":\"normal\"");
    assert!(other.contains("expected a range and a step"), "{other}");
    let clip = changed("\"clip\":null", "\"clip\":0.1");
    assert!(clip.contains("expected a range and a step"), "{clip}");
    let bits = changed("\"bits\":8", "\"bits\":\"8\"");
    assert!(bits.contains("codes of tensor conv1.weight: metadata"), "{bits}");
    let packing = changed("LSB first", "MSB first");
    assert!(packing.contains("found codes packed as `code i") && packing.contains("LSB first"), "{packing}");
    // Another program's metadata of this name are nobody's codes.
    let other = file.clone().with_metadata(BTreeMap::from([("codes".to_owned(), "utf-8".to_owned())]));
    assert!(weights_of(other).unwrap().tensors().iter().all(|tensor| tensor.coded().is_none()));
    let floats = Tensor::from_f32("one", vec![3], &[1.0; 3]).unwrap();
    let floats = error(WeightFile::new(vec![floats], file.metadata().clone()));
    assert!(floats.contains("found elements of type F32, expected U8"), "{floats}");
    // Codes of another width.
    let narrow = changed("\"bits\":8", "\"bits\":4");
    assert!(narrow.contains("codes of tensor conv1.weight") && narrow.contains("with 4 bits"), "{narrow}");
}

#[test]
fn a_file_of_weights_is_as_it_was() {
    let tensor = Tensor::from_f32("w", vec![2], &[1.0, 2.0]).unwrap();
    let file = weights_of(WeightFile::new(vec![tensor.clone()], BTreeMap::new())).unwrap();
    assert_eq!(file.tensor("w").and_then(Tensor::values), tensor.values());
    assert!(file.tensor("w").unwrap().coded().is_none());
}
