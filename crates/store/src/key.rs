//! The master key: made once, kept in a file beside the database, and never in it.

pub(crate) mod file;

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use rand::TryRngCore;
use rand::rngs::OsRng;
use tollgate_policy::secret::HashKey;
use zeroize::Zeroizing;

const SECRET_HASH: &str = "tollgate 2025-01-01 hash of native secrets";
const SEALING: &str = "tollgate 2025-01-01 sealing of upstream credentials";
const CHECK: &str = "tollgate 2025-01-01 check of the master key";

/// 256 random bits from which the keys of this installation are derived. Wiped on drop.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// Why a master key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file can be read by others, so the key may be known.
    #[error("key file `{path}` is open to others (mode {mode:o}): run `chmod 600 {path}`", path = path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file has something else in it.
    #[error("key file `{path}` does not hold 64 hexadecimal digits: restore it from a backup", path = path.display())]
    Form {
        /// The file.
        path: PathBuf,
    },
    /// The file cannot be read or made.
    #[error("key file `{path}` cannot be read or created", path = path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The operating system gave no randomness.
    #[error("the operating system gave no random bytes")]
    Entropy,
    /// The database was made with another key, so none of its secrets would be found.
    #[error("the database was made with another master key: use the key file that belongs to it")]
    Wrong,
}

impl MasterKey {
    /// A key from 256 secret bits.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Reads the key from a file, or makes one with mode 0600 where there is no file.
    ///
    /// # Errors
    /// Where the file is open to group or others, is no key, or cannot be read or made.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::File { source, .. }) if source.kind() == ErrorKind::NotFound => {
                Self::create(path)
            }
            other => other,
        }
    }

    /// Reads the key from a file.
    ///
    /// # Errors
    /// Where the file is missing, open to group or others, or no key.
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        file::read(path).map(Self)
    }

    /// Another process may have made the file meanwhile: then its key is the one.
    fn create(path: &Path) -> Result<Self, KeyError> {
        match file::create(path) {
            Err(KeyError::File { source, .. }) if source.kind() == ErrorKind::AlreadyExists => {}
            other => other?,
        }
        Self::load(path)
    }

    /// The key under which native secrets are hashed.
    pub fn hash_key(&self) -> HashKey {
        HashKey::new(self.derive(SECRET_HASH))
    }

    pub(crate) fn sealing_key(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.derive(SEALING))
    }

    /// The keyed hash of a text, under a key of its own for each purpose.
    pub(crate) fn digest(&self, context: &str, text: &[u8]) -> [u8; 32] {
        let key = Zeroizing::new(self.derive(context));
        *blake3::keyed_hash(&key, text).as_bytes()
    }

    /// What is kept in the database to recognise the key by; the key cannot be told from it.
    pub(crate) fn check_value(&self) -> String {
        let key = Zeroizing::new(self.derive(CHECK));
        blake3::keyed_hash(&key, b"tollgate").to_hex().to_string()
    }

    fn derive(&self, context: &str) -> [u8; 32] {
        blake3::derive_key(context, &*self.0)
    }
}

/// Never shows the key.
impl std::fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

/// Fills a buffer with random bytes of the operating system.
pub(crate) fn fill(buffer: &mut [u8]) -> Result<(), KeyError> {
    OsRng.try_fill_bytes(buffer).map_err(|_| KeyError::Entropy)
}

#[cfg(test)]
mod tests;
