//! What the stored bits of an element mean.

use std::fmt;

use flip_core::BitWidth;
use safetensors::Dtype;

use crate::weights::{BlockType, Elements, Tensor};

/// A type of elements, as a file stores them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Element(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number(Dtype),
    /// A byte of a block, which is no number by itself.
    ByteOf(&'static BlockType),
}

/// How a float of few bits divides them, a sign first.
#[derive(Clone, Copy)]
struct Small {
    exponent: u32,
    fraction: u32,
    bias: i32,
    special: Special,
}

/// Which codes of such a float are no numbers.
#[derive(Clone, Copy)]
enum Special {
    /// None: all are numbers (types of the OCP's microscaling formats below 8 bits).
    None,
    /// The greatest exponent: infinity where the fraction is 0, else NaN, as of IEEE 754.
    Ieee,
    /// All bits but the sign: NaN.
    Ones,
    /// What would be −0: NaN.
    MinusZero,
}

impl Element {
    /// A byte.
    pub(crate) const BYTE: Self = Self(Kind::Number(Dtype::U8));

    /// That of a tensor; `None` of BOOL, whose bytes are 0 or 1 and no others, and of types that are not known.
    pub fn of(tensor: &Tensor) -> Option<Self> {
        match tensor.elements() {
            Elements::Numbers(dtype) => Self::of_type(dtype),
            Elements::Blocks(blocks) => Some(Self(Kind::ByteOf(blocks))),
            Elements::Unknown(_) => None,
        }
    }

    /// That of numbers of this type.
    pub(super) fn of_type(dtype: Dtype) -> Option<Self> {
        (dtype != Dtype::BOOL).then_some(Self(Kind::Number(dtype)))
    }

    /// Whether it is a byte of a block, which is no number by itself.
    pub fn is_of_block(self) -> bool {
        matches!(self.0, Kind::ByteOf(_))
    }

    /// Bits of an element.
    pub fn bits(self) -> u32 {
        match self.0 {
            Kind::Number(dtype) => dtype.bitsize() as u32,
            Kind::ByteOf(_) => 8,
        }
    }

    /// Fields that an element has in memory: those of 64 bits lie as two of 32, the lower one first.
    pub fn fields(self) -> usize {
        if self.bits() > 32 { 2 } else { 1 }
    }

    /// Bits of a field.
    pub fn width(self) -> Option<BitWidth> {
        BitWidth::new(self.bits() / self.fields() as u32).ok()
    }

    /// Numbers that an element is: a complex one has two parts.
    pub fn parts(self) -> u32 {
        if self.0 == Kind::Number(Dtype::C64) { 2 } else { 1 }
    }

    /// The numbers that an element is, by its bits; NaN of a byte of a block.
    pub fn numbers(self, bits: u64) -> impl Iterator<Item = f64> {
        let width = self.bits() / self.parts();
        (0..self.parts()).map(move |part| self.value(bits >> (part * width) & (u64::MAX >> (64 - width))))
    }

    /// The number that a part of an element is, by its bits; NaN of a byte of a block.
    pub fn value(self, bits: u64) -> f64 {
        let Kind::Number(dtype) = self.0 else { return f64::NAN };
        match dtype {
            Dtype::F64 => f64::from_bits(bits),
            Dtype::F32 | Dtype::C64 => f64::from(f32::from_bits(bits as u32)),
            Dtype::F16 => half::f16::from_bits(bits as u16).to_f64(),
            Dtype::BF16 => half::bf16::from_bits(bits as u16).to_f64(),
            Dtype::I8 => f64::from(bits as u8 as i8),
            Dtype::I16 => f64::from(bits as u16 as i16),
            Dtype::I32 => f64::from(bits as u32 as i32),
            Dtype::I64 => bits as i64 as f64,
            Dtype::F8_E8M0 if bits == 0xff => f64::NAN,
            Dtype::F8_E8M0 => libm::scalbn(1.0, bits as i32 - 127),
            other => small(other).map_or(bits as f64, |small| small.value(bits as u32)),
        }
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Kind::Number(dtype) => dtype.fmt(f),
            Kind::ByteOf(blocks) => blocks.fmt(f),
        }
    }
}

/// How a float of 8 bits or fewer divides them; `None` of other types.
fn small(dtype: Dtype) -> Option<Small> {
    let (exponent, fraction, bias, special) = match dtype {
        Dtype::F8_E5M2 => (5, 2, 15, Special::Ieee),
        Dtype::F8_E4M3 => (4, 3, 7, Special::Ones),
        Dtype::F8_E4M3FNUZ => (4, 3, 8, Special::MinusZero),
        Dtype::F8_E5M2FNUZ => (5, 2, 16, Special::MinusZero),
        Dtype::F6_E2M3 => (2, 3, 1, Special::None),
        Dtype::F6_E3M2 => (3, 2, 3, Special::None),
        Dtype::F4 => (2, 1, 1, Special::None),
        _ => return None,
    };
    Some(Small { exponent, fraction, bias, special })
}

impl Small {
    fn value(self, bits: u32) -> f64 {
        let Self { exponent: exponent_bits, fraction: fraction_bits, bias, special } = self;
        let sign_bit = 1 << (exponent_bits + fraction_bits);
        let greatest = (1 << exponent_bits) - 1;
        let fraction = bits & ((1 << fraction_bits) - 1);
        let exponent = bits >> fraction_bits & greatest;
        let is_nan = match special {
            Special::None => false,
            Special::Ieee => exponent == greatest && fraction != 0,
            Special::Ones => bits & (sign_bit - 1) == sign_bit - 1,
            Special::MinusZero => bits & (2 * sign_bit - 1) == sign_bit,
        };
        if is_nan {
            return f64::NAN;
        }
        let size = if matches!(special, Special::Ieee) && exponent == greatest {
            f64::INFINITY
        } else {
            // Without an exponent the number has no leading one.
            let leading = if exponent == 0 { 0 } else { 1 << fraction_bits };
            let power = exponent.max(1) as i32 - bias - fraction_bits as i32;
            libm::scalbn(f64::from(leading | fraction), power)
        };
        if bits & sign_bit == 0 { size } else { -size }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The least and greatest numbers of each type, by their standards.
    #[test]
    fn small_floats_have_the_numbers_of_their_standards() {
        for (dtype, bits, value) in [
            (Dtype::F8_E4M3, 0x7e, 448.0),
            (Dtype::F8_E4M3, 0x01, 2f64.powi(-9)),
            (Dtype::F8_E4M3, 0x08, 2f64.powi(-6)),
            (Dtype::F8_E4M3, 0xb8, -1.0),
            (Dtype::F8_E5M2, 0x7b, 57344.0),
            (Dtype::F8_E5M2, 0x01, 2f64.powi(-16)),
            (Dtype::F8_E5M2, 0xfc, f64::NEG_INFINITY),
            (Dtype::F8_E4M3FNUZ, 0x7f, 240.0),
            (Dtype::F8_E4M3FNUZ, 0x01, 2f64.powi(-10)),
            (Dtype::F8_E5M2FNUZ, 0x7f, 57344.0),
            (Dtype::F8_E5M2FNUZ, 0x01, 2f64.powi(-17)),
            (Dtype::F6_E2M3, 0x1f, 7.5),
            (Dtype::F6_E2M3, 0x21, -0.125),
            (Dtype::F6_E3M2, 0x1f, 28.0),
            (Dtype::F6_E3M2, 0x01, 0.0625),
            (Dtype::F4, 0x7, 6.0),
            (Dtype::F4, 0x9, -0.5),
            (Dtype::F8_E8M0, 0, 2f64.powi(-127)),
            (Dtype::F8_E8M0, 0xfe, 2f64.powi(127)),
            (Dtype::I8, 0x80, -128.0),
            (Dtype::U8, 0x80, 128.0),
            (Dtype::I64, u64::MAX, -1.0),
        ] {
            assert_eq!(Element::of_type(dtype).unwrap().value(bits), value, "{dtype} {bits:#x}");
        }
        for (dtype, bits) in [
            (Dtype::F8_E4M3, 0x7f),
            (Dtype::F8_E4M3, 0xff),
            (Dtype::F8_E5M2, 0x7d),
            (Dtype::F8_E4M3FNUZ, 0x80),
            (Dtype::F8_E5M2FNUZ, 0x80),
            (Dtype::F8_E8M0, 0xff),
        ] {
            assert!(Element::of_type(dtype).unwrap().value(bits).is_nan(), "{dtype} {bits:#x}");
        }
    }
}
