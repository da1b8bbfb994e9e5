//! The files that `sram-sim inject` writes.

use std::collections::BTreeMap;

use anyhow::Result;
use cli_io::{Files, Output, OutputPath};
use nn_bridge::{ImageTensor, WeightFile, WeightImage, write_bytes};
use serde::Serialize;

use super::{Faults, Report};
use crate::arguments::InjectArguments;
use crate::output::MadeBy;
use crate::selection::KeptApart;

/// What the written files say of themselves.
#[derive(Serialize)]
pub(super) struct Provenance<'a> {
    made_by: &'a MadeBy,
    /// The name of their file; where it lies is nobody's business.
    weights: &'a str,
    scheme: &'a str,
    bits_per_weight: u32,
    order: &'a str,
    with_statistics: bool,
    kept_apart: &'a [KeptApart],
    faults: &'a Faults,
    protected_msb: u32,
    seed: u64,
    bit_errors: u64,
}

impl<'a> Provenance<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self {
            made_by: &report.made_by,
            weights: report.weights.rsplit(['/', std::path::MAIN_SEPARATOR]).next().unwrap_or_default(),
            scheme: &report.scheme,
            bits_per_weight: report.bits_per_weight,
            order: &report.order,
            with_statistics: report.with_statistics,
            kept_apart: &report.kept_apart,
            faults: &report.faults,
            protected_msb: report.protected_msb,
            seed: report.seed,
            bit_errors: report.damage.bit_errors,
        }
    }
}

/// What is asked for, checked.
pub(super) struct Outputs {
    weights: Option<Output>,
    codes: Option<Output>,
    clean_codes: Option<Output>,
}

impl Outputs {
    pub(super) fn of(arguments: &InjectArguments, files: &Files) -> Result<Self> {
        let output = |path: &Option<OutputPath>| path.as_ref().map(|path| files.output(path)).transpose();
        Ok(Self {
            weights: output(&arguments.out)?,
            codes: output(&arguments.codes)?,
            clean_codes: output(&arguments.clean_codes)?,
        })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Output> {
        [&self.weights, &self.codes, &self.clean_codes].into_iter().flatten()
    }

    pub(super) fn write(
        &self,
        file: &WeightFile,
        clean: &WeightImage,
        faulty: &WeightImage,
        offset: impl Fn(&str) -> f32,
        provenance: &str,
    ) -> Result<()> {
        if let Some(output) = &self.weights {
            let names = faulty.tensors().iter().map(|tensor| tensor.name.as_str());
            let values = names.enumerate().map(|(tensor, name)| {
                let offset = offset(name);
                (name, faulty.decode(tensor).into_iter().map(|value| value + offset).collect())
            });
            let values: BTreeMap<&str, Vec<f32>> = values.collect();
            let metadata = BTreeMap::from([("sram_sim".to_owned(), provenance.to_owned())]);
            output.write(|out| file.write_with(out, &values, &metadata))?;
        }
        for (output, image, what) in [(&self.codes, faulty, "faulty"), (&self.clean_codes, clean, "clean")] {
            if let Some(output) = output {
                write_codes(output, image, what, provenance)?;
            }
        }
        Ok(())
    }
}

/// How to read a tensor of codes.
#[derive(Serialize)]
struct CodesOf<'a> {
    shape: &'a [usize],
    /// Range of the clean weights: no value lies outside.
    lo: f32,
    hi: f32,
    /// Step between two codes, in weights, or in −1..1 of an asymmetric range.
    step: f64,
}

fn write_codes(output: &Output, image: &WeightImage, what: &str, provenance: &str) -> Result<()> {
    let of = |tensor: &ImageTensor| -> Result<String> {
        let (lo, hi) = tensor.quantizer.range();
        let step = tensor.quantizer.step();
        Ok(serde_json::to_string(&CodesOf { shape: &tensor.shape, lo, hi, step })?)
    };
    let mut metadata = BTreeMap::from([
        ("sram_sim".to_owned(), provenance.to_owned()),
        ("codes".to_owned(), what.to_owned()),
        (
            "packing".to_owned(),
            "code i takes bits i*m to i*m+m-1 of the bytes, LSB first; m = bits_per_weight".to_owned(),
        ),
    ]);
    let mut tensors = BTreeMap::new();
    for (index, tensor) in image.tensors().iter().enumerate() {
        metadata.insert(format!("tensor {}", tensor.name), of(tensor)?);
        tensors.insert(tensor.name.as_str(), image.tensor_codes(index).into_bytes());
    }
    Ok(output.write(|out| write_bytes(out, &tensors, &metadata))?)
}
