//! Reading images, with a bar if it takes long.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use cli_io::{Files, InputPath};
use indicatif::{ProgressBar, ProgressStyle};
use nn_bridge::data::{DataSource, Dataset, Load, LoadProgress, Split};
use sram_sim_cli::progress;

/// What takes longer is told.
const SILENT: Duration = Duration::from_secs(2);

/// Announces the files that images are read from, so that none of them is written.
pub(crate) fn announce(data: Option<&DataSource>, files: &Files) -> Result<()> {
    let Some(path) = data.and_then(DataSource::path) else { return Ok(()) };
    let path = InputPath::from(path.as_os_str().to_owned());
    if path.is_file() {
        files.input(&path)?;
    } else {
        files.input_folder(&path)?;
    }
    Ok(())
}

/// The first `images` of a part of the data.
pub(crate) fn at_most(images: usize, data: &DataSource, split: Split) -> Result<Dataset> {
    read(data, split, Some(images))
}

/// A part of the data, or just this number of its first images.
pub(crate) fn images(count: Option<u32>, data: &DataSource, split: Split) -> Result<Dataset> {
    let count = count.map(|count| count as usize);
    let loaded = read(data, split, count)?;
    if let Some(count) = count {
        ensure!(count <= loaded.len(), "--images {count}: this part of {data} has {} images", loaded.len());
    }
    Ok(loaded)
}

fn read(data: &DataSource, split: Split, images: Option<usize>) -> Result<Dataset> {
    let (begin, bar) = (Instant::now(), Mutex::new(None::<ProgressBar>));
    let tell = |told: LoadProgress| {
        if begin.elapsed() < SILENT {
            return;
        }
        // Nobody panics while drawing.
        let Ok(mut bar) = bar.lock() else { return };
        let bar = bar.get_or_insert_with(|| {
            let bar = progress::bar(told.total, format!("reading {}", data.name()));
            if let Ok(style) =
                ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}, {eta} left")
            {
                bar.set_style(style);
            }
            bar
        });
        bar.set_length(told.total);
        bar.set_position(told.bytes);
    };
    let loaded = data.load_with(split, Load { images, progress: Some(&tell) });
    if let Ok(Some(bar)) = bar.into_inner() {
        bar.finish_and_clear();
    }
    Ok(loaded?)
}
