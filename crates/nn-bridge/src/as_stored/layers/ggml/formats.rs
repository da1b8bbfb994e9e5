//! Types of blocks, as ggml defines them (`ggml-common.h` for where things lie, `ggml-quants.c` for what they mean).

use super::picks::Picks;

/// Where the number of a weight or group lies.
pub(super) type Pick = fn(usize) -> Picks;

/// How the weights of a block are made of its bits: scale · sub-scale · code ± min · sub-min.
pub(super) struct Format {
    name: &'static str,
    pub(super) scale: SuperScale,
    /// Byte of a float16, and with which sign it is added.
    pub(super) min: Option<(usize, f32)>,
    /// Weights that have a sub-scale in common; all of a block without any.
    pub(super) group: usize,
    /// Of each group, and what it means.
    pub(super) sub_scale: Option<(Pick, Meaning)>,
    /// Of each group.
    pub(super) sub_min: Option<Pick>,
    /// Of each weight.
    pub(super) code: Pick,
    pub(super) code_means: Meaning,
}

/// What all weights of a block are multiplied by.
#[derive(Clone, Copy)]
pub(super) enum SuperScale {
    /// A float16 at this byte.
    F16(usize),
    /// Half of a power of 2, whose exponent is this byte (E8M0).
    HalfPower(usize),
}

/// The number that bits mean.
pub(super) enum Meaning {
    /// So much less than they say.
    Less(i32),
    /// In two's complement.
    Signed,
    /// As a table says.
    Table(&'static [i8; 16]),
}

/// Quantiles of a normal distribution, of IQ4.
const NORMAL: [i8; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/// Twice the numbers of E2M1.
const E2M1: [i8; 16] = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

const PLAIN: Format = Format {
    name: "",
    scale: SuperScale::F16(0),
    min: None,
    group: 32,
    sub_scale: None,
    sub_min: None,
    code: |i| nibble(2, i),
    code_means: Meaning::Less(0),
};

static FORMATS: [Format; 13] = [
    Format { name: "Q4_0", code_means: Meaning::Less(8), ..PLAIN },
    Format { name: "Q4_1", min: Some((2, 1.0)), code: |i| nibble(4, i), ..PLAIN },
    Format {
        name: "Q5_0",
        code: |i| nibble(6, i).and(2 + i / 8, i % 8, 1),
        code_means: Meaning::Less(16),
        ..PLAIN
    },
    Format { name: "Q5_1", min: Some((2, 1.0)), code: |i| nibble(8, i).and(4 + i / 8, i % 8, 1), ..PLAIN },
    Format { name: "Q8_0", code: |i| Picks::new(2 + i, 0, 8), code_means: Meaning::Signed, ..PLAIN },
    Format {
        name: "Q2_K",
        scale: SuperScale::F16(80),
        min: Some((82, -1.0)),
        group: 16,
        sub_scale: Some((|g| Picks::new(g, 0, 4), Meaning::Less(0))),
        sub_min: Some(|g| Picks::new(g, 4, 4)),
        code: |i| Picks::new(16 + i / 128 * 32 + i % 32, i % 128 / 32 * 2, 2),
        ..PLAIN
    },
    Format {
        name: "Q3_K",
        scale: SuperScale::F16(108),
        group: 16,
        sub_scale: Some((
            |g| Picks::new(96 + g % 8, g / 8 * 4, 4).and(104 + g % 4, g / 4 * 2, 2),
            Meaning::Less(32),
        )),
        code: |i| Picks::new(32 + i / 128 * 32 + i % 32, i % 128 / 32 * 2, 2).and(i % 32, i / 32, 1),
        code_means: Meaning::Less(4),
        ..PLAIN
    },
    Format { name: "Q4_K", code: |i| nibble_of_64(16, i), ..OF_8_GROUPS },
    Format { name: "Q5_K", code: |i| nibble_of_64(48, i).and(16 + i % 32, i / 32, 1), ..OF_8_GROUPS },
    Format {
        name: "Q6_K",
        scale: SuperScale::F16(208),
        group: 16,
        sub_scale: Some((|g| Picks::new(192 + g, 0, 8), Meaning::Signed)),
        code: |i| {
            let (half, quarter, l) = (i / 128, i % 128 / 32, i % 32);
            Picks::new(64 * half + 32 * (quarter % 2) + l, 4 * (quarter / 2), 4).and(
                128 + 32 * half + l,
                2 * quarter,
                2,
            )
        },
        code_means: Meaning::Less(32),
        ..PLAIN
    },
    Format { name: "IQ4_NL", code_means: Meaning::Table(&NORMAL), ..PLAIN },
    Format {
        name: "IQ4_XS",
        sub_scale: Some((
            |g| Picks::new(4 + g / 2, g % 2 * 4, 4).and(2 + g / 4, g % 4 * 2, 2),
            Meaning::Less(32),
        )),
        code: |i| nibble(8 + i / 32 * 16, i % 32),
        code_means: Meaning::Table(&NORMAL),
        ..PLAIN
    },
    Format {
        name: "MXFP4",
        scale: SuperScale::HalfPower(0),
        code: |i| nibble(1, i),
        code_means: Meaning::Table(&E2M1),
        ..PLAIN
    },
];

/// `Q4_K` and `Q5_K`: 8 groups of 32 weights, scales and mins of 6 bits in 12 bytes.
const OF_8_GROUPS: Format = Format {
    min: Some((2, -1.0)),
    sub_scale: Some((
        |g| if g < 4 { Picks::new(4 + g, 0, 6) } else { Picks::new(8 + g, 0, 4).and(g, 6, 2) },
        Meaning::Less(0),
    )),
    sub_min: Some(|g| if g < 4 { Picks::new(8 + g, 0, 6) } else { Picks::new(8 + g, 4, 4).and(4 + g, 6, 2) }),
    ..PLAIN
};

/// Half a byte of 16 from this one on: the lower half for the first 16 weights, the upper for the other 16.
const fn nibble(at: usize, weight: usize) -> Picks {
    Picks::new(at + weight % 16, weight / 16 * 4, 4)
}

/// The same of 32 bytes for each 64 weights.
const fn nibble_of_64(at: usize, weight: usize) -> Picks {
    Picks::new(at + weight / 64 * 32 + weight % 32, weight % 64 / 32 * 4, 4)
}

impl Format {
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }
}

impl SuperScale {
    pub(super) fn of(self, block: &[u8]) -> f32 {
        let number = self.picks().of(block);
        match self {
            Self::F16(_) => half::f16::from_bits(number as u16).to_f32(),
            Self::HalfPower(_) => libm::scalbnf(1.0, number as i32 - 128),
        }
    }

    pub(super) fn picks(self) -> Picks {
        match self {
            Self::F16(at) => Picks::new(at, 0, 8).and(at + 1, 0, 8),
            Self::HalfPower(at) => Picks::new(at, 0, 8),
        }
    }
}

impl Meaning {
    /// Of a number of so many bits.
    pub(super) fn of(&self, number: u32, bits: u32) -> f32 {
        match self {
            Self::Less(offset) => (number as i32 - offset) as f32,
            Self::Signed => {
                let above = 32 - bits;
                (((number << above) as i32) >> above) as f32
            }
            Self::Table(table) => table.get(number as usize).map_or(f32::NAN, |&value| f32::from(value)),
        }
    }
}
