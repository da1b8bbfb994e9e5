//! `sram-sim chips`.

use anyhow::Result;
use cli_io::Talk;
use serde::Serialize;
use sram_model::{STORED, VoltageUnit};

use crate::arguments::{ChipsArguments, Format};
use crate::output::{MADE_BY, MadeBy, write_csv_row, write_json, write_table};

#[derive(Serialize)]
struct Listing {
    made_by: MadeBy,
    chips: Vec<Chip>,
}

#[derive(Serialize)]
struct Chip {
    name: &'static str,
    geometry: String,
    unit: VoltageUnit,
    lowest_voltage: f64,
    highest_voltage: f64,
    about: &'static str,
    source: String,
}

pub(crate) fn run(arguments: &ChipsArguments, out: &mut Talk) -> Result<()> {
    let chip = |stored: &sram_model::StoredProfile| -> Result<Chip> {
        let profile = stored.open()?;
        let (lowest, highest) = profile.range();
        Ok(Chip {
            name: stored.name,
            geometry: profile.info().geometry.to_string(),
            unit: profile.info().unit,
            lowest_voltage: lowest.voltage.get(),
            highest_voltage: highest.voltage.get(),
            about: stored.about,
            source: profile.info().provenance.source.clone(),
        })
    };
    let chips: Vec<Chip> = STORED.iter().map(chip).collect::<Result<_>>()?;
    let row = |chip: &Chip| {
        let range = format!("{} to {} {}", chip.lowest_voltage, chip.highest_voltage, chip.unit);
        vec![chip.name.to_owned(), chip.geometry.clone(), range, chip.about.to_owned()]
    };
    match arguments.format {
        Format::Json => write_json(out, &Listing { made_by: MADE_BY, chips }),
        Format::Csv => {
            let mut out = out.data();
            write_csv_row(&mut out, &["name", "geometry", "voltages", "about"].map(str::to_owned))?;
            Ok(chips.iter().try_for_each(|chip| write_csv_row(&mut out, &row(chip)))?)
        }
        Format::Text => {
            let header = ["chip", "banks x rows x columns", "voltages", "about"];
            Ok(write_table(out, &header, &chips.iter().map(row).collect::<Vec<_>>())?)
        }
    }
}
