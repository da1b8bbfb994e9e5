//! Digits that this program draws itself: strokes along splines, distorted, with a random pen, noise and stray marks. So
//! everything can be tried and tested without a download. Equal seeds give equal images on every machine.

use flip_core::{Purpose, Stream};

use super::{Dataset, Split};

/// Mean and standard deviation of the pixels of seed 0, in 0..1.
pub(super) const MEAN: [f32; 1] = [0.1312];
pub(super) const STD: [f32; 1] = [0.2404];

const SIDE: usize = 28;
const TRAIN: usize = 4000;
const TEST: usize = 2000;
const CLASSES: usize = 10;

const DIGITS: Purpose = Purpose::named("nn-bridge digits");

type Point = (f64, f64);

/// The strokes of each digit, in a square of side 1 with y downward.
const STROKES: [&[&[Point]]; CLASSES] = [
    &[&[
        (0.5, 0.1),
        (0.27, 0.24),
        (0.22, 0.5),
        (0.27, 0.76),
        (0.5, 0.9),
        (0.73, 0.76),
        (0.78, 0.5),
        (0.73, 0.24),
        (0.5, 0.1),
    ]],
    &[&[(0.34, 0.28), (0.55, 0.1)], &[(0.55, 0.1), (0.53, 0.9)]],
    &[
        &[(0.22, 0.3), (0.31, 0.15), (0.53, 0.1), (0.74, 0.24), (0.66, 0.45), (0.44, 0.67), (0.22, 0.9)],
        &[(0.22, 0.9), (0.8, 0.88)],
    ],
    &[
        &[(0.25, 0.17), (0.5, 0.1), (0.72, 0.22), (0.66, 0.41), (0.45, 0.48)],
        &[(0.45, 0.48), (0.71, 0.57), (0.76, 0.75), (0.54, 0.9), (0.22, 0.82)],
    ],
    &[&[(0.6, 0.1), (0.2, 0.62)], &[(0.2, 0.62), (0.83, 0.61)], &[(0.63, 0.36), (0.6, 0.9)]],
    &[
        &[(0.75, 0.1), (0.31, 0.11)],
        &[(0.31, 0.11), (0.27, 0.45)],
        &[(0.27, 0.45), (0.51, 0.39), (0.74, 0.51), (0.76, 0.72), (0.54, 0.9), (0.23, 0.83)],
    ],
    &[&[
        (0.7, 0.12),
        (0.42, 0.26),
        (0.25, 0.56),
        (0.3, 0.81),
        (0.51, 0.9),
        (0.73, 0.8),
        (0.73, 0.61),
        (0.52, 0.52),
        (0.28, 0.64),
    ]],
    &[&[(0.2, 0.12), (0.8, 0.1)], &[(0.8, 0.1), (0.57, 0.45), (0.42, 0.9)]],
    &[&[
        (0.5, 0.48),
        (0.29, 0.36),
        (0.31, 0.18),
        (0.5, 0.1),
        (0.69, 0.18),
        (0.71, 0.36),
        (0.5, 0.48),
        (0.26, 0.62),
        (0.27, 0.82),
        (0.5, 0.9),
        (0.73, 0.82),
        (0.74, 0.62),
        (0.5, 0.48),
    ]],
    &[&[
        (0.72, 0.36),
        (0.5, 0.5),
        (0.28, 0.4),
        (0.28, 0.2),
        (0.5, 0.1),
        (0.72, 0.2),
        (0.73, 0.44),
        (0.66, 0.72),
        (0.46, 0.9),
    ]],
];

pub(super) fn draw(seed: u64, split: Split) -> Dataset {
    let (first, count) = match split {
        Split::Train => (0, TRAIN),
        Split::Test => (TRAIN, TEST),
    };
    let mut pixels = Vec::with_capacity(count * SIDE * SIDE);
    let mut labels = Vec::with_capacity(count);
    for index in first..first + count {
        let label = index % CLASSES;
        pixels.extend(image(label, &mut Stream::new(seed, DIGITS, index as u64)));
        labels.push(label as u8);
    }
    Dataset { shape: [1, SIDE, SIDE], classes: CLASSES, pixels, labels }
}

/// What all points of a digit have in common: where they go.
struct Distortion {
    /// From the square of side 1, about its centre, to pixels.
    matrix: [f64; 4],
    centre: Point,
}

impl Distortion {
    fn draw(stream: &mut Stream) -> Self {
        let turn = within(stream, -0.3, 0.3);
        let slant = within(stream, -0.25, 0.25);
        let (width, height) = (within(stream, 13.0, 23.0), within(stream, 17.0, 25.0));
        let (sin, cos) = (libm::sin(turn), libm::cos(turn));
        // Scaled, slanted, turned.
        let matrix = [
            cos * width,
            cos * slant * height - sin * height,
            sin * width,
            sin * slant * height + cos * height,
        ];
        let centre = (14.0 + within(stream, -2.5, 2.5), 14.0 + within(stream, -2.0, 2.0));
        Self { matrix, centre }
    }

    fn pixel(&self, (x, y): Point) -> Point {
        let (x, y) = (x - 0.5, y - 0.5);
        let matrix = &self.matrix;
        (matrix[0] * x + matrix[1] * y + self.centre.0, matrix[2] * x + matrix[3] * y + self.centre.1)
    }
}

fn image(label: usize, stream: &mut Stream) -> impl Iterator<Item = u8> + use<> {
    let distortion = Distortion::draw(stream);
    let pen = within(stream, 0.7, 1.7);
    let ink = within(stream, 0.55, 1.0);
    let mut canvas = [0.0f64; SIDE * SIDE];
    for stroke in STROKES[label] {
        let points: Vec<Point> = stroke
            .iter()
            .map(|&(x, y)| {
                distortion.pixel((x + within(stream, -0.05, 0.05), y + within(stream, -0.05, 0.05)))
            })
            .collect();
        trace(&mut canvas, &points, pen);
    }
    // Marks that mean nothing.
    for _ in 0..3 {
        let from = (within(stream, 0.0, 28.0), within(stream, 0.0, 28.0));
        let to = (from.0 + within(stream, -6.0, 6.0), from.1 + within(stream, -6.0, 6.0));
        trace(&mut canvas, &[from, to], within(stream, 0.2, 0.8));
    }
    let noise = within(stream, 0.03, 0.15);
    let values: Vec<u8> = canvas
        .iter()
        .map(|&cover| {
            let grain = noise * (stream.next_unit() + stream.next_unit() - 1.0) * 2.0;
            ((ink * cover + grain).clamp(0.0, 1.0) * 255.0).round() as u8
        })
        .collect();
    values.into_iter()
}

fn within(stream: &mut Stream, low: f64, high: f64) -> f64 {
    low + (high - low) * stream.next_unit()
}

/// Pieces that a spline is cut into between two of its points.
const PIECES: usize = 6;

/// Draws a curve through points (a Catmull-Rom spline) with a round pen of this radius, in pixels.
fn trace(canvas: &mut [f64; SIDE * SIDE], points: &[Point], pen: f64) {
    let at = |index: usize| points[index.min(points.len() - 1)];
    let mut last = at(0);
    for index in 0..points.len() - 1 {
        let around = [at(index.saturating_sub(1)), at(index), at(index + 1), at(index + 2)];
        for piece in 1..=PIECES {
            let part = piece as f64 / PIECES as f64;
            let next = (spline(around.map(|point| point.0), part), spline(around.map(|point| point.1), part));
            segment(canvas, last, next, pen);
            last = next;
        }
    }
}

/// A Catmull-Rom spline between the second and the third of four values.
fn spline([before, from, to, after]: [f64; 4], part: f64) -> f64 {
    let square = 2.0 * before - 5.0 * from + 4.0 * to - after;
    let cube = 3.0 * (from - to) + after - before;
    from + 0.5 * part * ((to - before) + part * (square + part * cube))
}

/// Covers the pixels along a straight line; those at its edge by parts.
fn segment(canvas: &mut [f64; SIDE * SIDE], from: Point, to: Point, pen: f64) {
    let ahead = (to.0 - from.0, to.1 - from.1);
    let length = ahead.0 * ahead.0 + ahead.1 * ahead.1;
    let span = |one: f64, other: f64| {
        let low = (one.min(other) - pen - 1.0).max(0.0) as usize;
        low.min(SIDE)..((one.max(other) + pen + 2.0).max(0.0) as usize).min(SIDE)
    };
    for row in span(from.1, to.1) {
        for column in span(from.0, to.0) {
            let (x, y) = (column as f64 + 0.5 - from.0, row as f64 + 0.5 - from.1);
            let along =
                if length > 0.0 { ((x * ahead.0 + y * ahead.1) / length).clamp(0.0, 1.0) } else { 0.0 };
            let (x, y) = (x - along * ahead.0, y - along * ahead.1);
            let cover = (pen + 0.5 - (x * x + y * y).sqrt()).clamp(0.0, 1.0);
            let pixel = &mut canvas[row * SIDE + column];
            *pixel = pixel.max(cover);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::DataSource;

    #[test]
    fn equal_seeds_give_equal_digits_and_no_image_is_in_both_parts() {
        let (train, test) = (draw(1, Split::Train), draw(1, Split::Test));
        assert_eq!(train, draw(1, Split::Train));
        assert_ne!(train.image(0), draw(2, Split::Train).image(0));
        assert_eq!((train.len(), test.len()), (4000, 2000));
        assert!((0..test.len()).all(|index| train.image(index) != test.image(index)));
        assert!((0..10).all(|class| test.labels().iter().map(|&label| u32::from(label == class)).sum::<u32>() == 200));
    }

    #[test]
    fn digits_are_pinned() {
        // FNV-1a over all pixels; another sum is another data set, for the changelog.
        let sum = draw(0, Split::Test)
            .pixels()
            .iter()
            .fold(0xcbf2_9ce4_8422_2325, |h: u64, &b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        assert_eq!(sum, 13_756_785_561_100_834_887);
    }

    #[test]
    fn mean_and_deviation_are_those_stated() {
        let data = draw(0, Split::Train);
        let values = || data.pixels().iter().map(|&pixel| f64::from(pixel) / 255.0);
        let count = data.pixels().len() as f64;
        let mean = values().sum::<f64>() / count;
        let std = (values().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
        let stated = DataSource::Digits { seed: 0 }.normalisation(1);
        assert!((mean - f64::from(stated.mean[0])).abs() < 0.001, "{mean}");
        assert!((std - f64::from(stated.std[0])).abs() < 0.001, "{std}");
    }
}
