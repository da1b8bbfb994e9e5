//! Rows of `sram-sim eval`, as tables.

use std::fmt::Write as _;

use anyhow::{Context, Result, ensure};

/// What a network does in one memory.
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Clean test error, with what the memory does to weights before any bit fails.
    err: f64,
    pub(super) points: Vec<Point>,
}

/// A chip at a voltage: means over maps.
pub(super) struct Point {
    pub(super) chip: String,
    voltage: String,
    pub(super) energy: f64,
    pub(super) rerr: f64,
    maps: u32,
}

impl Table {
    /// Of the CSV of `sram-sim eval`.
    pub(super) fn parse(name: &'static str, text: &str) -> Result<Self> {
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let header = rows.headers()?.clone();
        let column = |name: &str| {
            header.iter().position(|found| found == name).with_context(|| format!("no column {name}"))
        };
        let columns = ["chip", "voltage", "energy", "rerr", "err"].map(column);
        let [chip, voltage, energy, rerr, err] = columns;
        let [chip, voltage, energy, rerr, err] = [chip?, voltage?, energy?, rerr?, err?];
        let mut table = Self { name, err: 0.0, points: Vec::new() };
        for row in rows.records() {
            let row = row?;
            let number = |column: usize| row[column].parse::<f64>().with_context(|| row[column].to_owned());
            table.err = number(err)?;
            let same = |point: &&mut Point| point.chip == row[chip] && point.voltage == row[voltage];
            let point = match table.points.iter_mut().find(same) {
                Some(point) => point,
                None => {
                    let (chip, voltage) = (row[chip].to_owned(), row[voltage].to_owned());
                    table.points.push(Point { chip, voltage, energy: 0.0, rerr: 0.0, maps: 0 });
                    table.points.last_mut().context("a point was added")?
                }
            };
            point.maps += 1;
            point.energy += (number(energy)? - point.energy) / f64::from(point.maps);
            point.rerr += (number(rerr)? - point.rerr) / f64::from(point.maps);
        }
        ensure!(!table.points.is_empty(), "no row");
        Ok(table)
    }

    pub(super) fn of_chip<'a>(&'a self, chip: &'a str) -> impl Iterator<Item = &'a Point> {
        self.points.iter().filter(move |point| point.chip == chip)
    }
}

/// The chips of a table, in their order.
pub(super) fn chips(table: &Table) -> Vec<&str> {
    let mut chips: Vec<&str> = table.points.iter().map(|point| &*point.chip).collect();
    chips.dedup();
    chips
}

/// A table for each chip: rerr in %, and in brackets the energy.
pub(super) fn markdown(tables: &[Table]) -> Result<String> {
    let mut text = String::new();
    let first = tables.first().context("no memory")?;
    for chip in chips(first) {
        let voltages: Vec<&str> = first.of_chip(chip).map(|point| &*point.voltage).collect();
        writeln!(text, "| chip {chip} | {} V/Vmin |", voltages.join(" | "))?;
        writeln!(text, "|---{}|", "|---".repeat(voltages.len()))?;
        for table in tables {
            let name = if (table.err - first.err).abs() < 5e-5 {
                table.name.to_owned()
            } else {
                format!("{} (Err {:.2})", table.name, 100.0 * table.err)
            };
            let cells: Vec<String> = table
                .of_chip(chip)
                .map(|point| format!("{:.2} ({:.3})", 100.0 * point.rerr, point.energy))
                .collect();
            writeln!(text, "| {name} | {} |", cells.join(" | "))?;
        }
        writeln!(text)?;
    }
    writeln!(text, "Err {:.2} %", 100.0 * first.err)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_the_mean_of_its_maps_and_err_is_told_where_it_differs() {
        let rows = |err: &str| {
            format!(
                "chip,voltage,energy,map,err,rerr\nA,0.9,0.81,0,{err},0.02\nA,0.9,0.83,1,{err},0.05\nA,0.8,0.64,0,{err},0.5\n\
                 B,0.9,0.81,0,{err},0.03\nB,0.8,0.64,0,{err},0.7\n"
            )
        };
        let tables =
            [("none", "0.02"), ("other", "0.025")].map(|(name, err)| Table::parse(name, &rows(err)).unwrap());
        assert_eq!(chips(&tables[0]), ["A", "B"]);
        let text = markdown(&tables).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "| chip A | 0.9 | 0.8 V/Vmin |");
        assert_eq!(lines[2], "| none | 3.50 (0.820) | 50.00 (0.640) |");
        assert_eq!(lines[3], "| other (Err 2.50) | 3.50 (0.820) | 50.00 (0.640) |");
        assert_eq!(lines[5], "| chip B | 0.9 | 0.8 V/Vmin |");
        assert!(Table::parse("none", "chip,voltage\n").is_err() && Table::parse("none", &rows("x")).is_err());
    }
}
