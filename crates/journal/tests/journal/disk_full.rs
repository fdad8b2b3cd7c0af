//! A disk that is full, or refuses: played by a limit on the size of a process's files.

use std::env;
use std::path::Path;
use std::process::Command;

use tollgate_journal::{BeginError, Journal, JournalError, Recovered};

use super::scratch::{IDENTITY, Scratch, Seen, seen};

const JOURNAL: &str = "TOLLGATE_JOURNAL_TO_FILL";
const MOST: u32 = 1_000;
/// Less than a step, which is never mapped: each write is a system call, and may be refused.
const FEW: u32 = 200;

/// Runs a test of this module in a process whose files end at that many bytes, and without the
/// signal that goes with it.
fn run_limited(name: &str, path: &Path, bytes: u32) {
    let script = "trap '' XFSZ; exec prlimit --fsize=\"$0\" -- \"$@\"";
    // Its output goes through pipes, which have no size: ours may well be a file.
    let output = Command::new("sh")
        .args(["-c", script, &bytes.to_string()])
        .arg(env::current_exe().unwrap())
        .args([&format!("journal::disk_full::{name}"), "--exact"])
        .env(JOURNAL, path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn on_a_full_disk_nothing_is_begun_and_all_that_was_is_settled() {
    let name = "on_a_full_disk_nothing_is_begun_and_all_that_was_is_settled";
    if let Some(path) = env::var_os(JOURNAL) {
        return fill(path.as_ref());
    }
    let scratch = Scratch::new();
    // The header, one step of 256 slots, 21 more and half of one.
    run_limited(name, &scratch.path(), 4096 + (256 + 21) * 2048 + 1024);
    let opened = scratch.open(MOST);
    let expected: Vec<_> = (100..277)
        .map(|call: u32| Seen::settled(&call.to_le_bytes(), b"end"))
        .chain([Seen::begun(b"after", 0)])
        .collect();
    assert_eq!(seen(&opened.recovered), expected);
    // The disk has space again.
    let more: Vec<_> = (0..300).map(|_| opened.journal.begin(b"more")).collect();
    assert!(more.iter().all(Result::is_ok));
}

fn fill(path: &Path) {
    let journal = Journal::open(path, MOST, IDENTITY).unwrap().journal;
    let mut slots = Vec::new();
    for call in 0..277_u32 {
        slots.push(journal.begin(&call.to_le_bytes()).unwrap());
    }
    for _ in 0..3 {
        let refused = journal.begin(b"one too many").unwrap_err();
        let BeginError::Io(JournalError::Io { .. }) = refused else {
            panic!("{refused:?}");
        };
    }
    assert_eq!(journal.open_slots(), 277);
    let settled = slots.into_iter().map(|slot| journal.settle(slot, b"end"));
    let mut settled: Vec<_> = settled.map(Result::unwrap).collect();
    journal.clear(settled.drain(..100).collect()).unwrap();
    let _slot = journal.begin(b"after").unwrap();
}

#[test]
fn what_cannot_be_written_stays_as_it_was() {
    let name = "what_cannot_be_written_stays_as_it_was";
    if let Some(path) = env::var_os(JOURNAL) {
        return meet_errors(path.as_ref());
    }
    let scratch = Scratch::new();
    let journal = scratch.open_empty(FEW);
    for call in 0..100_u32 {
        let _ = journal.begin(&call.to_le_bytes()).unwrap();
    }
    drop(journal);
    // The header and 62 slots: the others cannot be written over.
    run_limited(name, &scratch.path(), 4096 + 62 * 2048);
    let expected: Vec<_> = (62..100)
        .map(|call: u32| Seen::begun(&call.to_le_bytes(), 0))
        .collect();
    assert_eq!(seen(&scratch.open(FEW).recovered), expected);
}

fn meet_errors(path: &Path) {
    let Opened { journal, recovered } = opened(path);
    assert!(matches!(journal.begin(b"new"), Err(BeginError::Io(_))));
    assert_eq!(journal.open_slots(), 100);
    let (mut settled, mut refused) = (Vec::new(), Vec::new());
    // The last ones first, so that the ones that fail come before the others.
    for slot in recovered.into_iter().rev() {
        match journal.settle(slot, b"end") {
            Ok(done) => settled.push(done),
            Err((slot, JournalError::Io { .. })) => refused.push(slot),
            Err((_, error)) => panic!("{error}"),
        }
    }
    assert_eq!((settled.len(), refused.len()), (62, 38));
    assert_eq!((journal.open_slots(), journal.unwritten()), (38, 62));
    assert!(journal.progress(&refused[0], 1).is_err());
    assert!(journal.cancel(refused.remove(0)).is_err());
    journal.clear(settled).unwrap();
    let refused = refused.into_iter().map(|slot| journal.settle(slot, b"end"));
    assert_eq!(refused.filter(Result::is_err).count(), 37);
    assert_eq!((journal.open_slots(), journal.unwritten()), (38, 0));
}

struct Opened {
    journal: Journal,
    recovered: Vec<tollgate_journal::Slot>,
}

fn opened(path: &Path) -> Opened {
    let opened = Journal::open(path, FEW, IDENTITY).unwrap();
    let slot = |one| match one {
        Recovered::Begun { slot, .. } => slot,
        Recovered::Settled { .. } => panic!("{one:?}"),
    };
    Opened {
        journal: opened.journal,
        recovered: opened.recovered.into_iter().map(slot).collect(),
    }
}

#[test]
fn a_begin_that_was_cut_short_does_not_come_back() {
    let name = "a_begin_that_was_cut_short_does_not_come_back";
    // What lies in the slot from before completes what is written of it.
    let record = [b'x'; 600];
    if let Some(path) = env::var_os(JOURNAL) {
        let opened = Journal::open(path.as_ref(), 1, IDENTITY).unwrap();
        let refused = opened.journal.begin(&record);
        assert!(matches!(refused, Err(BeginError::Io(_))));
        return;
    }
    let scratch = Scratch::new();
    let journal = scratch.open_empty(1);
    let slot = journal.begin(&record).unwrap();
    journal.cancel(slot).unwrap();
    drop(journal);
    run_limited(name, &scratch.path(), 4096 + 400);
    scratch.open_empty(1);
}

#[test]
fn a_journal_that_could_not_be_made_is_made_later() {
    let name = "a_journal_that_could_not_be_made_is_made_later";
    if let Some(path) = env::var_os(JOURNAL) {
        let refused = Journal::open(path.as_ref(), MOST, IDENTITY);
        assert!(matches!(refused, Err(JournalError::Io { .. })));
        return;
    }
    let scratch = Scratch::new();
    run_limited(name, &scratch.path(), 1000);
    scratch.open_empty(MOST);
}
