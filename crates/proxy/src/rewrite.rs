//! What changes between the client's head and the upstream's, and back: nothing that is not named here.

use std::borrow::Cow;

use http::header::{
    ALT_SVC, CONNECTION, CONTENT_LENGTH, EXPECT, FORWARDED, HOST, PROXY_AUTHENTICATE, SET_COOKIE,
    STRICT_TRANSPORT_SECURITY, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use tollgate_rights::source::{Carrier, ExtraHeader, ExtraParameter, UpstreamSecret};
use url::Url;

/// Headers that concern one connection only (RFC 9110, section 7.6.1).
const HOP_BY_HOP: [HeaderName; 9] = [
    CONNECTION,
    TE,
    TRAILER,
    TRANSFER_ENCODING,
    UPGRADE,
    PROXY_AUTHENTICATE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    HeaderName::from_static("http2-settings"),
];

/// What tells about the client or the way to it, and is nobody's business further on.
const PRIVATE: [HeaderName; 6] = [
    FORWARDED,
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-forwarded-host"),
    HeaderName::from_static("x-forwarded-proto"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("cf-connecting-ip"),
];

/// What an upstream says of its own host, and would be taken as said of the gateway's.
const HOST_BOUND: [HeaderName; 2] = [ALT_SVC, STRICT_TRANSPORT_SECURITY];

/// Headers that `Connection` cannot have removed: without them a call means something else.
const PROTECTED: [&str; 5] = [
    "anthropic-beta",
    "anthropic-version",
    "content-encoding",
    "content-length",
    "content-type",
];

/// Makes the client's headers those of the upstream's request, with the upstream's credential.
/// The client's credentials are gone already; `length` is that of a body that was read whole.
///
/// False where the upstream's credential cannot stand in a header: then nothing may be sent.
pub(crate) fn request_headers(
    headers: &mut HeaderMap,
    carrier: Carrier,
    secret: Option<&UpstreamSecret>,
    length: Option<usize>,
) -> bool {
    strip_hop_by_hop(headers);
    for name in PRIVATE.iter().chain(&[HOST, EXPECT]) {
        headers.remove(name);
    }
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    match credential(carrier, secret) {
        None => true,
        Some((name, value)) => match HeaderValue::try_from(value) {
            Ok(mut value) => {
                value.set_sensitive(true);
                headers.insert(name, value);
                true
            }
            Err(_) => false,
        },
    }
}

/// Sets what an operator has sent along, in place of what the client wrote under these names.
pub(crate) fn extra_headers(headers: &mut HeaderMap, extra: &[ExtraHeader]) {
    for one in extra {
        // They were read as headers when they were saved.
        let name = HeaderName::try_from(one.name());
        let value = HeaderValue::try_from(one.value());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.insert(name, value);
        }
    }
}

/// The query with an operator's parameters, unless the client set them. Texts are written without
/// the quotes of JSON.
pub(crate) fn with_parameters<'q>(
    query: Option<&'q str>,
    extra: &[ExtraParameter],
) -> Option<Cow<'q, str>> {
    let has = |name: &str| {
        let mut pairs = query.unwrap_or_default().split('&');
        pairs.any(|pair| name_of(pair) == name)
    };
    let mut added = url::form_urlencoded::Serializer::new(String::new());
    for one in extra.iter().filter(|one| !has(one.name())) {
        added.append_pair(one.name(), &one.plain());
    }
    let added = added.finish();
    match query {
        query if added.is_empty() => query.map(Cow::Borrowed),
        None | Some("") => Some(Cow::Owned(added)),
        Some(query) => Some(Cow::Owned(format!("{query}&{added}"))),
    }
}

/// Makes an upstream's response headers the client's.
pub(crate) fn response_headers(headers: &mut HeaderMap, cookies: bool) {
    strip_hop_by_hop(headers);
    for name in &HOST_BOUND {
        headers.remove(name);
    }
    if !cookies {
        headers.remove(SET_COOKIE);
    }
}

fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .filter(|name: &HeaderName| !PROTECTED.contains(&name.as_str()))
        .collect();
    for name in named.iter().chain(&HOP_BY_HOP) {
        headers.remove(name);
    }
}

fn credential(carrier: Carrier, secret: Option<&UpstreamSecret>) -> Option<(HeaderName, String)> {
    let secret = secret?.reveal();
    Some(match carrier {
        Carrier::Bearer => (http::header::AUTHORIZATION, format!("Bearer {secret}")),
        Carrier::ApiKeyScheme => (http::header::AUTHORIZATION, format!("ApiKey {secret}")),
        Carrier::XApiKey => (HeaderName::from_static("x-api-key"), secret.to_owned()),
        Carrier::ApiKey => (HeaderName::from_static("api-key"), secret.to_owned()),
        Carrier::XGoogApiKey => (HeaderName::from_static("x-goog-api-key"), secret.to_owned()),
    })
}

/// The address of a model's route at an upstream. Where the base ends in `/v1`, the route's own is
/// left out, because some vendors' base addresses end in it and others' do not.
pub(crate) fn model_target(base: &Url, path: &str, query: Option<&str>) -> Option<Uri> {
    let prefix = base.path().trim_end_matches('/');
    let path = match path.strip_prefix("/v1") {
        Some(rest) if prefix.ends_with("/v1") && (rest.is_empty() || rest.starts_with('/')) => rest,
        _ => path,
    };
    mount_target(base, path, query)
}

/// The address of a mounted API's path at its upstream: joined as it is.
pub(crate) fn mount_target(base: &Url, path: &str, query: Option<&str>) -> Option<Uri> {
    let prefix = base.path().trim_end_matches('/');
    let mut full = format!("{prefix}{path}");
    if full.is_empty() {
        full.push('/');
    }
    if let Some(query) = query {
        full.push('?');
        full.push_str(query);
    }
    let authority = match base.port() {
        Some(port) => format!("{}:{port}", base.host_str()?),
        None => base.host_str()?.to_owned(),
    };
    Uri::builder()
        .scheme(base.scheme())
        .authority(authority)
        .path_and_query(full)
        .build()
        .ok()
}

/// The target without its `key` parameters, and the secrets that they held.
///
/// # Errors
/// A sentence for the client, where a value is not percent-encoded text.
pub(crate) fn without_query_key(uri: &Uri) -> Result<(Uri, Vec<String>), String> {
    let has_key = |query: &str| query.split('&').any(|pair| name_of(pair) == "key");
    let Some(query) = uri.query().filter(|query| has_key(query)) else {
        return Ok((uri.clone(), Vec::new()));
    };
    let (keys, others): (Vec<&str>, Vec<&str>) =
        query.split('&').partition(|pair| name_of(pair) == "key");
    let secrets = keys
        .iter()
        .map(|pair| {
            url::form_urlencoded::parse(pair.as_bytes())
                .next()
                .map(|(_, value)| value.into_owned())
        })
        .collect::<Option<Vec<_>>>();
    let secrets = secrets.ok_or("the query parameter `key` cannot be read")?;
    let rest = if others.is_empty() {
        uri.path().to_owned()
    } else {
        format!("{}?{}", uri.path(), others.join("&"))
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query =
        Some(PathAndQuery::try_from(rest).map_err(|_| "the query cannot be read")?);
    let uri = Uri::from_parts(parts).map_err(|_| "the target cannot be read")?;
    Ok((uri, secrets))
}

fn name_of(pair: &str) -> Cow<'_, str> {
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map_or("".into(), |(name, _)| name)
}

#[cfg(test)]
mod tests;
