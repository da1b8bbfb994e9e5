//! From a description to the memory of one network.

use super::bits::{Claim, RegionBits};
use super::code::{WordCode, WordCodeError};
use super::description::{Description, OnDetected, Planes, RegionDescription, RegionPlace};
use super::layout::ArrangementKind;
use super::names::{Names, Outline};
use super::region::Region;
use super::words::{Coding, Words};
use super::{Memory, MemoryError, Outgrown, StoredAs};
use crate::image::{ImageError, ImageLayout, WeightImage};
use crate::weights::Tensor;

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
        let stored_as = names.stored_as(description, tensors)?;
        let layout = ImageLayout::new(
            tensors
                .iter()
                .zip(&stored_as)
                .map(|(tensor, stored_as)| (stored_as.bits(), elements(tensor.shape))),
        );
        let planes = names.planes(description, tensors, &layout)?;
        let mut regions: Vec<Region> = Vec::with_capacity(description.regions.len());
        for (number, region) in description.regions.iter().enumerate() {
            let place = description.place(number);
            let claims: Vec<Claim<'_>> = claims(region, &planes[number], tensors, &layout);
            if claims.is_empty() {
                return Err(MemoryError::Empty { region: place.first_key(&["planes", "tensors"]) });
            }
            let bits = RegionBits::new(region.layout.order, &claims, &layout).map_err(|source| {
                MemoryError::Layout { region: place.key("layout") + ": `layout`", source }
            })?;
            let (coding, policy) = coding(region, &place, codes)?;
            if matches!(coding, Coding::InPlace(_)) {
                // What is stored as it is has no room made for check bits.
                if let Some(claim) = claims.iter().find(|claim| stored_as[claim.tensor].scheme().is_none()) {
                    let found = format!("tensor {}, which is stored as it is", tensors[claim.tensor].name);
                    return Err(MemoryError::InPlace { region: place.key("code"), found });
                }
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
            regions.push(Region { number: number as u64, place, description, bits, words, offset });
        }
        Ok(Self { regions, stored_as, layout })
    }

    /// Quantises tensors, those of the outlines, as this memory stores them; weights that make room for check bits in place are
    /// not clamped yet, as [`store`](Self::store) does.
    ///
    /// # Errors
    /// [`ImageError`] naming the tensor that holds no floats or cannot be quantised.
    pub fn image(&self, tensors: &[&Tensor]) -> Result<WeightImage, ImageError> {
        let scheme = |(tensor, stored_as): (&Tensor, &StoredAs)| {
            stored_as.scheme().ok_or_else(|| ImageError::AsStored { name: tensor.name.clone() })
        };
        let quantised = tensors.iter().copied().zip(&self.stored_as);
        let quantised = quantised.map(|of| Ok((of.0, scheme(of)?))).collect::<Result<Vec<_>, _>>()?;
        WeightImage::build_each(&quantised)
    }
}

/// Elements of a tensor.
fn elements(shape: &[usize]) -> usize {
    shape.iter().product()
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
    place: &RegionPlace,
    codes: &dyn Fn(&str) -> Result<WordCode, WordCodeError>,
) -> Result<(Coding, OnDetected), MemoryError> {
    let policy = region.on_detected;
    let failed = |source| MemoryError::Code { region: place.key("code"), source };
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
            return Err(MemoryError::ParityZero { region: place.key("on_detected"), found: policy.name() });
        }
        Some(PARITY_ZERO) => {
            (Coding::Code(WordCode::named("parity:8").map_err(failed)?), OnDetected::ZeroWord)
        }
        Some(code) => (Coding::Code(codes(code).map_err(failed)?), policy),
    })
}

fn check_in_place(
    region: &RegionDescription,
    place: &RegionPlace,
    (claims, names): (&[Claim<'_>], &[Outline<'_>]),
    layout: &ImageLayout,
) -> Result<(), MemoryError> {
    let wrong = |found: String| Err(MemoryError::InPlace { region: place.key("code"), found });
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
fn follows(regions: &[Region], region: &RegionDescription, place: &RegionPlace) -> Result<u64, MemoryError> {
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
    // Words that are not used move its end, by what is known of a chip.
    let ends = |other: &Region| other.description.disable_from.is_none();
    let before: Vec<&Region> = regions.iter().filter(overlaps).collect();
    let follows = |other: &&Region| {
        goes_on(&other.description) && ends(other) && other.description.banks == region.banks
    };
    match before.iter().find(|other| !follows(other) || !goes_on(region)) {
        Some(other) => {
            let (first, second) = (other.place.head(), place.head());
            Err(MemoryError::Overlap { first, second })
        }
        None => {
            Ok(before.iter().map(|other| other.offset.saturating_add(other.words.cells())).max().unwrap_or(0))
        }
    }
}
