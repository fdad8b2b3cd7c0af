//! A file that was cut or garbled anywhere, or put together from disk sectors of several moments
//! as a power cut does it, brings back nothing that was not written.

use std::fs;

use proptest::prelude::*;
use proptest::sample::Index;
use tollgate_journal::Journal;

use super::driver::{Driver, MOST, Op, op, read};
use super::scratch::{Scratch, Seen, seen};

const SECTOR: usize = 512;

#[derive(Debug, Clone)]
enum Damage {
    Flip { at: Index, bits: u8 },
    Cut { at: Index },
    Fill { sector: Index, byte: u8 },
    Older { sector: Index, moment: Index },
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<Index>;
    prop_oneof![
        4 => (at(), 1..=u8::MAX).prop_map(|(at, bits)| Damage::Flip { at, bits }),
        1 => at().prop_map(|at| Damage::Cut { at }),
        2 => (at(), any::<u8>()).prop_map(|(sector, byte)| Damage::Fill { sector, byte }),
        8 => (at(), at()).prop_map(|(sector, moment)| Damage::Older { sector, moment }),
    ]
}

impl Damage {
    fn apply(&self, bytes: &mut Vec<u8>, moments: &[Vec<u8>]) {
        if bytes.is_empty() {
            return;
        }
        let sector = |index: &Index| {
            let start = index.index(bytes.len()) / SECTOR * SECTOR;
            start..bytes.len().min(start + SECTOR)
        };
        match self {
            Self::Flip { at, bits } => {
                let at = at.index(bytes.len());
                bytes[at] ^= bits;
            }
            Self::Cut { at } => bytes.truncate(at.index(bytes.len())),
            Self::Fill { sector: at, byte } => {
                let range = sector(at);
                bytes[range].fill(*byte);
            }
            Self::Older { sector: at, moment } => {
                let range = sector(at);
                if let Some(old) = moment.get(moments).get(range.clone()) {
                    bytes[range].copy_from_slice(old);
                }
            }
        }
    }
}

/// Does the first operations, damages the file, and goes on with it if it is still a journal.
fn check(before: &[Op], damages: &[Damage], after: &[Op]) {
    let scratch = Scratch::new();
    let mut driver = Driver::new(scratch.path());
    let mut moments = vec![read(&driver.path)];
    for op in before {
        driver.run(op);
        moments.push(read(&driver.path));
    }
    let mut bytes = read(&driver.path);
    for damage in damages {
        damage.apply(&mut bytes, &moments);
    }
    let path = scratch.path().with_extension("damaged");
    fs::write(&path, &bytes).unwrap();
    match Journal::open(&path, MOST, super::scratch::IDENTITY) {
        Ok(opened) => {
            driver.go_on_with(path, opened);
            after.iter().for_each(|op| driver.run(op));
            driver.kill();
        }
        Err(_) => assert_eq!(read(&path), bytes, "what is refused is left alone"),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn nothing_is_invented_from_a_damaged_file(
        before in prop::collection::vec(op(), 1..60),
        damages in prop::collection::vec(damage(), 1..30),
        after in prop::collection::vec(op(), 0..30),
    ) {
        check(&before, &damages, &after);
    }
}

#[test]
fn a_slot_that_was_cut_comes_back_and_is_made_whole() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(MOST);
    let _slot = journal.begin(b"a call").unwrap();
    drop(journal);
    // No more than its begun part is kept.
    let whole = read(&scratch.path());
    fs::write(scratch.path(), &whole[..4096 + 30]).unwrap();
    let opened = scratch.open(MOST);
    assert_eq!(seen(&opened.recovered), [Seen::begun(b"a call", 0)]);
    assert_eq!(read(&scratch.path()).len(), 4096 + 2048);
}

#[test]
fn a_use_that_a_later_one_had_followed_does_not_come_back() {
    let scratch = Scratch::new();
    let journal = scratch.open_empty(1);
    let slot = journal.begin(b"the first").unwrap();
    let begun = read(&scratch.path())[4096..5120].to_vec();
    journal.cancel(slot).unwrap();
    let slot = journal.begin(b"the second").unwrap();
    let _ = journal.settle(slot, b"its end").unwrap();
    drop(journal);
    let mut mixed = read(&scratch.path());
    mixed[4096..5120].copy_from_slice(&begun);
    fs::write(scratch.path(), mixed).unwrap();
    scratch.open_empty(1);
}
