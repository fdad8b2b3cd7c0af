//! Answers that the gateway makes itself, as hyper wants them. What they say is decided in `tollgate_wire`.

use std::sync::LazyLock;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Response, StatusCode, Version};
use http_body_util::{Either, Full};
use tollgate_ledger::Windows;
use tollgate_wire::answer::{
    Answer, Fault, LimitHeader, RateLimits, Window, limit_headers, request_id_header,
};

use crate::exchange::Exchange;
use crate::relay::RelayBody;

const UPSTREAM_REQUEST_ID: HeaderName = HeaderName::from_static("x-upstream-request-id");

/// [`LimitHeader::NAMES`], read once.
static LIMITS: LazyLock<[HeaderName; LimitHeader::NAMES.len()]> =
    LazyLock::new(|| LimitHeader::NAMES.map(HeaderName::from_static));

/// So many of them are in an answer at most: three for requests, and three for tokens.
const MOST_LIMITS: usize = 6;

/// A body that was made here, or one that is passed on.
pub type ReplyBody = Either<Full<Bytes>, RelayBody>;

/// The answer to a fault, in the caller's dialect.
pub(crate) fn refuse(exchange: &Exchange, fault: &Fault<'_>) -> Response<ReplyBody> {
    let answer = tollgate_wire::answer::answer(fault, exchange.dialect, &exchange.id.to_string());
    let Answer {
        status,
        headers,
        body,
        close,
    } = answer;
    let mut response = whole(body);
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().extend(headers);
    if close && exchange.version < Version::HTTP_2 {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// A document that the gateway answers with.
pub(crate) fn json(exchange: &Exchange, document: Vec<u8>) -> Response<ReplyBody> {
    let mut response = whole(document);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(CONTENT_TYPE, json);
    name_request(exchange, response.headers_mut());
    response
}

/// An answer without content.
pub(crate) fn empty(exchange: &Exchange) -> Response<ReplyBody> {
    let mut response = whole(Vec::new());
    name_request(exchange, response.headers_mut());
    response
}

/// Puts the request id where the caller's dialect looks for it. An upstream's own is kept beside it.
pub(crate) fn name_request(exchange: &Exchange, headers: &mut http::HeaderMap) {
    let name = request_id_header(exchange.dialect);
    // It is made of hexadecimal digits, which are always the value of a header.
    let Ok(id) = HeaderValue::from_bytes(&exchange.id.to_ascii()) else {
        return;
    };
    if let Some(upstream) = headers.insert(name, id) {
        headers.insert(UPSTREAM_REQUEST_ID, upstream);
    }
}

/// Tells the caller how near it is to the limits of a minute.
pub(crate) fn tell_limits(exchange: &Exchange, windows: &Windows, headers: &mut http::HeaderMap) {
    let window = |window: tollgate_ledger::Window| Window {
        limit: u64::from(window.limit),
        remaining: u64::from(window.remaining),
        resets_in: window.resets_in,
    };
    let limits = RateLimits {
        requests: windows.requests.map(window),
        tokens: windows.tokens.map(window),
    };
    if limits == RateLimits::default() {
        return;
    }
    // All values are parts of one text.
    let mut text = Vec::with_capacity(MOST_LIMITS * 24);
    let mut told = [const { None }; MOST_LIMITS];
    let headed = limit_headers(exchange.dialect, &limits, exchange.now);
    for (place, (header, value)) in told.iter_mut().zip(headed) {
        let start = text.len();
        value.write(&mut text);
        *place = Some((header, start..text.len()));
    }
    let text = Bytes::from(text);
    headers.reserve(MOST_LIMITS);
    for (header, span) in told.into_iter().flatten() {
        // Counts, durations and moments are always values of headers.
        let value = HeaderValue::from_maybe_shared(text.slice(span));
        if let (Some(name), Ok(value)) = (LIMITS.get(header.index()), value) {
            headers.insert(name, value);
        }
    }
}

fn whole(body: Vec<u8>) -> Response<ReplyBody> {
    Response::new(Either::Left(Full::new(Bytes::from(body))))
}
