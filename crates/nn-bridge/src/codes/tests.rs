use super::*;
use crate::data::Normalisation;
use crate::scheme::Scheme;

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

fn written(image: &WeightImage, clean: bool, card: Option<&ModelCard>) -> WeightFile {
    let mut bytes = Vec::new();
    let card = card.map(|card| (ModelCard::KEY.to_owned(), serde_json::to_string(card).unwrap()));
    write_codes(&mut bytes, image, clean, &card.into_iter().collect()).unwrap();
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    WeightFile::open(file.path()).unwrap()
}

#[test]
fn codes_stand_for_weights_that_give_the_same_image() {
    for (bits, clip) in [(8, None), (8, Some(0.1)), (4, Some(0.1)), (3, None), (2, Some(0.05)), (16, None)] {
        let card = card("rquant", bits, clip);
        let scheme = card.scheme().unwrap();
        let image = image(scheme);
        let file = weights_of(written(&image, true, Some(&card))).unwrap();
        let in_memory: Vec<Tensor> = image
            .tensors()
            .iter()
            .map(|tensor| file.tensor(&tensor.name).unwrap())
            .map(
                |tensor| {
                    if tensor.name == "norm1.weight" { tensor.less(1.0).unwrap() } else { tensor.clone() }
                },
            )
            .collect();
        let again = WeightImage::build(scheme, &in_memory.iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(again.as_bytes(), image.as_bytes(), "{bits} bits, {clip:?}");
        for (a, b) in again.tensors().iter().zip(image.tensors()) {
            assert_eq!((&a.shape, a.quantizer), (&b.shape, b.quantizer), "{}", a.name);
        }
        assert_eq!(ModelCard::of(&file).unwrap(), Some(card));
        assert_eq!(file.metadata().len(), 1, "{:?}", file.metadata());
    }
}

#[test]
fn what_does_not_stand_for_weights_is_refused() {
    let rquant = card("rquant", 8, None);
    let image_of = |card: &ModelCard| image(card.scheme().unwrap());
    let error = |file| weights_of(file).unwrap_err().to_string();
    let faulty = error(written(&image_of(&rquant), false, Some(&rquant)));
    assert!(faulty.contains("found faulty codes, expected clean ones"), "{faulty}");
    let no_card = error(written(&image_of(&rquant), true, None));
    assert!(no_card.contains("without a card"), "{no_card}");
    // Values that were truncated to codes lie on the edge to the next code.
    let normal = card("normal", 8, None);
    let one_way = error(written(&image_of(&normal), true, Some(&normal)));
    assert!(one_way.contains("do not give them back under 8 bits"), "{one_way}");
    // A range that is none, another step, and elements that are no codes.
    let file = written(&image_of(&rquant), true, Some(&rquant));
    let changed = |from: &str, to: &str| {
        let mut metadata = file.metadata().clone();
        metadata.values_mut().for_each(|value| *value = value.replace(from, to));
        error(file.clone().with_metadata(metadata))
    };
    let range = changed("\"lo\":-0.", "\"lo\":9.");
    assert!(range.contains("expected a range and a step"), "{range}");
    let step = changed("\"step\":0.00", "\"step\":0.01");
    assert!(step.contains("expected a range and a step"), "{step}");
    let floats = Tensor::from_f32("one", vec![3], &[1.0; 3]).unwrap();
    let floats = error(WeightFile::new(vec![floats], file.metadata().clone()));
    assert!(floats.contains("found elements of type F32, expected U8"), "{floats}");
    // Codes of another width.
    let narrow = error(written(&image_of(&rquant), true, Some(&card("rquant", 4, None))));
    assert!(narrow.contains("codes of tensor conv1.weight") && narrow.contains("with 4 bits"), "{narrow}");
}

#[test]
fn a_file_of_weights_is_as_it_was() {
    let tensor = Tensor::from_f32("w", vec![2], &[1.0, 2.0]).unwrap();
    let file = weights_of(WeightFile::new(vec![tensor.clone()], BTreeMap::new())).unwrap();
    assert_eq!(file.tensor("w").and_then(Tensor::values), tensor.values());
}
