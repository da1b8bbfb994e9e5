//! Any text is a march test or refused; a test comes back from its own notation.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sram_model::March;

fuzz_target!(|text: &str| {
    if let Ok(march) = text.parse::<March>() {
        let again: March = march.to_string().parse().expect("its own notation");
        assert_eq!(again.reads(), march.reads());
        assert_eq!(again.operations(), march.operations());
    }
});
