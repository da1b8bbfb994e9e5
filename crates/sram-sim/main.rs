//! The executable `sram-sim`.

use std::process::ExitCode;

use sram_sim_cli::{Networks, program};

fn main() -> ExitCode {
    program(Networks::Beside)
}
