use super::*;
use nn_bridge::Quantizer;
use nn_bridge::memory::{Description, Memory, Outline};

/// Of two tensors with other schemes, and a rest of a word.
#[test]
fn codes_make_room_as_the_memory_does() {
    let values: Vec<Vec<f32>> = vec![
        (0..203).map(|i| (i as f32 * 0.37).sin() * 0.4).collect(),
        (0..90).map(|i| (i as f32 * 0.71).sin() * 0.3 + 0.1).collect(),
    ];
    let schemes = [Scheme::normal(8).unwrap(), Scheme::rquant(8).unwrap()];
    let shapes = values.iter().map(|values| [values.len()]).collect::<Vec<_>>();
    let outlines: Vec<Outline<'_>> = ["a", "b"]
        .iter()
        .zip(&shapes)
        .zip(schemes)
        .map(|((name, shape), scheme)| Outline { name, shape, stored_as: scheme.into() })
        .collect();
    let text = "format = 1\n[[region]]\ncode = \"in-place\"\nlayout = \"permute:4\"";
    let memory = Memory::new(&Description::parse(text).unwrap(), &outlines).unwrap();
    let tensors: Vec<_> = ["a", "b"]
        .iter()
        .zip(&values)
        .map(|(name, values)| nn_bridge::Tensor::from_f32(*name, vec![values.len()], values).unwrap())
        .collect();
    let mut image = memory.image(&tensors.iter().collect::<Vec<_>>()).unwrap();
    assert!(memory.make_room(&mut image).weights > 20);
    let codec = Codec::new(&schemes, &[203, 90], tch::Device::Cpu).unwrap();
    let codec = codec.making_room(&memory.makes_room()).unwrap();
    let expected: Vec<i32> = (0..2)
        .flat_map(|tensor| image.tensor_codes(tensor).iter().map(|code| code as i32).collect::<Vec<_>>())
        .collect();
    let weights = Tensor::from_slice(&values.concat());
    let stored = |codec: &Codec| Vec::<i32>::try_from(&codec.encode(&weights).unwrap().stored).unwrap();
    assert_eq!(stored(&codec), expected);
    assert_eq!(stored(&codec.without_host()), expected);
}

#[test]
fn codes_and_values_are_those_of_the_quantizer() {
    let tensors: Vec<Vec<f32>> = vec![
        (0..3000).map(|i| ((i * i) as f32 * 0.37).sin() * 0.4 + 0.1).collect(),
        (0..70).map(|i| (i as f32 * 1.7).cos() * 0.05).collect(),
        vec![0.125; 5],
        vec![-0.3],
        (0..500).map(|i| (i as f32 * 0.11).sin().powi(3) * 0.9 + 0.05).collect(),
    ];
    let sizes = tensors.iter().map(|tensor| tensor.len() as i64).collect::<Vec<_>>();
    let switches = ["", "+asymmetric", "+unsigned", "+asymmetric+unsigned"];
    let names = switches.iter().flat_map(|a| ["", "+rounded"].map(|b| format!("normal{a}{b}")));
    for name in names.chain(["global", "global+unsigned+rounded", "global+asymmetric"].map(str::to_owned)) {
        for (bits, clip) in [2, 3, 4, 8, 16].into_iter().flat_map(|bits| [(bits, None), (bits, Some(0.2))]) {
            let scheme = Scheme::named(&name, bits).unwrap();
            let scheme = clip.map_or(scheme, |limit| scheme.clipped(limit).unwrap());
            let codec = || Codec::new(&vec![scheme; sizes.len()], &sizes, tch::Device::Cpu).unwrap();
            let mut weights = Tensor::from_slice(&tensors.concat());
            codec().clip(&mut weights).unwrap();
            for codec in [codec(), codec().without_host()] {
                let encoded = codec.encode(&weights).unwrap();
                let flipped = encoded.stored.bitwise_xor(1 << (bits - 1));
                let codes = Vec::<i32>::try_from(&encoded.stored).unwrap();
                let values = [&encoded.stored, &flipped]
                    .map(|codes| Vec::<f32>::try_from(codec.decode(codes, &encoded).unwrap()).unwrap());
                let mut first = 0;
                for tensor in &tensors {
                    let quantizer = Quantizer::fit(scheme, tensor).unwrap();
                    let mut expected = vec![0; tensor.len()];
                    quantizer.encode(0, tensor, &mut expected).unwrap();
                    let own = first..first + tensor.len();
                    assert!(
                        codes[own.clone()].iter().zip(&expected).all(|(&a, &b)| a as u32 == b),
                        "{scheme}"
                    );
                    for (values, flip) in values.iter().zip([0, 1 << (bits - 1)]) {
                        let faulty: Vec<u32> = expected.iter().map(|code| code ^ flip).collect();
                        let mut decoded = vec![0.0; tensor.len()];
                        quantizer.decode(&faulty, &mut decoded);
                        assert_eq!(values[own.clone()], decoded, "{scheme}");
                    }
                    first += tensor.len();
                }
            }
        }
    }
}
