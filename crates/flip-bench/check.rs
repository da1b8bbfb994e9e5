//! What the project promises, row by row, and what this machine does.

use std::io::Write;

use anyhow::Result;
use flip_core::Kernel;

use crate::arguments::{Arguments, Format};
use crate::class::Class;
use crate::machine;
use crate::promises;
use crate::row::{Row, WORK_WIDTH};

/// Rounds in which everything is measured: other users of a machine disturb it for seconds, so that runs in one go may
/// all be disturbed.
const ROUNDS: usize = 3;

/// Measures every promise in some rounds and writes the median of each. Says whether all musts are kept.
pub(crate) fn run(arguments: &Arguments, out: &mut impl Write) -> Result<bool> {
    let kernel = arguments.kernel.unwrap_or_else(Kernel::best);
    let class = Class::of(kernel);
    if arguments.format == Format::Text {
        writeln!(out, "{} on {}, kernel {kernel}", machine::program(), machine::cpu())?;
        writeln!(out, "promises: {}\n", class.name())?;
    }
    let mut rounds = Vec::new();
    for round in 1..=ROUNDS {
        cli_io::warn(&format!("round {round} of {ROUNDS}"));
        let mut rows = Vec::new();
        promises::measure(arguments, class, |row| rows.push(row))?;
        rounds.push(rows.into_iter());
    }
    let mut rows: Vec<Row> = Vec::new();
    while let Some(row) = rounds.iter_mut().map(Iterator::next).collect() {
        rows.extend(Row::median(row));
    }
    write(&rows, arguments.format, out)?;
    Ok(!rows.iter().any(Row::is_missed))
}

/// What the columns are, and how many promises are kept.
fn summary(rows: &[Row]) -> String {
    let promised = rows.iter().filter(|row| row.is_promised()).count();
    let missed = rows.iter().filter(|row| row.is_missed()).count();
    format!(
        "must: what is promised; aim: what is hoped for; measured: median of {ROUNDS} rounds; passes: times that of a pass over the \
         same bytes\n{missed} of {promised} promises missed"
    )
}

fn write(rows: &[Row], format: Format, out: &mut impl Write) -> Result<()> {
    match format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut *out, rows)?;
            writeln!(out)?;
        }
        Format::Csv => {
            writeln!(out, "work,unit,must,aim,measured,reached")?;
            rows.iter().try_for_each(|row| row.write_csv(out))?;
        }
        Format::Text => {
            writeln!(out, "{:<WORK_WIDTH$}  unit     must    aim   measured  reached", "work")?;
            rows.iter().try_for_each(|row| row.write_text(out))?;
            writeln!(out, "{}", summary(rows))?;
        }
    }
    Ok(())
}
