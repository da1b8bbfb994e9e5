//! Any text is a model or refused; a model predicts and draws chips without end or panic, and comes back from its own text.

use sram_fuzz::{bounded, profile, said, sound};
use sram_model::{Geometry, Model, Synthesiser};

pub(crate) fn run(bytes: &[u8]) {
    let text = crate::text(bytes);
    bounded(text.len(), || {
        let Some(model) = said(Model::parse(text)) else { return };
        sound();
        let again = Model::parse(&model.to_toml()).expect("a model's own text is a model");
        assert_eq!(again, model);
        for celsius in [None, Some(-40.0), Some(125.0)] {
            for voltage in model.voltages().into_iter().take(4) {
                let p = model.predict(voltage, celsius).expect("its own voltage").p();
                assert!((0.0..=2.0).contains(&p), "p = {p} at {voltage}");
            }
        }
        let size = Geometry::new(2, 8, 8).expect("a size");
        if let Some(chip) = said(Synthesiser::new(&model).chip(size, 1, None)) {
            profile(chip.into_draft("model.toml")).expect("a chip is a profile");
        }
    });
}
