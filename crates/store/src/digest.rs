//! What is kept of the random codes that people and programs are given: a keyed hash.

use crate::store::Store;

/// The keyed hash of a code. The key is derived from the master key, which is not in the database.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest([u8; 32]);

/// What a code is for: one cannot be taken for the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The cookie of a session.
    Session,
    /// A link that works once.
    Link,
    /// A code that stands in for a lost authenticator.
    RecoveryCode,
    /// The secret of an operator's API credential.
    ApiCredential,
    /// A login that somebody tried, whether or not there is such a member.
    Login,
    /// An address from which somebody tried to sign in.
    Address,
    /// A member who writes their password once more, or the address from which they do.
    Proof,
    /// What binds a sign-in by OpenID Connect to its browser.
    OpenId,
    /// A key under which a creation may be asked for again, or what was asked for.
    Idempotency,
}

impl Purpose {
    const fn context(self) -> &'static str {
        match self {
            Self::Session => "tollgate 2026-11-21 hash of sessions",
            Self::Link => "tollgate 2026-11-21 hash of links",
            Self::RecoveryCode => "tollgate 2026-11-21 hash of recovery codes",
            Self::ApiCredential => "tollgate 2026-11-21 hash of API credentials",
            Self::Login => "tollgate 2026-11-21 hash of logins that were tried",
            Self::Address => "tollgate 2026-11-21 hash of addresses that tried",
            Self::Proof => "tollgate 2026-11-21 hash of members who were asked once more",
            Self::OpenId => "tollgate 2026-11-21 hash of sign-ins by OpenID Connect",
            Self::Idempotency => "tollgate 2026-11-21 hash of idempotency keys",
        }
    }
}

impl Store {
    /// What is kept of a code.
    pub fn digest(&self, purpose: Purpose, text: &str) -> Digest {
        Digest(self.inner().key.digest(purpose.context(), text.as_bytes()))
    }
}

impl Digest {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.to_vec()
    }
}

/// Enough to compare two log lines, too little to search with.
impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [a, b, ..] = self.0;
        write!(f, "Digest({a:02x}{b:02x}…)")
    }
}
