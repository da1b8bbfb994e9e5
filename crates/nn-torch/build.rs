//! With the feature `torch`: lets programs and tests find the libtorch that they were built with. Cargo passes the
//! arguments of a linker on from no dependency, so each package with such programs runs this.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-env-changed=LIBTORCH");
    let linux = std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux");
    let torch = std::env::var_os("CARGO_FEATURE_TORCH").is_some();
    let Some(libtorch) = std::env::var("LIBTORCH").ok().filter(|_| linux && torch) else { return };
    println!("cargo::rustc-link-arg=-Wl,-rpath,{libtorch}/lib");
    // No symbol of it is named, but it has to be there to find a GPU. Of the root package one program needs it.
    if Path::new(&libtorch).join("lib/libtorch_cuda.so").exists() {
        let root = std::env::var("CARGO_PKG_NAME").is_ok_and(|name| name == "sram-sim");
        let only = if root { "-bin=sram-sim-torch" } else { "" };
        println!("cargo::rustc-link-arg{only}=-Wl,--no-as-needed,-ltorch_cuda,--as-needed");
    }
}
