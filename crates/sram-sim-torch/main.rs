//! The executable `sram-sim-torch`: the commands of `sram-sim` that run networks, linked with libtorch.
//!
//! They are no part of the library `sram_sim_cli`: a program that is linked with any code that calls libtorch loads it when it
//! starts, which takes half a second and 100 MB, and `sram-sim` is to start at once.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

mod campaign;
mod commands;
mod loading;
mod networks;
mod threads;

use std::process::ExitCode;

use sram_sim_cli::{Networks, program};

fn main() -> ExitCode {
    program(Networks::Here(commands::run))
}
