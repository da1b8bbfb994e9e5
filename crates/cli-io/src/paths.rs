//! Paths as typed: not to be opened but through [`Files`](crate::Files).

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::shown::shown_os;

/// The path of something to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputPath(PathBuf);

/// The path of something to write; `-` is standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputPath(PathBuf);

impl InputPath {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Where it leads: names of one file have the same. As typed if nothing is there.
    pub fn resolved(&self) -> PathBuf {
        self.0.canonicalize().unwrap_or_else(|_| self.0.clone())
    }

    /// Whether something is there.
    pub fn exists(&self) -> bool {
        self.0.exists()
    }

    /// Whether a file is there.
    pub fn is_file(&self) -> bool {
        self.0.is_file()
    }

    /// Whether a folder is there.
    pub fn is_folder(&self) -> bool {
        self.0.is_dir()
    }

    /// Whether it can be read once, from its beginning to its end, and has no size.
    pub fn is_pipe(&self) -> bool {
        std::fs::metadata(&self.0).is_ok_and(|found| crate::system::is_pipe(&found))
    }

    /// The folder that it lies in.
    pub fn folder(&self) -> PathBuf {
        self.0.parent().map(Path::to_owned).unwrap_or_default()
    }

    /// Its last part, for a report.
    pub fn file_name(&self) -> String {
        self.0.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// As text for a report: what is no UTF-8 is replaced.
    pub fn lossy(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }

    /// Whether the name ends so, in upper or lower case; `wanted` has no dot.
    pub fn has_extension(&self, wanted: &str) -> bool {
        has_extension(&self.0, wanted)
    }
}

impl OutputPath {
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Whether the name ends so, in upper or lower case; `wanted` has no dot.
    pub fn has_extension(&self, wanted: &str) -> bool {
        has_extension(&self.0, wanted)
    }

    /// The same with a number before the extension: `chip.sfp` becomes `chip-7.sfp`.
    #[must_use]
    pub fn numbered(&self, number: u64) -> Self {
        let mut name = self.0.file_stem().unwrap_or_default().to_owned();
        name.push(format!("-{number}"));
        if let Some(extension) = self.0.extension() {
            name.push(".");
            name.push(extension);
        }
        Self(self.0.with_file_name(name))
    }
}

pub(crate) fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

/// On one line, for people.
impl fmt::Display for InputPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shown_os(self.0.as_os_str()))
    }
}

/// On one line, for people.
impl fmt::Display for OutputPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&shown_os(self.0.as_os_str()))
    }
}

impl From<OsString> for InputPath {
    fn from(typed: OsString) -> Self {
        Self(typed.into())
    }
}

impl From<OsString> for OutputPath {
    fn from(typed: OsString) -> Self {
        Self(typed.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_before_the_extension() {
        for (typed, numbered) in
            [("chips/c.sfp", "chips/c-7.sfp"), ("c", "c-7"), ("a.b.sfp", "a.b-7.sfp"), (".sfp", ".sfp-7")]
        {
            let path = OutputPath::from(OsString::from(typed)).numbered(7);
            assert_eq!(path.path(), Path::new(numbered));
        }
    }

    #[cfg(unix)]
    #[test]
    fn names_that_are_no_text_are_kept_byte_by_byte() {
        use std::os::unix::ffi::{OsStrExt, OsStringExt};
        let path = OutputPath::from(OsString::from_vec(b"d/ch\xffip.s\xfep".to_vec()));
        assert_eq!(path.numbered(7).path().as_os_str().as_bytes(), b"d/ch\xffip-7.s\xfep");
        assert_eq!(path.to_string(), "d/ch\u{fffd}ip.s\u{fffd}p");
    }
}
