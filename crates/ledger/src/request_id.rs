//! The name of one call, the same in its answer, the log and the receipt.

use std::fmt;

use tollgate_policy::time::Timestamp;

/// 48 bits of milliseconds since the Unix epoch and 80 random bits: unique, and sorted by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(u128);

/// A text that is no request id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no request id of the form `req_` and 32 hexadecimal digits")]
pub struct RequestIdError(String);

impl RequestId {
    /// An id from the moment at which the call came, and entropy.
    pub fn new(now: Timestamp, entropy: u128) -> Self {
        let ms = u128::try_from(now.as_micros() / 1000).unwrap_or(0);
        Self((ms << 80) | (entropy & ((1 << 80) - 1)))
    }

    /// An id from the bytes that stand in the database.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(u128::from_be_bytes(bytes))
    }

    /// `req_` and 32 hexadecimal digits in lower case.
    pub fn to_ascii(self) -> [u8; 36] {
        let mut text = *b"req_00000000000000000000000000000000";
        let (pairs, _) = text.get_mut(4..).unwrap_or_default().as_chunks_mut::<2>();
        for (pair, byte) in pairs.iter_mut().zip(self.to_bytes()) {
            *pair = [byte >> 4, byte & 0xf].map(|nibble| match nibble {
                0..=9 => b'0' + nibble,
                _ => b'a' + nibble - 10,
            });
        }
        text
    }

    /// The bytes that stand in the database; they sort by time.
    pub const fn to_bytes(self) -> [u8; 16] {
        self.0.to_be_bytes()
    }
}

/// As [`RequestId::to_ascii`].
impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_ascii();
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl std::str::FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(text: &str) -> Result<Self, RequestIdError> {
        let digits = text.strip_prefix("req_").filter(|digits| {
            digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
        });
        digits
            .and_then(|digits| u128::from_str_radix(digits, 16).ok())
            .map(Self)
            .ok_or_else(|| RequestIdError(text.chars().take(60).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_sorts_by_time() {
        let id = |seconds| RequestId::new(Timestamp::from_seconds(seconds), u128::MAX);
        let early = id(1_800_000_000);
        assert_eq!(early.to_string().parse(), Ok(early));
        let known =
            RequestId::from_bytes(0x019a_bcde_f012_3456_789a_bcde_f012_3456_u128.to_be_bytes());
        assert_eq!(known.to_string(), "req_019abcdef0123456789abcdef0123456");
        assert_eq!(RequestId::from_bytes(early.to_bytes()), early);
        assert!(early < id(1_800_000_001));
        assert!(early.to_bytes() < id(1_800_000_001).to_bytes());
        for bad in ["", "req_", "req_+0000000000000000000000000000000", "tok_1"] {
            assert!(bad.parse::<RequestId>().is_err(), "{bad}");
        }
    }
}
