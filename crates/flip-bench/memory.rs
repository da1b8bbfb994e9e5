//! The memory that is worked on.

use anyhow::{Context, Result};
use memmap2::MmapMut;

/// A buffer of zeros, in pages of 2 MiB where the system has them: with small ones, figures at low rates would be those of
/// page tables.
pub(crate) fn buffer(bytes: usize) -> Result<MmapMut> {
    let map = MmapMut::map_anon(bytes).with_context(|| format!("cannot get {bytes} bytes of memory"))?;
    #[cfg(target_os = "linux")]
    // Small pages do as well, only slower.
    let _ = map.advise(memmap2::Advice::HugePage);
    Ok(map)
}

/// The pages that a buffer gets, in words.
pub(crate) fn pages() -> &'static str {
    #[cfg_attr(not(test), expect(clippy::disallowed_methods, reason = "a file of the system"))]
    let setting = std::fs::read_to_string("/sys/kernel/mm/transparent_hugepage/enabled").unwrap_or_default();
    if setting.contains("[always]") || setting.contains("[madvise]") { "2 MiB pages" } else { "small pages" }
}
