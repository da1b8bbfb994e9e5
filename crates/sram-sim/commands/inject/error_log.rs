//! A row for each bit error: which bit of which tensor, where it lies in its file and in memory, and what it did.

use std::fmt::Write as _;
use std::io::Write;

use anyhow::Result;
use cli_io::{Files, Output, OutputPath};
use nn_bridge::memory::{ChipCell, Location, Memory, OnDetected, RegionOnChip};
use nn_bridge::{HitElement, LayerRole};

use super::provenance::Provenance;
use super::report::Head;
use crate::memory::{CellFaults, PointFaults, Source};
use crate::output::csv_row;

const COLUMNS: &str = "tensor,element,bit,before,after,role,file,byte,bit_of_byte,region,word,bit_of_word,copy,bank,row,column,chip,voltage,cause";

/// A log that is asked for.
pub(super) struct ErrorLog(Output);

/// An element that bit errors hit, and what is known of it.
pub(super) struct Hit<'a> {
    pub(super) tensor: &'a str,
    pub(super) of: HitElement,
    /// Its bits before.
    pub(super) before: u64,
    /// The file that its tensor lies in, and the tensor's first byte there.
    pub(super) place: Option<(&'a str, u64)>,
    /// What bits of the tensor are, in a quantised layer.
    pub(super) role: Option<&'a dyn Fn(u64) -> Option<LayerRole>>,
    /// The tensor's first bit in the image.
    pub(super) begin: u64,
}

/// A memory, and where its regions lie.
struct Places<'a> {
    memory: &'a Memory,
    on_chips: Vec<Option<RegionOnChip<'a>>>,
    faults: &'a PointFaults,
    /// The chip and voltage of each region, as a row has them.
    sources: Vec<String>,
}

impl ErrorLog {
    pub(super) fn of(path: Option<&OutputPath>, files: &Files) -> Result<Option<Self>> {
        Ok(path.map(|path| files.output(path)).transpose()?.map(Self))
    }

    pub(super) fn output(&self) -> &Output {
        &self.0
    }

    /// Writes it. `each` calls what it is given with every element that is hit, in the order of the image.
    pub(super) fn write(
        &self,
        head: &Head,
        bit_errors: u64,
        (memory, faults, offset): (&Memory, &PointFaults, u64),
        each: impl FnOnce(&mut dyn FnMut(&Hit<'_>) -> Result<()>) -> Result<()>,
    ) -> Result<()> {
        let places = Places::of(memory, faults, offset)?;
        let provenance = serde_json::to_string(&Provenance::of(head, bit_errors))?;
        self.0.write(|out| -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            let mut out = std::io::BufWriter::new(out);
            writeln!(out, "# sram_sim: {provenance}\n{COLUMNS}")?;
            let mut rows = String::new();
            each(&mut |hit| {
                rows.clear();
                places.rows(hit, &mut rows)?;
                Ok(out.write_all(rows.as_bytes())?)
            })?;
            Ok(out.flush()?)
        })?;
        Ok(())
    }
}

impl<'a> Places<'a> {
    fn of(memory: &'a Memory, faults: &'a PointFaults, offset: u64) -> Result<Self> {
        let on = |(number, region): (usize, &'a nn_bridge::memory::Region)| {
            faults.on_chip(number, offset).map(|on| region.on(on)).transpose()
        };
        let on_chips = memory.regions().iter().enumerate().map(on).collect::<Result<_, _>>()?;
        let of = |source: &Source| {
            let voltage = source.voltage.map(|voltage| voltage.to_string()).unwrap_or_default();
            format!("{},{voltage}", csv_row(&[source.chip.clone().unwrap_or_default()]))
        };
        Ok(Self { memory, on_chips, faults, sources: faults.sources().map(of).collect() })
    }

    /// A row for each of its bit errors.
    fn rows(&self, hit: &Hit<'_>, rows: &mut String) -> Result<()> {
        let HitElement { element, first_bit, flips, .. } = hit.of;
        let tensor = csv_row(&[hit.tensor.to_owned()]);
        for bit in (0..u64::BITS).filter(|bit| flips >> bit & 1 == 1) {
            let in_tensor = first_bit - hit.begin + u64::from(bit);
            let (before, after) = (hit.before, hit.before ^ flips);
            // As JSON has it.
            let role =
                hit.role.and_then(|role| role(in_tensor)).map_or_else(String::new, |role| role.to_string());
            let role = role.replace([' ', '-'], "_");
            write!(rows, "{tensor},{element},{bit},{before:#x},{after:#x},{role},")?;
            match hit.place {
                Some((file, begin)) => {
                    let file = csv_row(&[file.to_owned()]);
                    write!(rows, "{file},{},{},", begin + in_tensor / 8, in_tensor % 8)?;
                }
                None => rows.push_str(",,,"),
            }
            self.place(first_bit + u64::from(bit), rows)?;
        }
        Ok(())
    }

    /// Where a bit of the image lies.
    fn place(&self, image_bit: u64, row: &mut String) -> Result<()> {
        let at = self.memory.layout().weight_bit(image_bit);
        let Some(Location { region, word, bit }) = at.and_then(|at| self.memory.locate(at)) else {
            writeln!(row, ",,,,,,,,,")?;
            return Ok(());
        };
        let name = csv_row(&[self.memory.regions()[region].name().to_owned()]);
        write!(row, "{name},{word},{bit},")?;
        let cell = self.on_chips[region].as_ref().map(|on| on.cell(word, bit));
        match cell {
            Some(ChipCell { copy, at, .. }) => write!(row, "{copy},{},{},{},", at.bank, at.row, at.column)?,
            None => row.push_str(",,,,"),
        }
        Ok(writeln!(row, "{},{}", self.sources[region], self.cause(region, cell))?)
    }

    /// Why a bit reads wrong: how its cell fails, or, where it does not, that the word was decoded so. Of random errors nobody
    /// keeps which cells they were in: where words are decoded, that is not known.
    fn cause(&self, region: usize, cell: Option<ChipCell>) -> &'static str {
        let map = self.faults.map(region);
        let fault = cell.zip(map).map(|(ChipCell { cell, .. }, map)| {
            let faults = map.faults();
            faults.binary_search_by_key(&cell, |fault| fault.cell).ok().map(|at| faults[at].flip)
        });
        match (fault, self.faults.regions().nth(region)) {
            (Some(Some(flip)), _) if flip.p10() == 0.0 => "reads-one",
            (Some(Some(flip)), _) if flip.p01() == 0.0 => "reads-zero",
            (Some(Some(_)), _) => "inverts",
            (Some(None), _) => "decoding",
            (None, Some(CellFaults::Random(_))) => {
                let region = self.memory.regions()[region].description();
                let is_decoded = region.code.is_some() || region.killi.is_some();
                let is_plain = !is_decoded && region.on_detected == OnDetected::Keep;
                if is_plain { "random" } else { "" }
            }
            (None, _) => "list",
        }
    }
}
