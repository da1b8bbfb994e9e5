//! A journal of any bytes is opened or refused; one that was opened keeps what is added, and stays a journal.
#![no_main]

use campaign::{Digest, Journal};
use libfuzzer_sys::fuzz_target;
use sram_fuzz::file;

fuzz_target!(|bytes: &[u8]| {
    file("journal", bytes, |path| {
        let opened = Journal::<f64>::open(path);
        let after = std::fs::read(path).expect("it is there");
        let Ok(mut journal) = opened else {
            assert_eq!(after, bytes, "what is refused is left as it is");
            return;
        };
        let of = Digest::of_bytes(b"fuzz");
        journal.add(&of, "fuzz", &0.5).expect("a result can be added");
        let mut again = Journal::<f64>::open(path).expect("it is still a journal");
        assert_eq!(again.find(&of).expect("and can be read"), Some(0.5));
    });
});
