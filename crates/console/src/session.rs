//! The cookie of a session, and the cookies of what somebody likes to see.

use http::header::{self, HeaderValue};
use http::{HeaderMap, Response};
use tollgate_listen::Peer;

use crate::site::Site;

/// Bound to the host and to TLS by its name, which browsers enforce.
const SECURE: &str = "__Host-tollgate";
/// Where there is no TLS: on the machine itself.
const PLAIN: &str = "tollgate";

/// The cookie of a session, as a browser sent it.
pub(crate) fn cookie(site: &Site, peer: &Peer, headers: &HeaderMap) -> Option<String> {
    value(headers, name(site, peer))
}

/// The value of a cookie.
pub(crate) fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let fields = headers.get_all(header::COOKIE);
    let mut pairs = fields
        .iter()
        .filter_map(|field| field.to_str().ok())
        .flat_map(|field| field.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let found = pairs.find(|(one, _)| *one == name);
    found.map(|(_, value)| value.to_owned())
}

/// Has the browser keep the cookie of a session, until it is closed or the session ends.
pub(crate) fn keep<B>(site: &Site, peer: &Peer, cookie: &str, answer: &mut Response<B>) {
    let tail = tail(site, peer);
    let text = format!(
        "{}={cookie}; HttpOnly; SameSite=Strict{tail}",
        name(site, peer)
    );
    append(answer, &text);
}

/// Has the browser forget the cookie of a session.
pub(crate) fn forget<B>(site: &Site, peer: &Peer, answer: &mut Response<B>) {
    let tail = tail(site, peer);
    let name = name(site, peer);
    let text = format!("{name}=; HttpOnly; SameSite=Strict; Max-Age=0{tail}");
    append(answer, &text);
}

/// Has the browser keep what somebody likes to see, for a year.
pub(crate) fn prefer<B>(
    site: &Site,
    peer: &Peer,
    name: &str,
    value: &str,
    answer: &mut Response<B>,
) {
    let tail = tail(site, peer);
    let text = format!("{name}={value}; HttpOnly; SameSite=Lax; Max-Age=31536000{tail}");
    append(answer, &text);
}

/// What a browser keeps while somebody signs in at an OpenID Connect issuer.
pub(crate) fn openid(site: &Site, peer: &Peer, headers: &HeaderMap) -> Option<String> {
    value(headers, openid_name(site, peer))
}

/// Has the browser keep it, for so many seconds. It comes back from another site, so that a strict
/// cookie would not be sent.
pub(crate) fn keep_openid<B>(
    site: &Site,
    peer: &Peer,
    value: &str,
    seconds: u64,
    answer: &mut Response<B>,
) {
    let (name, tail) = (openid_name(site, peer), tail(site, peer));
    let text = format!("{name}={value}; HttpOnly; SameSite=Lax; Max-Age={seconds}{tail}");
    append(answer, &text);
}

fn openid_name(site: &Site, peer: &Peer) -> &'static str {
    match site.is_secure(peer) {
        true => "__Host-tollgate-openid",
        false => "tollgate-openid",
    }
}

fn name(site: &Site, peer: &Peer) -> &'static str {
    if site.is_secure(peer) { SECURE } else { PLAIN }
}

fn tail(site: &Site, peer: &Peer) -> &'static str {
    if site.is_secure(peer) {
        "; Path=/; Secure"
    } else {
        "; Path=/"
    }
}

fn append<B>(answer: &mut Response<B>, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        answer.headers_mut().append(header::SET_COOKIE, value);
    }
}
