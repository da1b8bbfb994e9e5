//! Any text is a march test or refused; a test comes back from its own notation.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sram_fuzz::{bounded, said, sound};
use sram_model::March;

fuzz_target!(|text: &str| {
    bounded(text.len(), || {
        let Some(march) = said(text.parse::<March>()) else { return };
        sound();
        assert_eq!(march.to_string().parse(), Ok(march.clone()));
        assert!(march.reads().iter().sum::<u32>() as usize <= march.operations());
    });
});
