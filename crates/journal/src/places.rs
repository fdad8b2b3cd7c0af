//! Which slots are free and which sequences are not cleared yet. Knows no file.

use std::collections::BTreeSet;

/// The slots of a file as its journal keeps them in memory.
pub(crate) struct Places {
    /// Slots at this index and above are not used again once they are free.
    most: u32,
    /// Slots that the file has room for.
    room: u32,
    /// Used as a stack: the slot that was freed last is the one most likely in a cache.
    free: Vec<u32>,
    /// The last one given. 64 bits do not run out.
    generation: u64,
    /// The last one given.
    sequence: u64,
    /// Sequences that were given and are not cleared.
    uncleared: BTreeSet<u64>,
    /// Begun and not settled.
    pub(crate) open: u32,
    /// Settled and not cleared.
    pub(crate) unwritten: u32,
}

impl Places {
    pub(crate) fn new(most: u32) -> Self {
        Self {
            most,
            room: 0,
            free: Vec::new(),
            generation: 0,
            sequence: 0,
            uncleared: BTreeSet::new(),
            open: 0,
            unwritten: 0,
        }
    }

    /// Sees to it that what is given from now on is above what was once given.
    pub(crate) fn saw(&mut self, generation: u64, sequence: u64) {
        self.generation = self.generation.max(generation);
        self.sequence = self.sequence.max(sequence);
    }

    /// A slot of the file that holds nothing.
    pub(crate) fn found_free(&mut self, slot: u32) {
        self.room = self.room.max(slot.saturating_add(1));
        self.free(slot);
    }

    /// All slots of the file were found. The front of it is used first: its end may be part of a step,
    /// which is not mapped.
    pub(crate) fn found_all(&mut self) {
        self.free.sort_unstable_by(|one, other| other.cmp(one));
    }

    /// A slot of the file that holds a call that was begun and not settled.
    pub(crate) fn found_open(&mut self, slot: u32) {
        self.room = self.room.max(slot.saturating_add(1));
        self.open += 1;
    }

    /// A slot of the file that holds a call that was settled and not cleared.
    pub(crate) fn found_settled(&mut self, slot: u32, sequence: u64) {
        self.room = self.room.max(slot.saturating_add(1));
        self.unwritten += 1;
        self.uncleared.insert(sequence);
    }

    /// Room was made for slots up to `room`; gives the number that were added.
    pub(crate) fn grew(&mut self, room: u32) {
        let added = self.room..room;
        self.room = self.room.max(room);
        // In reverse, so that the front of the file is used first.
        added.rev().for_each(|slot| self.free(slot));
    }

    /// Slots that the file has room for.
    pub(crate) fn room(&self) -> u32 {
        self.room
    }

    pub(crate) fn most(&self) -> u32 {
        self.most
    }

    /// Takes a free slot for a new use: its index and the generation of the use.
    pub(crate) fn take(&mut self) -> Option<(u32, u64)> {
        let slot = self.free.pop()?;
        self.open += 1;
        self.generation = self.generation.saturating_add(1);
        Some((slot, self.generation))
    }

    /// The slot was taken and is given back, without a settled record.
    pub(crate) fn give_back(&mut self, slot: u32, sequence: Option<u64>) {
        self.open = self.open.saturating_sub(1);
        if let Some(sequence) = sequence {
            self.uncleared.remove(&sequence);
        }
        self.free(slot);
    }

    /// Counts a call as settled, under the sequence of an attempt that failed, or a new one.
    pub(crate) fn settle(&mut self, tried: Option<u64>) -> u64 {
        self.open = self.open.saturating_sub(1);
        self.unwritten += 1;
        tried.unwrap_or_else(|| {
            self.sequence = self.sequence.saturating_add(1);
            self.uncleared.insert(self.sequence);
            self.sequence
        })
    }

    /// The settled record could not be written. Its sequence stays uncleared: part of the record
    /// may have reached the file, and must not be taken for one that was cleared.
    pub(crate) fn unsettle(&mut self) {
        self.open += 1;
        self.unwritten = self.unwritten.saturating_sub(1);
    }

    /// Forgets sequences that were cleared, and gives the highest one up to which all are.
    pub(crate) fn clear(&mut self, sequences: impl Iterator<Item = u64>) -> u64 {
        for sequence in sequences {
            self.uncleared.remove(&sequence);
        }
        let first = self.uncleared.first().copied();
        first.map_or(self.sequence, |first| first.saturating_sub(1))
    }

    /// The slots of settled records that were cleared.
    pub(crate) fn reuse(&mut self, slots: impl Iterator<Item = u32>) {
        for slot in slots {
            self.unwritten = self.unwritten.saturating_sub(1);
            self.free(slot);
        }
    }

    fn free(&mut self, slot: u32) {
        if slot < self.most {
            self.free.push(slot);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watermark_waits_for_the_oldest_sequence_that_is_not_cleared() {
        let mut places = Places::new(3);
        places.grew(3);
        let sequences: Vec<u64> = (0..3)
            .map(|_| {
                places.take().unwrap();
                places.settle(None)
            })
            .collect();
        assert_eq!(sequences, [1, 2, 3]);
        assert_eq!(places.clear([2].into_iter()), 0);
        assert_eq!(places.clear([1].into_iter()), 2);
        assert_eq!(places.clear([3].into_iter()), 3);
    }

    #[test]
    fn a_settle_that_failed_holds_the_watermark_and_keeps_its_sequence() {
        let mut places = Places::new(2);
        places.grew(2);
        places.take().unwrap();
        let (slot, _) = places.take().unwrap();
        let failed = places.settle(None);
        places.unsettle();
        let other = places.settle(None);
        assert_eq!(places.clear([other].into_iter()), failed - 1);
        assert_eq!(places.settle(Some(failed)), failed);
        places.unsettle();
        places.give_back(slot, Some(failed));
        assert_eq!(places.clear([].into_iter()), other);
    }

    #[test]
    fn a_slot_beyond_the_most_is_not_used_again() {
        let mut places = Places::new(1);
        places.found_settled(4, 8);
        places.saw(0, 8);
        places.clear([8].into_iter());
        places.reuse([4].into_iter());
        assert_eq!(places.take(), None);
    }

    #[test]
    fn the_front_of_a_file_that_was_found_is_used_first() {
        let mut places = Places::new(4);
        places.found_free(0);
        places.found_open(1);
        places.found_free(2);
        places.found_free(3);
        places.found_all();
        let taken = std::iter::from_fn(|| places.take());
        let slots: Vec<u32> = taken.map(|(slot, _)| slot).collect();
        assert_eq!(slots, [0, 2, 3]);
    }

    #[test]
    fn what_is_given_is_above_what_was_seen() {
        let mut places = Places::new(1);
        places.grew(1);
        places.saw(10, 20);
        assert_eq!(places.take(), Some((0, 11)));
        assert_eq!(places.settle(None), 21);
    }
}
