//! How weights lie in memory and are read: the same at all points of a campaign.

use std::io::{self, Write};

use serde::Serialize;
use sram_sim_cli::arguments::{Read, SelectionArguments};

use super::plan::Plan;

/// What was asked for, besides which network, bits and chips.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct How {
    order: &'static str,
    with_statistics: bool,
    pub(super) read: &'static str,
    /// The same in words.
    #[serde(skip)]
    read_in_words: &'static str,
}

impl How {
    pub(crate) fn of(selection: &SelectionArguments, plan: &Plan) -> Self {
        Self {
            order: selection.order.name(),
            with_statistics: selection.with_statistics,
            read: plan.read.name(),
            read_in_words: match plan.read {
                Read::Sampled => "sampled: each fault shows with its flip probability",
                Read::Persistent => "persistent: faults of flip probability 0.9 or more show, others never",
                Read::Worst => "worst: every fault shows",
            },
        }
    }

    /// What is not as usual, and how chips are read if there are some.
    pub(crate) fn write_text(&self, on_chips: bool, out: &mut impl Write) -> io::Result<()> {
        let mut memory = Vec::new();
        if self.with_statistics {
            memory.push("BatchNorm statistics in memory, too".to_owned());
        }
        if self.order != "name" {
            memory.push(format!("tensors by order of the {}", self.order));
        }
        if !memory.is_empty() {
            writeln!(out, "memory      {}", memory.join("; "))?;
        }
        if on_chips { writeln!(out, "reads       {}", self.read_in_words) } else { Ok(()) }
    }
}
