//! The first bytes of the file: that it is a journal, of which version, and whose.

use crate::part::{HEADER, SLOT};

const MAGIC: &[u8; 8] = b"TGjournl";

/// The version of the format that is written and understood here.
pub(crate) const VERSION: u32 = 1;

/// Why the start of a file is not a header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    NotAJournal,
    OtherVersion(u32),
    Damaged,
}

/// The whole header of a new journal.
pub(crate) fn encode(identity: [u8; 16]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(usize::try_from(HEADER).unwrap_or_default());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&VERSION.to_le_bytes());
    bytes.extend_from_slice(&u32::try_from(SLOT).unwrap_or_default().to_le_bytes());
    bytes.extend_from_slice(&identity);
    bytes.extend_from_slice(&crc32fast::hash(&bytes).to_le_bytes());
    bytes.resize(bytes.capacity(), 0);
    bytes
}

/// The identity in a header. `bytes` are the first [`HEADER`] of the file, or all that it has.
pub(crate) fn decode(bytes: &[u8]) -> Result<[u8; 16], Fault> {
    let start = bytes.get(..MAGIC.len()).unwrap_or(bytes);
    if !MAGIC.starts_with(start) {
        return Err(Fault::NotAJournal);
    }
    let read = || {
        let (_magic, rest) = bytes.split_first_chunk::<8>()?;
        let (version, rest) = rest.split_first_chunk()?;
        let (slot, rest) = rest.split_first_chunk()?;
        let (identity, rest) = rest.split_first_chunk()?;
        let (sum, _) = rest.split_first_chunk()?;
        let slot = u32::from_le_bytes(*slot);
        let sum = u32::from_le_bytes(*sum);
        Some((u32::from_le_bytes(*version), slot, *identity, sum))
    };
    let (version, slot, identity, sum) = read().ok_or(Fault::Damaged)?;
    if version != VERSION {
        return Err(Fault::OtherVersion(version));
    }
    let summed = bytes.get(..32).ok_or(Fault::Damaged)?;
    let whole = u64::try_from(bytes.len()).is_ok_and(|length| length == HEADER);
    if !whole || u64::from(slot) != SLOT || sum != crc32fast::hash(summed) {
        return Err(Fault::Damaged);
    }
    Ok(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_fills_its_page_and_gives_its_identity_back() {
        let header = encode([5; 16]);
        assert_eq!(header.len() as u64, HEADER);
        assert_eq!(decode(&header), Ok([5; 16]));
    }

    #[test]
    fn a_header_cut_anywhere_is_damaged() {
        let header = encode([5; 16]);
        for length in 1..header.len() {
            assert_eq!(decode(&header[..length]), Err(Fault::Damaged), "{length}");
        }
    }

    #[test]
    fn a_header_with_any_byte_changed_is_refused() {
        for at in 0..36 {
            let mut header = encode([5; 16]);
            header[at] ^= 1;
            let refused = decode(&header).unwrap_err();
            match at {
                0..8 => assert_eq!(refused, Fault::NotAJournal),
                8..12 => assert!(matches!(refused, Fault::OtherVersion(_))),
                _ => assert_eq!(refused, Fault::Damaged),
            }
        }
    }
}
