//! Writes a model as a TOML file that explains itself.

use std::fmt::Write;

use super::{FitNotes, Model};

/// A string as TOML.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl Model {
    /// The model as a TOML file with comments, which [`Model::parse`] reads back unchanged.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        self.write_name(out)?;
        self.write_chip(out)?;
        self.write_reads(out)?;
        self.write_shared(out)?;
        self.write_directions(out)?;
        self.write_temperature(out)?;
        self.write_rates(out)?;
        self.fit.as_ref().map_or(Ok(()), |fit| write_fit(fit, out))
    }

    fn write_name(&self, out: &mut String) -> std::fmt::Result {
        let unit = self.unit;
        writeln!(
            out,
            "# A model of chips for sram-sim. Voltages are in {unit}; rates and shares are fractions."
        )?;
        writeln!(
            out,
            "# `sram-sim synth --model FILE --seed S` generates a chip of it; `--chip FILE#S` uses one without a file."
        )?;
        writeln!(out)?;
        writeln!(out, "format = {}", self.format)?;
        writeln!(out, "name = {}", quoted(&self.name))?;
        writeln!(out, "source = {}", quoted(&self.source))?;
        if !self.licence.is_empty() {
            writeln!(out, "licence = {}", quoted(&self.licence))?;
        }
        writeln!(out, "unit = \"{unit}\"")
    }

    /// What chips are drawn, if nothing else is asked for.
    fn write_chip(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "# Seed where none is given.")?;
        writeln!(out, "seed = {}", self.seed)?;
        let arrays = self.arrays;
        writeln!(
            out,
            "# Size of a chip where no other is asked for: banks of rows and columns, and banks side by side on its map."
        )?;
        writeln!(
            out,
            "arrays = {{ banks = {}, rows = {}, columns = {}, banks_per_row = {} }}",
            arrays.banks, arrays.rows, arrays.columns, arrays.banks_per_row
        )?;
        writeln!(
            out,
            "# \"population\": chips differ in their rates by their banks and columns; \"chip\": each follows the curve."
        )?;
        writeln!(out, "rates = {}", name_of(self.rates))
    }

    /// How cells are read, and at which voltages.
    fn write_reads(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "# A read at V errs with probability Phi((Vc - V) / read_noise), Vc the cell's critical voltage."
        )?;
        writeln!(out, "read_noise = {:?}", self.read_noise)?;
        writeln!(
            out,
            "# Deviation of a cell's critical voltage between measurements; generated chips have it as read noise."
        )?;
        writeln!(out, "flicker = {:?}", self.flicker)?;
        writeln!(out, "# Flip probabilities below this count as none.")?;
        writeln!(out, "flip_floor = {:?}", self.flip_floor)?;
        if let Some([zeros, ones]) = self.reads {
            writeln!(
                out,
                "# Reads of each cell, as a 0 and as a 1, in the measurement that the model was fitted to."
            )?;
            writeln!(out, "reads = [{zeros}, {ones}]")?;
        }
        if !self.voltages.is_empty() {
            writeln!(out, "# Voltages that chips answer for; beyond the curve they are extrapolated.")?;
            let voltages: Vec<String> = self.voltages.iter().map(ToString::to_string).collect();
            writeln!(out, "voltages = [{}]", voltages.join(", "))?;
        }
        Ok(())
    }

    fn write_shared(&self, out: &mut String) -> std::fmt::Result {
        let shared = self.shared;
        writeln!(
            out,
            "\n# Shares of the variance of critical voltages that the cells of a bank, of a physical column, of half of one and of a"
        )?;
        writeln!(
            out,
            "# row have in common; each cell has the rest for itself. The row modulo column_mux tells apart the physical"
        )?;
        writeln!(out, "# columns of a logical one.")?;
        writeln!(out, "[shared]")?;
        writeln!(out, "bank = {:?}\ncolumn = {:?}", shared.bank, shared.column)?;
        writeln!(out, "half_column = {:?}\nrow = {:?}", shared.half_column, shared.row)?;
        writeln!(out, "column_mux = {}", shared.column_mux)
    }

    fn write_directions(&self, out: &mut String) -> std::fmt::Result {
        let directions = self.directions;
        writeln!(
            out,
            "\n# What has a direction of failure (\"cell\" or \"column\"), and the share of them that fails from 0 to 1."
        )?;
        writeln!(out, "[directions]")?;
        writeln!(out, "unit = {}\nshare_0to1 = {:?}", name_of(directions.unit), directions.share_0to1)
    }

    fn write_temperature(&self, out: &mut String) -> std::fmt::Result {
        let temperature = self.temperature;
        writeln!(
            out,
            "\n# Every critical voltage moves by per_kelvin thousandths of a unit per kelvin above the reference, in deg C."
        )?;
        writeln!(out, "[temperature]")?;
        writeln!(out, "reference = {:?}\nper_kelvin = {:?}", temperature.reference, temperature.per_kelvin)
    }

    /// The law and the curve.
    fn write_rates(&self, out: &mut String) -> std::fmt::Result {
        if let Some(law) = self.law {
            writeln!(
                out,
                "\n# Normal law of critical voltages; beyond the curve rates go on with its deviation."
            )?;
            writeln!(out, "[law]")?;
            writeln!(out, "mean = {:?}\ndeviation = {:?}", law.mean, law.deviation)?;
        }
        if !self.curve.is_empty() {
            writeln!(
                out,
                "\n# Fault rates over voltage, highest voltage first, log-linear between the points: means over all cells of the"
            )?;
            writeln!(out, "# probability that a stored 0 reads as 1, and that a stored 1 reads as 0.")?;
        }
        for point in &self.curve {
            writeln!(out, "[[curve]]\nvoltage = {}", point.voltage)?;
            writeln!(out, "p_0to1 = {:?}\np_1to0 = {:?}", point.p_0to1, point.p_1to0)?;
        }
        Ok(())
    }
}

fn write_fit(fit: &FitNotes, out: &mut String) -> std::fmt::Result {
    writeln!(out, "\n# How the model was fitted. Nothing is computed from this.")?;
    writeln!(out, "[fit]\nmade_by = {}", quoted(&fit.made_by))?;
    for (field, lines) in [("found", &fit.found), ("not_identified", &fit.not_identified)] {
        writeln!(out, "{field} = [")?;
        lines.iter().try_for_each(|line| writeln!(out, "    {},", quoted(line)))?;
        writeln!(out, "]")?;
    }
    Ok(())
}

/// The name of a variant in the file.
fn name_of(value: impl serde::Serialize) -> String {
    toml::Value::try_from(value).map_or_else(|_| String::new(), |value| value.to_string())
}
