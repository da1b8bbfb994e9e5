//! Gets libtorch, once, into the user's cache folder: the part for CPUs of the wheel that PyTorch publishes.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use zip::ZipArchive;

use crate::say;

/// What is downloaded: names, versions and checksums, as pip reads them.
const REQUIREMENTS: &str = include_str!("../libtorch.txt");

/// Folder in the cache. Its name has the version that tch is made for.
const FOLDER: &str = "sram-sim/libtorch-2.11.0-cpu";

/// What is kept of the wheels. Without `libtorch_cuda.so` beside them, programs are linked for CPUs only.
const LIBRARIES: [&str; 6] = [
    "torch/lib/libtorch.so",
    "torch/lib/libtorch_cpu.so",
    "torch/lib/libc10.so",
    "torch/lib/libgomp.so.1",
    "nvidia/cu13/lib/libcudart.so.13",
    "nvidia/cu13/lib/libcupti.so.13",
];

/// Headers lie here, and go to `include/`.
const HEADERS: &str = "torch/include/";

/// The folder of libtorch: `LIBTORCH` if it is set, else that in the cache, which is filled if it is not there.
pub(crate) fn folder() -> Result<PathBuf> {
    if let Some(set) = std::env::var_os("LIBTORCH").map(PathBuf::from) {
        let library = set.join("lib/libtorch_cpu.so");
        let found = library.is_file() || !cfg!(target_os = "linux");
        ensure!(found, "LIBTORCH is {}, but there is no {}", set.display(), library.display());
        // Cargo may run in another folder.
        return Ok(std::path::absolute(set)?);
    }
    let folder = cache()?.join(FOLDER);
    // It gets its name when it is whole.
    if !folder.is_dir() {
        fetch(&folder)?;
    }
    Ok(folder)
}

fn cache() -> Result<PathBuf> {
    let of_home = || Some(Path::new(&std::env::var_os("HOME")?).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    cache
        .or_else(of_home)
        .context("neither XDG_CACHE_HOME nor HOME is set: there is no cache folder for libtorch")
}

fn fetch(folder: &Path) -> Result<()> {
    ensure!(
        cfg!(all(target_os = "linux", target_arch = "x86_64")),
        "libtorch is got for x86-64 Linux only: install libtorch 2.11.0 and set LIBTORCH to its folder"
    );
    let parent = folder.parent().context("the cache folder has no parent")?;
    fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    // Beside the target, so that it can be renamed, and removed if anything fails.
    let work = tempfile::Builder::new().prefix(".libtorch-").tempdir_in(parent)?;
    say(&format!("getting libtorch 2.11.0 (540 MB of wheels, by pip) into {}", folder.display()));
    let (wheels, made) = (work.path().join("wheels"), work.path().join("libtorch"));
    download(&wheels)?;
    for wheel in fs::read_dir(&wheels)? {
        let wheel = wheel?.path();
        unpack(&wheel, &made).with_context(|| format!("cannot unpack {}", wheel.display()))?;
    }
    for library in LIBRARIES {
        ensure!(made.join(place(library)).is_file(), "the wheels have no {library}");
    }
    fs::write(made.join("build-version"), "2.11.0\n")?;
    match fs::rename(&made, folder) {
        // Someone else was faster.
        Err(_) if folder.is_dir() => Ok(()),
        renamed => renamed.with_context(|| format!("cannot make {}", folder.display())),
    }
}

fn download(wheels: &Path) -> Result<()> {
    let requirements = tempfile::NamedTempFile::new()?;
    fs::write(requirements.path(), REQUIREMENTS)?;
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]);
    pip.args(["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "none"]);
    for platform in ["manylinux_2_28_x86_64", "manylinux_2_25_x86_64", "manylinux2014_x86_64"] {
        pip.args(["--platform", platform]);
    }
    pip.arg("--dest").arg(wheels).arg("--requirement").arg(requirements.path());
    match pip.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(_) => bail!(
            "pip could not download libtorch; see above. Or set LIBTORCH to a folder of libtorch 2.11.0"
        ),
        Err(error) => bail!("cannot run python3 -m pip ({error}), which downloads libtorch. Or set LIBTORCH"),
    }
}

fn unpack(wheel: &Path, into: &Path) -> Result<()> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(wheel)?))?;
    for index in 0..archive.len() {
        let mut file = archive.by_index(index)?;
        let name = file.enclosed_name().context("a file outside the archive")?;
        let name = name.to_str().context("a file name that is no text")?.to_owned();
        if file.is_dir() || !(name.starts_with(HEADERS) || LIBRARIES.contains(&name.as_str())) {
            continue;
        }
        let path = into.join(place(&name));
        fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        io::copy(&mut file, &mut File::create(&path)?)?;
    }
    Ok(())
}

/// Where a file of a wheel goes in the folder.
fn place(name: &str) -> PathBuf {
    match name.strip_prefix("torch/") {
        Some(header) if name.starts_with(HEADERS) => header.into(),
        _ => Path::new("lib").join(Path::new(name).file_name().unwrap_or_default()),
    }
}
