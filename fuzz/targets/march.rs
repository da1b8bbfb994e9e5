//! Any text is a march test or refused; a test comes back from its own notation.

use sram_fuzz::{bounded, said, sound};
use sram_model::March;

pub(crate) fn run(bytes: &[u8]) {
    let text = crate::text(bytes);
    bounded(text.len(), || {
        let Some(march) = said(text.parse::<March>()) else { return };
        sound();
        assert_eq!(march.to_string().parse(), Ok(march.clone()));
        assert!(march.reads().iter().sum::<u32>() as usize <= march.operations());
    });
}
