//! A journal in a folder of its own, and what came back from one in a form that compares.

use std::path::PathBuf;

use tempfile::TempDir;
use tollgate_journal::{Journal, Opened, Recovered, Settled, Slot};

pub(crate) const IDENTITY: [u8; 16] = *b"first identity..";

/// The folder goes when this is dropped.
pub(crate) struct Scratch(TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("journal")
    }

    pub(crate) fn open(&self, most_slots: u32) -> Opened {
        Journal::open(&self.path(), most_slots, IDENTITY).unwrap()
    }

    /// For a journal of which nothing is expected to come back.
    pub(crate) fn open_empty(&self, most_slots: u32) -> Journal {
        let opened = self.open(most_slots);
        assert_eq!(seen(&opened.recovered), []);
        opened.journal
    }
}

/// A record that came back, without its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    Begun {
        begun: Vec<u8>,
        revised: Option<Vec<u8>>,
        progress: u64,
    },
    Settled {
        begun: Vec<u8>,
        record: Vec<u8>,
    },
}

impl Seen {
    pub(crate) fn begun(begun: &[u8], progress: u64) -> Self {
        Self::Begun {
            begun: begun.to_vec(),
            revised: None,
            progress,
        }
    }

    /// The same, revised to another record, or with none.
    pub(crate) fn revised(self, to: Option<&[u8]>) -> Self {
        match self {
            Self::Begun {
                begun, progress, ..
            } => Self::Begun {
                begun,
                revised: to.map(<[u8]>::to_vec),
                progress,
            },
            settled @ Self::Settled { .. } => settled,
        }
    }

    pub(crate) fn settled(begun: &[u8], record: &[u8]) -> Self {
        let (begun, record) = (begun.to_vec(), record.to_vec());
        Self::Settled { begun, record }
    }
}

pub(crate) fn seen(recovered: &[Recovered]) -> Vec<Seen> {
    let one = |recovered: &Recovered| match recovered {
        Recovered::Begun {
            begun,
            revised,
            progress,
            ..
        } => Seen::begun(begun, *progress).revised(revised.as_deref()),
        Recovered::Settled { begun, record, .. } => Seen::settled(begun, record),
    };
    recovered.iter().map(one).collect()
}

/// The only one that came back, which was begun.
pub(crate) fn only_slot(opened: Opened) -> (Journal, Slot) {
    match <[Recovered; 1]>::try_from(opened.recovered) {
        Ok([Recovered::Begun { slot, .. }]) => (opened.journal, slot),
        other => panic!("{other:?}"),
    }
}

/// The only one that came back, which was settled.
pub(crate) fn only_settled(opened: Opened) -> (Journal, Settled) {
    match <[Recovered; 1]>::try_from(opened.recovered) {
        Ok([Recovered::Settled { settled, .. }]) => (opened.journal, settled),
        other => panic!("{other:?}"),
    }
}
