//! Which files are opened, and what is said of the others.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tollgate_journal::{Journal, JournalError};

use super::scratch::{IDENTITY, Scratch};

#[test]
fn the_identity_is_the_one_that_the_file_was_made_with() {
    let scratch = Scratch::new();
    assert_eq!(scratch.open(1).identity, IDENTITY);
    let again = Journal::open(&scratch.path(), 1, [9; 16]).unwrap();
    assert_eq!(again.identity, IDENTITY);
}

#[test]
fn only_the_owner_may_read_a_new_journal() {
    let scratch = Scratch::new();
    scratch.open(1);
    let mode = fs::metadata(scratch.path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_journal_that_is_open_is_not_opened_again() {
    let scratch = Scratch::new();
    let opened = scratch.open(1);
    let error = Journal::open(&scratch.path(), 1, IDENTITY).unwrap_err();
    assert!(matches!(error, JournalError::InUse { .. }));
    let path = scratch.path().display().to_string();
    assert!(error.to_string().contains(&path), "{error}");
    drop(opened);
    scratch.open(1);
}

#[test]
fn an_empty_file_becomes_a_journal() {
    let scratch = Scratch::new();
    fs::write(scratch.path(), b"").unwrap();
    assert_eq!(scratch.open(1).identity, IDENTITY);
    assert_eq!(scratch.open(1).identity, IDENTITY);
}

#[test]
fn a_folder_that_is_missing_is_named() {
    let scratch = Scratch::new();
    let path = scratch.path().join("missing");
    let error = Journal::open(&path, 1, IDENTITY).unwrap_err();
    assert!(matches!(error, JournalError::Io { .. }));
    assert!(error.to_string().contains(&path.display().to_string()));
}

#[test]
fn a_device_is_no_journal() {
    let refused = Journal::open("/dev/null".as_ref(), 1, IDENTITY);
    assert!(matches!(refused, Err(JournalError::NotAJournal { .. })));
}

/// Opens a file of these bytes, and checks that it is still of these bytes.
fn refusal(bytes: &[u8]) -> JournalError {
    let scratch = Scratch::new();
    fs::write(scratch.path(), bytes).unwrap();
    let error = Journal::open(&scratch.path(), 1, IDENTITY).unwrap_err();
    assert_eq!(fs::read(scratch.path()).unwrap(), bytes);
    let path = scratch.path().display().to_string();
    assert!(error.to_string().contains(&path), "{error}");
    error
}

fn new_file() -> Vec<u8> {
    let scratch = Scratch::new();
    scratch.open(1);
    fs::read(scratch.path()).unwrap()
}

#[test]
fn another_file_is_refused_and_left_alone() {
    for bytes in [&b"x"[..], b"SQLite format 3\0", &[0; 8192]] {
        let error = refusal(bytes);
        assert!(matches!(error, JournalError::NotAJournal { .. }));
    }
}

#[test]
fn a_journal_of_another_version_is_refused_and_left_alone() {
    let mut bytes = new_file();
    bytes[8] = 2;
    let error = refusal(&bytes);
    let expected = matches!(
        error,
        JournalError::OtherVersion {
            found: 2,
            known: 1,
            ..
        }
    );
    assert!(expected, "{error:?}");
}

#[test]
fn a_header_that_is_cut_or_garbled_is_refused_and_left_alone() {
    let bytes = new_file();
    for length in [1, 7, 8, 35, 36, 4095] {
        let error = refusal(&bytes[..length]);
        assert!(matches!(error, JournalError::Damaged { .. }), "{length}");
    }
    let mut garbled = bytes.clone();
    garbled[20] ^= 1;
    let error = refusal(&garbled);
    assert!(matches!(error, JournalError::Damaged { .. }));
}
