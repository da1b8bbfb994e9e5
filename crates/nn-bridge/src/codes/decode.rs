//! The values of a tensor's codes.

use std::collections::BTreeMap;

use flip_core::PackedInts;

use super::{CodesError, CodesOf, key};
use crate::quantise::{Coded, Quantizer};
use crate::scheme::{RangeRule, Scheme, SchemeError};
use crate::weights::{Dtype, Tensor};

impl CodesOf {
    /// What the metadata say of a tensor.
    pub(super) fn said(tensor: &Tensor, metadata: &BTreeMap<String, String>) -> Result<Self, CodesError> {
        let key = key(&tensor.name);
        let what = match metadata.get(&key) {
            None => format!("expected metadata `{key}`"),
            Some(text) => match serde_json::from_str(text) {
                Ok(said) => return Ok(said),
                Err(error) => format!("metadata `{text}`: {error}"),
            },
        };
        Err(CodesError::Tensor { name: tensor.name.clone(), what })
    }

    /// Its own scheme, if the file says one.
    pub(super) fn scheme(&self, tensor: &str) -> Result<Option<Scheme>, CodesError> {
        let wrong =
            |error: SchemeError| CodesError::Tensor { name: tensor.to_owned(), what: error.to_string() };
        let Some(said) = &self.quantised else { return Ok(None) };
        let scheme = said.scheme().map_err(wrong)?;
        let range = self.global_range.filter(|_| matches!(scheme.range(), RangeRule::Global(_)));
        Ok(Some(range.map_or(Ok(scheme), |range| scheme.with_global_range(range)).map_err(wrong)?))
    }

    /// A tensor of values that lies in memory as these codes of a scheme, and has `offset` more.
    pub(super) fn decoded(
        self,
        tensor: &Tensor,
        scheme: Scheme,
        offset: f32,
        has_errors: bool,
    ) -> Result<Tensor, CodesError> {
        let wrong = |what: String| CodesError::Tensor { name: tensor.name.clone(), what };
        let codes = self.codes(tensor, scheme).map_err(wrong)?;
        let quantizer = self.quantizer(scheme).map_err(wrong)?;
        let coded = Coded { codes, quantizer, has_errors, offset };
        let values: Vec<f32> = coded.values().into_iter().map(|value| value + offset).collect();
        if !values.iter().all(|value| value.is_finite()) {
            return Err(wrong(format!(
                "found {offset} more than memory has, with which values are not finite"
            )));
        }
        let decoded = Tensor::from_f32(tensor.name.clone(), self.shape, &values);
        Ok(decoded.ok_or_else(|| wrong("no shape".to_owned()))?.lying_as(coded))
    }

    /// The codes that the bytes of a tensor are.
    fn codes(&self, tensor: &Tensor, scheme: Scheme) -> Result<PackedInts, String> {
        let Self { shape, .. } = self;
        let count = shape.iter().try_fold(1usize, |count, &side| count.checked_mul(side));
        let count = count.ok_or_else(|| format!("found shape {shape:?}, which has too many elements"))?;
        if tensor.dtype() != Dtype::U8 {
            return Err(format!("found elements of type {:?}, expected U8, packed codes", tensor.dtype()));
        }
        PackedInts::from_bytes(scheme.bits(), count, tensor.bytes().to_vec())
            .map_err(|error| format!("{error}, as of shape {shape:?} with {} bits", scheme.bits().bits()))
    }

    /// What gives codes of this range their values.
    fn quantizer(&self, scheme: Scheme) -> Result<Quantizer, String> {
        let &Self { lo, hi, step, .. } = self;
        Quantizer::of_range(scheme, lo, hi, step).ok_or_else(|| {
            let expected = format!("a range and a step of {scheme}");
            format!("found the range {lo} to {hi} in steps of {step}, expected {expected}")
        })
    }
}
