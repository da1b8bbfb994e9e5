use super::*;
use crate::file::partial::Partial;
use crate::file::partial::name::boot;

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn age(path: &Path, time: Duration) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(std::time::SystemTime::now() - time).unwrap();
}

#[test]
fn only_files_that_nobody_writes_any_more_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let old = ".sram-sim-aBc123.partial";
    let elsewhere = ".sram-sim-ffffffff-1-aBc123.partial";
    for name in [
        ".sram-sim-00c0ffee-1-aBc123.partial",
        ".sram-sim-00c0ffee-4294967295-aBc123.partial",
        ".sram-sim-00c0ffee-2-locked.partial",
        ".sram-sim-recent.partial",
        ".sram-sim-ffffffff-1-recent.partial",
        ".sram-sim-mine.partial.txt",
        ".sram-sim-a-b-c-d.partial",
        "chip.partial",
        old,
        elsewhere,
    ] {
        fs::write(at(name), "half").unwrap();
    }
    let alive = File::options().write(true).open(at(".sram-sim-00c0ffee-2-locked.partial")).unwrap();
    alive.lock().unwrap();
    age(&at(".sram-sim-00c0ffee-2-locked.partial"), 2 * OLD);
    age(&at(old), 2 * OLD);
    age(&at(elsewhere), 2 * OLD);
    age(&at("chip.partial"), 2 * OLD);
    fs::create_dir(at(".sram-sim-00c0ffee-3-folder.partial")).unwrap();
    sweep(folder.path(), "00c0ffee");
    assert_eq!(
        names(folder.path()),
        [
            ".sram-sim-00c0ffee-2-locked.partial",
            ".sram-sim-00c0ffee-3-folder.partial",
            ".sram-sim-a-b-c-d.partial",
            ".sram-sim-ffffffff-1-recent.partial",
            ".sram-sim-mine.partial.txt",
            ".sram-sim-recent.partial",
            "chip.partial",
        ]
    );
}

#[test]
fn a_file_that_is_to_be_removed_is_nobodys_until_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(".sram-sim-00c0ffee-1-aBc123.partial");
    fs::write(&path, "half").unwrap();
    let writer = File::options().write(true).open(&path).unwrap();
    let left = left_after(&path, true).unwrap();
    assert!(matches!(writer.try_lock(), Err(TryLockError::WouldBlock)));
    fs::remove_file(&path).unwrap();
    drop(left);
    // Whoever gets the lock now sees that it is of no use, also where there is another file of the name.
    writer.try_lock().unwrap();
    assert!(!is_at(&writer, &path));
    #[cfg(unix)]
    {
        fs::write(&path, "another").unwrap();
        assert!(!is_at(&writer, &path));
    }
}

#[test]
fn a_file_that_is_being_written_is_not_swept_and_one_of_a_dead_process_is() {
    let folder = tempfile::tempdir().unwrap();
    let partial = Partial::create(folder.path()).unwrap();
    let [name] = &names(folder.path())[..] else { panic!("one file") };
    sweep(folder.path(), &boot());
    assert!(folder.path().join(name).exists());
    drop(partial);
    assert!(names(folder.path()).is_empty());
    // The same name without a lock is of a process that has ended.
    fs::write(folder.path().join(name), "half").unwrap();
    sweep(folder.path(), &boot());
    assert_eq!(names(folder.path()).is_empty(), boot() != "0");
}
