//! The same rules on a head that was parsed already: HTTP/2 has no lines to look at.

use http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, EXPECT, HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, Method, Version};

use super::fields::is_twin;
use crate::rejected::Reason;

/// Refuses a head that is not of the one plain form.
///
/// Heads of HTTP/1 have passed a [`Guard`](super::Guard) already, which refuses all this and more.
///
/// # Errors
/// The first reason that is found.
pub fn check(head: &Parts, most_headers: usize) -> Result<(), Reason> {
    if head.headers.len() > most_headers {
        return Err(Reason::TooManyHeaders);
    }
    if head.method == Method::TRACE || head.method == Method::CONNECT {
        return Err(Reason::Method);
    }
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte == b'-';
    if !head.method.as_str().bytes().all(plain) {
        return Err(Reason::Malformed("the method must be a word in upper case"));
    }
    check_host(head)?;
    check_fields(&head.headers)?;
    let known = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"100-continue");
    if !head.headers.get_all(EXPECT).iter().all(known) {
        return Err(Reason::Expectation);
    }
    Ok(())
}

fn check_host(head: &Parts) -> Result<(), Reason> {
    let mut hosts = head.headers.get_all(HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    let target = head.uri.authority().map(|authority| authority.as_str());
    if second.is_some() {
        return Err(Reason::Malformed("the `Host` header must be sent once"));
    }
    match (first, target) {
        (Some(host), Some(target)) if !host.as_bytes().eq_ignore_ascii_case(target.as_bytes()) => {
            Err(Reason::Malformed(
                "the `Host` header must name the host of the request target",
            ))
        }
        (None, Some(_)) if head.version == Version::HTTP_2 => Ok(()),
        (None, _) => Err(Reason::Malformed("the `Host` header is missing")),
        (Some(_), _) => Ok(()),
    }
}

fn check_fields(headers: &HeaderMap) -> Result<(), Reason> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let chunked = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"chunked");
    match (codings.next(), codings.next()) {
        (None, _) => {}
        (Some(one), None) if chunked(one) => {}
        _ => {
            return Err(Reason::Malformed(
                "the only transfer coding that is accepted is `chunked`",
            ));
        }
    }
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    let plain = |value: &http::HeaderValue| {
        let digits = value.as_bytes();
        (1..=19).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit)
    };
    if lengths.next().is_some_and(|length| !plain(length)) || lengths.next().is_some() {
        return Err(Reason::Malformed(
            "the `Content-Length` header must be one plain number",
        ));
    }
    let is_twice = |name| headers.get_all(name).iter().nth(1).is_some();
    if is_twice(AUTHORIZATION) {
        return Err(Reason::Malformed(
            "the `Authorization` header must be sent once",
        ));
    }
    if is_twice(CONTENT_TYPE) {
        return Err(Reason::Malformed(
            "the `Content-Type` header must be sent once",
        ));
    }
    let mut names = headers.keys().map(|name| name.as_str());
    if names.any(|name| name.contains('_') && is_twin(name.as_bytes())) {
        return Err(Reason::Malformed(
            "a header that decides on framing or rights is written with an underscore",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
