//! Journals: shared, torn, damaged, foreign.

use proptest::prelude::*;

use super::*;

fn digest(number: usize) -> Digest {
    Digest::of(&number).unwrap()
}

/// The text of a journal of this many results, each with characters of several bytes.
fn journal(path: &Path, results: usize) -> Vec<u8> {
    let mut journal: Journal<String> = Journal::open(path).unwrap();
    for number in 0..results {
        journal.add(&digest(number), "a ± b", &format!("result ± {number}")).unwrap();
    }
    std::fs::read(path).unwrap()
}

fn known(path: &Path, results: usize) -> Result<usize, JournalError> {
    let mut journal: Journal<String> = Journal::open(path)?;
    Ok((0..results)
        .filter(|&number| {
            let found = journal.find(&digest(number)).unwrap();
            assert!(found.as_ref().is_none_or(|found| *found == format!("result ± {number}")));
            found.is_some()
        })
        .count())
}

#[test]
fn a_journal_cut_anywhere_keeps_its_whole_lines() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let whole = journal(&path, 3);
    for length in 0..=whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        let ends = whole[..length].split(|&byte| byte == b'\n').count() - 1;
        assert_eq!(known(&path, 3).unwrap(), ends.saturating_sub(1), "cut after {length} bytes");
        // What was torn is gone, and the next result begins a line of its own.
        let mut again: Journal<String> = Journal::open(&path).unwrap();
        again.add(&digest(2), "", &"result ± 2".to_owned()).unwrap();
        assert_eq!(known(&path, 3).unwrap(), (ends.saturating_sub(1) + 1).clamp(1, 3));
    }
}

#[test]
fn processes_that_share_a_journal_lose_nothing_and_see_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    // Each thread opens the file for itself, as a process would.
    std::thread::scope(|scope| {
        for first in (0..200).step_by(50) {
            let path = &path;
            scope.spawn(move || {
                let mut journal: Journal<String> = Journal::open(path).unwrap();
                for number in first..first + 50 {
                    journal.add(&digest(number), "", &format!("result ± {number}")).unwrap();
                }
            });
        }
    });
    assert_eq!(known(&path, 200).unwrap(), 200);
    let text = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text.lines().count(), 201);

    let (mut one, mut other): (Journal<String>, Journal<String>) =
        (Journal::open(&path).unwrap(), Journal::open(&path).unwrap());
    assert_eq!(other.find(&digest(200)).unwrap(), None);
    one.add(&digest(200), "", &"result ± 200".to_owned()).unwrap();
    assert!(other.find(&digest(200)).unwrap().is_some());
}

/// Processes that do the same at the same time.
#[test]
fn a_result_is_kept_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let mut first: Journal<String> = Journal::open(&path).unwrap();
    let mut second: Journal<String> = Journal::open(&path).unwrap();
    first.add(&digest(1), "", &"first".to_owned()).unwrap();
    second.add(&digest(1), "", &"second".to_owned()).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
    for journal in [&mut first, &mut second] {
        assert_eq!(journal.find(&digest(1)).unwrap().as_deref(), Some("first"));
    }
}

#[test]
fn a_changed_line_is_found_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    let whole = String::from_utf8(journal(&path, 3)).unwrap();
    for (from, to, expected) in [
        ("result ± 1", "result ± 7", "line 3: found a line whose sum"),
        ("\"result\":\"result ± 0", "\"rsult\":\"result ± 0", "line 2: no line of a journal: unknown field"),
        ("a ± b", "a ± b\n", "line 2: no line of a journal"),
        ("\"sum\"", "\"sum\":1,\"sum\"", "line 2: no line of a journal"),
    ] {
        std::fs::write(&path, whole.replacen(from, to, 1)).unwrap();
        let before = std::fs::read(&path).unwrap();
        let error = known(&path, 3).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("Remove the line"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), before);
    }
}

#[test]
fn other_files_are_refused_and_left_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    for (text, expected) in [
        ("hello", "is no journal"),
        ("{\"sram_sim_journal\":3}\n", "is no journal"),
        ("{\"of\":\"lenet5\",\"result\":1}\n", "of an earlier version"),
        ("\n", "is no journal"),
    ] {
        std::fs::write(&path, text).unwrap();
        let error = known(&path, 0).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
    assert!(matches!(known(folder.path(), 0), Err(JournalError::NoFile { .. })));
}

proptest! {
    /// Untrusted bytes are read or refused, whatever they are.
    #[test]
    fn any_bytes_after_the_first_line_are_refused_or_torn(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        std::fs::write(&path, [HEAD.as_bytes(), b"\n", &bytes].concat()).unwrap();
        let opened = known(&path, 0);
        prop_assert_eq!(opened.is_ok(), !bytes.contains(&b'\n'));
    }
}

#[test]
fn nobody_reads_while_another_writes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal");
    journal(&path, 1);
    let mut reader: Journal<String> = Journal::open(&path).unwrap();
    let writer = OpenOptions::new().append(true).open(&path).unwrap();
    writer.lock().unwrap();
    // A torn line and another one over it, as of a reader that comes between the two.
    let torn = std::fs::read(&path).unwrap();
    (&writer).write_all(b"{\"of\":\"torn").unwrap();
    let (done, found) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        scope.spawn(move || done.send(reader.find(&digest(7)).map(|found| found.is_some())));
        let early = found.recv_timeout(std::time::Duration::from_millis(200));
        assert!(early.is_err(), "an answer while the file is written");
        writer.set_len(torn.len() as u64).unwrap();
        writer.unlock().unwrap();
        assert!(!found.recv().unwrap().unwrap());
    });
}
