//! Labelled images: CIFAR, MNIST and Fashion-MNIST as they are downloaded, own images from a file, and digits that are drawn from
//! a seed.
//!
//! Files are read as far as is needed and memory is bounded by what they can hold, whatever they unpack to.

mod array;
mod cifar;
mod digits;
mod error;
mod idx;
mod labels;
mod load;
mod own;
mod packed;
mod source;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use self::error::DataError;
pub use self::load::{Load, LoadProgress};
pub use self::source::DataSource;

/// Labelled images of 8 bits a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    shape: [usize; 3],
    classes: usize,
    pixels: Vec<u8>,
    labels: Vec<u8>,
}

/// Which part of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// The part to train with.
    Train,
    /// The part to test with.
    Test,
}

/// What is subtracted from each channel of an image in 0..1, and by what the rest is divided, before a network sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// Mean of each channel.
    pub mean: Vec<f32>,
    /// Standard deviation of each channel.
    pub std: Vec<f32>,
}

impl Dataset {
    /// Images of shape `[channels, height, width]`, one after the other, with their classes; `None` unless there are as many
    /// pixels as the shape says for each label, at least one pixel an image, and every label is below `classes`.
    pub fn new(shape: [usize; 3], classes: usize, pixels: Vec<u8>, labels: Vec<u8>) -> Option<Self> {
        let size = shape.iter().try_fold(1usize, |product, &side| product.checked_mul(side))?;
        let fits = size > 0 && labels.len().checked_mul(size) == Some(pixels.len());
        let known = labels.iter().all(|&label| usize::from(label) < classes);
        (fits && known).then_some(Self { shape, classes, pixels, labels })
    }

    /// The same images, of this number of classes.
    ///
    /// # Errors
    /// The first image whose label is none of them, and the label.
    pub fn of_classes(self, classes: usize) -> Result<Self, (usize, u8)> {
        match self.labels.iter().position(|&label| usize::from(label) >= classes) {
            Some(image) => Err((image, self.labels[image])),
            None => Ok(Self { classes, ..self }),
        }
    }

    /// Channels, height and width of an image.
    pub fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// How many classes there are.
    pub fn classes(&self) -> usize {
        self.classes
    }

    /// How many images.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// All images one after the other, each channel by channel, row by row.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The class of each image.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// The channels of one image.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn image(&self, index: usize) -> &[u8] {
        let size = self.shape.iter().product::<usize>();
        &self.pixels[index * size..(index + 1) * size]
    }

    /// SHA-256 of shape, classes, pixels and labels: other images have another one.
    pub fn digest(&self) -> [u8; 32] {
        let mut hasher = Sha256::new();
        hasher.update(format!("{:?} {} {}", self.shape, self.classes, self.len()));
        hasher.update(&self.pixels);
        hasher.update(&self.labels);
        hasher.finalize().into()
    }

    /// The first images only.
    #[must_use]
    pub fn first(mut self, count: usize) -> Self {
        let count = count.min(self.len());
        self.labels.truncate(count);
        self.pixels.truncate(count * self.shape.iter().product::<usize>());
        self
    }
}

impl Normalisation {
    /// None at all: images in 0..1 as they are.
    pub fn none(channels: usize) -> Self {
        Self { mean: vec![0.0; channels], std: vec![1.0; channels] }
    }

    /// That of networks trained as for `ImageNet`, such as the ResNet-20 of akamaster.
    pub fn imagenet() -> Self {
        Self { mean: vec![0.485, 0.456, 0.406], std: vec![0.229, 0.224, 0.225] }
    }
}
