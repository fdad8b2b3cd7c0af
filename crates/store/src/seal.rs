//! Secrets at rest that are needed in clear again: encrypted, and bound to what they belong to.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{KeyInit, XChaCha20Poly1305, XNonce};
use tollgate_policy::id::UpstreamId;
use tollgate_rights::source::UpstreamSecret;
use zeroize::Zeroizing;

use crate::error::StoreError;
use crate::key::{KeyError, MasterKey, fill};

const NONCE: usize = 24;

/// What a sealed text is for: one cannot be taken for the other.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    /// A credential of the upstream.
    Credential,
    /// The address of the proxy by which it is reached.
    Proxy,
}

/// Encrypts a credential for one upstream: a random nonce, then the ciphertext.
pub(crate) fn seal(
    key: &MasterKey,
    upstream: UpstreamId,
    purpose: Purpose,
    secret: &UpstreamSecret,
) -> Result<Vec<u8>, StoreError> {
    let bound = bound_to(upstream, purpose);
    enclose(key, &bound, secret.reveal().as_bytes())
}

/// Encrypts bytes, bound to what they belong to: a random nonce, then the ciphertext.
pub(crate) fn enclose(key: &MasterKey, bound: &[u8], clear: &[u8]) -> Result<Vec<u8>, StoreError> {
    let mut nonce = [0; NONCE];
    fill(&mut nonce)?;
    let sealed = cipher(key)
        .encrypt(&XNonce::from(nonce), payload(clear, bound))
        // Only a text of hundreds of gigabytes cannot be encrypted.
        .map_err(|_| StoreError::Key(KeyError::Entropy))?;
    Ok([nonce.as_slice(), &sealed].concat())
}

/// Decrypts what [`enclose`] made for the same owner under the same key; `None` for anything else.
pub(crate) fn disclose(key: &MasterKey, bound: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, text) = sealed.split_first_chunk::<NONCE>()?;
    let clear = cipher(key).decrypt(&XNonce::from(*nonce), payload(text, bound));
    clear.ok().map(Zeroizing::new)
}

/// Decrypts what [`seal`] made for the same upstream under the same key.
pub(crate) fn unseal(
    key: &MasterKey,
    upstream: UpstreamId,
    purpose: Purpose,
    sealed: &[u8],
) -> Result<UpstreamSecret, StoreError> {
    let damaged = |why: &str| StoreError::corrupt("upstreams", upstream, why);
    let clear = disclose(key, &bound_to(upstream, purpose), sealed)
        .ok_or_else(|| damaged("the sealed credential was not made for this upstream"))?;
    let text = std::str::from_utf8(&clear).map_err(|_| damaged("the credential is no text"))?;
    Ok(UpstreamSecret::new(text.to_owned()))
}

fn cipher(key: &MasterKey) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*key.sealing_key()).into())
}

fn payload<'a>(msg: &'a [u8], aad: &'a [u8]) -> Payload<'a, 'a> {
    Payload { msg, aad }
}

/// Associated data: a value that is moved to another row does not open there.
fn bound_to(upstream: UpstreamId, purpose: Purpose) -> Vec<u8> {
    let what: &[u8] = match purpose {
        Purpose::Credential => b"",
        Purpose::Proxy => b"proxy",
    };
    [upstream.raw().to_be_bytes().as_slice(), what].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PURPOSE: Purpose = Purpose::Credential;

    fn upstream(raw: i64) -> UpstreamId {
        UpstreamId::from_raw(raw).unwrap()
    }

    fn sealed(key: &MasterKey) -> Vec<u8> {
        seal(
            key,
            upstream(1),
            PURPOSE,
            &UpstreamSecret::new("sk-live".to_owned()),
        )
        .unwrap()
    }

    #[test]
    fn a_sealed_credential_opens_only_with_its_key_and_in_its_row() {
        let (key, other) = (
            MasterKey::from_bytes([1; 32]),
            MasterKey::from_bytes([2; 32]),
        );
        let value = sealed(&key);
        assert_eq!(
            unseal(&key, upstream(1), PURPOSE, &value).unwrap().reveal(),
            "sk-live"
        );
        assert!(unseal(&key, upstream(2), PURPOSE, &value).is_err());
        assert!(unseal(&other, upstream(1), PURPOSE, &value).is_err());
        assert!(unseal(&key, upstream(1), Purpose::Proxy, &value).is_err());
    }

    #[test]
    fn a_changed_or_shortened_value_does_not_open() {
        let key = MasterKey::from_bytes([1; 32]);
        let value = sealed(&key);
        for at in 0..value.len() {
            let mut changed = value.clone();
            changed[at] ^= 1;
            assert!(
                unseal(&key, upstream(1), PURPOSE, &changed).is_err(),
                "byte {at}"
            );
            assert!(
                unseal(&key, upstream(1), PURPOSE, &value[..at]).is_err(),
                "cut at {at}"
            );
        }
    }

    #[test]
    fn the_same_credential_never_looks_the_same() {
        let key = MasterKey::from_bytes([1; 32]);
        assert_ne!(sealed(&key), sealed(&key));
    }
}
