//! Tests of what is an input, an output, both or neither.

use std::ffi::OsString;

use super::*;

struct Bench {
    folder: tempfile::TempDir,
    files: Files,
}

impl Bench {
    fn new() -> Self {
        let bench = Self { folder: tempfile::tempdir().unwrap(), files: Files::new() };
        for name in ["a", "b"] {
            fs::write(bench.folder.path().join(name), name).unwrap();
        }
        bench
    }

    fn at(&self, name: &str) -> OsString {
        self.folder.path().join(name).into()
    }

    fn input(&self, name: &str) -> Result<(), FileError> {
        self.files.input(&self.at(name).into()).map(drop)
    }

    fn output(&self, name: &str) -> Result<Output, FileError> {
        self.files.output(&self.at(name).into())
    }
}

#[test]
fn an_input_is_no_output_in_either_order_and_may_be_read_again() {
    let bench = Bench::new();
    bench.input("a").unwrap();
    bench.input("./a").unwrap();
    let said = bench.output("./a").unwrap_err();
    assert!(said.is_usage() && said.to_string().contains("also read by this command"), "{said}");
    bench.output("b").unwrap();
    let said = bench.input("b").unwrap_err();
    assert!(said.is_usage() && said.to_string().ends_with("also read by this command"), "{said}");
    // What is not there yet is known by its place.
    bench.output("new").unwrap();
    for name in ["new", "./new"] {
        assert!(bench.output(name).is_err() && bench.input(name).is_err());
    }
    bench.input("gone").unwrap();
    assert!(bench.output("gone").is_err());
}

#[cfg(unix)]
#[test]
fn links_of_both_kinds_are_the_file_that_they_lead_to() {
    let bench = Bench::new();
    fs::hard_link(bench.at("a"), bench.at("hard")).unwrap();
    std::os::unix::fs::symlink("a", bench.at("soft")).unwrap();
    std::os::unix::fs::symlink("later", bench.at("dangling")).unwrap();
    bench.input("a").unwrap();
    assert!(bench.output("hard").is_err() && bench.output("soft").is_err());
    bench.output("dangling").unwrap();
    assert!(bench.output("later").is_err() && bench.input("later").is_err());
}

#[test]
fn a_file_that_a_command_goes_on_with_is_no_other_input_or_output() {
    let bench = Bench::new();
    let kept = bench.files.kept(&bench.at("a").into()).unwrap();
    assert_eq!(kept.path(), Path::new(&bench.at("a")));
    assert!(bench.output("a").is_err() && bench.input("a").is_err());
    let folder = bench.files.output_folder(&bench.at("new/folder").into()).unwrap();
    let output = folder.output("x").unwrap();
    assert!(folder.output("x").is_err() && !folder_exists(&bench, "new"));
    output.write_bytes(b"1").unwrap();
    output.write_bytes(b"2").unwrap();
    assert_eq!(fs::read(bench.at("new/folder/x")).unwrap(), b"2");
    assert_eq!(output.read_before().as_deref(), Some("2"));
}

fn folder_exists(bench: &Bench, name: &str) -> bool {
    Path::new(&bench.at(name)).exists()
}

#[cfg(unix)]
#[test]
fn a_pipe_is_read_once() {
    let bench = Bench::new();
    let made = std::process::Command::new("mkfifo").arg(bench.at("pipe")).status().unwrap();
    assert!(made.success());
    let named = || bench.files.check_input(&bench.at("pipe").into());
    named().unwrap();
    assert!(bench.output("pipe").is_err());
    bench.input("pipe").unwrap();
    named().unwrap();
    assert!(matches!(bench.input("pipe"), Err(FileError::ReadTwice { .. })));
}

#[test]
fn what_is_read_has_a_limit() {
    let bench = Bench::new();
    let read = |most| bench.files.read(&bench.at("a").into(), most);
    assert_eq!(read(1).unwrap(), b"a");
    assert!(read(0).unwrap_err().source_text().contains("more than 0 bytes"));
}

impl FileError {
    fn source_text(&self) -> String {
        std::error::Error::source(self).map_or_else(String::new, ToString::to_string)
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_or_a_device_is_not_kept() {
    let bench = Bench::new();
    let pipe = bench.at("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    // Neither reader nor writer: to open it would be to wait for ever.
    for stream in [pipe, "/dev/null".into()] {
        let said = bench.files.kept(&stream.into()).unwrap_err();
        let why = std::error::Error::source(&said).unwrap().to_string();
        assert!(why.contains("it is no file"), "{said}: {why}");
    }
    bench.files.kept(&bench.at("journal").into()).unwrap();
}
