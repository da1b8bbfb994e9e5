//! The program as a user meets it: a process with arguments, files, output and an exit code.

mod as_stored;
mod bounds;
#[cfg(feature = "torch")]
mod campaigns;
mod codes;
mod diff;
mod dumps;
mod files;
mod flip_bench;
mod import;
mod inject;
#[cfg(feature = "torch")]
mod journals;
mod logs;
mod memory;
mod models;
mod names;
#[cfg(feature = "torch")]
mod networks;
#[cfg(feature = "torch")]
mod own_images;
mod places;
#[cfg(feature = "torch")]
mod precision;
mod profile;
mod readme;
mod refusals;
#[cfg(all(feature = "torch", unix))]
mod runs;
#[cfg(unix)]
mod signals;
mod stats;
#[cfg(unix)]
mod streams;
#[cfg(feature = "torch")]
mod trainings;
mod voltages;
mod weights;
mod yields;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for a test, with the program in it.
struct Bench {
    folder: tempfile::TempDir,
}

/// What the program said.
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

#[cfg(feature = "torch")]
impl Said {
    /// What a success printed; where the time went stands on standard error.
    fn done(self) -> String {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self.out
    }
}

/// A network with its weights.
#[cfg(feature = "torch")]
fn sample() -> String {
    root().join("data/lenet5-digits.safetensors").display().to_string()
}

impl Bench {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    fn command(&self, arguments: &str) -> Command {
        self.program(env!("CARGO_BIN_EXE_sram-sim"), arguments)
    }

    fn program(&self, program: &str, arguments: &str) -> Command {
        let mut command = Command::new(program);
        command.args(arguments.split_whitespace()).current_dir(self.folder.path());
        command
    }

    fn run(&self, arguments: &str) -> Said {
        Said::from(self.command(arguments).output().unwrap())
    }

    /// Runs the program and expects success.
    fn ok(&self, arguments: &str) -> String {
        let said = self.run(arguments);
        assert_eq!(said.code, Some(0), "sram-sim {arguments}\n{}{}", said.out, said.err);
        assert_eq!(said.err, "", "sram-sim {arguments}");
        said.out
    }

    /// Runs the program and expects a failure (exit code 1) that is said on one line.
    fn fails(&self, arguments: &str) -> String {
        let said = self.run(arguments);
        assert_eq!(said.code, Some(1), "sram-sim {arguments}\n{}{}", said.out, said.err);
        assert!(said.err.starts_with("error: ") && said.err.lines().count() == 1, "{}", said.err);
        said.err
    }

    /// Runs the program and expects it to be used wrongly (exit code 2).
    fn misused(&self, arguments: &str) -> String {
        let said = self.run(arguments);
        assert_eq!(said.code, Some(2), "sram-sim {arguments}\n{}{}", said.out, said.err);
        said.err
    }

    fn json(&self, arguments: &str) -> serde_json::Value {
        serde_json::from_str(&self.ok(&format!("{arguments} --format json"))).unwrap()
    }

    /// A link to the sample weights of the project.
    fn with_sample_weights(self) -> Self {
        std::fs::copy(root().join("data/lenet5-untrained.safetensors"), self.path("net.safetensors"))
            .unwrap();
        self
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A path of the shared data, or `None` with the reason printed.
fn shared(path: &str) -> Option<PathBuf> {
    let path = root().join("../shared/data").join(path);
    if !path.exists() {
        // Past the test runner, which keeps what tests print to itself.
        let _ = writeln!(std::io::stderr(), "skipped: {} is not here", path.display());
    }
    path.exists().then(|| Path::canonicalize(&path).unwrap())
}
