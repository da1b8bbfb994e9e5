//! Where labelled images come from, as it is typed.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::load::{Load, Reading};
use super::{DataError, Dataset, Normalisation, Split, cifar, digits, idx, own};

/// Where labelled images come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DataSource {
    /// CIFAR-10, binary or Python version: a folder or the archive.
    Cifar10(PathBuf),
    /// CIFAR-100 with its fine labels, likewise.
    Cifar100(PathBuf),
    /// MNIST, idx files in a folder.
    Mnist(PathBuf),
    /// Fashion-MNIST, idx files in a folder.
    FashionMnist(PathBuf),
    /// Own images: arrays or tensors of bytes x and labels y in a file, .npz or .safetensors.
    Own {
        /// The file.
        path: PathBuf,
        /// Its SHA-256, in hexadecimal digits, if it must be this file.
        sha256: Option<String>,
    },
    /// Digits drawn by this program from a seed: 4,000 to train with, 2,000 to test with.
    Digits {
        /// The seed.
        seed: u64,
    },
}

/// What stands between the path and the checksum of own images.
const CHECKSUM: &str = "#sha256=";

impl DataSource {
    /// Reads or draws a part of the data.
    ///
    /// # Errors
    /// [`DataError`] if a file is missing, cannot be read or is not sound.
    pub fn load(&self, split: Split) -> Result<Dataset, DataError> {
        self.load_with(split, Load::default())
    }

    /// Reads or draws the first images of a part of the data, and says how far it is. No more is read than they need.
    ///
    /// # Errors
    /// [`DataError`] if a file is missing, cannot be read or is not sound as far as it is read.
    pub fn load_with(&self, split: Split, load: Load<'_>) -> Result<Dataset, DataError> {
        let reading = Reading::new(load);
        match self {
            Self::Cifar10(path) => cifar::load(cifar::Kind::Ten, path, split, &reading),
            Self::Cifar100(path) => cifar::load(cifar::Kind::Hundred, path, split, &reading),
            Self::Mnist(folder) => idx::load(idx::Kind::Mnist, folder, split, &reading),
            Self::FashionMnist(folder) => idx::load(idx::Kind::Fashion, folder, split, &reading),
            Self::Own { path, .. } if !path.exists() => {
                let hint = "--data gives the path of a file of own images, .npz or .safetensors".to_owned();
                Err(DataError::NoPath { path: path.clone(), hint })
            }
            Self::Own { path, sha256 } => {
                check_file(path)?;
                if let Some(expected) = sha256 {
                    check(path, expected)?;
                }
                own::load(path, split, &reading)
            }
            Self::Digits { seed } => Ok(digits::draw(*seed, split).first(reading.images())),
        }
    }

    /// The same source; of own images with the checksum that the file has now, so that they cannot be taken for others later.
    ///
    /// # Errors
    /// [`DataError`] if the file cannot be read.
    pub fn pinned(&self) -> Result<Self, DataError> {
        Ok(match self {
            Self::Own { path, sha256: None } => {
                check_file(path)?;
                Self::Own { path: path.clone(), sha256: Some(own::sha256(path)?) }
            }
            other => other.clone(),
        })
    }

    /// The folder or file that it is read from; none for generated images.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Cifar10(path) | Self::Cifar100(path) | Self::Mnist(path) | Self::FashionMnist(path) => {
                Some(path)
            }
            Self::Own { path, .. } => Some(path),
            Self::Digits { .. } => None,
        }
    }

    /// The data without the place where it is kept, which is nobody else's business: `digits:SEED`, a name that needs a folder
    /// to be read, or the name of a file of own images, with its checksum if it is pinned.
    pub fn name(&self) -> String {
        match self {
            Self::Cifar10(_) => "cifar10".to_owned(),
            Self::Cifar100(_) => "cifar100".to_owned(),
            Self::Mnist(_) => "mnist".to_owned(),
            Self::FashionMnist(_) => "fashion-mnist".to_owned(),
            Self::Own { path, sha256 } => {
                let path = path.file_name().unwrap_or_default().into();
                Self::Own { path, sha256: sha256.clone() }.to_string()
            }
            Self::Digits { .. } => self.to_string(),
        }
    }

    /// Mean and standard deviation of the channels of the images to train with. Nothing is known of own images: they stay as
    /// they are, in 0..1.
    pub fn normalisation(&self, channels: usize) -> Normalisation {
        let (mean, std): (&[f32], &[f32]) = match self {
            Self::Cifar10(_) => (&[0.4914, 0.4822, 0.4465], &[0.2470, 0.2435, 0.2616]),
            Self::Cifar100(_) => (&[0.5071, 0.4865, 0.4409], &[0.2673, 0.2564, 0.2762]),
            Self::Mnist(_) => (&[0.1307], &[0.3081]),
            Self::FashionMnist(_) => (&[0.2860], &[0.3530]),
            Self::Own { .. } => return Normalisation::none(channels),
            Self::Digits { .. } => (&digits::MEAN, &digits::STD),
        };
        Normalisation { mean: mean.to_vec(), std: std.to_vec() }
    }
}

/// Own images are read more than once: for their checksum, too. A pipe would be empty then, and a device has no end.
fn check_file(path: &Path) -> Result<(), DataError> {
    let about = path.metadata().map_err(DataError::read(path))?;
    if about.is_file() {
        return Ok(());
    }
    let what = "it is no file, but a folder, pipe or device: own images are read from a file, more than once";
    Err(DataError::read(path)(std::io::Error::other(what)))
}

fn check(path: &Path, expected: &str) -> Result<(), DataError> {
    let found = own::sha256(path)?;
    if found.eq_ignore_ascii_case(expected) {
        return Ok(());
    }
    Err(DataError::Checksum { path: path.to_owned(), found, expected: expected.to_owned() })
}

impl FromStr for DataSource {
    type Err = DataError;

    fn from_str(text: &str) -> Result<Self, DataError> {
        let unknown = || DataError::Name { found: text.to_owned() };
        let (name, rest) = text.split_once(':').unwrap_or((text, ""));
        match (name, rest) {
            ("digits", "") => Ok(Self::Digits { seed: 0 }),
            ("digits", seed) => Ok(Self::Digits { seed: seed.parse().map_err(|_| unknown())? }),
            ("cifar10" | "cifar100" | "mnist" | "fashion-mnist", "") => Err(unknown()),
            ("cifar10", path) => Ok(Self::Cifar10(path.into())),
            ("cifar100", path) => Ok(Self::Cifar100(path.into())),
            ("mnist", path) => Ok(Self::Mnist(path.into())),
            ("fashion-mnist", path) => Ok(Self::FashionMnist(path.into())),
            _ => own_file(text).ok_or_else(unknown),
        }
    }
}

/// A file of own images, told by its name.
fn own_file(text: &str) -> Option<DataSource> {
    let (path, sha256) = match text.rsplit_once(CHECKSUM) {
        Some((path, sum)) => (path, Some(sum)),
        None => (text, None),
    };
    let is_digest = |sum: &&str| sum.len() == 64 && sum.bytes().all(|byte| byte.is_ascii_hexdigit());
    let extension = Path::new(path).extension()?;
    let is_known = ["npz", "safetensors"].iter().any(|known| extension.eq_ignore_ascii_case(known));
    (is_known && sha256.as_ref().is_none_or(is_digest))
        .then(|| DataSource::Own { path: path.into(), sha256: sha256.map(str::to_owned) })
}

impl fmt::Display for DataSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cifar10(path) => write!(f, "cifar10:{}", path.display()),
            Self::Cifar100(path) => write!(f, "cifar100:{}", path.display()),
            Self::Mnist(folder) => write!(f, "mnist:{}", folder.display()),
            Self::FashionMnist(folder) => write!(f, "fashion-mnist:{}", folder.display()),
            Self::Own { path, sha256: None } => path.display().fmt(f),
            Self::Own { path, sha256: Some(sum) } => write!(f, "{}{CHECKSUM}{sum}", path.display()),
            Self::Digits { seed } => write!(f, "digits:{seed}"),
        }
    }
}
