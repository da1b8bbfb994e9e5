//! Where the bits of a number lie in a block.

/// Bits of one byte of a block that are bits of a number.
#[derive(Clone, Copy)]
struct Pick {
    /// The byte.
    at: u16,
    /// Their first bit in it.
    shift: u8,
    /// How many they are.
    bits: u8,
}

/// A number: its low bits, and those above them if they lie elsewhere.
#[derive(Clone, Copy)]
pub(super) struct Picks {
    low: Pick,
    high: Pick,
}

impl Pick {
    const NONE: Self = Self { at: 0, shift: 0, bits: 0 };

    fn of(self, block: &[u8]) -> u32 {
        let byte = block.get(usize::from(self.at)).copied().unwrap_or(0);
        u32::from(byte) >> self.shift & ((1 << self.bits) - 1)
    }

    fn bits(self) -> impl Iterator<Item = usize> {
        let first = usize::from(self.at) * 8 + usize::from(self.shift);
        first..first + usize::from(self.bits)
    }
}

impl Picks {
    /// So many bits of a byte, from this bit of it on.
    pub(super) const fn new(at: usize, shift: usize, bits: u8) -> Self {
        Self { low: Pick { at: at as u16, shift: shift as u8, bits }, high: Pick::NONE }
    }

    /// The same with more bits above, of another byte.
    pub(super) const fn and(self, at: usize, shift: usize, bits: u8) -> Self {
        Self { high: Pick { at: at as u16, shift: shift as u8, bits }, ..self }
    }

    /// The number in a block.
    pub(super) fn of(self, block: &[u8]) -> u32 {
        self.low.of(block) | self.high.of(block) << self.low.bits
    }

    /// How many bits it has.
    pub(super) fn width(self) -> u32 {
        u32::from(self.low.bits + self.high.bits)
    }

    /// Its bits in a block.
    pub(super) fn bits(self) -> impl Iterator<Item = usize> {
        self.low.bits().chain(self.high.bits())
    }
}
