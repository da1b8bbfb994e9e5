//! Folders that a GPU machine without network needs to train the paper's networks: programs, data, and the script with the
//! commands.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::{cargo, libtorch, root, say};

/// The commands there.
const SCRIPT: &str = "crates/xtask/gpu.sh";

/// The batches of CIFAR-10, as they are downloaded, or compressed by xz.
const BATCHES: [&str; 6] =
    ["data_batch_1", "test_batch", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5"];

/// Builds the programs and puts all into `target/gpu-bundle/part-1`, `part-2` and so on, none larger than `limit` bytes.
pub(crate) fn bundle(data: &Path, limit: u64) -> Result<()> {
    let torch = libtorch::folder()?;
    let build = ["build", "--release", "--locked", "--features", "torch", "--bin", "sram-sim", "--bin"];
    cargo(&[&build[..], &["sram-sim-torch"]].concat(), &[("LIBTORCH", torch.as_os_str())])?;
    let target = root().join("target");
    let folder = target.join("gpu-bundle");
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    let mut parts = Parts { folder, limit, number: 0, size: 0 };
    parts.take(&programs(&target)?)?;
    for batch in BATCHES {
        let found = [".bin.xz", ".bin"].map(|ending| data.join(format!("{batch}{ending}")));
        let found = found.iter().find(|path| path.is_file());
        parts.take(found.with_context(|| format!("{} has no {batch}.bin, nor .bin.xz", data.display()))?)?;
    }
    say(&format!("{} parts in {}: see {SCRIPT}", parts.number, parts.folder.display()));
    Ok(())
}

/// Packs the programs, which have much in common.
fn programs(target: &Path) -> Result<PathBuf> {
    let archive = target.join("programs.tar.xz");
    let mut tar = Command::new("tar");
    tar.env("XZ_OPT", "-9e").arg("-cJf").arg(&archive).arg("-C").arg(target.join("release"));
    let status = tar.args(["sram-sim", "sram-sim-torch"]).status().context("cannot run tar")?;
    ensure!(status.success(), "tar, which needs xz, could not write {}", archive.display());
    Ok(archive)
}

/// Folders that are filled one after the other.
struct Parts {
    folder: PathBuf,
    limit: u64,
    /// Of the one that is being filled, from 1 on.
    number: usize,
    size: u64,
}

impl Parts {
    /// Copies a file into the part that is being filled, or into a new one if it has no room.
    fn take(&mut self, file: &Path) -> Result<PathBuf> {
        let length = |file: &Path| {
            let about = fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?;
            Ok::<_, anyhow::Error>(about.len())
        };
        let (size, script) = (length(file)?, length(&root().join(SCRIPT))?);
        let room = self.limit.saturating_sub(script);
        ensure!(size <= room, "{} has {size} bytes, a part has room for {room}", file.display());
        if self.number == 0 || self.size + size > self.limit {
            self.number += 1;
            self.size = 0;
            let part = self.part();
            fs::create_dir_all(&part).with_context(|| format!("cannot make {}", part.display()))?;
            self.copy(&root().join(SCRIPT))?;
        }
        self.copy(file)
    }

    fn part(&self) -> PathBuf {
        self.folder.join(format!("part-{}", self.number))
    }

    fn copy(&mut self, file: &Path) -> Result<PathBuf> {
        let to = self.part().join(file.file_name().context("a file without a name")?);
        self.size += fs::copy(file, &to).with_context(|| format!("cannot write {}", to.display()))?;
        Ok(to)
    }
}
