//! Quantisation of tensors that have one scheme.

use tch::{Kind, TchError, Tensor};

use nn_bridge::{MARGIN, Quantizer, RangeRule, Rounding, Scheme, Sign, Symmetry, Zero};

/// Quantises weights by one scheme.
#[derive(Debug)]
pub(super) struct Run {
    scheme: Scheme,
    tensors: i64,
    /// Number of the tensor that each weight is of.
    pub(super) owner: Tensor,
    rows: Rows,
}

/// All weights in rows, each of one tensor, so that the ranges of all tensors are found by a few calls: a GPU takes as long to
/// begin one as to look through a million weights.
#[derive(Debug)]
struct Rows {
    /// The weights of all rows. Rows that a tensor does not fill repeat its last one.
    weights: Tensor,
    /// Number of the tensor that each row is of.
    owner: Tensor,
}

impl Rows {
    const LENGTH: i64 = 1024;

    fn new(sizes: &[i64], device: tch::Device) -> Result<Self, TchError> {
        let (mut weights, mut owner, mut begin) = (Vec::new(), Vec::new(), 0);
        for (number, &size) in (0..).zip(sizes) {
            let rows = (size as u64).div_ceil(Self::LENGTH as u64) as i64;
            weights.extend((0..rows * Self::LENGTH).map(|place| begin + place.min(size - 1)));
            owner.extend((0..rows).map(|_| number));
            begin += size;
        }
        let on_device = |values: &[i64]| Tensor::f_from_slice(values)?.f_to_device(device);
        Ok(Self { weights: on_device(&weights)?, owner: on_device(&owner)? })
    }

    /// Least and greatest weight of each tensor.
    fn extremes(&self, weights: &Tensor, tensors: i64) -> Result<(Tensor, Tensor), TchError> {
        let rows = weights.f_index_select(0, &self.weights)?.f_view([-1, Self::LENGTH])?;
        let (least, greatest) = rows.f_aminmax(1, false)?;
        let over = |rows: &Tensor, reduction: &str| {
            let none = rows.f_new_zeros([tensors], (Kind::Float, rows.device()))?;
            none.f_internal_scatter_reduce(0, &self.owner, rows, reduction, false)
        };
        Ok((over(&least, "amin")?, over(&greatest, "amax")?))
    }
}

/// Those of a run, for every weight.
#[derive(Debug)]
pub(super) struct CodesOfRun {
    pub(super) stored: Tensor,
    lo: Tensor,
    hi: Tensor,
    /// The step between codes: one, or one for each weight.
    step: Tensor,
}

/// Clean ranges of all tensors.
struct Ranges {
    lo: Tensor,
    hi: Tensor,
    /// The step between codes: one, or one for each tensor.
    step: Tensor,
}

impl Run {
    pub(super) fn new(scheme: Scheme, sizes: &[i64], device: tch::Device) -> Result<Self, TchError> {
        let numbers: Vec<i64> = (0..sizes.len() as i64).collect();
        let counts = Tensor::f_from_slice(sizes)?;
        let owner = Tensor::f_from_slice(&numbers)?.f_repeat_interleave_self_tensor(&counts, 0, None)?;
        let (tensors, rows) = (sizes.len() as i64, Rows::new(sizes, device)?);
        Ok(Self { scheme, tensors, owner: owner.f_to_device(device)?, rows })
    }

    /// Clips weights in place, if the scheme says so.
    pub(super) fn clip(&self, weights: &mut Tensor) -> Result<(), TchError> {
        if let Some(limit) = self.scheme.clip() {
            let _ = weights.f_clamp_(-limit, limit)?;
        }
        Ok(())
    }

    pub(super) fn encode(&self, weights: &Tensor) -> Result<CodesOfRun, TchError> {
        let Ranges { lo, hi, step } = self.ranges(weights)?;
        let (lo, hi) = (lo.f_index_select(0, &self.owner)?, hi.f_index_select(0, &self.owner)?);
        let step = if step.numel() == 1 { step } else { step.f_index_select(0, &self.owner)? };
        let inside = weights.f_clamp_tensor(Some(&lo), Some(&hi))?;
        let mapped = if self.scheme.symmetry == Symmetry::Asymmetric {
            let width = hi.f_sub(&lo)?;
            let unit = inside.f_sub(&lo)?.f_mul_scalar(2.0)?.f_div(&width)?.f_sub_scalar(1.0)?;
            // Any code says the one value of a tensor that has one.
            unit.f_masked_fill(&width.f_eq(0.0)?, 0.0)?
        } else {
            inside
        };
        // By a tensor: by a number, a GPU would multiply by its rounded inverse.
        let steps = mapped.f_div(&step)?.f_add_scalar(self.offset())?;
        let steps = if self.is_unsigned() { steps.f_clamp_max(self.mask() as f64)? } else { steps };
        let whole = match self.scheme.rounding {
            Rounding::Truncate => steps.f_trunc()?,
            Rounding::Nearest => steps.f_round()?,
        };
        let codes = whole.f_to_kind(Kind::Int)?.f_bitwise_and(self.mask())?;
        Ok(CodesOfRun { stored: codes, lo, hi, step })
    }

    pub(super) fn decode(&self, codes: &Tensor, clean: &CodesOfRun) -> Result<Tensor, TchError> {
        let numbers = if self.is_unsigned() {
            codes.f_to_kind(Kind::Float)?.f_sub_scalar(self.offset())?
        } else {
            // Two's complement: the top bit weighs −2^(m−1).
            let half = 1 << (self.scheme.bits().bits() - 1);
            codes.f_bitwise_xor(half)?.f_sub_scalar(half)?.f_to_kind(Kind::Float)?
        };
        let CodesOfRun { lo, hi, step, .. } = clean;
        let values = numbers.f_mul(step)?;
        let values = if self.scheme.symmetry == Symmetry::Asymmetric {
            let unit = values.f_clamp(-1.0, 1.0)?.f_add_scalar(1.0)?.f_div_scalar(2.0)?;
            unit.f_mul(&hi.f_sub(lo)?)?.f_add(lo)?
        } else {
            values
        };
        values.f_clamp_tensor(Some(lo), Some(hi))
    }

    /// What 0 is among the codes of each tensor: that of the range, which a quantizer of its ends has.
    pub(super) fn zeros(&self, clean: &CodesOfRun) -> Result<Vec<Zero>, TchError> {
        let has_sign = self.scheme.has_sign();
        if has_sign {
            return Ok(vec![Zero { code: 0, has_sign }; self.tensors as usize]);
        }
        let first_of = |tensor: &Tensor| {
            let each = self.owner.f_new_zeros([self.tensors], (Kind::Float, tensor.device()))?;
            each.f_index_copy(0, &self.owner, tensor)?.f_to_device(tch::Device::Cpu)
        };
        let ends = [Vec::<f32>::try_from(first_of(&clean.lo)?)?, Vec::try_from(first_of(&clean.hi)?)?];
        let zero = |(lo, hi): (&f32, &f32)| {
            let quantizer = Quantizer::fit(self.scheme, &[*lo, *hi]);
            quantizer.map_or(Zero { code: 0, has_sign }, |quantizer| quantizer.zero())
        };
        Ok(ends[0].iter().zip(&ends[1]).map(zero).collect())
    }

    fn ranges(&self, weights: &Tensor) -> Result<Ranges, TchError> {
        let (least, greatest) = self.rows.extremes(weights, self.tensors)?;
        // Filled in there: for a number that is copied to it, a GPU would be waited for.
        let filled = |value: f64, kind| Tensor::f_full([1], value, (kind, weights.device()));
        // 2^(m−1) − 1 steps make the range. They are found in float64, and rounded to float32.
        let step = |reach: f64| filled(reach / self.steps(), Kind::Float);
        let (lo, hi, step) = match (self.scheme.range(), self.scheme.symmetry) {
            (RangeRule::Global(range), symmetry) => {
                let hi = greatest.f_full_like(range)?;
                let reach = if symmetry == Symmetry::Symmetric { range } else { 1.0 };
                (hi.f_neg()?, hi, step(reach + MARGIN)?)
            }
            (RangeRule::PerTensor, Symmetry::Asymmetric) => (least, greatest, step(1.0 + MARGIN)?),
            (RangeRule::PerTensor, Symmetry::Symmetric) => {
                let range = greatest.f_maximum(&least.f_neg()?)?.f_clamp_min(0.0)?;
                let range = range.f_to_kind(Kind::Double)?.f_add_scalar(MARGIN)?;
                let range = match self.scheme.clip() {
                    Some(limit) => range.f_clamp_max(limit)?,
                    None => range,
                };
                let hi = range.f_to_kind(Kind::Float)?;
                let step = range.f_div(&filled(self.steps(), Kind::Double)?)?.f_to_kind(Kind::Float)?;
                (hi.f_neg()?, hi, step)
            }
            (RangeRule::Stored, _) => {
                return Err(TchError::Torch("weights that are trained lie on no stored grid".to_owned()));
            }
        };
        Ok(Ranges { lo, hi, step })
    }

    /// 2^(m−1) − 1.
    fn steps(&self) -> f64 {
        f64::from((1u32 << (self.scheme.bits().bits() - 1)) - 1)
    }

    fn offset(&self) -> f64 {
        if self.is_unsigned() { f64::from(1u32 << (self.scheme.bits().bits() - 1)) } else { 0.0 }
    }

    pub(super) fn is_unsigned(&self) -> bool {
        self.scheme.sign == Sign::Unsigned
    }

    fn mask(&self) -> i64 {
        (1 << self.scheme.bits().bits()) - 1
    }
}
