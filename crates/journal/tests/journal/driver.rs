//! A journal beside a model of it: every operation is done to both.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::sample::Index;
use tollgate_journal::{
    BeginError, Journal, MOST_BEGUN, MOST_SETTLED, Opened, Recovered, Settled, Slot,
};

use super::scratch::{IDENTITY, Seen, seen};

pub(crate) const MOST: u32 = 6;

#[derive(Debug, Clone)]
pub(crate) enum Op {
    Begin { length: usize },
    Settle { which: Index, length: usize },
    Revise { which: Index, length: usize },
    Progress { which: Index, value: u64 },
    Cancel { which: Index },
    Clear { which: Vec<Index> },
    Kill,
    Copy,
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    let which = any::<Index>;
    prop_oneof![
        6 => (4..=MOST_BEGUN).prop_map(|length| Op::Begin { length }),
        5 => (which(), 0..=MOST_SETTLED)
            .prop_map(|(which, length)| Op::Settle { which, length }),
        2 => (which(), 0..=MOST_SETTLED)
            .prop_map(|(which, length)| Op::Revise { which, length }),
        2 => (which(), any::<u64>()).prop_map(|(which, value)| Op::Progress { which, value }),
        1 => which().prop_map(|which| Op::Cancel { which }),
        3 => prop::collection::vec(which(), 0..4).prop_map(|which| Op::Clear { which }),
        1 => Just(Op::Kill),
        1 => Just(Op::Copy),
    ]
}

/// A record in use, and the handle for what comes next.
enum Use {
    Begun(Slot, Seen),
    Settled(Settled, Seen),
}

/// All that was ever written about one record.
#[derive(Default)]
struct Written {
    ends: BTreeSet<Vec<u8>>,
    revisions: BTreeSet<Vec<u8>>,
    progress: BTreeSet<u64>,
}

pub(crate) struct Driver {
    pub(crate) path: PathBuf,
    journal: Option<Journal>,
    /// By number, which is the order of their beginning.
    uses: BTreeMap<u32, Use>,
    written: BTreeMap<Vec<u8>, Written>,
}

impl Driver {
    pub(crate) fn new(path: PathBuf) -> Self {
        let opened = Journal::open(&path, MOST, IDENTITY).unwrap();
        assert_eq!(opened.recovered.len(), 0);
        Self {
            path,
            journal: Some(opened.journal),
            uses: BTreeMap::new(),
            written: BTreeMap::new(),
        }
    }

    /// Over a file that has room for a whole step: it is mapped into memory.
    pub(crate) fn mapped(path: PathBuf) -> Self {
        let journal = Journal::open(&path, 256, IDENTITY).unwrap().journal;
        let slot = journal.begin(b"makes room").unwrap();
        journal.cancel(slot).unwrap();
        drop(journal);
        Self::new(path)
    }

    pub(crate) fn run(&mut self, op: &Op) {
        match op {
            Op::Begin { length } => self.begin(*length),
            Op::Settle { which, length } => self.settle(which, *length),
            Op::Revise { which, length } => self.revise(which, *length),
            Op::Progress { which, value } => self.progress(which, *value),
            Op::Cancel { which } => self.cancel(which),
            Op::Clear { which } => self.clear(which),
            Op::Kill => self.kill(),
            Op::Copy => self.copy(),
        }
        self.check_counts();
    }

    /// Opens the journal again, without a farewell, and expects what the model has.
    pub(crate) fn kill(&mut self) {
        self.journal = None;
        let opened = Journal::open(&self.path, MOST, [0; 16]).unwrap();
        assert_eq!(seen(&opened.recovered), self.expected());
        assert_eq!(opened.identity, IDENTITY);
        self.adopt(opened);
    }

    /// Goes on with what was opened elsewhere, of which each record must have been written once.
    pub(crate) fn go_on_with(&mut self, path: PathBuf, opened: Opened) {
        let mut numbers = BTreeSet::new();
        for one in seen(&opened.recovered) {
            assert!(numbers.insert(number(&one)), "twice: {one:?}");
            assert!(self.was_written(&one), "invented: {one:?}");
        }
        self.path = path;
        self.adopt(opened);
    }

    fn begin(&mut self, length: usize) {
        let number = u32::try_from(self.written.len()).unwrap();
        let mut record = number.to_le_bytes().to_vec();
        record.resize(length, number.to_le_bytes()[0] ^ 0x5a);
        match self.journal().begin(&record) {
            Ok(slot) => {
                assert!(self.uses.len() < MOST as usize);
                let begun = Use::Begun(slot, Seen::begun(&record, 0));
                self.uses.insert(number, begun);
                self.written.insert(record, Written::default());
            }
            Err(BeginError::Full { most }) => assert_eq!((self.uses.len(), most), (6, MOST)),
            Err(error) => panic!("{error}"),
        }
    }

    fn settle(&mut self, which: &Index, length: usize) {
        let Some((number, slot, one)) = self.take_begun(which) else {
            return;
        };
        let begun = bytes(&one);
        let record = vec![number.to_le_bytes()[0].wrapping_add(1); length];
        let settled = self.journal().settle(slot, &record).unwrap();
        let now = Seen::settled(begun, &record);
        self.written.get_mut(begun).unwrap().ends.insert(record);
        self.uses.insert(number, Use::Settled(settled, now));
    }

    fn revise(&mut self, which: &Index, length: usize) {
        let Some((number, slot, one)) = self.take_begun(which) else {
            return;
        };
        let record = vec![number.to_le_bytes()[0].wrapping_add(2); length];
        self.journal().revise(&slot, &record).unwrap();
        let written = self.written.get_mut(bytes(&one)).unwrap();
        let now = one.revised(Some(&record));
        written.revisions.insert(record);
        self.uses.insert(number, Use::Begun(slot, now));
    }

    fn progress(&mut self, which: &Index, value: u64) {
        let Some((number, slot, one)) = self.take_begun(which) else {
            return;
        };
        let begun = bytes(&one);
        self.journal().progress(&slot, value).unwrap();
        let now = Seen::begun(begun, value).revised(revised(&one));
        self.written.get_mut(begun).unwrap().progress.insert(value);
        self.uses.insert(number, Use::Begun(slot, now));
    }

    fn cancel(&mut self, which: &Index) {
        if let Some((_, slot, _)) = self.take_begun(which) {
            self.journal().cancel(slot).unwrap();
        }
    }

    fn clear(&mut self, which: &[Index]) {
        let mut batch = Vec::new();
        for which in which {
            let is_settled = |one: &Use| matches!(one, Use::Settled(..));
            if let Some(Use::Settled(settled, _)) = self.take(which, is_settled).map(|(_, u)| u) {
                batch.push(settled);
            }
        }
        self.journal().clear(batch).unwrap();
    }

    fn copy(&self) {
        let copy = self.path.with_extension("copy");
        fs::copy(&self.path, &copy).unwrap();
        let opened = Journal::open(&copy, MOST, [0; 16]).unwrap();
        assert_eq!(seen(&opened.recovered), self.expected());
        fs::remove_file(copy).unwrap();
    }

    fn check_counts(&self) {
        let is_begun = |one: &&Use| matches!(one, Use::Begun(..));
        let open = self.uses.values().filter(is_begun).count();
        let counts = (self.journal().open_slots(), self.journal().unwritten());
        let unwritten = self.uses.len() - open;
        assert_eq!((counts.0 as usize, counts.1 as usize), (open, unwritten));
    }

    fn journal(&self) -> &Journal {
        self.journal.as_ref().unwrap()
    }

    fn expected(&self) -> Vec<Seen> {
        let one = |one: &Use| match one {
            Use::Begun(_, seen) | Use::Settled(_, seen) => seen.clone(),
        };
        self.uses.values().map(one).collect()
    }

    fn adopt(&mut self, opened: Opened) {
        let seen = seen(&opened.recovered);
        let adopted = opened.recovered.into_iter().zip(seen);
        let adopted = adopted.map(|(recovered, seen)| match recovered {
            Recovered::Begun { slot, .. } => (number(&seen), Use::Begun(slot, seen)),
            Recovered::Settled { settled, .. } => (number(&seen), Use::Settled(settled, seen)),
        });
        self.uses = adopted.collect();
        self.journal = Some(opened.journal);
    }

    fn was_written(&self, one: &Seen) -> bool {
        let Some(written) = self.written.get(bytes(one)) else {
            return false;
        };
        match one {
            Seen::Begun {
                revised, progress, ..
            } => {
                let mut revised = revised.iter();
                revised.all(|record| written.revisions.contains(record))
                    && (*progress == 0 || written.progress.contains(progress))
            }
            Seen::Settled { record, .. } => written.ends.contains(record),
        }
    }

    fn take_begun(&mut self, which: &Index) -> Option<(u32, Slot, Seen)> {
        match self.take(which, |one| matches!(one, Use::Begun(..)))? {
            (number, Use::Begun(slot, seen)) => Some((number, slot, seen)),
            (_, Use::Settled(..)) => None,
        }
    }

    fn take(&mut self, which: &Index, wanted: impl Fn(&Use) -> bool) -> Option<(u32, Use)> {
        let fits = self.uses.iter().filter(|(_, one)| wanted(one));
        let numbers: Vec<u32> = fits.map(|(number, _)| *number).collect();
        let number = *(!numbers.is_empty()).then(|| which.get(&numbers))?;
        Some((number, self.uses.remove(&number)?))
    }
}

/// What a record was begun with.
fn bytes(one: &Seen) -> &[u8] {
    match one {
        Seen::Begun { begun, .. } | Seen::Settled { begun, .. } => begun,
    }
}

fn revised(one: &Seen) -> Option<&[u8]> {
    match one {
        Seen::Begun { revised, .. } => revised.as_deref(),
        Seen::Settled { .. } => None,
    }
}

fn number(one: &Seen) -> u32 {
    u32::from_le_bytes(*bytes(one).first_chunk().unwrap())
}

pub(crate) fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap()
}
