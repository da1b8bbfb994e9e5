//! What can be done to an image of 8 bits a channel.

/// A planar image: channel by channel, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Image {
    pixels: Vec<u8>,
    channels: usize,
    height: usize,
    width: usize,
    /// The colour of what lies outside.
    fill: Vec<u8>,
}

impl Image {
    /// Without a colour for a channel, what lies outside is black in it.
    pub(super) fn new(pixels: &[u8], [channels, height, width]: [usize; 3], fill: &[u8]) -> Self {
        let mut fill = fill.to_vec();
        fill.resize(channels, 0);
        Self { pixels: pixels.to_vec(), channels, height, width, fill }
    }

    pub(super) fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn height(&self) -> usize {
        self.height
    }

    /// Each pixel from another place, by row and column; from outside the fill colour.
    fn gathered(&self, from: impl Fn(usize, usize) -> Option<(usize, usize)>) -> Self {
        let mut out = self.clone();
        let plane = self.height * self.width;
        for row in 0..self.height {
            for column in 0..self.width {
                let source = from(row, column);
                for channel in 0..self.channels {
                    let value = source.map_or(self.fill[channel], |(row, column)| {
                        self.pixels[channel * plane + row * self.width + column]
                    });
                    out.pixels[channel * plane + row * self.width + column] = value;
                }
            }
        }
        out
    }

    /// The part of the image that begins this many pixels lower and further right.
    pub(super) fn shifted(&self, down: isize, right: isize) -> Self {
        self.gathered(|row, column| {
            let row = row.checked_add_signed(down).filter(|&row| row < self.height)?;
            Some((row, column.checked_add_signed(right).filter(|&column| column < self.width)?))
        })
    }

    /// Each pixel from where this affine map takes its centre, the nearest one there: right' = m₀·right + m₁·down and down' =
    /// m₂·right + m₃·down, about the image's centre.
    pub(super) fn mapped(&self, matrix: [f64; 4]) -> Self {
        let (width, height) = (self.width as f64, self.height as f64);
        self.gathered(|row, column| {
            let right = column as f64 + 0.5 - width / 2.0;
            let down = row as f64 + 0.5 - height / 2.0;
            let from_right = matrix[0] * right + matrix[1] * down + width / 2.0;
            let from_down = matrix[2] * right + matrix[3] * down + height / 2.0;
            let inside = (0.0..width).contains(&from_right) && (0.0..height).contains(&from_down);
            inside.then_some((from_down as usize, from_right as usize))
        })
    }

    pub(super) fn mirror(&mut self) {
        self.pixels.chunks_mut(self.width).for_each(<[u8]>::reverse);
    }

    /// Paints a square about a pixel; what sticks out is cut off.
    pub(super) fn cut(&mut self, [row, column]: [usize; 2], side: usize) {
        let span =
            |centre: usize, end: usize| centre.saturating_sub(side / 2)..(centre + side.div_ceil(2)).min(end);
        for channel in 0..self.channels {
            for row in span(row, self.height) {
                let start = (channel * self.height + row) * self.width;
                let columns = span(column, self.width);
                self.pixels[start + columns.start..start + columns.end].fill(self.fill[channel]);
            }
        }
    }

    /// Each value of its own.
    pub(super) fn each(&mut self, map: impl Fn(u8) -> u8) {
        self.pixels.iter_mut().for_each(|value| *value = map(*value));
    }

    /// Each channel by a table of its own, made of its histogram.
    fn each_channel(&mut self, table: impl Fn(&[usize; 256]) -> [u8; 256]) {
        for plane in self.pixels.chunks_mut(self.height * self.width) {
            let mut histogram = [0; 256];
            plane.iter().for_each(|&value| histogram[usize::from(value)] += 1);
            let table = table(&histogram);
            plane.iter_mut().for_each(|value| *value = table[usize::from(*value)]);
        }
    }

    /// Spreads each channel over all values.
    pub(super) fn auto_contrast(&mut self) {
        self.each_channel(|histogram| {
            let low = histogram.iter().position(|&count| count > 0).unwrap_or(0);
            let high = histogram.iter().rposition(|&count| count > 0).unwrap_or(255);
            std::array::from_fn(|value| {
                if high <= low {
                    return value as u8;
                }
                let scaled = (value as f64 - low as f64) * 255.0 / (high - low) as f64;
                scaled.clamp(0.0, 255.0) as u8
            })
        });
    }

    /// Makes all values of each channel about equally frequent, as the Python imaging library does.
    pub(super) fn equalise(&mut self) {
        self.each_channel(|histogram| {
            let total: usize = histogram.iter().sum();
            let last = histogram.iter().rev().find(|&&count| count > 0).copied().unwrap_or(0);
            let step = (total - last) / 255;
            if step == 0 {
                return std::array::from_fn(|value| value as u8);
            }
            let mut sum = step / 2;
            std::array::from_fn(|value| {
                let level = (sum / step).min(255) as u8;
                sum += histogram[value];
                level
            })
        });
    }

    /// Between another image (0) and this one (1), and beyond.
    fn blend(&mut self, other: &[u8], factor: f64) {
        for (value, &other) in self.pixels.iter_mut().zip(other) {
            let other = f64::from(other);
            *value = (other + factor * (f64::from(*value) - other)).clamp(0.0, 255.0) as u8;
        }
    }

    pub(super) fn brightness(&mut self, factor: f64) {
        self.blend(&vec![0; self.pixels.len()], factor);
    }

    /// Away from, or toward, the mean grey.
    pub(super) fn contrast(&mut self, factor: f64) {
        let grey = self.grey();
        let sum: usize = grey.iter().map(|&value| usize::from(value)).sum();
        let mean = (sum as f64 / grey.len().max(1) as f64 + 0.5) as u8;
        self.blend(&vec![mean; self.pixels.len()], factor);
    }

    /// Away from, or toward, greys.
    pub(super) fn colour(&mut self, factor: f64) {
        let grey = self.grey().repeat(self.channels);
        self.blend(&grey, factor);
    }

    /// Away from, or toward, an image smoothed over 3 x 3 pixels; its border is left as it is.
    pub(super) fn sharpness(&mut self, factor: f64) {
        let mut smooth = self.pixels.clone();
        let plane = self.height * self.width;
        for channel in 0..self.channels {
            for row in 1..self.height.saturating_sub(1) {
                for column in 1..self.width.saturating_sub(1) {
                    let at = channel * plane + row * self.width + column;
                    let around =
                        |at: usize| (at - 1..=at + 1).map(|at| u32::from(self.pixels[at])).sum::<u32>();
                    let sum = around(at - self.width) + around(at) + around(at + self.width);
                    smooth[at] = ((f64::from(sum + 4 * u32::from(self.pixels[at]))) / 13.0 + 0.5) as u8;
                }
            }
        }
        self.blend(&smooth, factor);
    }

    /// The luminance of each pixel, as of ITU-R 601; an image of other than three channels is its own first one.
    fn grey(&self) -> Vec<u8> {
        let plane = self.height * self.width;
        if self.channels != 3 {
            return self.pixels[..plane].to_vec();
        }
        let channel = |number: usize, at: usize| u32::from(self.pixels[number * plane + at]);
        let weighted =
            |at| (19595 * channel(0, at) + 38470 * channel(1, at) + 7471 * channel(2, at) + 0x8000) >> 16;
        (0..plane).map(|at| weighted(at) as u8).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image() -> Image {
        let pixels: Vec<u8> = (0..3 * 6 * 8).map(|i| (i * 37 % 200) as u8 + 20).collect();
        Image::new(&pixels, [3, 6, 8], &[1, 2, 3])
    }

    #[test]
    fn operations_of_no_strength_change_nothing() {
        let unchanged = |name: &str, operation: fn(&mut Image)| {
            let mut changed = image();
            operation(&mut changed);
            assert_eq!(changed, image(), "{name}");
        };
        unchanged("brightness", |image| image.brightness(1.0));
        unchanged("contrast", |image| image.contrast(1.0));
        unchanged("colour", |image| image.colour(1.0));
        unchanged("sharpness", |image| image.sharpness(1.0));
        assert_eq!(image().mapped([1.0, 0.0, 0.0, 1.0]), image());
        assert_eq!(image().shifted(0, 0), image());
    }

    #[test]
    fn full_strength_ends_where_it_should() {
        let mut black = image();
        black.brightness(0.0);
        assert!(black.pixels().iter().all(|&value| value == 0));
        let mut flat = image();
        flat.contrast(0.0);
        assert!(flat.pixels().iter().all(|&value| value == flat.pixels()[0]));
        let mut grey = image();
        grey.colour(0.0);
        let (red, rest) = grey.pixels().split_at(48);
        assert!(rest.chunks(48).all(|plane| plane == red));
        let mut spread = image();
        spread.auto_contrast();
        for plane in spread.pixels().chunks(48) {
            assert_eq!((plane.iter().min(), plane.iter().max()), (Some(&0), Some(&255)));
        }
    }

    #[test]
    fn half_a_turn_and_two_mirrors_are_what_they_are() {
        let turned = image().mapped([-1.0, 0.0, 0.0, -1.0]);
        let reversed: Vec<u8> = image()
            .pixels()
            .chunks(48)
            .flat_map(|plane| plane.iter().rev().copied().collect::<Vec<_>>())
            .collect();
        assert_eq!(turned.pixels(), reversed);
        let mut twice = image();
        twice.mirror();
        assert_ne!(twice, image());
        twice.mirror();
        assert_eq!(twice, image());
    }

    #[test]
    fn equalising_gives_a_ramp_a_ramp() {
        let pixels: Vec<u8> = (0..1024).map(|i| (i / 16 + 100) as u8).collect();
        let mut image = Image::new(&pixels, [1, 32, 32], &[]);
        image.equalise();
        assert!(image.pixels().is_sorted() && image.pixels()[0] == 0);
        assert!(*image.pixels().last().unwrap() > 250, "{:?}", image.pixels().last());
    }
}
