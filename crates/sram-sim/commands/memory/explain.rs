//! Where a bit lies, and what a cell holds.

use std::io::Write;

use anyhow::{Result, bail};
use cli_io::shown;
use nn_bridge::WeightBit;
use nn_bridge::memory::{ChipCell, Holds, Memory, OnChip};
use serde::Serialize;
use sram_model::CellAddress;

use crate::UsageError;
use crate::memory::{PointFaults, RegionChip};

/// Where a bit of a weight lies.
#[derive(Serialize)]
pub(super) struct Place {
    tensor: String,
    element: usize,
    bit: u32,
    /// What an element is called.
    #[serde(skip)]
    unit: &'static str,
    region: String,
    /// Number of its word in the region, and its place in the word.
    word: u64,
    bit_of_word: u64,
    word_cells: u64,
    /// Its cell, if the size of the chip is known.
    cell: Option<CellPlace>,
    /// Whether it is on a chip: its cells neither are safe nor have a rate of their own.
    is_on_chip: bool,
    /// The check bit in place that lies where the weight's bit was.
    check_bit: Option<u32>,
    /// Whether words that are not used may move it, and no voltage says which.
    may_move: bool,
    /// Whether a spare line may stand in for the one that it lies in.
    may_be_spared: bool,
}

#[derive(Serialize)]
struct CellPlace {
    /// The chip's name, if it has one.
    chip: Option<String>,
    bank: u32,
    row: u32,
    column: u32,
    cell: u64,
    copy: u64,
}

impl CellPlace {
    fn of(ChipCell { copy, cell, at }: ChipCell, chip: Option<String>) -> Self {
        Self { chip, bank: at.bank, row: at.row, column: at.column, cell, copy }
    }
}

/// A memory, what it stores, and where.
pub(super) struct Stored<'a> {
    pub(super) names: &'a [&'a str],
    /// What elements are called.
    pub(super) unit: &'static str,
    /// How many fields of memory an element of each tensor takes, the lower bits first; one where none are given.
    pub(super) fields: &'a [usize],
    pub(super) memory: &'a Memory,
    /// What its cells do, if that is known.
    pub(super) faults: Option<&'a PointFaults>,
    /// The chip of each region, where that is known.
    pub(super) chips: &'a [Option<RegionChip>],
    pub(super) offset: u64,
}

impl Stored<'_> {
    /// The chip of a region.
    pub(super) fn chip(&self, region: usize) -> Option<OnChip<'_>> {
        let geometry = self.chips.get(region)?.as_ref()?.geometry;
        let map = self.faults.and_then(|faults| faults.map(region));
        Some(OnChip { geometry, map, offset: self.offset })
    }

    fn fields(&self, tensor: usize) -> usize {
        self.fields.get(tensor).copied().unwrap_or(1)
    }

    /// Its name, if it has one.
    fn chip_name(&self, region: usize) -> Option<String> {
        self.chips.get(region)?.as_ref()?.name.clone()
    }

    /// Whether some words of a region may not be used, and nobody knows which.
    fn may_move(&self, region: usize) -> bool {
        let of_chip = self.chip(region).is_some_and(|chip| chip.map.is_none());
        of_chip && self.memory.regions()[region].description().disable_from.is_some()
    }

    /// Where the bit `TENSOR ELEMENT BIT` lies.
    pub(super) fn place(&self, asked: &[String]) -> Result<Place> {
        let Self { names, memory, .. } = self;
        let [name, element, bit] = asked else { bail!("--explain: expected TENSOR ELEMENT BIT") };
        let Some(tensor) = names.iter().position(|other| other == name) else {
            let first = names.iter().take(3).copied().collect::<Vec<_>>().join(", ");
            bail!("--explain: no stored tensor is named `{}`: there are {first} and others", shown(name));
        };
        let (fields, width) = (self.fields(tensor), memory.layout().width(tensor).bits());
        let elements = memory.layout().weights(tensor) / fields;
        let bits = u64::from(width) * fields as u64;
        let wrong = |what: &str, found: &str, end: u64| {
            UsageError(format!(
                "--explain: {what} `{found}` of tensor {name}: expected 0 to {}",
                end.saturating_sub(1)
            ))
        };
        let number = |text: &str, end: u64| text.parse().ok().filter(|&number: &u64| number < end);
        let Some(element) = number(element, elements as u64) else {
            return Err(wrong("element", element, elements as u64).into());
        };
        let Some(bit) = number(bit, bits) else {
            return Err(wrong("bit", bit, bits).into());
        };
        let (element, bit) = (element as usize, bit as u32);
        let field = element * fields + (bit / width) as usize;
        let at = WeightBit { tensor, element: field, bit: bit % width };
        let Some(place) = memory.locate(at) else { bail!("--explain: this bit lies nowhere") };
        let region = &memory.regions()[place.region];
        let cell = self.chip(place.region).map(|on| region.cell(on, place.word, place.bit)).transpose()?;
        Ok(Place {
            tensor: name.clone(),
            element,
            bit,
            unit: self.unit,
            region: region.name().to_owned(),
            word: place.word,
            bit_of_word: place.bit,
            word_cells: region.word_cells(),
            cell: cell.map(|cell| CellPlace::of(cell, self.chip_name(place.region))),
            is_on_chip: region.is_on_chip(),
            check_bit: match region.holds_at(memory, place.word, place.bit) {
                Holds::Check(check) => Some(check),
                Holds::Weight(_) | Holds::Padding => None,
            },
            may_move: self.may_move(place.region),
            may_be_spared: region.has_spares(),
        })
    }

    /// What the cell `BANK ROW COLUMN` holds.
    pub(super) fn cell(&self, at: &[u32]) -> Result<CellAnswer> {
        let &[bank, row, column] = at else { bail!("--cell: expected BANK ROW COLUMN") };
        let address = CellAddress { bank, row, column };
        let mut geometries = self.chips.iter().flatten().map(|chip| chip.geometry);
        let Some(geometry) = geometries.clone().next() else {
            bail!("--cell: no region is on a chip: --chip or --geometry gives one")
        };
        if geometries.all(|geometry| geometry.cell(address).is_none()) {
            let text = format!(
                "--cell {bank} {row} {column}: the chip has {geometry} banks x rows x columns, counted from 0"
            );
            return Err(UsageError(text).into());
        }
        let (mut holds, mut disabled) = (Vec::new(), Vec::new());
        let (mut may_move, mut may_be_spared) = (false, false);
        for (number, region) in self.memory.regions().iter().enumerate() {
            // A region may be on a chip of another size, or on none.
            let on = self.chip(number).and_then(|on| Some((on, on.geometry.cell(address)?)));
            let Some((on, cell)) = on else { continue };
            let chip = self.chip_name(number);
            if region.disables(on, cell)? {
                disabled.push(match &chip {
                    Some(chip) => format!("{}, on chip {chip}", region.name()),
                    None => region.name().to_owned(),
                });
            }
            may_move |= self.may_move(number);
            may_be_spared |= region.has_spares();
            for held in region.held(self.memory, on, cell, MOST_COPIES)? {
                let what = match held.holds {
                    Holds::Weight(WeightBit { tensor, element, bit }) => {
                        let (fields, width) =
                            (self.fields(tensor), self.memory.layout().width(tensor).bits());
                        format!(
                            "bit {} of {} {} of {}",
                            bit + (element % fields) as u32 * width,
                            self.unit,
                            element / fields,
                            self.names.get(tensor).copied().unwrap_or_default()
                        )
                    }
                    Holds::Check(check) => format!("check bit {check}"),
                    Holds::Padding => "nothing: it fills a word up".to_owned(),
                };
                let region = region.name().to_owned();
                let chip = chip.clone();
                holds.push(HeldBit {
                    chip,
                    region,
                    copy: held.copy,
                    word: held.word,
                    bit_of_word: held.bit,
                    what,
                });
            }
        }
        Ok(CellAnswer { bank, row, column, holds, disabled, may_move, may_be_spared })
    }
}

impl Place {
    pub(super) fn write_text(&self, out: &mut impl Write) -> Result<()> {
        writeln!(out, "bit {} of {} {} of {}:", self.bit, self.unit, self.element, shown(&self.tensor))?;
        writeln!(
            out,
            "  {}, word {}, bit {} of its {}",
            shown(&self.region),
            self.word,
            self.bit_of_word,
            self.word_cells
        )?;
        match &self.cell {
            Some(CellPlace { chip, bank, row, column, cell, copy }) => {
                let of = chip_in_words(chip.as_ref());
                writeln!(
                    out,
                    "  bank {bank}, row {row}, column {column} (cell {cell}) of copy {copy} of {of}"
                )?;
            }
            None if !self.is_on_chip => {
                writeln!(out, "  on no chip: cells that never fail, or random bit errors")?;
            }
            None => writeln!(out, "  --chip or --geometry says in which cell")?,
        }
        if let Some(check) = self.check_bit {
            writeln!(out, "  there check bit {check} of the word lies, in place of the weight's bit")?;
        }
        write_doubts(self.may_move, self.may_be_spared, out)
    }
}

fn chip_in_words(name: Option<&String>) -> String {
    name.map_or_else(|| "the chip".to_owned(), |name| format!("chip {}", shown(name)))
}

/// What is not known of a place.
fn write_doubts(may_move: bool, may_be_spared: bool, out: &mut impl Write) -> Result<()> {
    if may_move {
        writeln!(out, "  as if all words were used: --chip and --voltage say which are not")?;
    }
    if may_be_spared {
        writeln!(out, "  as if no spare row or column stood in for one of the chip")?;
    }
    Ok(())
}

/// Copies of a chip that are looked at.
const MOST_COPIES: u64 = 1000;

/// What a cell holds.
#[derive(Serialize)]
pub(super) struct CellAnswer {
    bank: u32,
    row: u32,
    column: u32,
    holds: Vec<HeldBit>,
    /// Regions of which it is in words that are not used, for their faulty cells.
    disabled: Vec<String>,
    /// Whether words that are not used may move this, and no voltage says which.
    may_move: bool,
    /// Whether a spare line may stand in for the cell's.
    may_be_spared: bool,
}

#[derive(Serialize)]
struct HeldBit {
    /// The chip's name, if it has one.
    chip: Option<String>,
    region: String,
    copy: u64,
    word: u64,
    bit_of_word: u64,
    /// In words.
    what: String,
}

impl CellAnswer {
    pub(super) fn write_text(&self, out: &mut impl Write) -> Result<()> {
        writeln!(out, "bank {}, row {}, column {}:", self.bank, self.row, self.column)?;
        for region in &self.disabled {
            writeln!(out, "  is in words that are not used, for their faulty cells ({})", shown(region))?;
        }
        if self.disabled.is_empty() && self.holds.is_empty() {
            writeln!(out, "  holds nothing of these weights")?;
        }
        write_doubts(self.may_move, self.may_be_spared, out)?;
        for held in self.holds.iter().take(20) {
            let HeldBit { chip, region, copy, word, bit_of_word, what } = held;
            writeln!(
                out,
                "  copy {copy} of {}: {}, word {word}, bit {bit_of_word}: {}",
                chip_in_words(chip.as_ref()),
                shown(region),
                shown(what)
            )?;
        }
        match self.holds.len().saturating_sub(20) {
            0 => Ok(()),
            more => Ok(writeln!(out, "  and {more} more, on further copies of the chip")?),
        }
    }
}
