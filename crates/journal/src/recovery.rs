//! What a file says was going on when its journal ended, however it ended.

use crate::error::JournalError;
use crate::file::JournalFile;
use crate::part::{HEADER, Kind, Part, SLOT, start};
use crate::places::Places;
use crate::slot::{Settled, Slot};

/// A record that was begun, and neither cancelled nor cleared, before the journal was opened.
#[derive(Debug)]
pub enum Recovered {
    /// It was not settled, or its settling did not reach the file whole.
    Begun {
        /// Its place: to be settled or cancelled like any other.
        slot: Slot,
        /// What it was begun with.
        begun: Vec<u8>,
        /// What it was last revised to, if it was, and that reached the file whole.
        revised: Option<Vec<u8>>,
        /// The last value given to [`progress`](crate::Journal::progress), 0 if there was none.
        progress: u64,
    },
    /// It was settled.
    Settled {
        /// To be cleared like any other.
        settled: Settled,
        /// What it was begun with.
        begun: Vec<u8>,
        /// What it was settled with.
        record: Vec<u8>,
    },
}

/// What was found in a file.
pub(crate) struct Found {
    pub(crate) places: Places,
    pub(crate) watermark: u64,
    /// In the order in which they were begun.
    pub(crate) recovered: Vec<Recovered>,
}

/// Slots that are read at a time.
const STEP: u32 = 256;

/// Reads the whole file.
pub(crate) fn scan(file: &JournalFile, most: u32) -> Result<Found, JournalError> {
    let end = file.length()?;
    let length = end.saturating_sub(HEADER);
    let slots = u32::try_from(length.div_ceil(SLOT)).unwrap_or(u32::MAX);
    let watermark = watermark(file)?;
    let mut places = Places::new(most);
    places.saw(0, watermark);
    let mut uses = Vec::new();
    let mut buffer = vec![0; (u64::from(STEP) * SLOT) as usize];
    for first in (0..slots).step_by(STEP as usize) {
        file.read(&mut buffer, start(first))?;
        for (slot, bytes) in (first..slots).zip(buffer.chunks_exact(SLOT as usize)) {
            let parts = Parts::read(slot, bytes);
            parts.show(&mut places);
            let missing = (start(slot) + SLOT).saturating_sub(end);
            let Some(present) = parts.present_use(slot, watermark) else {
                // A last slot that is cut and holds nothing is no room: it is made anew.
                if missing == 0 {
                    places.found_free(slot);
                }
                continue;
            };
            if missing > 0 {
                file.write(&vec![0; missing as usize], end)?;
            }
            match &present.1 {
                Recovered::Begun { .. } => places.found_open(slot),
                Recovered::Settled { settled, .. } => places.found_settled(slot, settled.sequence),
            }
            uses.push(present);
        }
    }
    places.found_all();
    uses.sort_by_key(|(generation, _)| *generation);
    let recovered = uses.into_iter().map(|(_, recovered)| recovered).collect();
    Ok(Found {
        places,
        watermark,
        recovered,
    })
}

/// 0 if it was never written, or was garbled: then what was cleared comes back as settled.
fn watermark(file: &JournalFile) -> Result<u64, JournalError> {
    let mut bytes = [0; 64];
    file.read(&mut bytes, Kind::Watermark.at(0))?;
    let part = Part::decode(Kind::Watermark, 0, &bytes);
    Ok(part.map_or(0, |part| part.number))
}

/// The parts of a slot that are whole, be they of its present use or of an earlier one.
struct Parts<'a> {
    begun: Option<Part<'a>>,
    revised: Option<Part<'a>>,
    settled: Option<Part<'a>>,
    progress: Option<Part<'a>>,
}

impl<'a> Parts<'a> {
    fn read(slot: u32, bytes: &'a [u8]) -> Self {
        let part = |kind: Kind| {
            let from = usize::try_from(kind.within()).ok()?;
            Part::decode(kind, slot, bytes.get(from..)?)
        };
        Self {
            begun: part(Kind::Begun),
            revised: part(Kind::Revised),
            settled: part(Kind::Settled),
            progress: part(Kind::Progress),
        }
    }

    /// Nothing that is still in the file, leftovers included, is given a second time.
    fn show(&self, places: &mut Places) {
        let counted = [&self.begun, &self.revised, &self.progress];
        for part in counted.into_iter().flatten() {
            places.saw(part.generation, 0);
        }
        if let Some(part) = &self.settled {
            places.saw(part.generation, part.number);
        }
    }

    /// The use that the slot was in, with its generation.
    fn present_use(&self, slot: u32, watermark: u64) -> Option<(u64, Recovered)> {
        let begun = self.begun?;
        let generation = begun.generation;
        let others = [self.settled, self.revised, self.progress];
        // A later use was there, so this one had ended; a power cut kept the later one's begun
        // part from the disk.
        if others.iter().flatten().any(|o| o.generation > generation) {
            return None;
        }
        let [settled, revised, progress] = others.map(|o| o.filter(|o| o.generation == generation));
        let begun = begun.record.to_vec();
        let recovered = match settled {
            Some(settled) if settled.number <= watermark => return None,
            Some(settled) => Recovered::Settled {
                settled: Settled {
                    index: slot,
                    sequence: settled.number,
                },
                begun,
                record: settled.record.to_vec(),
            },
            None => Recovered::Begun {
                slot: Slot {
                    index: slot,
                    generation,
                    sequence: None,
                },
                begun,
                revised: revised.map(|revised| revised.record.to_vec()),
                progress: progress.map_or(0, |progress| progress.number),
            },
        };
        Some((generation, recovered))
    }
}
