//! Many threads at once.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use tollgate_journal::{Journal, Settled};

use super::scratch::{Scratch, Seen, seen};

const THREADS: u32 = 8;
const CALLS: u32 = 500;

/// What becomes of the call of this number.
fn is_left_begun(call: u32) -> bool {
    call % 50 == 7
}

fn is_left_settled(call: u32) -> bool {
    call % 30 == 11
}

#[test]
fn nothing_is_lost_and_nothing_cleared_comes_back() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(THREADS * CALLS);
    let (to_clear, waiting) = channel();
    let waiting = Mutex::new(waiting);
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let (journal, to_clear) = (&journal, to_clear.clone());
            scope.spawn(move || {
                for call in thread * CALLS..(thread + 1) * CALLS {
                    let slot = journal.begin(&call.to_le_bytes()).unwrap();
                    journal.progress(&slot, u64::from(call)).unwrap();
                    if is_left_begun(call) {
                        continue;
                    }
                    let settled = journal.settle(slot, &(!call).to_le_bytes()).unwrap();
                    if !is_left_settled(call) {
                        to_clear.send(settled).unwrap();
                    }
                }
            });
        }
        drop(to_clear);
        for batch in [1, 17, 100] {
            let (journal, waiting) = (&journal, &waiting);
            scope.spawn(move || clear_all(journal, waiting, batch));
        }
    });
    drop(journal);
    let back = seen(&scratch.open(THREADS * CALLS).recovered);
    let left = (0..THREADS * CALLS).filter_map(|call| {
        let begun = call.to_le_bytes();
        if is_left_begun(call) {
            return Some(Seen::begun(&begun, u64::from(call)));
        }
        is_left_settled(call).then(|| Seen::settled(&begun, &(!call).to_le_bytes()))
    });
    let sorted = |all: Vec<Seen>| all.iter().map(|one| format!("{one:?}")).collect::<Vec<_>>();
    let (mut back, mut left) = (sorted(back), sorted(left.collect()));
    back.sort();
    left.sort();
    assert_eq!(back, left);
    assert_eq!(back.iter().collect::<BTreeSet<_>>().len(), back.len());
}

fn clear_all(journal: &Journal, waiting: &Mutex<Receiver<Settled>>, most: usize) {
    loop {
        let mut batch: Vec<_> = {
            let waiting = waiting.lock().unwrap();
            let first = waiting.recv().into_iter();
            first.chain(waiting.try_iter()).take(most).collect()
        };
        if batch.is_empty() {
            return;
        }
        // Not in the order of their settling.
        batch.reverse();
        let rest = batch.split_off(batch.len() / 2);
        journal.clear(rest).unwrap();
        journal.clear(batch).unwrap();
    }
}
