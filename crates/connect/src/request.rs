//! What makes a request fit for its destination.

use http::header::HOST;
use http::uri::PathAndQuery;
use http::{Request, Uri, Version};

use crate::destination::Destination;

/// Brings the target into origin form and names the host, if the caller did not.
pub(crate) fn for_http1<B>(to: &Destination, request: &mut Request<B>) {
    if request.uri().authority().is_some() || request.uri().scheme().is_some() {
        let target = request.uri().path_and_query().cloned();
        let root = || PathAndQuery::from_static("/");
        *request.uri_mut() = Uri::from(target.unwrap_or_else(root));
    }
    *request.version_mut() = Version::HTTP_11;
    if !request.headers().contains_key(HOST) {
        let host = to.host_header().clone();
        request.headers_mut().insert(HOST, host);
    }
}
