//! The slots of a file as memory that the process shares with the page cache. Knows no records.

use std::fs::File;
use std::sync::{Arc, OnceLock};

use rustix::fs::{FsWord, fstatfs};
use vm_memory::{FileOffset, MmapRegion, VolatileMemory};

use crate::part::{SLOT, start};

/// Slots that are mapped at once, and by which the file grows.
pub(crate) const STEP: u32 = 256;

const STEP_BYTES: usize = STEP as usize * SLOT as usize;

/// File systems that write over a block where it lies, so that a write into memory wants no space:
/// where there was none, the process would be killed. From `linux/magic.h` and `statfs(2)`.
const IN_PLACE: [FsWord; 4] = [
    0xEF53,      // ext2, ext3 and ext4
    0x5846_5342, // XFS
    0xF2F5_2010, // F2FS
    0x0102_1994, // tmpfs
];

/// A step is mapped when it is first written to and all of it is in the file, and stays so.
pub(crate) struct Mapped {
    file: Arc<File>,
    steps: Box<[OnceLock<MmapRegion>]>,
}

impl Mapped {
    /// None where the file system is not known to write in place.
    pub(crate) fn new(file: &Arc<File>, most_slots: u32) -> Option<Self> {
        let kind = fstatfs(file).ok()?.f_type;
        let steps = most_slots.div_ceil(STEP);
        IN_PLACE.contains(&kind).then(|| Self {
            file: Arc::clone(file),
            steps: (0..steps).map(|_| OnceLock::new()).collect(),
        })
    }

    /// Writes into a slot that the file has space for. False if it is not mapped: then nothing was
    /// written.
    pub(crate) fn write(&self, bytes: &[u8], at: u64) -> bool {
        self.try_write(bytes, at).is_some()
    }

    fn try_write(&self, bytes: &[u8], at: u64) -> Option<()> {
        let within = usize::try_from(at.checked_sub(start(0))?).ok()?;
        let region = self.region(within / STEP_BYTES)?;
        let place = region.get_slice(within % STEP_BYTES, bytes.len()).ok()?;
        place.copy_from(bytes);
        Some(())
    }

    fn region(&self, step: usize) -> Option<&MmapRegion> {
        let place = self.steps.get(step)?;
        if place.get().is_none() {
            let region = self.map(step)?;
            // Another thread may have been quicker: then this one is let go.
            let _ = place.set(region);
        }
        place.get()
    }

    /// None while the file ends within the step: to touch what lies behind its end is deadly.
    fn map(&self, step: usize) -> Option<MmapRegion> {
        let slot = u32::try_from(step).ok()?.checked_mul(STEP)?;
        let end = start(slot).checked_add(STEP_BYTES as u64)?;
        if self.file.metadata().ok()?.len() < end {
            return None;
        }
        let place = FileOffset::from_arc(Arc::clone(&self.file), start(slot));
        MmapRegion::from_file(place, STEP_BYTES).ok()
    }
}
