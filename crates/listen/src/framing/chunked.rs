//! A body in chunks (RFC 9112, 7.1), up to its trailer section.

use crate::rejected::Reason;

/// Bytes behind the `;` of a chunk's size. Nobody here reads them.
const LONGEST_EXTENSION: u16 = 256;
/// Hexadecimal digits of a size: far beyond any body, and no overflow.
const MOST_DIGITS: u8 = 15;

/// Where in the chunks the bytes are.
#[derive(Debug)]
pub(super) enum Chunked {
    Size { value: u64, digits: u8 },
    Extension { value: u64, length: u16 },
    SizeEnd(u64),
    Data(u64),
    DataReturn,
    DataEnd,
}

impl Default for Chunked {
    fn default() -> Self {
        Self::Size {
            value: 0,
            digits: 0,
        }
    }
}

impl Chunked {
    /// Goes through the bytes: how many belong to the chunks, and whether the last one was among
    /// them. An error comes with the bytes in front of it.
    pub(super) fn walk(&mut self, bytes: &[u8]) -> Result<(usize, bool), (usize, Reason)> {
        let mut at = 0;
        while let Some(byte) = bytes.get(at) {
            if let Self::Data(left) = self {
                let here = bytes.len() - at;
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(here);
                *left -= taken as u64;
                at += taken;
                if *left == 0 {
                    *self = Self::DataReturn;
                }
                continue;
            }
            let over = self
                .line(*byte)
                .map_err(|why| (at, Reason::Malformed(why)))?;
            at += 1;
            if over {
                return Ok((at, true));
            }
        }
        Ok((at, false))
    }

    /// One byte that is not data; true if the last chunk's line ends with it.
    fn line(&mut self, byte: u8) -> Result<bool, &'static str> {
        *self = match (&*self, byte) {
            (Self::Size { value, digits }, _) => return self.size(*value, *digits, byte),
            (Self::Extension { value, .. }, b'\r') => Self::SizeEnd(*value),
            (Self::Extension { .. }, 0..=8 | 10..=31 | 127) => {
                return Err("the extension of a chunk has a control character");
            }
            (Self::Extension { length, .. }, _) if *length >= LONGEST_EXTENSION => {
                return Err("the extension of a chunk is too long");
            }
            (Self::Extension { value, length }, _) => Self::Extension {
                value: *value,
                length: length + 1,
            },
            (Self::SizeEnd(0), b'\n') => return Ok(true),
            (Self::SizeEnd(size), b'\n') => Self::Data(*size),
            (Self::DataReturn, b'\r') => Self::DataEnd,
            (Self::DataEnd, b'\n') => Self::default(),
            (Self::SizeEnd(_), _) => return Err("the size of a chunk does not end its line"),
            _ => return Err("a chunk is longer than its size"),
        };
        Ok(false)
    }

    fn size(&mut self, value: u64, digits: u8, byte: u8) -> Result<bool, &'static str> {
        *self = match (char::from(byte).to_digit(16), byte) {
            (Some(_), _) if digits >= MOST_DIGITS => {
                return Err("the size of a chunk is too large");
            }
            (Some(digit), _) => Self::Size {
                value: value << 4 | u64::from(digit),
                digits: digits + 1,
            },
            (None, b'\r') if digits > 0 => Self::SizeEnd(value),
            (None, b';') if digits > 0 => Self::Extension { value, length: 0 },
            _ => return Err("the size of a chunk must be a plain hexadecimal number"),
        };
        Ok(false)
    }
}
