//! `sram-sim inject`.

mod files;
mod network;
mod print;
mod report;
mod source;

use std::io::Write;

use anyhow::{Context, Result};
use cli_io::{Files, Talk, warn};
use flip_core::ProtectedBits;
use nn_bridge::Damage;

use self::network::Network;
use self::report::Report;
use self::source::{Faults, Source};
use crate::arguments::{Format, InjectArguments};
use crate::output::write_json;
use crate::scheme;

pub(crate) fn run(arguments: &InjectArguments, files: &Files, out: &mut Talk) -> Result<()> {
    if let Some(bits) = arguments.scheme.bits {
        scheme::check_protected(arguments.protect_msb, bits)?;
    }
    let outputs = files::Outputs::of(arguments, files)?;
    let network = Network::open(arguments, files)?;
    let bits = network.scheme.bits();
    scheme::check_protected(arguments.protect_msb, bits.bits())?;
    let selection =
        arguments.selection.select(network.file.tensors()).with_context(|| arguments.weights.to_string())?;
    let clean = network.image(&selection, arguments)?;

    let protected = ProtectedBits::most_significant(bits, arguments.protect_msb);
    let mut source = Source::of(arguments, files, &clean, &protected)?;
    if arguments.protect_msb > 0 {
        source.mask = protected.protect(&source.mask);
    }
    let errors = source.mask.bit_errors(clean.codes().bits())?;
    let damage = Damage::of(&clean, &errors);
    let mut faulty = clean.clone();
    errors.apply(&mut faulty.codes_mut().bits_mut())?;

    let report = Report::new(arguments, &network, &selection, source, damage);
    outputs.write(&network, &clean, &faulty, &report, network.is_as_trained(arguments))?;
    match arguments.format {
        Format::Json => write_json(out, &report),
        Format::Csv => {
            // Rows are of tensors in memory.
            report.kept_apart_words.iter().for_each(|words| warn(&format!("note: kept apart: {words}")));
            print::write_csv(&report, &mut out.data())
        }
        Format::Text => {
            print::write_text(&report, out)?;
            Ok(outputs.all().try_for_each(|output| writeln!(out, "wrote {output}"))?)
        }
    }
}
