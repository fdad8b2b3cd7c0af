//! A gateway that left more receipts than its store has time for in one turn.

use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tollgate_ledger::book::{Book, BookError, Outcome, Turn};
use tollgate_ledger::request_id::RequestId;
use tollgate_ledger::{Ledger, OpenError, Options, adopt};
use tollgate_policy::group::Enforcement;
use tollgate_policy::time::Timestamp;

use crate::support::book::MemoryBook;
use crate::support::callers::{Limited, ask, done, group, principal};
use crate::support::mortal::poll;
use crate::support::scratch;

const LEFT: usize = 200;

/// A store that answers no turn with more receipts than `most`.
struct Slow {
    book: MemoryBook,
    most: usize,
    /// Whether such a turn is done all the same.
    silent: bool,
}

impl Book for Slow {
    fn turn(&self, turn: Arc<Turn>) -> BoxFuture<'_, Result<Outcome, BookError>> {
        let answers = turn.receipts.len() <= self.most;
        async move {
            let outcome = match answers || self.silent {
                true => Some(self.book.turn(turn).await?),
                false => None,
            };
            let outcome = outcome.filter(|_| answers);
            outcome.ok_or_else(|| BookError("it took too long".into()))
        }
        .boxed()
    }
}

/// Settles what a gateway left, half of whose calls had ended.
fn settle(most: usize, silent: bool) -> (Result<Option<usize>, OpenError>, MemoryBook) {
    let book = MemoryBook::new(false);
    let slow = Slow { book, most, silent };
    let (folder, now) = (scratch::folder(), Timestamp::from_seconds(1_000));
    let path = folder.path().join("journal");
    let options = Options {
        most_receipts: 300,
        ..Options::default()
    };
    let opened = Ledger::open(&slow, &path, [1; 16], &options, now);
    let ledger = poll(pin!(opened)).unwrap().unwrap();
    let (principal, group) = (
        principal(1, 1, Limited::default()),
        group(1, Enforcement::Strict),
    );
    let mut open = Vec::new();
    for number in 0..LEFT {
        let request = RequestId::new(now, number as u128);
        let ask = ask(&principal, &group, request, 300, now);
        let mut held = poll(pin!(ledger.hold(&ask))).unwrap().unwrap();
        if number % 2 == 0 {
            held.settle(&done(200), now);
        }
        open.push(held);
    }
    let left = folder.path().join("journal.1");
    std::fs::copy(&path, &left).unwrap();
    let adopted = poll(pin!(adopt(&slow, &left, 300, now))).unwrap();
    (adopted, slow.book)
}

#[test]
fn what_takes_the_store_too_long_is_settled_in_smaller_parts() {
    for silent in [false, true] {
        let (adopted, book) = settle(64, silent);
        assert_eq!(adopted.unwrap(), Some(LEFT));
        let state = book.state();
        assert_eq!(state.receipts.len(), LEFT, "each once");
    }
}

#[test]
fn a_store_that_does_not_take_the_smallest_part_is_given_up() {
    let (adopted, book) = settle(40, false);
    let error = adopted.unwrap_err();
    assert!(matches!(error, OpenError::Book(_)));
    assert_eq!((error.may_pass(), error.is_in_use()), (true, false));
    assert!(book.state().receipts.is_empty());
}
