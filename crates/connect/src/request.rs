//! What makes a request fit for its destination.

use bytes::Buf;
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Method, Request, Uri, Version};
use http_body::Body;

use crate::destination::Destination;
use crate::error::SendError;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What a request's body has to be. Nothing needs to implement it by hand.
pub trait RequestBody:
    Body<Data: Buf + Send, Error: Into<BoxError>> + Send + Unpin + 'static
{
}

impl<B> RequestBody for B where
    B: Body<Data: Buf + Send, Error: Into<BoxError>> + Send + Unpin + 'static
{
}

/// Brings the target into origin form and names the host, if the caller did not.
pub(crate) fn for_http1<B: Body>(to: &Destination, request: &mut Request<B>) {
    if request.uri().authority().is_some() || request.uri().scheme().is_some() {
        let target = request.uri().path_and_query().cloned();
        let root = || PathAndQuery::from_static("/");
        *request.uri_mut() = Uri::from(target.unwrap_or_else(root));
    }
    *request.version_mut() = Version::HTTP_11;
    // hyper takes it that these have no body where nothing says so.
    let bodiless = matches!(*request.method(), Method::GET | Method::HEAD);
    let body = request.body();
    let is_unmeasured = !body.is_end_stream() && body.size_hint().exact().is_none();
    if bodiless && is_unmeasured && !request.headers().contains_key(CONTENT_LENGTH) {
        let chunked = HeaderValue::from_static("chunked");
        request.headers_mut().insert(TRANSFER_ENCODING, chunked);
    }
    if !request.headers().contains_key(HOST) {
        let host = to.host_header().clone();
        request.headers_mut().insert(HOST, host);
    }
}

/// Brings the target into absolute form, of which HTTP/2 makes its pseudo headers.
pub(crate) fn for_http2<B>(to: &Destination, request: &mut Request<B>) -> Result<(), SendError> {
    let mut parts = request.uri().clone().into_parts();
    let named = request.headers_mut().remove(HOST);
    let host = named.as_ref().unwrap_or(to.host_header());
    let authority = Authority::try_from(host.as_bytes());
    parts.authority = Some(authority.map_err(|_| SendError::Request("host"))?);
    parts.scheme = Some(if to.tls().is_some() {
        Scheme::HTTPS
    } else {
        Scheme::HTTP
    });
    let root = || PathAndQuery::from_static("/");
    parts.path_and_query = Some(parts.path_and_query.unwrap_or_else(root));
    *request.uri_mut() = Uri::from_parts(parts).map_err(|_| SendError::Request("target"))?;
    *request.version_mut() = Version::HTTP_2;
    Ok(())
}
