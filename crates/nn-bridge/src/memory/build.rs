//! From a description to the memory of one network.

use std::str::FromStr;

use super::bits::{Claim, RegionBits};
use super::code::{WordCode, WordCodeError};
use super::description::{Description, OnDetected, Planes, RegionDescription};
use super::layout::ArrangementKind;
use super::region::Region;
use super::words::{Coding, Words};
use super::{Memory, MemoryError, Outgrown};
use crate::image::{ImageError, ImageLayout, WeightImage};
use crate::scheme::{Scheme, SchemeError};
use crate::weights::{NameGlob, Tensor};

/// A tensor to be stored, and how it is quantised where nobody says otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Outline<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its shape.
    pub shape: &'a [usize],
    /// How it is quantised.
    pub scheme: Scheme,
}

/// Bits of a memory word where nobody says otherwise and words matter.
const WORD: u32 = 64;

/// The names of codes that are no [`WordCode`]s.
const IN_PLACE: &str = "in-place";
const PARITY_ZERO: &str = "parity-zero";

impl Memory {
    /// The memory of these tensors, in their order in the image.
    ///
    /// # Errors
    /// [`MemoryError`] if a bit lies in no region or in two, or a region cannot be.
    pub fn new(description: &Description, tensors: &[Outline<'_>]) -> Result<Self, MemoryError> {
        Self::with_codes(description, tensors, &WordCode::named)
    }

    /// The same, with codes that are found by name.
    ///
    /// # Errors
    /// [`MemoryError`] if a bit lies in no region or in two, or a region cannot be.
    pub fn with_codes(
        description: &Description,
        tensors: &[Outline<'_>],
        codes: &dyn Fn(&str) -> Result<WordCode, WordCodeError>,
    ) -> Result<Self, MemoryError> {
        let names = Names::of(description, tensors)?;
        let schemes = names.schemes(description, tensors)?;
        let layout = ImageLayout::new(
            tensors.iter().zip(&schemes).map(|(tensor, scheme)| (scheme.bits(), elements(tensor.shape))),
        );
        let planes = names.planes(description, tensors, &layout)?;
        let mut regions: Vec<Region> = Vec::with_capacity(description.regions.len());
        for (number, region) in description.regions.iter().enumerate() {
            let (name, place) = (description.region_name(number), description.region_place(number));
            let claims: Vec<Claim<'_>> = claims(region, &planes[number], tensors, &layout);
            if claims.is_empty() {
                return Err(MemoryError::Empty { region: place });
            }
            let bits = RegionBits::new(region.layout.order, &claims, &layout)
                .map_err(|source| MemoryError::Layout { region: place.clone(), source })?;
            let (coding, policy) = coding(region, &place, codes)?;
            if matches!(coding, Coding::InPlace(_)) {
                check_in_place(region, &place, (&claims, tensors), &layout)?;
            }
            let description = RegionDescription { on_detected: policy, ..region.clone() };
            let words = match region.outgrown {
                Outgrown::Restart => {
                    Words::new(coding, (0..bits.pieces().len()).map(|piece| bits.stretch(piece)))
                }
                Outgrown::Copies | Outgrown::Refuse => Words::new(coding, [(0, bits.len_bits())]),
            };
            let offset = match region.offset {
                Some(offset) => offset,
                None => follows(&regions, &description, &place)?,
            };
            regions.push(Region { number: number as u64, name, place, description, bits, words, offset });
        }
        Ok(Self { regions, schemes, layout })
    }

    /// Quantises tensors, those of the outlines, as this memory stores them; weights that make room for check bits in place are
    /// not clamped yet, see [`make_room`](Self::make_room).
    ///
    /// # Errors
    /// [`ImageError`] naming the tensor that holds no floats or cannot be quantised.
    pub fn image(&self, tensors: &[&Tensor]) -> Result<WeightImage, ImageError> {
        WeightImage::build_each(
            &tensors.iter().copied().zip(self.schemes.iter().copied()).collect::<Vec<_>>(),
        )
    }
}

/// Elements of a tensor.
fn elements(shape: &[usize]) -> usize {
    shape.iter().product()
}

/// Which tensors each region names.
struct Names {
    regions: Vec<Vec<bool>>,
    /// The regions' names in messages.
    labels: Vec<String>,
}

impl Names {
    fn of(description: &Description, tensors: &[Outline<'_>]) -> Result<Self, MemoryError> {
        let labels: Vec<String> =
            (0..description.regions.len()).map(|number| description.region_place(number)).collect();
        let mut regions = Vec::with_capacity(labels.len());
        for (region, label) in description.regions.iter().zip(&labels) {
            let mut named = vec![region.tensors.is_empty(); tensors.len()];
            for glob in &region.tensors {
                let pattern = NameGlob::from_str(glob)
                    .map_err(|source| MemoryError::Glob { region: label.clone(), source })?;
                let mut any = false;
                for (named, tensor) in named.iter_mut().zip(tensors) {
                    let matches = pattern.matches(tensor.name);
                    any |= matches;
                    *named |= matches;
                }
                if !any {
                    return Err(MemoryError::NoTensor {
                        region: label.clone(),
                        glob: glob.clone(),
                        names: tensors.iter().map(|tensor| tensor.name.to_owned()).collect(),
                    });
                }
            }
            regions.push(named);
        }
        Ok(Self { regions, labels })
    }

    /// How each tensor is quantised: as its regions say, else as its outline.
    fn schemes(
        &self,
        description: &Description,
        tensors: &[Outline<'_>],
    ) -> Result<Vec<Scheme>, MemoryError> {
        let of_tensor = |(tensor, outline): (usize, &Outline<'_>)| {
            let mut regions = (0..self.regions.len()).filter(|&region| self.regions[region][tensor]);
            let Some(first) = regions.next() else { return Ok(outline.scheme) };
            let wanted = &description.regions[first];
            for other in regions {
                let also = &description.regions[other];
                let differing = [
                    ("bits", wanted.bits != also.bits),
                    ("scheme", wanted.scheme != also.scheme),
                    ("clip", wanted.clip != also.clip),
                ];
                if let Some((key, _)) = differing.into_iter().find(|(_, differs)| *differs) {
                    let [first, second] = [first, other].map(|region| self.labels[region].clone());
                    return Err(MemoryError::Disagree {
                        tensor: outline.name.to_owned(),
                        key,
                        first,
                        second,
                    });
                }
            }
            with_asked(wanted.bits, wanted.scheme.as_deref(), wanted.clip, outline.scheme)
                .map_err(|source| MemoryError::Scheme { region: self.labels[first].clone(), source })
        };
        tensors.iter().enumerate().map(of_tensor).collect()
    }

    /// Which planes of each tensor lie in each region: every bit in just one.
    fn planes(
        &self,
        description: &Description,
        tensors: &[Outline<'_>],
        layout: &ImageLayout,
    ) -> Result<Vec<Vec<u32>>, MemoryError> {
        let mut planes = vec![vec![0u32; tensors.len()]; self.regions.len()];
        for (tensor, outline) in tensors.iter().enumerate() {
            let width = layout.width(tensor);
            let mut claimed = 0u32;
            // What is left is given out last.
            let order = [false, true].into_iter().flat_map(|rest| {
                let regions = &description.regions;
                (0..regions.len()).filter(move |&region| (regions[region].planes == Planes::Rest) == rest)
            });
            for region in order.filter(|&region| self.regions[region][tensor]) {
                let own = description.regions[region].planes.mask(width.bits(), claimed);
                if own & claimed != 0 {
                    let first = (0..region.max(self.labels.len()))
                        .find(|&other| other != region && planes[other][tensor] & own != 0);
                    return Err(MemoryError::Twice {
                        tensor: outline.name.to_owned(),
                        planes: listed(own & claimed),
                        first: self.labels[first.unwrap_or(region)].clone(),
                        second: self.labels[region].clone(),
                    });
                }
                claimed |= own;
                planes[region][tensor] = own;
            }
            if claimed != width.max_code() && !outline.shape.contains(&0) {
                let tensor = outline.name.to_owned();
                return Err(MemoryError::LeftOut { tensor, planes: listed(width.max_code() & !claimed) });
            }
        }
        Ok(planes)
    }
}

/// The bits that are ones, as numbers: `0 to 5`, `7`.
fn listed(planes: u32) -> String {
    let mut all = Vec::new();
    let mut bit = 0;
    while bit < 32 {
        if planes >> bit & 1 == 1 {
            let count = (planes >> bit).trailing_ones();
            all.push(if count == 1 { bit.to_string() } else { format!("{bit} to {}", bit + count - 1) });
            bit += count;
        }
        bit += 1;
    }
    all.join(", ")
}

/// The scheme that was asked for, but for what somebody else says.
pub(super) fn with_asked(
    bits: Option<u32>,
    scheme: Option<&str>,
    clip: Option<f64>,
    asked: Scheme,
) -> Result<Scheme, SchemeError> {
    let bits = bits.unwrap_or(asked.bits().bits());
    let scheme = match scheme {
        Some(name) => {
            let named = Scheme::named(name, bits)?;
            asked.clip().map_or(Ok(named), |limit| named.clipped(limit))?
        }
        None => asked.with_bits(bits)?,
    };
    clip.map_or(Ok(scheme), |limit| scheme.clipped(limit))
}

fn claims<'a>(
    region: &RegionDescription,
    planes: &[u32],
    tensors: &[Outline<'a>],
    layout: &ImageLayout,
) -> Vec<Claim<'a>> {
    let robust = region.robust.unwrap_or(Planes::None);
    let all = planes.iter().enumerate().filter(|(_, planes)| **planes != 0);
    all.map(|(tensor, &planes)| Claim {
        tensor,
        planes,
        robust: robust.mask(layout.width(tensor).bits(), 0),
        shape: tensors[tensor].shape,
    })
    .collect()
}

/// How a region's words are made, and what is done about wrong ones.
fn coding(
    region: &RegionDescription,
    name: &str,
    codes: &dyn Fn(&str) -> Result<WordCode, WordCodeError>,
) -> Result<(Coding, OnDetected), MemoryError> {
    let policy = region.on_detected;
    let failed = |source| MemoryError::Code { region: name.to_owned(), source };
    Ok(match region.code.as_deref() {
        None if region.killi.is_some() => (Coding::Lines, policy),
        None => {
            let in_rows = region.layout.arrangement != ArrangementKind::Linear;
            let repaired = region.disable_from.is_some() || region.invert_words || region.patch_words > 0;
            let of_words = repaired || matches!(policy, OnDetected::ZeroWord | OnDetected::Reread);
            let word = region.word.unwrap_or(if in_rows || of_words { WORD } else { 1 });
            (Coding::Plain(word), policy)
        }
        Some(IN_PLACE) => {
            let data_bits = super::words::IN_PLACE_BITS - 7;
            (Coding::InPlace(WordCode::named(&format!("secded:{data_bits}")).map_err(failed)?), policy)
        }
        Some(PARITY_ZERO) if !matches!(policy, OnDetected::Keep | OnDetected::ZeroWord) => {
            return Err(MemoryError::ParityZero { region: name.to_owned(), found: policy.name() });
        }
        Some(PARITY_ZERO) => {
            (Coding::Code(WordCode::named("parity:8").map_err(failed)?), OnDetected::ZeroWord)
        }
        Some(code) => (Coding::Code(codes(code).map_err(failed)?), policy),
    })
}

fn check_in_place(
    region: &RegionDescription,
    name: &str,
    (claims, names): (&[Claim<'_>], &[Outline<'_>]),
    layout: &ImageLayout,
) -> Result<(), MemoryError> {
    let wrong = |found: String| Err(MemoryError::InPlace { region: name.to_owned(), found });
    if region.layout.order.bits != super::layout::Order::default().bits {
        return wrong(format!("layout {}", region.layout));
    }
    if region.robust.is_some_and(|robust| robust != Planes::None) {
        return wrong("robust planes".to_owned());
    }
    match claims.iter().find(|claim| layout.width(claim.tensor).bits() != 8 || claim.planes != 0xff) {
        Some(claim) => wrong(format!(
            "{} of {} bits of each weight of tensor {}",
            claim.planes.count_ones(),
            layout.width(claim.tensor),
            names[claim.tensor].name
        )),
        None => Ok(()),
    }
}

/// Where a region begins that does not say so: after those that lie in the same cells.
fn follows(regions: &[Region], region: &RegionDescription, name: &str) -> Result<u64, MemoryError> {
    let of_chip = |region: &RegionDescription| !region.safe && region.rate.is_none();
    let overlaps = |other: &&Region| {
        let same_banks = match (other.description.banks, region.banks) {
            (Some(a), Some(b)) => a[0] < b[1] && b[0] < a[1],
            _ => true,
        };
        of_chip(&other.description) && of_chip(region) && same_banks && other.description.chip == region.chip
    };
    let goes_on = |region: &RegionDescription| {
        region.layout.arrangement == ArrangementKind::Linear && region.outgrown != Outgrown::Restart
    };
    let before: Vec<&Region> = regions.iter().filter(overlaps).collect();
    let follows = |other: &&Region| goes_on(&other.description) && other.description.banks == region.banks;
    match before.iter().find(|other| !follows(other) || !goes_on(region)) {
        Some(other) => {
            let (first, second) = (other.place.clone(), name.to_owned());
            Err(MemoryError::Overlap { first, second })
        }
        None => {
            Ok(before.iter().map(|other| other.offset.saturating_add(other.words.cells())).max().unwrap_or(0))
        }
    }
}
