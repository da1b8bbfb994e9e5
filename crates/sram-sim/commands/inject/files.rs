//! The files that `sram-sim inject` writes.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Result;
use nn_bridge::{ImageTensor, WeightFile, WeightImage, write_bytes};
use serde::Serialize;

use super::{Faults, Report};
use crate::arguments::InjectArguments;
use crate::output::MadeBy;

/// What the written files say of themselves.
#[derive(Serialize)]
pub(super) struct Provenance<'a> {
    made_by: &'a MadeBy,
    weights: &'a str,
    scheme: &'a str,
    bits_per_weight: u32,
    order: &'a str,
    with_statistics: bool,
    faults: &'a Faults,
    protected_msb: u32,
    seed: u64,
    bit_errors: u64,
}

impl<'a> Provenance<'a> {
    pub(super) fn of(report: &'a Report) -> Self {
        Self {
            made_by: &report.made_by,
            weights: &report.weights,
            scheme: &report.scheme,
            bits_per_weight: report.bits_per_weight,
            order: &report.order,
            with_statistics: report.with_statistics,
            faults: &report.faults,
            protected_msb: report.protected_msb,
            seed: report.seed,
            bit_errors: report.damage.bit_errors,
        }
    }
}

pub(super) fn write_files<'a>(
    arguments: &'a InjectArguments,
    file: &WeightFile,
    clean: &WeightImage,
    faulty: &WeightImage,
    offset: impl Fn(&str) -> f32,
    provenance: &str,
) -> Result<Vec<&'a Path>> {
    let mut written = Vec::new();
    if let Some(path) = &arguments.out {
        let names = faulty.tensors().iter().map(|tensor| tensor.name.as_str());
        let values = names.enumerate().map(|(tensor, name)| {
            let offset = offset(name);
            (name, faulty.decode(tensor).into_iter().map(|value| value + offset).collect())
        });
        let values: BTreeMap<&str, Vec<f32>> = values.collect();
        let metadata = BTreeMap::from([("sram_sim".to_owned(), provenance.to_owned())]);
        file.write_with(path, &values, &metadata)?;
        written.push(path.as_path());
    }
    for (path, image, what) in
        [(&arguments.codes, faulty, "faulty"), (&arguments.clean_codes, clean, "clean")]
    {
        if let Some(path) = path {
            write_codes(path, image, what, provenance)?;
            written.push(path.as_path());
        }
    }
    Ok(written)
}

/// How to read a tensor of codes.
#[derive(Serialize)]
struct CodesOf<'a> {
    shape: &'a [usize],
    /// Range of the clean weights: no value lies outside.
    lo: f32,
    hi: f32,
}

fn write_codes(path: &Path, image: &WeightImage, what: &str, provenance: &str) -> Result<()> {
    let of = |tensor: &ImageTensor| -> Result<String> {
        let (lo, hi) = tensor.quantizer.range();
        Ok(serde_json::to_string(&CodesOf { shape: &tensor.shape, lo, hi })?)
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
    Ok(write_bytes(path, &tensors, &metadata)?)
}
