//! Regions: each bit has one place, and a division that changes nothing changes nothing.

use flip_core::Rate;
use nn_bridge::memory::{Cells, Description, Memory, MemoryError, Outline, Read, ReadModel, Which};
use nn_bridge::{Scheme, WeightImage};
use proptest::prelude::*;
use sram_model::{FaultMap, Geometry};

use crate::scene::{chip, region, schemes, stored, tensors};

const MODELS: [Which; 3] = [Which::Sampled, Which::Persistent, Which::Worst];

fn on_chip(memory: &Memory, image: &WeightImage, map: &FaultMap, model: ReadModel) -> Read {
    let cells = vec![Cells::Chip { map, offset: 17 }; memory.regions().len()];
    memory.read(image, &cells, model, 0).unwrap()
}

/// The whole memory in one region, and divided so that nothing changes: between tensors, in their order.
const DIVIDED: &str =
    "format = 1\n[[region]]\ntensors = [\"a.*\", \"b.*\"]\n[[region]]\ntensors = [\"c.*\", \"d.*\"]\n";
const BY_PLANES: &str =
    "format = 1\n[[region]]\nplanes = \"msb:1\"\n[[region]]\nplanes = \"rest\"\noffset = 9\n";

proptest! {
    #[test]
    fn a_division_that_changes_nothing_gives_the_same_bits(schemes in schemes(), seed: u64, number in 0u64..3) {
        let whole = stored(&Description::default().to_toml(), &tensors(), &schemes);
        let divided = stored(DIVIDED, &tensors(), &schemes);
        let map = chip(Geometry::new(2, 4, 25).unwrap(), seed, 60);
        for which in MODELS {
            let model = ReadModel { which, seed };
            let [a, b] = [&whole, &divided].map(|(memory, image)| on_chip(memory, image, &map, model));
            prop_assert_eq!(&a.errors, &b.errors);
            prop_assert_eq!(a.counts().raw_bit_errors, b.counts().raw_bit_errors);
            prop_assert!((a.expected_bit_errors() - b.expected_bit_errors()).abs() < 1e-9);
        }
        // Random bit errors do not ask where bits lie.
        let by_planes = stored(BY_PLANES, &tensors(), &schemes);
        let layout = stored(&region("layout = \"permute:3+bit-plane+interleave:2\""), &tensors(), &schemes);
        let rate = Rate::new(0.05).unwrap();
        for fresh in [false, true] {
            let cells = Cells::Random { rate, seed, fresh };
            let read = |(memory, image): &(Memory, WeightImage)| {
                let model = ReadModel { which: Which::Sampled, seed };
                memory.read(image, &vec![cells; memory.regions().len()], model, number).unwrap().errors
            };
            let expected = read(&whole);
            for other in [&divided, &by_planes, &layout] {
                prop_assert_eq!(read(other), expected.clone());
            }
        }
    }

    #[test]
    fn a_uniform_list_of_widths_is_the_uniform_image(bits in prop::sample::select(vec![2u32, 3, 5, 8, 16])) {
        let scheme = Scheme::rquant(4).unwrap();
        let list = format!("format = 1\n[[region]]\ntensors = [\"a*\", \"c*\"]\nbits = {bits}\n[[region]]\ntensors = [\"b*\", \"d*\"]\nbits = {bits}\noffset = 0\n");
        let (_, listed) = stored(&list, &tensors(), &[scheme]);
        let (_, uniform) = stored(&region(""), &tensors(), &[Scheme::rquant(bits).unwrap()]);
        prop_assert_eq!(listed.as_bytes(), uniform.as_bytes());
    }
}

#[test]
fn planes_of_their_own_voltage_are_read_by_themselves() {
    let tensors = tensors();
    let schemes = [Scheme::rquant(8).unwrap()];
    let split = "format = 1\n[[region]]\nplanes = \"msb:2\"\nsafe = true\n[[region]]\nplanes = \"lsb:6\"\n";
    let (memory, image) = stored(split, &tensors, &schemes);
    let map = chip(Geometry::new(1, 16, 32).unwrap(), 5, 200);
    let model = ReadModel { which: Which::Worst, seed: 0 };
    let read = memory.read(&image, &[Cells::Safe, Cells::Chip { map: &map, offset: 0 }], model, 0).unwrap();
    let bit = |bit: u64| image.layout().weight_bit(bit).unwrap().bit;
    assert!(read.errors.count() > 50 && read.errors.iter().all(|(at, _)| bit(at) < 6));
    // Robust planes beside the others keep their places: what fails of the others is what fails without them.
    let (robust, image) = stored(&region("robust = \"msb:2\""), &tensors, &schemes);
    let (plain, _) = stored(&region(""), &tensors, &schemes);
    let [robust, plain] =
        [robust, plain].map(|memory| on_chip(&memory, &image, &map, model).errors.iter().collect::<Vec<_>>());
    let open: Vec<_> = plain.into_iter().filter(|(at, _)| bit(*at) < 6).collect();
    assert!(robust == open && !open.is_empty());
}

fn refused(text: &str) -> String {
    let outline = |name| Outline { name, shape: &[4], stored_as: Scheme::rquant(8).unwrap().into() };
    let description = match Description::parse(text) {
        Ok(description) => description,
        Err(error) => return error.to_string(),
    };
    let error: MemoryError =
        Memory::new(&description, &[outline("conv.weight"), outline("fc.weight")]).unwrap_err();
    error.to_string()
}

#[test]
fn every_bit_lies_in_one_region() {
    for (regions, message) in [
        ("[[region]]\nplanes = \"msb:2\"", "bits 0 to 5 of tensor conv.weight lie in no region"),
        ("[[region]]\ntensors = [\"fc*\"]", "bits 0 to 7 of tensor conv.weight lie in no region"),
        (
            "[[region]]\nname = \"top\"\nplanes = \"msb:2\"\n[[region]]\nplanes = \"lsb:7\"",
            "bits 6 of tensor conv.weight lie in two regions, line 4, region 0 (top) and line 6, region 1",
        ),
        ("[[region]]\n[[region]]\nplanes = \"rest\"", "line 4, region 1 holds no bit of any weight"),
        (
            "[[region]]\ntensors = [\"cnv*\", \"fc*\"]",
            "no stored tensor is named `cnv*`: there are conv.weight, fc.weight",
        ),
        (
            "[[region]]\nbits = 4\nplanes = \"msb:2\"\n[[region]]\nplanes = \"rest\"",
            "tensor conv.weight: line 3, region 0 and line 5, region 1 ask for different `bits`",
        ),
        (
            "[[region]]\nplanes = \"msb:2\"\nlayout = \"interleave:2\"\n[[region]]\nplanes = \"rest\"",
            "line 5, region 1 has the same banks as line 2, region 0, and does not say where it begins",
        ),
        ("[[region]]\ncode = \"in-place\"\nbits = 4", "code in-place: 4 of 4 bits of each weight"),
        ("[[region]]\nrate = 2", "line 3, the memory: `rate`: found 2, expected a rate from 0 to 1"),
        ("[[region]]\nsafe = true\nchip = \"A\"", "`safe`: found beside `chip`"),
        ("[[region]]\non_detected = \"reread\"", "`code` or `detector`, which find what is wrong"),
        ("[[region]]\ncolor = 1", "line 3: unknown field `color`"),
    ] {
        let found = refused(&format!("format = 1\n{regions}\n"));
        assert!(found.contains(message), "{regions}\n{found}");
    }
}
