//! The policy that `AutoAugment` found for CIFAR-10 (Cubuk et al., CVPR 2019, appendix): one of 25 pairs of operations is drawn
//! for an image, each operation of it is applied with its probability and strength.

use flip_core::Stream;

use super::below;
use super::operations::Image;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    AutoContrast,
    Brightness,
    Colour,
    Contrast,
    Equalise,
    Invert,
    Posterise,
    Rotate,
    Sharpness,
    ShearY,
    Solarise,
    TranslateX,
    TranslateY,
}

use Operation::{
    AutoContrast, Brightness, Colour, Contrast, Equalise, Invert, Posterise, Rotate, Sharpness, ShearY,
    Solarise, TranslateX, TranslateY,
};

/// Operation, probability in tenths, strength from 0 to 9.
type Step = (Operation, u8, u8);

const POLICY: [[Step; 2]; 25] = [
    [(Invert, 1, 7), (Contrast, 2, 6)],
    [(Rotate, 7, 2), (TranslateX, 3, 9)],
    [(Sharpness, 8, 1), (Sharpness, 9, 3)],
    [(ShearY, 5, 8), (TranslateY, 7, 9)],
    [(AutoContrast, 5, 8), (Equalise, 9, 2)],
    [(ShearY, 2, 7), (Posterise, 3, 7)],
    [(Colour, 4, 3), (Brightness, 6, 7)],
    [(Sharpness, 3, 9), (Brightness, 7, 9)],
    [(Equalise, 6, 5), (Equalise, 5, 1)],
    [(Contrast, 6, 7), (Sharpness, 6, 5)],
    [(Colour, 7, 7), (TranslateX, 5, 8)],
    [(Equalise, 3, 7), (AutoContrast, 4, 8)],
    [(TranslateY, 4, 3), (Sharpness, 2, 6)],
    [(Brightness, 9, 6), (Colour, 2, 8)],
    [(Solarise, 5, 2), (Invert, 0, 3)],
    [(Equalise, 2, 0), (AutoContrast, 6, 0)],
    [(Equalise, 2, 8), (Equalise, 6, 4)],
    [(Colour, 9, 9), (Equalise, 6, 6)],
    [(AutoContrast, 8, 4), (Solarise, 2, 8)],
    [(Brightness, 1, 3), (Colour, 7, 0)],
    [(Solarise, 4, 5), (AutoContrast, 9, 3)],
    [(TranslateY, 9, 9), (TranslateY, 7, 9)],
    [(AutoContrast, 9, 2), (Solarise, 8, 3)],
    [(Equalise, 8, 8), (Invert, 1, 3)],
    [(TranslateY, 7, 9), (AutoContrast, 9, 1)],
];

/// The longest translation, of an image's side.
const TRANSLATION: f64 = 150.0 / 331.0;

pub(super) fn apply(image: Image, stream: &mut Stream) -> Image {
    let pair = POLICY[below(stream, POLICY.len())];
    pair.into_iter().fold(image, |image, (operation, probability, strength)| {
        // Always drawn, so that later draws do not depend on earlier ones.
        let (applies, sign) = (stream.next_unit(), if below(stream, 2) == 0 { -1.0 } else { 1.0 });
        if applies < f64::from(probability) / 10.0 {
            transform(image, operation, f64::from(strength) / 9.0, sign)
        } else {
            image
        }
    })
}

/// `strength` from 0 to 1; `sign` gives the direction where there are two.
fn transform(mut image: Image, operation: Operation, strength: f64, sign: f64) -> Image {
    let signed = sign * strength;
    // 1 leaves the image as it is.
    let factor = 1.0 + 0.9 * signed;
    match operation {
        AutoContrast => image.auto_contrast(),
        Brightness => image.brightness(factor),
        Colour => image.colour(factor),
        Contrast => image.contrast(factor),
        Equalise => image.equalise(),
        Invert => image.each(|value| 255 - value),
        Posterise => {
            let lost = (4.0 * strength).round() as u32;
            image.each(|value| value >> lost << lost);
        }
        Solarise => {
            let threshold = 256.0 * (1.0 - strength);
            image.each(|value| if f64::from(value) >= threshold { 255 - value } else { value });
        }
        Sharpness => image.sharpness(factor),
        Rotate => {
            let angle = (30.0 * signed).to_radians();
            let (sin, cos) = (libm::sin(angle), libm::cos(angle));
            return image.mapped([cos, sin, -sin, cos]);
        }
        ShearY => return image.mapped([1.0, 0.0, 0.3 * signed, 1.0]),
        TranslateX => {
            let shift = (TRANSLATION * signed * image.width() as f64).round() as isize;
            return image.shifted(0, shift);
        }
        TranslateY => {
            let shift = (TRANSLATION * signed * image.height() as f64).round() as isize;
            return image.shifted(shift, 0);
        }
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strengths_do_what_they_say() {
        let pixels: Vec<u8> = (0..=255).cycle().take(1024).collect();
        let image = Image::new(&pixels, [1, 32, 32], &[7]);
        let of = |operation, strength, sign| transform(image.clone(), operation, strength, sign);
        assert_eq!(of(Solarise, 0.0, 1.0), image);
        assert_eq!(of(Solarise, 1.0, 1.0), of(Invert, 0.3, 1.0));
        assert!(of(Posterise, 1.0, 1.0).pixels().iter().all(|value| value % 16 == 0));
        assert_eq!(of(Posterise, 0.0, 1.0), image);
        for operation in [Rotate, ShearY, TranslateX, TranslateY, Brightness, Colour, Contrast, Sharpness] {
            assert_eq!(of(operation, 0.0, -1.0), image, "{operation:?}");
        }
        // 0.453 of 32 pixels: 15 rows or columns from outside.
        let outside =
            |image: Image| image.pixels().iter().map(|&value| usize::from(value == 7)).sum::<usize>();
        let before = outside(image.clone());
        assert!(outside(of(TranslateY, 1.0, 1.0)) >= 15 * 32 && before < 10);
    }
}
