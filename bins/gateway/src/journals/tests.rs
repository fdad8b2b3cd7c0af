use std::fs::{self, File};
use std::pin::pin;
use std::sync::{Arc, Mutex};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};
use tollgate_ledger::book::{BookError, GatewayId, Outcome, Turn};

use super::*;

/// Notes whose turns there were.
#[derive(Default)]
struct Noted(Mutex<Vec<GatewayId>>);

impl Book for Noted {
    fn turn(&self, turn: Arc<Turn>) -> BoxFuture<'_, Result<Outcome, BookError>> {
        self.0.lock().unwrap().push(turn.gateway);
        ready(Ok(Outcome::default())).boxed()
    }
}

#[test]
fn a_journal_that_the_system_refused_is_settled_later() {
    let (folder, book) = (tempfile::tempdir().unwrap(), Noted::default());
    let journals = Journals {
        first: folder.path().join("journal"),
        options: Options {
            most_receipts: 10,
            ..Options::default()
        },
    };
    // A file that is as old as a folder, which cannot be opened as one.
    let (path, file) = (folder.path().join("journal.1"), folder.path().join("left"));
    let now = clock::now();
    let left = Ledger::open(&book, &file, [7; 16], &journals.options, now).now_or_never();
    drop(left.unwrap().unwrap());
    fs::create_dir(&path).unwrap();
    fs::write(path.join("filled"), "").unwrap();
    let written = fs::metadata(&path).unwrap().modified().unwrap();
    book.0.lock().unwrap().clear();

    let mut seen = HashMap::new();
    let mut look = || {
        let settled = pin!(journals.settle(&path, &book, &mut seen)).now_or_never();
        settled.unwrap();
        book.0.lock().unwrap().len()
    };
    assert_eq!((look(), look()), (0, 0));
    fs::remove_dir_all(&path).unwrap();
    fs::rename(&file, &path).unwrap();
    let opened = File::options().write(true).open(&path).unwrap();
    opened.set_modified(written).unwrap();
    assert_eq!(look(), 1, "it is settled");
    assert_eq!(look(), 1, "and left alone");
    assert_eq!(*book.0.lock().unwrap(), [GatewayId([7; 16])]);
}
