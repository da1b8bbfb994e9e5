//! What data of images must be.

use nn_bridge::data::{DataSource, Load, Split};

use crate::{said, sound};

/// Reads a part of the data, whole and its first image.
///
/// # Panics
/// If the data are not sound, or the first image is another one when it is read alone.
pub fn check(source: &DataSource, split: Split) {
    let first = said(source.load_with(split, Load { images: Some(1), ..Load::default() }));
    let Some(data) = said(source.load(split)) else { return };
    sound();
    assert_eq!(data.pixels().len(), data.len() * data.shape().iter().product::<usize>());
    assert!(data.labels().iter().all(|&label| usize::from(label) < data.classes()));
    let _ = data.digest();
    assert_eq!(first.expect("what is read whole is read in part"), data.first(1));
}

/// Stands for the pixels of an image; one byte, so that few mutations hit it.
const MARK: u8 = 0xfe;
const PIXELS: usize = 3 * 32 * 32;

/// The bytes with the pixels of an image in place of each of the first marks.
pub fn with_pixels(bytes: &[u8]) -> Vec<u8> {
    let pixels: Vec<u8> = (0..PIXELS).map(|number| number as u8).collect();
    bytes.splitn(5, |&byte| byte == MARK).collect::<Vec<_>>().join(&pixels[..])
}
