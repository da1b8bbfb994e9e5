//! Any text is a description of a memory, a list of bits or the matrix of a code, or refused. A memory has one place for each bit, and
//! can be read; a code's own words have no syndrome. The first byte says which it is.

use nn_bridge::memory::code::{Outcome, WordCode};
use nn_bridge::memory::{BitsByLayer, Cells, Description, Memory, Outline, ReadModel, Which};
use nn_bridge::{Scheme, Tensor, WeightBit};
use sram_fuzz::{bounded, said, sound};
use sram_model::{CellFault, FaultMap, FlipProbability, Geometry, Voltage, VoltageUnit};

pub(crate) fn run(bytes: &[u8]) {
    let Some((&kind, bytes)) = bytes.split_first() else { return };
    let text = crate::text(bytes);
    // The table of a code's syndromes may take 16 MiB.
    bounded(text.len() + (1 << 16), || match kind {
        b'l' => list(text),
        b'c' => code(text),
        _ => description(text),
    });
}

const SHAPES: [(&str, &[usize]); 3] =
    [("conv.weight", &[3, 2, 2]), ("conv.bias", &[3]), ("fc.weight", &[4, 9])];

fn list(text: &str) {
    let Some(list) = said(BitsByLayer::parse(text)) else { return };
    sound();
    let names = SHAPES.map(|(name, _)| name);
    if let Some(schemes) =
        said(list.schemes(&names, &vec![Scheme::rquant(8).expect("a scheme"); names.len()]))
    {
        assert_eq!(schemes.len(), names.len());
    }
}

fn code(text: &str) {
    let Some(code) = said(WordCode::from_matrix_text(text, "fuzz")) else { return };
    sound();
    let limbs = vec![0x9e37_79b9_7f4a_7c15u64; code.data_bits().div_ceil(64) as usize];
    let checks = code.encode(&limbs);
    let data = |at: u32| limbs[(at / 64) as usize] >> (at % 64) & 1 == 1;
    let mut ones: Vec<u32> =
        (0..).zip(code.data_positions()).filter(|(bit, _)| data(*bit)).map(|(_, at)| *at).collect();
    ones.extend(
        (0..).zip(code.check_positions()).filter(|(bit, _)| checks >> bit & 1 == 1).map(|(_, at)| *at),
    );
    assert_eq!(code.syndrome(&ones), 0, "a code's own word");
    for at in 0..code.code_bits() {
        let outcome = code.residual(&mut vec![at]);
        assert!(matches!(outcome, Outcome::Corrected | Outcome::Detected), "{at}: {outcome:?}");
    }
}

fn description(text: &str) {
    let Some(description) = said(Description::parse(text)) else { return };
    let again = Description::parse(&description.to_toml()).expect("a description's own text is one");
    assert_eq!(again, description);
    let scheme = Scheme::rquant(8).expect("a scheme");
    let outlines = SHAPES.map(|(name, shape)| Outline { name, shape, stored_as: scheme.into() });
    let Some(memory) = said(Memory::new(&description, &outlines)) else { return };
    sound();
    let layout = memory.layout();
    for tensor in 0..layout.tensors() {
        for element in 0..layout.weights(tensor) {
            for bit in 0..layout.width(tensor).bits() {
                assert!(
                    memory.locate(WeightBit { tensor, element, bit }).is_some(),
                    "a bit that lies nowhere"
                );
            }
        }
    }
    read(&memory);
}

fn read(memory: &Memory) {
    let tensors = SHAPES.map(|(name, shape)| {
        let values: Vec<f32> = (0..shape.iter().product()).map(|i: usize| (i as f32).sin() * 0.2).collect();
        Tensor::from_f32(name, shape.to_vec(), &values).expect("a tensor")
    });
    let Some(mut image) = said(memory.image(&tensors.each_ref())) else { return };
    memory.make_room(&mut image);
    let geometry = Geometry::new(4, 5, 160).expect("a size");
    let faults =
        (0..geometry.cells()).step_by(7).map(|cell| CellFault { cell, flip: FlipProbability::ALWAYS_0TO1 });
    let voltage = VoltageUnit::Volt.of(Voltage::new(0.6).expect("a voltage"));
    let map = FaultMap::new(geometry, voltage, faults.collect()).expect("a map");
    let cells: Vec<Cells<'_>> = memory
        .regions()
        .iter()
        .map(
            |region| {
                if region.description().safe { Cells::Safe } else { Cells::Chip { map: &map, offset: 3 } }
            },
        )
        .collect();
    for which in [Which::Sampled, Which::Worst] {
        let Some(read) = said(memory.read(&image, &cells, ReadModel { which, seed: 1 }, 0)) else { return };
        assert!(read.errors.iter().all(|(bit, _)| bit < memory.layout().len_bits()));
        let counts = read.counts();
        assert!(counts.raw_bit_errors <= counts.faults_hit, "a cell that reads wrong is faulty");
    }
}
