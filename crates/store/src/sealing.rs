//! Sealed secrets of tokens: kept so that they can be copied again, under keys of the operator that
//! are never in the database. Off where no key is given.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tollgate_policy::id::TokenId;
use tollgate_policy::secret::Secret;
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::key::{KeyError, MasterKey, file};
use crate::seal;

const KEY_ID: &str = "tollgate 2026-11-21 id of a sealing key";

/// The operator's keys: the first one seals, and each opens what it has sealed. Cheap to clone.
#[derive(Clone)]
pub struct SealingKeys(Arc<Vec<SealingKey>>);

struct SealingKey {
    id: String,
    /// The cipher's key is derived from it, as from the key of the database.
    key: MasterKey,
}

/// A secret that was sealed, with the id of the key that did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Which key: 16 hexadecimal digits, from which the key cannot be told.
    pub key: String,
    /// A random nonce, and the ciphertext (XChaCha20-Poly1305, bound to its token).
    pub text: Vec<u8>,
}

/// Why a sealed secret does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was sealed by a key that was not given.
    #[error(
        "the secret was sealed by the key `{0}`, which was not given: name its file too, after the one that seals"
    )]
    UnknownKey(String),
    /// It was changed, cut, or belongs to another token.
    #[error("the sealed secret is damaged, or is that of another token: rotate the token")]
    Damaged,
}

impl SealingKeys {
    /// Reads keys from their files; `None` where none is named.
    ///
    /// # Errors
    /// Where a file is missing, open to group or others, or no key.
    pub fn load(paths: &[PathBuf]) -> Result<Option<Self>, KeyError> {
        let keys: Result<Vec<_>, _> = paths.iter().map(|path| file::read(path)).collect();
        Ok(Self::new(keys?))
    }

    /// Keys from their bits, the one that seals first; `None` where there is none.
    pub fn new(keys: Vec<Zeroizing<[u8; 32]>>) -> Option<Self> {
        let keys: Vec<_> = keys.into_iter().map(SealingKey::new).collect();
        (!keys.is_empty()).then(|| Self(Arc::new(keys)))
    }

    /// Writes a new random key into a new file with mode 0600. Gives the key's id.
    ///
    /// # Errors
    /// Where the file is there, or cannot be written.
    pub fn create_file(path: &Path) -> Result<String, KeyError> {
        file::create(path)?;
        Ok(SealingKey::new(file::read(path)?).id)
    }

    /// Seals a secret of a token.
    ///
    /// # Errors
    /// Where the operating system gives no randomness.
    pub fn seal(&self, token: TokenId, secret: &Secret) -> Result<Sealed, StoreError> {
        let first = self.0.first();
        let first = first.ok_or_else(|| StoreError::unavailable("there is no sealing key"))?;
        let text = seal::enclose(&first.key, &bound_to(token), secret.reveal().as_bytes())?;
        let key = first.id.clone();
        Ok(Sealed { key, text })
    }

    /// Opens what was sealed for this token.
    ///
    /// # Errors
    /// Where the key was not given, or the text was not sealed by it for this token.
    pub fn open(&self, token: TokenId, sealed: &Sealed) -> Result<Secret, OpenError> {
        let known = self.0.iter().find(|one| one.id == sealed.key);
        let known = known.ok_or_else(|| OpenError::UnknownKey(sealed.key.clone()))?;
        let clear = seal::disclose(&known.key, &bound_to(token), &sealed.text);
        let clear = clear.ok_or(OpenError::Damaged)?;
        let text = std::str::from_utf8(&clear).map_err(|_| OpenError::Damaged)?;
        Secret::parse(text).map_err(|_| OpenError::Damaged)
    }
}

impl SealingKey {
    fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        let mut id = blake3::Hasher::new_derive_key(KEY_ID);
        id.update(&*bytes);
        let id = id.finalize().to_hex();
        Self {
            id: id.chars().take(16).collect(),
            key: MasterKey::from_bytes(*bytes),
        }
    }
}

/// Never shows a key.
impl std::fmt::Debug for SealingKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids = self.0.iter().map(|one| one.id.as_str());
        f.debug_list().entries(ids).finish()
    }
}

/// Associated data: a sealed secret that is moved to another token does not open there.
fn bound_to(token: TokenId) -> Vec<u8> {
    [b"secret of a token".as_slice(), &token.raw().to_be_bytes()].concat()
}

#[cfg(test)]
mod tests;
