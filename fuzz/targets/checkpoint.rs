//! A checkpoint of any bytes is read or refused; what is read and written again is the same. Few bytes have the right checksum, so
//! each input is tried once more as the texts of a sealed one: its training, and after a line end its progress.

use nn_bridge::{Checkpoint, Tensor, WeightFile};
use sram_fuzz::{bounded, file, said, sound};

use crate::text;

pub(crate) fn run(bytes: &[u8]) {
    bounded(bytes.len(), || {
        if let Some(file) = said(file("checkpoint.safetensors", bytes, WeightFile::open)) {
            check(&file);
        }
        let (training, progress) = text(bytes).split_once('\n').unwrap_or((text(bytes), ""));
        let tensor = Tensor::from_f32("weights".to_owned(), vec![2], &[0.5, -1.0]);
        let tensors = tensor.into_iter().collect();
        check(&Checkpoint::sealed(training.to_owned(), progress.to_owned(), tensors));
    });
}

fn check(file: &WeightFile) {
    let Some(checkpoint) = said(Checkpoint::of(file)) else { return };
    sound();
    assert!(checkpoint.differences(&checkpoint.training).is_empty(), "it is its own training");
    let again = Checkpoint::of(&checkpoint.clone().into_file()).expect("what was written is read");
    assert_eq!(again.training, checkpoint.training);
    let bits = |of: &Checkpoint| {
        let progress = of.progress;
        (
            progress.epoch,
            progress.step,
            progress.clean.to_bits(),
            progress.perturbed.to_bits(),
            progress.begun,
        )
    };
    assert_eq!(bits(&again), bits(&checkpoint));
    let bytes = |of: Checkpoint| {
        let mut bytes = Vec::new();
        of.into_file().write_to(&mut bytes).expect("memory takes it");
        bytes
    };
    assert!(bytes(again) == bytes(checkpoint), "tensors are the same");
}
