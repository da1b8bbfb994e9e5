//! Profiles as files and pipes.

use sram_model::{Between, CellFault, Content, Geometry, Profile, ProfileDraft, ProfileError};

use crate::made::{at, critical, draft, fault, measured, volts};

#[test]
fn a_profile_of_2_to_the_30_cells_opens_and_answers() {
    let geometry = Geometry::new(1 << 15, 512, 64).unwrap();
    let faults: Vec<CellFault> = (0..1000).map(|i| fault(i * 1_073_741, 1.0, 0.0)).collect();
    let content = Content::Measured(vec![(volts(0.6), faults.clone())]);
    let bytes = ProfileDraft { geometry, floorplan: None, ..draft(content) }.encode().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.sfp");
    std::fs::write(&path, &bytes).unwrap();
    let profile = Profile::open(&path).unwrap();
    assert_eq!(profile.info().geometry.cells(), 1 << 30);
    assert_eq!(profile.at(at(0.6), Between::NextLower).unwrap().faults(), faults);
}

#[test]
fn a_file_of_another_kind_is_named_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.sfp");
    std::fs::write(&path, [b'x'; 100]).unwrap();
    let error = Profile::open(&path).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(
        error.to_string().contains("weights.sfp") && source.contains("magic number"),
        "{error}: {source}"
    );
    assert!(matches!(Profile::open(folder.path()), Err(ProfileError::Read { .. })), "a folder");
    assert!(matches!(Profile::open(&folder.path().join("none")), Err(ProfileError::Read { .. })));
    std::fs::write(&path, []).unwrap();
    assert!(matches!(Profile::open(&path), Err(ProfileError::Format { .. })), "an empty file");
}

#[test]
fn a_file_that_is_cut_short_while_it_is_in_use_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shrinking.sfp");
    for good in [measured(), critical()] {
        for keep in [0, 32, good.len() as u64 - 8] {
            std::fs::write(&path, &good).unwrap();
            let profile = Profile::open(&path).unwrap();
            std::fs::File::options().write(true).open(&path).unwrap().set_len(keep).unwrap();
            let error = profile.at(at(0.55), Between::NextLower).unwrap_err();
            assert!(
                matches!(error, ProfileError::Changed { len, .. } if len == good.len() as u64),
                "{error}"
            );
            assert!(error.to_string().contains("shrinking.sfp was changed"), "{error}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_profile_comes_through_a_pipe_too() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let writer = std::thread::spawn({
        let path = path.clone();
        move || std::fs::write(path, measured()).unwrap()
    });
    let profile = Profile::open(&path).unwrap();
    writer.join().unwrap();
    assert_eq!(profile.at(at(0.6), Between::NextLower).unwrap().faults().len(), 2);
    // An endless file that is no profile is given up at its first bytes.
    let error = Profile::open(std::path::Path::new("/dev/zero")).unwrap_err();
    assert!(matches!(error, ProfileError::Format { .. }), "{error}");
}

#[cfg(unix)]
#[test]
fn of_a_pipe_no_more_is_read_than_its_header_says() {
    use std::io::Write;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let magic = measured()[..8].to_vec();
    for begin in [magic, measured()] {
        let writer = std::thread::spawn({
            let path = path.clone();
            move || {
                let mut pipe = std::fs::File::options().write(true).open(path).unwrap();
                let _ = pipe.write_all(&begin);
                // Without end, until nobody reads any more.
                (0..1 << 20).take_while(|_| pipe.write_all(&[0; 4096]).is_ok()).count()
            }
        });
        let error = Profile::open(&path).unwrap_err();
        assert!(matches!(error, ProfileError::Format { .. }), "{error}");
        assert!(writer.join().unwrap() < 100, "what nobody needs was read");
    }
}
