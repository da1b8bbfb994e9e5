//! Augmentation of training images, by seeds: each image of each epoch has a stream of random numbers of its own.

mod operations;
mod policy;

use flip_core::{Purpose, Stream};
use serde::Serialize;

use self::operations::Image;

/// What is done to a training image before the network sees it, in this order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Augmentation {
    /// Cut the image out anew after a border of this width, in pixels, was put around it.
    pub crop: usize,
    /// Mirror left and right every other time.
    pub flip: bool,
    /// Apply the policy that `AutoAugment` found for CIFAR-10 (Cubuk et al., CVPR 2019).
    pub auto_augment: bool,
    /// Paint a square of this side over a random place (`DeVries` and Taylor, arXiv 1708.04552).
    pub cutout: usize,
    /// Borders and squares have this colour, a value for each channel.
    pub fill: Vec<u8>,
}

const AUGMENTATION: Purpose = Purpose::named("nn-bridge augmentation");

impl Augmentation {
    /// That of the paper for CIFAR: border of 4 pixels, mirrored, `AutoAugment`, squares of 16 pixels, all filled with this mean
    /// colour, in 0..1.
    pub fn paper(mean: &[f32]) -> Self {
        let fill = mean.iter().map(|value| (value * 255.0).round() as u8).collect();
        Self { crop: 4, flip: true, auto_augment: true, cutout: 16, fill }
    }

    /// The random numbers of an image in an epoch.
    pub fn stream(seed: u64, epoch: u32, image: usize) -> Stream {
        Stream::new(seed, AUGMENTATION, u64::from(epoch) << 32 | image as u64)
    }

    /// Appends the augmented pixels of an image of shape `[channels, height, width]`.
    ///
    /// # Panics
    /// If there are not as many pixels as the shape says.
    pub fn append(&self, pixels: &[u8], shape: [usize; 3], stream: &mut Stream, out: &mut Vec<u8>) {
        assert_eq!(pixels.len(), shape.iter().product::<usize>(), "as many pixels as the shape says");
        if *self == Self::default() {
            out.extend_from_slice(pixels);
            return;
        }
        let mut image = Image::new(pixels, shape, &self.fill);
        if self.crop > 0 {
            let mut offset = || below(stream, 2 * self.crop + 1) as isize - self.crop as isize;
            let (down, right) = (offset(), offset());
            image = image.shifted(down, right);
        }
        if self.flip && below(stream, 2) == 1 {
            image.mirror();
        }
        if self.auto_augment {
            image = policy::apply(image, stream);
        }
        if self.cutout > 0 {
            let centre = [below(stream, shape[1]), below(stream, shape[2])];
            image.cut(centre, self.cutout);
        }
        out.extend_from_slice(image.pixels());
    }
}

/// A whole number below `bound`, which is small.
fn below(stream: &mut Stream, bound: usize) -> usize {
    ((stream.next_unit() * bound as f64) as usize).min(bound.saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: [usize; 3] = [3, 32, 32];

    fn image() -> Vec<u8> {
        (0..3 * 32 * 32).map(|i| ((i * 7919) >> 5) as u8).collect()
    }

    fn augmented(augmentation: &Augmentation, epoch: u32) -> Vec<u8> {
        let mut out = Vec::new();
        augmentation.append(&image(), SHAPE, &mut Augmentation::stream(1, epoch, 5), &mut out);
        out
    }

    #[test]
    fn nothing_is_done_unless_it_is_asked_for_and_equal_seeds_do_the_same() {
        assert_eq!(augmented(&Augmentation::default(), 0), image());
        let paper = Augmentation::paper(&[0.49, 0.48, 0.45]);
        assert_eq!(augmented(&paper, 3), augmented(&paper, 3));
        let different: Vec<Vec<u8>> = (0..20).map(|epoch| augmented(&paper, epoch)).collect();
        assert!(different.windows(2).all(|pair| pair[0] != pair[1] && pair[0].len() == image().len()));
    }

    #[test]
    fn a_crop_keeps_what_lies_inside_and_fills_the_rest() {
        let crop = Augmentation { crop: 4, fill: vec![1, 2, 3], ..Augmentation::default() };
        let mut seen = std::collections::BTreeSet::new();
        for epoch in 0..2000 {
            let out = augmented(&crop, epoch);
            let shift = (-4..=4isize).flat_map(|y| (-4..=4isize).map(move |x| (y, x))).find(|&(y, x)| {
                (0..32isize).all(|row| {
                    (0..32isize).all(|column| {
                        let (from, at) = ((row + y, column + x), (row * 32 + column) as usize);
                        let inside = (0..32).contains(&from.0) && (0..32).contains(&from.1);
                        let expected = if inside { image()[(from.0 * 32 + from.1) as usize] } else { 1 };
                        out[at] == expected
                    })
                })
            });
            seen.insert(shift.expect("a shift of the image"));
            if seen.len() == 81 {
                return;
            }
        }
        panic!("only {} of 81 shifts were drawn", seen.len());
    }

    #[test]
    fn cutout_paints_a_square_that_may_stick_out() {
        let cutout = Augmentation { cutout: 16, fill: vec![9; 3], ..Augmentation::default() };
        let changed = |epoch| {
            let (out, image) = (augmented(&cutout, epoch), image());
            (0..1024).filter(|&at| out[at] == 9 && (out[at] != image[at] || out[1024 + at] == 9)).count()
        };
        let counts: Vec<usize> = (0..300).map(changed).collect();
        // A whole square has 256 pixels, one at a corner 64.
        assert!(counts.iter().all(|&count| (64..300).contains(&count)), "{counts:?}");
        assert!(counts.iter().any(|&count| count < 150) && counts.iter().any(|&count| count >= 256));
    }
}
