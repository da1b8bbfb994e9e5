//! Any text is a model or refused; a model predicts without end or panic, and comes back from its own text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sram_model::Model;

fuzz_target!(|text: &str| {
    let Ok(model) = Model::parse(text) else { return };
    for voltage in model.voltages().into_iter().take(4) {
        let prediction = model.predict(voltage, None);
        assert!((0.0..=2.0).contains(&prediction.rates.p()), "{}", prediction.rates.p());
    }
    Model::parse(&model.to_toml()).expect("a model's own text is a model");
});
