//! How an upstream is reached: its address, its credentials, and what is sent along.

mod extra;
mod retry;

use tollgate_policy::id::CredentialId;
use tollgate_policy::name::Name;
use url::Url;
use zeroize::Zeroizing;

pub use extra::{ExtraError, ExtraHeader, ExtraParameter};
pub use retry::{RetryOn, RetryOnError};

/// How an upstream is reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// The address below which its routes are.
    pub base_url: Url,
    /// Where its credentials go.
    pub carrier: Carrier,
    /// The credentials that are enabled, in the order in which they were made. None where it wants
    /// none.
    pub credentials: Vec<AccessCredential>,
    /// Headers that every request to it has, in place of the client's of the same name.
    pub headers: Vec<ExtraHeader>,
    /// Members that every JSON body has, unless the client set them; for a mounted API, parameters
    /// of the query.
    pub parameters: Vec<ExtraParameter>,
    /// Certificates to trust besides the usual roots, as PEM.
    pub ca: Option<String>,
    /// The proxy by which it is reached.
    pub proxy: Option<ProxyAddress>,
    /// Whether it may be on a private network or on this machine.
    pub allow_private: bool,
    /// Whether HTTP/2 is spoken.
    pub http2: Http2,
    /// The statuses upon which a call is tried elsewhere.
    pub retry_on: RetryOn,
}

/// One credential of an upstream.
#[derive(Debug, Clone)]
pub struct AccessCredential {
    /// Its identity.
    pub id: CredentialId,
    /// For operators; unique in its upstream.
    pub name: Name,
    /// The credential in clear; `None` where the variable that holds it is not set, so that nothing
    /// can be sent with it.
    pub secret: Option<UpstreamSecret>,
}

/// The header that carries an upstream's credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carrier {
    /// `Authorization: Bearer …`
    Bearer,
    /// `Authorization: ApiKey …`
    ApiKeyScheme,
    /// `x-api-key: …`
    XApiKey,
    /// `api-key: …`
    ApiKey,
    /// `x-goog-api-key: …`
    XGoogApiKey,
}

/// Whether HTTP/2 is spoken with an upstream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Http2 {
    /// Never.
    Never,
    /// Where its TLS offers it.
    #[default]
    Offered,
    /// Always, also without TLS.
    PriorKnowledge,
}

/// The credential of an upstream, in clear. Never printed, and wiped on drop.
#[derive(Clone, PartialEq, Eq)]
pub struct UpstreamSecret(Zeroizing<String>);

/// The address of a proxy, which may hold a password. Never printed whole.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyAddress(Url);

/// A text that is no address of a proxy. It does not repeat what may be a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a proxy is `http://`, `socks5://` or `socks5h://` with a host and no path")]
pub struct ProxyAddressError;

/// The credential of an attempt cannot be sent: it is gone meanwhile, or its variable is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the upstream's credential is not there")]
pub struct NoSuchCredential;

impl Access {
    /// An upstream at an address, with everything else as it is for a new one and no credential.
    pub fn new(base_url: Url, carrier: Carrier) -> Self {
        Self {
            base_url,
            carrier,
            credentials: Vec::new(),
            headers: Vec::new(),
            parameters: Vec::new(),
            ca: None,
            proxy: None,
            allow_private: false,
            http2: Http2::default(),
            retry_on: RetryOn::default(),
        }
    }

    /// What an attempt's credential is in clear; `None` where it carries none.
    ///
    /// # Errors
    /// Where nothing may be sent, because the credential is not there.
    pub fn secret(
        &self,
        id: Option<CredentialId>,
    ) -> Result<Option<&UpstreamSecret>, NoSuchCredential> {
        let Some(id) = id else { return Ok(None) };
        let found = self.credentials.iter().find(|one| one.id == id);
        let secret = found.and_then(|one| one.secret.as_ref());
        secret.map(Some).ok_or(NoSuchCredential)
    }
}

impl Carrier {
    /// All carriers.
    pub const ALL: [Self; 5] = [
        Self::Bearer,
        Self::ApiKeyScheme,
        Self::XApiKey,
        Self::ApiKey,
        Self::XGoogApiKey,
    ];

    /// The name in tables and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::ApiKeyScheme => "apikey-scheme",
            Self::XApiKey => "x-api-key",
            Self::ApiKey => "api-key",
            Self::XGoogApiKey => "x-goog-api-key",
        }
    }
}

impl Http2 {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Never, Self::Offered, Self::PriorKnowledge];

    /// The name in tables and on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Offered => "offered",
            Self::PriorKnowledge => "prior-knowledge",
        }
    }
}

impl UpstreamSecret {
    /// Takes a credential in clear.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The credential in clear, for the one header that carries it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Never shows the credential.
impl std::fmt::Debug for UpstreamSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UpstreamSecret(…)")
    }
}

impl ProxyAddress {
    /// Reads the address of a proxy, with user and password where it wants them. Whether such a
    /// proxy can be used is for those to say who connect to it: what was saved once is read.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(text: &str) -> Result<Self, ProxyAddressError> {
        let url = Url::parse(text.trim()).map_err(|_| ProxyAddressError)?;
        let known = matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
        let bare = matches!(url.path(), "" | "/") && url.query().is_none();
        let host = url.host_str().is_some_and(|host| !host.is_empty());
        if known && bare && host && url.fragment().is_none() {
            Ok(Self(url))
        } else {
            Err(ProxyAddressError)
        }
    }

    /// The address with its password, for whoever connects.
    pub const fn reveal(&self) -> &Url {
        &self.0
    }

    /// The address without user and password.
    pub fn shown(&self) -> String {
        let mut url = self.0.clone();
        // Neither fails on an address with a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        url.to_string().trim_end_matches('/').to_owned()
    }
}

/// Never shows user and password.
impl std::fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ProxyAddress({})", self.shown())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_proxy_is_never_shown() {
        let proxy = ProxyAddress::parse("socks5h://me:hunter2@proxy.example:1080").unwrap();
        assert_eq!(proxy.shown(), "socks5h://proxy.example:1080");
        assert!(!format!("{proxy:?}").contains("hunter2"));
        assert_eq!(proxy.reveal().password(), Some("hunter2"));
    }

    /// None can be used, but an upstream that was saved with one is still read.
    #[test]
    fn a_proxy_behind_tls_is_still_read() {
        let proxy = ProxyAddress::parse("https://proxy.example").unwrap();
        assert_eq!(proxy.shown(), "https://proxy.example");
    }

    #[test]
    fn what_is_no_proxy_is_refused_and_not_repeated() {
        for text in [
            "ftp://proxy:1",
            "http://",
            "proxy:hunter2",
            "http://proxy/path",
            "http://proxy?x",
            "",
        ] {
            let error = ProxyAddress::parse(text).unwrap_err();
            assert!(!error.to_string().contains("hunter2"));
        }
    }

    #[test]
    fn a_credential_that_is_not_there_is_not_taken_for_none() {
        let url = Url::parse("https://vendor.example").unwrap();
        let mut access = Access::new(url, Carrier::Bearer);
        let id = |raw| CredentialId::from_raw(raw);
        let credential = |raw, secret: Option<&str>| AccessCredential {
            id: CredentialId::from_raw(raw).unwrap(),
            name: "key".parse().unwrap(),
            secret: secret.map(|text| UpstreamSecret::new(text.to_owned())),
        };
        access.credentials = vec![credential(1, Some("sk-1")), credential(2, None)];
        assert_eq!(access.secret(None), Ok(None));
        let found = access.secret(id(1)).unwrap().unwrap();
        assert_eq!(found.reveal(), "sk-1");
        assert_eq!(access.secret(id(2)), Err(NoSuchCredential));
        assert_eq!(access.secret(id(3)), Err(NoSuchCredential));
    }
}
