//! Labelled images: CIFAR, MNIST and Fashion-MNIST from a folder, and digits that are drawn from a seed.

mod cifar;
mod digits;
mod files;
mod idx;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

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

/// Where labelled images come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSource {
    /// CIFAR-10, binary version, in a folder.
    Cifar10(PathBuf),
    /// CIFAR-100 with its fine labels, binary version, in a folder.
    Cifar100(PathBuf),
    /// MNIST, idx files in a folder.
    Mnist(PathBuf),
    /// Fashion-MNIST, idx files in a folder.
    FashionMnist(PathBuf),
    /// Digits drawn by this program from a seed: 4,000 to train with, 2,000 to test with.
    Digits {
        /// The seed.
        seed: u64,
    },
}

/// What is subtracted from each channel of an image in 0..1, and by what the rest is divided, before a network sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalisation {
    /// Mean of each channel.
    pub mean: Vec<f32>,
    /// Standard deviation of each channel.
    pub std: Vec<f32>,
}

/// Why there is no data.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// The name of a data set is not known.
    #[error(
        "unknown data `{found}`: expected cifar10:FOLDER, cifar100:FOLDER, mnist:FOLDER, fashion-mnist:FOLDER, digits or \
         digits:SEED"
    )]
    Name {
        /// What was found.
        found: String,
    },
    /// A file is not there.
    #[error("there is no {file} in {}, neither plain nor as .gz or .xz: {hint}", folder.display())]
    Missing {
        /// The file.
        file: String,
        /// Where it was sought.
        folder: PathBuf,
        /// Where to get it.
        hint: &'static str,
    },
    /// A file cannot be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("{}: {what}", path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// Where, what was found, what was expected.
        what: String,
    },
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

impl DataSource {
    /// Reads or draws a part of the data.
    ///
    /// # Errors
    /// [`DataError`] if a file is missing, cannot be read or is not sound.
    pub fn load(&self, split: Split) -> Result<Dataset, DataError> {
        match self {
            Self::Cifar10(folder) => cifar::load(cifar::Kind::Ten, folder, split),
            Self::Cifar100(folder) => cifar::load(cifar::Kind::Hundred, folder, split),
            Self::Mnist(folder) => idx::load(folder, split, idx::MNIST_HINT),
            Self::FashionMnist(folder) => idx::load(folder, split, idx::FASHION_HINT),
            Self::Digits { seed } => Ok(digits::draw(*seed, split)),
        }
    }

    /// The data without the place where it is kept, which is nobody else's business: `digits:SEED`, or a name that needs a folder
    /// to be read.
    pub fn name(&self) -> String {
        match self {
            Self::Cifar10(_) => "cifar10".to_owned(),
            Self::Cifar100(_) => "cifar100".to_owned(),
            Self::Mnist(_) => "mnist".to_owned(),
            Self::FashionMnist(_) => "fashion-mnist".to_owned(),
            Self::Digits { .. } => self.to_string(),
        }
    }

    /// Mean and standard deviation of the channels of the images to train with.
    pub fn normalisation(&self) -> Normalisation {
        let (mean, std): (&[f32], &[f32]) = match self {
            Self::Cifar10(_) => (&[0.4914, 0.4822, 0.4465], &[0.2470, 0.2435, 0.2616]),
            Self::Cifar100(_) => (&[0.5071, 0.4865, 0.4409], &[0.2673, 0.2564, 0.2762]),
            Self::Mnist(_) => (&[0.1307], &[0.3081]),
            Self::FashionMnist(_) => (&[0.2860], &[0.3530]),
            Self::Digits { .. } => (&digits::MEAN, &digits::STD),
        };
        Normalisation { mean: mean.to_vec(), std: std.to_vec() }
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

impl FromStr for DataSource {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let unknown = || DataError::Name { found: text.to_owned() };
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        if name == "digits" {
            let seed = if rest.is_empty() { 0 } else { rest.parse().map_err(|_| unknown())? };
            return Ok(Self::Digits { seed });
        }
        if rest.is_empty() {
            return Err(unknown());
        }
        match name {
            "cifar10" => Ok(Self::Cifar10(rest.into())),
            "cifar100" => Ok(Self::Cifar100(rest.into())),
            "mnist" => Ok(Self::Mnist(rest.into())),
            "fashion-mnist" => Ok(Self::FashionMnist(rest.into())),
            _ => Err(unknown()),
        }
    }
}

impl fmt::Display for DataSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cifar10(folder) => write!(f, "cifar10:{}", folder.display()),
            Self::Cifar100(folder) => write!(f, "cifar100:{}", folder.display()),
            Self::Mnist(folder) => write!(f, "mnist:{}", folder.display()),
            Self::FashionMnist(folder) => write!(f, "fashion-mnist:{}", folder.display()),
            Self::Digits { seed } => write!(f, "digits:{seed}"),
        }
    }
}
