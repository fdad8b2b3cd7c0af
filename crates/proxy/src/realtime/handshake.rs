//! The opening handshake of a WebSocket (RFC 6455, section 4): what is taken from the client, what
//! the upstream is asked, and what of its answer goes back.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    CONNECTION, CONTENT_LENGTH, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Version};
use http_body::Body;
use hyper::upgrade::OnUpgrade;
use tollgate_policy::secret::SecretHash;
use tollgate_wire::answer::Fault;

use crate::arriving::Arriving;
use crate::rewrite;
use crate::stop::Stop;

const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// A client that asked for a WebSocket.
pub(crate) struct Client {
    /// The socket, once the answer was written.
    pub(crate) upgrade: OnUpgrade,
    /// By which its rights are looked up again.
    pub(crate) secret: SecretHash,
}

/// Whether a WebSocket is asked for, in whatever version.
pub(crate) fn asks(headers: &HeaderMap) -> bool {
    names(headers, &UPGRADE, "websocket") && names(headers, &CONNECTION, "upgrade")
}

/// Takes the client's handshake.
///
/// # Errors
/// Where it asks for no WebSocket of version 13, or asks for it in a way that none may.
pub(crate) fn accept(head: &mut Parts, body: &Arriving) -> Result<Client, Stop> {
    let headers = &head.headers;
    let version = headers.get(SEC_WEBSOCKET_VERSION);
    if head.version != Version::HTTP_11 || !asks(headers) || version.is_none_or(|one| one != "13") {
        return Err(Fault::UpgradeRequired.into());
    }
    let mut keys = headers.get_all(SEC_WEBSOCKET_KEY).iter();
    if !matches!((keys.next(), keys.next()), (Some(key), None) if is_key(key)) {
        return Err(malformed(
            "`Sec-WebSocket-Key` is missing, or is not 16 bytes in base64",
        ));
    }
    if !body.is_end_stream() {
        return Err(malformed("a request for a WebSocket has no body"));
    }
    let upgrade = head.extensions.remove::<OnUpgrade>();
    let secret = head.extensions.remove::<SecretHash>();
    match (upgrade, secret) {
        (Some(upgrade), Some(secret)) => Ok(Client { upgrade, secret }),
        _ => Err(Fault::UpgradeRequired.into()),
    }
}

/// Asks an upstream for what the client asked for. No extension is asked for, since one could
/// compress the frames.
pub(crate) fn ask(headers: &mut HeaderMap) {
    headers.remove(SEC_WEBSOCKET_EXTENSIONS);
    headers.remove(CONTENT_LENGTH);
    switch(headers);
}

/// Makes the head of an upstream's 101 the client's.
pub(super) fn answer(headers: &mut HeaderMap) {
    rewrite::response_headers(headers, false);
    headers.remove(SEC_WEBSOCKET_EXTENSIONS);
    switch(headers);
}

fn switch(headers: &mut HeaderMap) {
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, WEBSOCKET);
}

/// Whether a list in a header has this word.
fn names(headers: &HeaderMap, name: &HeaderName, word: &str) -> bool {
    let values = headers.get_all(name).iter();
    let mut words = values.flat_map(|value| value.to_str().unwrap_or_default().split(','));
    words.any(|one| one.trim().eq_ignore_ascii_case(word))
}

fn is_key(key: &HeaderValue) -> bool {
    STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 16)
}

fn malformed(sentence: &str) -> Stop {
    Stop::Malformed(sentence.to_owned())
}
