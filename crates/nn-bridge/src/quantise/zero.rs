//! The code that stands for 0.

use super::Quantizer;

/// What 0 is among the codes of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zero {
    /// The code whose value lies nearest to 0.
    pub code: u32,
    /// Whether the top bit of codes is a sign (two's complement of a range that is centred on 0).
    pub has_sign: bool,
}

impl Quantizer {
    /// What 0 is among its codes. A range that 0 lies outside of has its nearer end.
    pub fn zero(&self) -> Zero {
        let has_sign = self.scheme().has_sign();
        if has_sign {
            return Zero { code: 0, has_sign };
        }
        let (lo, hi) = self.range();
        let mut near = [0];
        // The value lies in the range, and has a code.
        let _ = self.encode(0, &[0f32.clamp(lo, hi)], &mut near);
        // Where codes are truncated, the next may be nearer.
        let mask = self.scheme().bits().max_code();
        let candidates = [near[0], near[0].wrapping_add(1) & mask, near[0].wrapping_sub(1) & mask];
        let mut values = [0.0; 3];
        self.decode(&candidates, &mut values);
        let nearest = (0..3).min_by(|&a, &b| values[a].abs().total_cmp(&values[b].abs())).unwrap_or(0);
        Zero { code: candidates[nearest], has_sign }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheme::Scheme;

    #[test]
    fn no_code_is_nearer_to_zero() {
        let weights: [&[f32]; 4] = [&[-0.3, 0.1, 0.7], &[0.2, 0.9], &[-0.9, -0.5], &[0.25, 0.25]];
        for (name, bits) in ["normal", "rquant", "global", "normal+asymmetric", "normal+unsigned"]
            .into_iter()
            .flat_map(|name| [2, 3, 4, 8].map(|bits| (name, bits)))
        {
            for weights in weights {
                let quantizer = Quantizer::fit(Scheme::named(name, bits).unwrap(), weights).unwrap();
                let codes: Vec<u32> = (0..1 << bits).collect();
                let mut values = vec![0.0; codes.len()];
                quantizer.decode(&codes, &mut values);
                let nearest = values.iter().map(|value| value.abs()).fold(f32::INFINITY, f32::min);
                let zero = quantizer.zero();
                assert_eq!(values[zero.code as usize].abs(), nearest, "{name} {bits} {weights:?}");
                assert_eq!(zero.has_sign, ["normal", "global"].contains(&name));
            }
        }
    }
}
