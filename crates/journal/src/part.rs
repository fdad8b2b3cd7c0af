//! One checksummed part of the file: where it lies, how it is written and how it is read back.

use crc32fast::Hasher;

/// Bytes before the first slot.
pub(crate) const HEADER: u64 = 4096;

/// Bytes of one slot. Half of a memory page, so that no slot lies on two.
pub(crate) const SLOT: u64 = 2048;

/// Bytes before the record of a part: checksum, length, generation, number.
const PREFIX: usize = 24;

/// The longest record that [`begin`](crate::Journal::begin) takes, in bytes.
pub const MOST_BEGUN: usize = 1024 - PREFIX;

/// The longest record that [`settle`](crate::Journal::settle) and [`revise`](crate::Journal::revise)
/// take, in bytes.
pub const MOST_SETTLED: usize = 1024 - PREFIX - PREFIX;

/// What a part is of. The watermark lies in the header, the others in each slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Begun,
    Revised,
    Settled,
    Progress,
    Watermark,
}

/// What a part says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Part<'a> {
    /// Which use of its slot it belongs to.
    pub(crate) generation: u64,
    /// The sequence of a settled part, the value of a progress part, the watermark; else 0.
    pub(crate) number: u64,
    pub(crate) record: &'a [u8],
}

impl Kind {
    /// Where the part lies in a slot. The begun part has disk sectors of its own,
    /// so that a write of another part that is torn cannot reach it. What is settled needs no
    /// revision any more, and is written over it.
    pub(crate) const fn within(self) -> u64 {
        match self {
            Self::Begun => 0,
            Self::Revised | Self::Settled => 1024,
            Self::Progress => SLOT - PREFIX as u64,
            Self::Watermark => 512,
        }
    }

    /// Where the part lies in the file.
    pub(crate) fn at(self, slot: u32) -> u64 {
        match self {
            Self::Watermark => self.within(),
            Self::Begun | Self::Revised | Self::Settled | Self::Progress => {
                start(slot) + self.within()
            }
        }
    }

    const fn most(self) -> usize {
        match self {
            Self::Begun => MOST_BEGUN,
            Self::Revised | Self::Settled => MOST_SETTLED,
            Self::Progress | Self::Watermark => 0,
        }
    }

    /// Stands in the checksum, so that one kind is never read as another.
    const fn code(self) -> u8 {
        match self {
            Self::Begun => b'b',
            Self::Revised => b'r',
            Self::Settled => b's',
            Self::Progress => b'p',
            Self::Watermark => b'w',
        }
    }
}

/// Where a slot starts in the file.
pub(crate) fn start(slot: u32) -> u64 {
    HEADER + u64::from(slot) * SLOT
}

/// What is written over a begun part so that it is none any more.
pub(crate) const ERASED: [u8; PREFIX] = [0; PREFIX];

impl<'a> Part<'a> {
    /// The bytes of the part. The record is as long as fits: callers have checked it.
    pub(crate) fn encode(&self, kind: Kind, slot: u32) -> Vec<u8> {
        let length = u32::try_from(self.record.len()).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(PREFIX + self.record.len());
        bytes.extend_from_slice(&[0; 4]);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&self.generation.to_le_bytes());
        bytes.extend_from_slice(&self.number.to_le_bytes());
        bytes.extend_from_slice(self.record);
        if let Some((sum, summed)) = bytes.split_first_chunk_mut() {
            *sum = checksum(kind, slot, summed).to_le_bytes();
        }
        bytes
    }

    /// Reads a part from its first byte on. None unless it was written whole, as this kind, into
    /// this slot.
    pub(crate) fn decode(kind: Kind, slot: u32, bytes: &'a [u8]) -> Option<Self> {
        let (sum, summed) = bytes.split_first_chunk()?;
        let (length, rest) = summed.split_first_chunk()?;
        let (generation, rest) = rest.split_first_chunk()?;
        let (number, rest) = rest.split_first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
        if length > kind.most() {
            return None;
        }
        let record = rest.get(..length)?;
        let summed = summed.get(..PREFIX - sum.len() + length)?;
        let whole = u32::from_le_bytes(*sum) == checksum(kind, slot, summed);
        whole.then_some(Self {
            generation: u64::from_le_bytes(*generation),
            number: u64::from_le_bytes(*number),
            record,
        })
    }
}

fn checksum(kind: Kind, slot: u32, summed: &[u8]) -> u32 {
    let [a, b, c, d] = slot.to_le_bytes();
    let mut hasher = Hasher::new();
    hasher.update(&[kind.code(), a, b, c, d]);
    hasher.update(summed);
    hasher.finalize()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PART: Part<'static> = Part {
        generation: 7,
        number: 9,
        record: b"a call",
    };

    #[test]
    fn a_part_is_read_back_as_it_was_written() {
        let mut bytes = PART.encode(Kind::Settled, 3);
        bytes.extend_from_slice(b"leftovers");
        assert_eq!(Part::decode(Kind::Settled, 3, &bytes), Some(PART));
    }

    #[test]
    fn a_part_of_another_kind_or_slot_is_none() {
        let bytes = PART.encode(Kind::Settled, 3);
        assert_eq!(Part::decode(Kind::Begun, 3, &bytes), None);
        assert_eq!(Part::decode(Kind::Settled, 4, &bytes), None);
    }

    #[test]
    fn a_part_with_any_byte_changed_or_cut_is_none() {
        let whole = PART.encode(Kind::Begun, 0);
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 0x40;
            assert_eq!(Part::decode(Kind::Begun, 0, &changed), None, "byte {at}");
            assert_eq!(Part::decode(Kind::Begun, 0, &whole[..at]), None);
        }
    }

    #[test]
    fn zeros_are_no_part() {
        let in_slots = [Kind::Begun, Kind::Revised, Kind::Settled, Kind::Progress];
        for kind in in_slots.into_iter().chain([Kind::Watermark]) {
            assert_eq!(Part::decode(kind, 0, &[0; 1024]), None);
        }
    }

    #[test]
    fn the_longest_parts_fill_a_slot_without_touching_each_other() {
        let end = |kind: Kind| kind.within() + (PREFIX + kind.most()) as u64;
        assert_eq!(end(Kind::Begun), Kind::Settled.within());
        assert_eq!(end(Kind::Settled), Kind::Progress.within());
        assert_eq!(end(Kind::Progress), SLOT);
        assert_eq!(Kind::Settled.within() % 512, 0);
        assert!(end(Kind::Watermark) <= HEADER);
    }
}
