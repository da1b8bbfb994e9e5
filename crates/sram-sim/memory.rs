//! The memory as typed: a description, codes and chips that it names, and what its cells do at a point.

mod chips;
mod faults;
mod reads;
mod report;
mod source;

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::Path;
use std::rc::Rc;

use anyhow::{Context, Result};
use cli_io::{Files, InputPath};
use nn_bridge::memory::code::{WordCode, WordCodeError};
use nn_bridge::memory::{
    BitsByLayer, Clamped, Description, Memory, MemoryError, OnDetected, Outline, Planes, RegionDescription,
};
use nn_bridge::{Scheme, StoredImage, Tensor, WeightImage};
use sram_model::Profile;

pub use self::chips::RegionChip;
pub use self::faults::{CellFaults, FaultsIdentity, PointFaults};
pub use self::reads::{READ_COLUMNS, ReadReport, read_row};
pub use self::report::{BitsPerWeight, MemoryReport, RegionReport, energy_in_words, write_sources};
pub use self::source::{Asked, Source};
use crate::UsageError;
use crate::arguments::memory::MemoryArguments;

/// The largest description, list or matrix that is read.
const MAX_BYTES: u64 = 4 << 20;

/// A memory as typed, its files read.
#[derive(Debug)]
pub struct MemoryPlan {
    description: Description,
    list: Option<(BitsByLayer, String)>,
    /// Codes of files, by what names them.
    codes: HashMap<String, WordCode>,
    /// The chips of regions that name one.
    chips: Vec<Option<Rc<Profile>>>,
    protect_msb: u32,
    /// The file, if there is one.
    file: Option<InputPath>,
}

impl MemoryPlan {
    /// Reads what the arguments name.
    pub fn of(arguments: &MemoryArguments, files: &Files) -> Result<Self> {
        let mut description = match &arguments.memory {
            Some(path) => Description::parse(&text(path, files)?).with_context(|| path.to_string())?,
            None => of_flags(arguments),
        };
        let list = arguments.bits_by_layer.as_ref().map(|path| {
            let list = BitsByLayer::parse(&text(path, files)?).with_context(|| path.to_string())?;
            Ok::<_, anyhow::Error>((list, path.to_string()))
        });
        let folder = arguments.memory.as_ref().map(InputPath::folder).unwrap_or_default();
        let mut codes = HashMap::new();
        for (number, region) in description.regions.iter().enumerate() {
            let Some(name) = &region.code else { continue };
            if let Some(path) = code_file(name, &folder) {
                let code = text(&path, files)
                    .with_context(|| format!("{name}, the matrix of a code"))
                    .and_then(|text| {
                        WordCode::from_matrix_text(&text, name).with_context(|| format!("code {path}"))
                    })
                    .with_context(|| place(&description, arguments.memory.as_ref(), number, &["code"]))?;
                codes.insert(name.clone(), code);
            }
        }
        let chips = chips::open(&mut description, arguments.memory.as_ref(), &folder, files)?;
        let (protect_msb, file) = (arguments.protect_msb, arguments.memory.clone());
        Ok(Self { description, list: list.transpose()?, codes, chips, protect_msb, file })
    }

    /// What it is.
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Whether it is one region with everything, without protection, as it is without flags.
    pub fn is_plain(&self) -> bool {
        self.description == Description::default() && self.list.is_none()
    }

    /// In a few words: the file's name or the flags.
    pub fn label(&self) -> String {
        if let Some(file) = &self.file {
            return if self.description.name.is_empty() {
                file.file_name()
            } else {
                self.description.name.clone()
            };
        }
        let region = self.description.regions.first().cloned().unwrap_or_default();
        let mut words = vec![region.layout.to_string()];
        words.extend(region.code);
        words.extend((region.on_detected != OnDetected::Keep).then(|| region.on_detected.name().to_owned()));
        words.extend((self.protect_msb > 0).then(|| format!("msb:{} protected", self.protect_msb)));
        words.extend(self.list.iter().map(|_| "bits by layer".to_owned()));
        words.join(", ")
    }

    /// Where a region stands, for messages: the file, and the line of the first of these keys that it has.
    fn region_place(&self, region: usize, keys: &[&str]) -> String {
        place(&self.description, self.file.as_ref(), region, keys)
    }

    /// Refuses to protect more bits than weights have.
    pub fn check_bits(&self, bits: u32) -> Result<(), UsageError> {
        if self.protect_msb > bits {
            let text =
                format!("--protect-msb {}: expected at most the {bits} bits of a weight", self.protect_msb);
            return Err(UsageError(text));
        }
        Ok(())
    }

    /// The memory of these tensors, in their order, each quantised as `asked` says of its name, where the memory does not say otherwise.
    pub fn memory(
        &self,
        tensors: &[(&str, &[usize])],
        asked: &dyn Fn(&str) -> Result<Scheme>,
    ) -> Result<Memory> {
        let says_bits = |region: &RegionDescription| {
            region.bits.is_some() || region.scheme.is_some() || region.clip.is_some()
        };
        if self.list.is_some() && self.description.regions.iter().any(says_bits) {
            let text = "--bits-by-layer: the memory file says bits, scheme or clip of regions, too: give one of both";
            return Err(UsageError(text.to_owned()).into());
        }
        let names: Vec<&str> = tensors.iter().map(|(name, _)| *name).collect();
        let asked = names.iter().map(|name| asked(name)).collect::<Result<Vec<_>>>()?;
        self.check_bits(asked.iter().map(|scheme| scheme.bits().bits()).max().unwrap_or_default())?;
        let schemes = match &self.list {
            Some((list, path)) => list.schemes(&names, &asked).with_context(|| path.clone())?,
            None => asked,
        };
        let outlines: Vec<Outline<'_>> = tensors
            .iter()
            .zip(schemes)
            .map(|(&(name, shape), scheme)| Outline { name, shape, stored_as: scheme.into() })
            .collect();
        self.of_outlines(&outlines)
    }

    /// The memory of these tensors, in their order.
    pub fn of_outlines(&self, outlines: &[Outline<'_>]) -> Result<Memory> {
        let code = |name: &str| -> Result<WordCode, WordCodeError> {
            self.codes.get(name).cloned().map_or_else(|| WordCode::named(name), Ok)
        };
        self.named(Memory::with_codes(&self.description, outlines, &code))
    }

    /// Whether neither a file nor a list says how tensors are quantised.
    pub fn is_of_flags(&self) -> bool {
        self.file.is_none() && self.list.is_none()
    }

    /// The memory of tensors as their file has them.
    pub fn of_stored(&self, image: &StoredImage<'_>) -> Result<Memory> {
        let names_planes =
            |region: &RegionDescription| region.planes != Planes::default() || region.robust.is_some();
        if let (Some(name), true) = (image.divided(), self.description.regions.iter().any(names_planes)) {
            let text = format!(
                "tensor {name} has elements of 64 bits, which lie as two words of 32: `planes` and `robust` cannot say which bits are \
                 meant; keep it apart (--exclude '{name}')"
            );
            return Err(UsageError(text).into());
        }
        self.of_outlines(&image.outlines())
    }

    /// Says in which file what is wrong stands, if there is one.
    pub fn named<T>(&self, result: Result<T, MemoryError>) -> Result<T> {
        match &self.file {
            Some(file) => result.with_context(|| file.to_string()),
            None => Ok(result?),
        }
    }

    /// The memory of these tensors, and what it stores: weights that make room for check bits in place are clamped.
    pub fn store(
        &self,
        tensors: &[&Tensor],
        asked: &dyn Fn(&str) -> Result<Scheme>,
    ) -> Result<(Memory, WeightImage, Clamped)> {
        let outlines: Vec<(&str, &[usize])> =
            tensors.iter().map(|tensor| (tensor.name.as_str(), &tensor.shape[..])).collect();
        let memory = self.memory(&outlines, asked)?;
        let (image, clamped) = memory.store(tensors)?;
        Ok((memory, image, clamped))
    }
}

/// Where a region stands: the file, and the line of the first of these keys that it has.
fn place(description: &Description, file: Option<&InputPath>, region: usize, keys: &[&str]) -> String {
    let place = description.region_place(region, keys);
    file.map_or_else(|| place.clone(), |file| format!("{file}, {place}"))
}

/// The description that flags stand for.
fn of_flags(arguments: &MemoryArguments) -> Description {
    let robust = (arguments.protect_msb > 0).then(|| Planes::Msb(arguments.protect_msb.min(32)));
    let region = RegionDescription {
        layout: arguments.layout,
        code: arguments.ecc.clone(),
        on_detected: arguments.on_detected,
        robust,
        ..RegionDescription::default()
    };
    Description::of_region(region)
}

fn text(path: &InputPath, files: &Files) -> Result<String> {
    let bytes = files.read(path, MAX_BYTES).with_context(|| format!("cannot read {path}"))?;
    let text = String::from_utf8(bytes).with_context(|| format!("{path} is no text"))?;
    // The mark of editors that begin a text with one.
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}

/// The file that a code's name is, if it is none of the known ones.
fn code_file(name: &str, folder: &Path) -> Option<InputPath> {
    let known = !name.contains(['/', '.', std::path::MAIN_SEPARATOR]);
    (!known).then(|| InputPath::from(beside(name, folder)))
}

/// A path that stands in a file is seen from its folder; names of things that are no files stay.
fn beside(name: &str, folder: &Path) -> OsString {
    let is_path = name.contains(['/', '.', std::path::MAIN_SEPARATOR]) && Path::new(name).is_relative();
    if is_path { folder.join(name).into_os_string() } else { name.into() }
}
