//! Secrets in two shapes that cannot be confused: what a client presents, and the hash that is kept.
//!
//! The native form is `sk-tg-`, 43 base62 digits of 256 random bits, and 6 base62 digits of the
//! CRC-32 of all that precedes them: a typo is refused without a look-up, and a scanner can find
//! leaked secrets with a regular expression. Foreign secrets, of imported tokens, have any shape.

pub mod operator;

use sha2::Digest;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// How every native secret begins.
pub const PREFIX: &str = "sk-tg-";
const BODY: usize = 43;
const CHECKSUM: usize = 6;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Longer texts are refused before they are hashed.
const MAX_LEN: usize = 512;

/// A secret in clear. It can be hashed, or revealed once; it is never printed, and wiped on drop.
pub struct Secret(Zeroizing<String>);

/// Which hash a secret is kept as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Keyed BLAKE3 of a native secret; the key stands outside the database.
    Native,
    /// SHA-256 of a foreign secret, which is what other gateways keep.
    Foreign,
}

/// What is kept of a secret. Equality takes the same time whatever differs.
#[derive(Clone, Copy, Eq)]
pub struct SecretHash {
    scheme: Scheme,
    bytes: [u8; 32],
}

/// The 256-bit key of the native hash.
pub struct HashKey(Zeroizing<[u8; 32]>);

/// Why a presented text cannot be a secret. The text itself is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Nothing was presented.
    #[error("the secret is empty")]
    Empty,
    /// No secret is longer than 512 bytes.
    #[error("the secret is longer than 512 bytes")]
    TooLong,
    /// Secrets are visible ASCII.
    #[error("the secret has a character that no secret has")]
    Character,
    /// The text begins like a native secret and is not one: truncated, extended or mistyped.
    #[error("the secret is mistyped or incomplete: its checksum does not match")]
    Checksum,
    /// The text is the secret of an API credential of an operator.
    #[error("the secret is an API credential of an operator, and no token: calls need a token")]
    Operator,
    /// The text is not the secret of an API credential of an operator.
    #[error("the secret is no API credential of an operator, which begins with `sk-tgadm-`")]
    NotOperator,
}

impl Secret {
    /// A new native secret from 256 random bits.
    pub fn native(entropy: &[u8; 32]) -> Self {
        Self(mint(PREFIX, entropy))
    }

    /// Reads what a client presented. A native secret with a wrong checksum is refused here.
    ///
    /// # Errors
    /// Where the text cannot be a secret; see [`SecretError`].
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if text.is_empty() {
            return Err(SecretError::Empty);
        }
        if text.len() > MAX_LEN {
            return Err(SecretError::TooLong);
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(SecretError::Character);
        }
        if text.starts_with(operator::PREFIX) {
            return Err(SecretError::Operator);
        }
        if text.starts_with(PREFIX) && !checksum_matches(PREFIX, text) {
            return Err(SecretError::Checksum);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// Which hash this secret is kept as.
    pub fn scheme(&self) -> Scheme {
        if self.0.starts_with(PREFIX) {
            Scheme::Native
        } else {
            Scheme::Foreign
        }
    }

    /// The hash by which the token of this secret is found.
    pub fn hash(&self, key: &HashKey) -> SecretHash {
        let scheme = self.scheme();
        let bytes = match scheme {
            Scheme::Native => *blake3::keyed_hash(&key.0, self.0.as_bytes()).as_bytes(),
            Scheme::Foreign => sha2::Sha256::digest(self.0.as_bytes()).into(),
        };
        SecretHash { scheme, bytes }
    }

    /// The secret in clear, for the one time that it is shown.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What lists show so that an operator recognises it: the beginning and the last four characters.
    pub fn hint(&self) -> String {
        let end = self.0.len().saturating_sub(4);
        match (self.scheme(), self.0.get(end..)) {
            (Scheme::Native, Some(last)) => format!("{PREFIX}…{last}"),
            (Scheme::Foreign, Some(last)) if self.0.len() >= 16 => format!("…{last}"),
            _ => "…".to_owned(),
        }
    }
}

/// Never shows the secret.
impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl SecretHash {
    /// A hash as it was stored.
    pub const fn new(scheme: Scheme, bytes: [u8; 32]) -> Self {
        Self { scheme, bytes }
    }

    /// Which hash it is.
    pub const fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The 32 bytes that are stored.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

impl PartialEq for SecretHash {
    fn eq(&self, other: &Self) -> bool {
        let same = self.bytes.ct_eq(&other.bytes);
        bool::from(same) && self.scheme == other.scheme
    }
}

impl std::hash::Hash for SecretHash {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write(&self.bytes);
    }
}

/// Shows the scheme and four bytes: enough to compare two log lines, too little to search with.
impl std::fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, c, d, ..] = self.bytes;
        write!(f, "{:?}({a:02x}{b:02x}{c:02x}{d:02x}…)", self.scheme)
    }
}

impl HashKey {
    /// A key from 256 secret bits.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

/// Never shows the key.
impl std::fmt::Debug for HashKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HashKey(…)")
    }
}

/// A prefix, the digits of the entropy, and those of the checksum of both.
fn mint(prefix: &str, entropy: &[u8; 32]) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(prefix.len() + BODY + CHECKSUM));
    text.push_str(prefix);
    push_base62(&mut text, *entropy, BODY);
    let checksum = crc32fast::hash(text.as_bytes());
    let mut wide = [0; 32];
    for (place, byte) in wide.iter_mut().skip(28).zip(checksum.to_be_bytes()) {
        *place = byte;
    }
    push_base62(&mut text, wide, CHECKSUM);
    text
}

fn checksum_matches(prefix: &str, text: &str) -> bool {
    if text.len() != prefix.len() + BODY + CHECKSUM {
        return false;
    }
    let Some((covered, digits)) = text.split_at_checked(prefix.len() + BODY) else {
        return false;
    };
    let mut seen: u64 = 0;
    for byte in digits.bytes() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return false,
        };
        // Six digits stay below 62^6, far from the end of 64 bits.
        seen = seen * 62 + u64::from(digit);
    }
    let plain = covered.bytes().skip(prefix.len());
    plain.into_iter().all(|b| b.is_ascii_alphanumeric())
        && seen == u64::from(crc32fast::hash(covered.as_bytes()))
}

/// Appends a big-endian number as exactly `digits` base62 digits, by repeated division.
fn push_base62(text: &mut String, mut number: [u8; 32], digits: usize) {
    let start = text.len();
    for _ in 0..digits {
        let mut rest: u32 = 0;
        for byte in &mut number {
            let value = rest * 256 + u32::from(*byte);
            // The quotient is below 256, because the rest that was carried is below 62.
            *byte = (value / 62) as u8;
            rest = value % 62;
        }
        let letter = ALPHABET.get(rest as usize).copied().unwrap_or(b'0');
        text.insert(start, char::from(letter));
    }
    zeroize::Zeroize::zeroize(&mut number);
}

#[cfg(test)]
mod tests;
