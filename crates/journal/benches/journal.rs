//! What journalling costs: `cargo bench -p tollgate-journal`.

#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::cell::RefCell;

use divan::Bencher;
use divan::counter::ItemsCount;
use tempfile::TempDir;
use tollgate_journal::{Journal, Settled};

const MOST: u32 = 20_000;
const RECORD: [u8; 300] = [b'r'; 300];

fn main() {
    divan::main();
}

fn open(folder: &TempDir) -> Journal {
    let path = folder.path().join("journal");
    Journal::open(&path, MOST, [0; 16]).unwrap().journal
}

fn call(journal: &Journal) -> Settled {
    let slot = journal.begin(&RECORD).unwrap();
    journal.settle(slot, &RECORD).unwrap()
}

/// One call's two records. Clearing is left out.
#[divan::bench(sample_size = 100)]
fn begin_and_settle(bencher: Bencher<'_, '_>) {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder);
    let settled = RefCell::new(Vec::new());
    bencher
        .with_inputs(|| journal.clear(settled.take()).unwrap())
        .bench_local_refs(|()| settled.borrow_mut().push(call(&journal)));
}

/// The same from several threads, and clearing one by one included.
#[divan::bench(threads = [1, 2, 4])]
fn begin_settle_and_clear(bencher: Bencher<'_, '_>) {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder);
    bencher.bench(|| journal.clear(vec![call(&journal)]).unwrap());
}

#[divan::bench]
fn clear_100(bencher: Bencher<'_, '_>) {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder);
    bencher
        .counter(ItemsCount::new(100_u32))
        .with_inputs(|| (0..100).map(|_| call(&journal)).collect::<Vec<_>>())
        .bench_local_values(|settled| journal.clear(settled).unwrap());
}

/// What a restart after a crash waits for.
#[divan::bench]
fn open_with_10_000_settled(bencher: Bencher<'_, '_>) {
    let folder = TempDir::new().unwrap();
    let journal = open(&folder);
    for _ in 0..10_000 {
        let _ = call(&journal);
    }
    drop(journal);
    bencher.bench_local(|| {
        let path = folder.path().join("journal");
        Journal::open(&path, MOST, [0; 16]).unwrap()
    });
}
