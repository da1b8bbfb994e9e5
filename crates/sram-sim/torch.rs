//! The executable `sram-sim-torch`: `sram-sim` with libtorch, for the commands that run networks.

use std::process::ExitCode;

use sram_sim_cli::{Networks, program};

fn main() -> ExitCode {
    program(Networks::HERE)
}
