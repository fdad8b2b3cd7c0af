//! The journal: records are begun, settled and cleared, each with one write.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{BeginError, JournalError};
use crate::file::JournalFile;
use crate::mapped::STEP;
use crate::part::{ERASED, Kind, MOST_BEGUN, MOST_SETTLED, Part};
use crate::places::Places;
use crate::recovery::{Recovered, scan};
use crate::slot::{Settled, Slot};

/// A journal in a file. Threads share it by reference; no method syncs a disk but
/// [`sync`](Self::sync) and [`open`](Self::open).
pub struct Journal {
    file: JournalFile,
    /// Never held over a write.
    places: Mutex<Places>,
    /// Held while the file grows, so that it grows once and nobody but those who need it wait.
    growth: Mutex<()>,
    /// As it was last written. Held over the write, so that it never falls.
    watermark: Mutex<u64>,
}

/// A journal, and what was in it.
#[derive(Debug)]
pub struct Opened {
    /// The journal, ready to be used.
    pub journal: Journal,
    /// What was not cleared or cancelled, in the order in which it was begun. All of it is in use.
    pub recovered: Vec<Recovered>,
    /// The identity in the file: what the journal was first opened with.
    pub identity: [u8; 16],
}

impl Journal {
    /// Opens the journal in a file, and makes it if there is none, with the mode 0600 and
    /// `new_identity`. An empty file is made into a journal too.
    ///
    /// `most_slots` bounds the records in use at once; it may change from one open to the next.
    ///
    /// # Errors
    ///
    /// Another process has it open, or the file is not a sound journal of this version: then it is
    /// left as it is. Records that were cut or garbled are no error.
    pub fn open(
        path: &Path,
        most_slots: u32,
        new_identity: [u8; 16],
    ) -> Result<Opened, JournalError> {
        let (file, identity) = JournalFile::open(path, most_slots, new_identity)?;
        let found = scan(&file, most_slots)?;
        let journal = Self {
            file,
            places: Mutex::new(found.places),
            growth: Mutex::new(()),
            watermark: Mutex::new(found.watermark),
        };
        Ok(Opened {
            journal,
            recovered: found.recovered,
            identity,
        })
    }

    /// Writes a record that comes back after a crash until it is settled and cleared, or
    /// cancelled, and reserves the space to settle it.
    ///
    /// # Errors
    ///
    /// All slots are in use, the record is longer than [`MOST_BEGUN`], or the disk is full. Then
    /// nothing was begun.
    pub fn begin(&self, record: &[u8]) -> Result<Slot, BeginError> {
        let (length, most) = (record.len(), MOST_BEGUN);
        if length > most {
            return Err(BeginError::TooLong { length, most });
        }
        let (index, generation) = self.take()?;
        let part = Part {
            generation,
            number: 0,
            record,
        };
        if let Err(error) = self.write(Kind::Begun, index, &part) {
            // What did reach the file must not come back: the caller is told that nothing will.
            let _ = self.erase(index);
            places(&self.places).give_back(index, None);
            return Err(error.into());
        }
        Ok(Slot {
            index,
            generation,
            sequence: None,
        })
    }

    /// Writes how a begun record ended. It comes back after a crash until it is cleared.
    ///
    /// # Errors
    ///
    /// The record is longer than [`MOST_SETTLED`], or the operating system refused to write over
    /// what is reserved, which a full disk is no reason for. The slot comes back with the error,
    /// and is begun as before.
    pub fn settle(&self, slot: Slot, record: &[u8]) -> Result<Settled, (Slot, JournalError)> {
        let (length, most) = (record.len(), MOST_SETTLED);
        if length > most {
            return Err((slot, JournalError::TooLong { length, most }));
        }
        let sequence = places(&self.places).settle(slot.sequence);
        let part = Part {
            generation: slot.generation,
            number: sequence,
            record,
        };
        let index = slot.index;
        if let Err(error) = self.write(Kind::Settled, index, &part) {
            places(&self.places).unsettle();
            let sequence = Some(sequence);
            return Err((Slot { sequence, ..slot }, error));
        }
        Ok(Settled { index, sequence })
    }

    /// Writes another record for a begun one, which comes back with it, unless it is settled. The
    /// last one counts.
    ///
    /// # Errors
    ///
    /// The record is longer than [`MOST_SETTLED`], or the operating system refused to write over
    /// what is reserved. Then what was there may be gone, and the begun record stands alone.
    pub fn revise(&self, slot: &Slot, record: &[u8]) -> Result<(), JournalError> {
        let (length, most) = (record.len(), MOST_SETTLED);
        if length > most {
            return Err(JournalError::TooLong { length, most });
        }
        let part = Part {
            generation: slot.generation,
            number: 0,
            record,
        };
        self.write(Kind::Revised, slot.index, &part)
    }

    /// Notes how far a begun record has come. The last value comes back with it, unless it is
    /// settled.
    ///
    /// # Errors
    ///
    /// The operating system refused to write over what is reserved.
    pub fn progress(&self, slot: &Slot, value: u64) -> Result<(), JournalError> {
        let part = Part {
            generation: slot.generation,
            number: value,
            record: &[],
        };
        self.write(Kind::Progress, slot.index, &part)
    }

    /// Forgets a begun record, also after a crash, and frees its slot.
    ///
    /// # Errors
    ///
    /// The operating system refused to write over what is reserved. The slot stays in use, and the
    /// record comes back when the journal is opened again.
    pub fn cancel(&self, slot: Slot) -> Result<(), JournalError> {
        self.erase(slot.index)?;
        places(&self.places).give_back(slot.index, slot.sequence);
        Ok(())
    }

    /// Forgets settled records that are stored elsewhere, also after a crash, and frees their
    /// slots.
    ///
    /// This is one write, and one more for each record that was settled after one that is not
    /// cleared yet.
    ///
    /// # Errors
    ///
    /// The operating system refused to write over what is reserved. The slots are free all the
    /// same, but if the journal is opened again before they were reused, or a later call
    /// succeeded, some of the records come back: storing one twice must be harmless.
    pub fn clear(&self, settled: Vec<Settled>) -> Result<(), JournalError> {
        if settled.is_empty() {
            return Ok(());
        }
        let (reached, mut result) = self.raise_watermark(&settled);
        for ahead in settled.iter().filter(|one| one.sequence > reached) {
            result = result.and(self.erase(ahead.index));
        }
        places(&self.places).reuse(settled.iter().map(|one| one.index));
        result
    }

    /// Returns when all that was written before the call would survive a power cut too. It waits
    /// for the disk, so call it now and then, away from whoever is being answered.
    ///
    /// # Errors
    ///
    /// The operating system could not write.
    pub fn sync(&self) -> Result<(), JournalError> {
        self.file.sync()
    }

    /// Records that are begun and not settled.
    pub fn open_slots(&self) -> u32 {
        places(&self.places).open
    }

    /// Records that are settled and not cleared.
    pub fn unwritten(&self) -> u32 {
        places(&self.places).unwritten
    }

    fn take(&self) -> Result<(u32, u64), BeginError> {
        if let Some(taken) = places(&self.places).take() {
            return Ok(taken);
        }
        let _growth = self.growth.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let (room, most) = {
                let mut places = places(&self.places);
                if let Some(taken) = places.take() {
                    return Ok(taken);
                }
                (places.room(), places.most())
            };
            if room >= most {
                return Err(BeginError::Full { most });
            }
            let added = self.file.extend(room, STEP.min(most - room))?;
            places(&self.places).grew(room.saturating_add(added));
        }
    }

    /// Gives the watermark in the file, which all the records below it have been cleared under.
    fn raise_watermark(&self, cleared: &[Settled]) -> (u64, Result<(), JournalError>) {
        let mut written = self
            .watermark
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let reached = places(&self.places).clear(cleared.iter().map(|one| one.sequence));
        if reached <= *written {
            return (*written, Ok(()));
        }
        let part = Part {
            generation: 0,
            number: reached,
            record: &[],
        };
        let result = self.write(Kind::Watermark, 0, &part);
        if result.is_ok() {
            *written = reached;
        }
        (*written, result)
    }

    fn write(&self, kind: Kind, slot: u32, part: &Part<'_>) -> Result<(), JournalError> {
        self.file.write(&part.encode(kind, slot), kind.at(slot))
    }

    fn erase(&self, slot: u32) -> Result<(), JournalError> {
        self.file.write(&ERASED, Kind::Begun.at(slot))
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").finish_non_exhaustive()
    }
}

/// A poisoned lock still guards whole places: nothing panics half-way through a change.
fn places(places: &Mutex<Places>) -> MutexGuard<'_, Places> {
    places.lock().unwrap_or_else(PoisonError::into_inner)
}
