//! What changes between the client's head and the upstream's, and back: nothing that is not named here.

use std::borrow::Cow;

use http::header::{ACCEPT_ENCODING, AUTHORIZATION, CONNECTION, CONTENT_LENGTH};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use tollgate_rights::source::{Carrier, ExtraHeader, ExtraParameter, UpstreamSecret};
use url::Url;

/// Whether a header concerns one connection only (RFC 9110, section 7.6.1).
fn is_hop_by_hop(name: &str) -> bool {
    matches!(
        name,
        "connection"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
            | "proxy-authenticate"
            | "keep-alive"
            | "proxy-connection"
            | "http2-settings"
    )
}

/// Whether a header tells about the client or the way to it, which is nobody's business further on.
fn is_private(name: &str) -> bool {
    name.starts_with("x-forwarded-")
        || matches!(
            name,
            "forwarded"
                | "via"
                | "x-real-ip"
                | "x-client-ip"
                | "x-cluster-client-ip"
                | "x-original-forwarded-for"
                | "x-envoy-external-address"
                | "true-client-ip"
                | "cf-connecting-ip"
                | "cf-connecting-ipv6"
                | "fastly-client-ip"
                | "fly-client-ip"
        )
}

/// Whether a header says whose account a call is on: that of the credential, which is the operator's.
/// Clients name their own, and vendors refuse one that does not fit.
fn is_of_account(name: &str) -> bool {
    matches!(
        name,
        "openai-organization" | "openai-project" | "x-goog-user-project"
    )
}

/// Whether a header says in which form the answer is to come: compressed, or without its usage.
fn is_of_answer(name: &str) -> bool {
    matches!(name, "accept-encoding" | "x-goog-fieldmask")
}

/// Whether an upstream says it of its own host, and it would be taken as said of the gateway's.
fn is_bound_to_host(name: &str) -> bool {
    matches!(name, "alt-svc" | "strict-transport-security")
}

/// Headers that `Connection` cannot have removed: without them a call means something else.
const PROTECTED: [&str; 5] = [
    "anthropic-beta",
    "anthropic-version",
    "content-encoding",
    "content-length",
    "content-type",
];

/// The headers of the upstream's request from the client's, with the upstream's credential.
/// The client's credentials are gone already; `length` is that of a body that was read whole: its
/// answer is metered, and has to come whole and as it is.
///
/// None where the upstream's credential cannot stand in a header: then nothing may be sent.
pub(crate) fn request_headers(
    client: &HeaderMap,
    carrier: Carrier,
    secret: Option<&UpstreamSecret>,
    length: Option<usize>,
) -> Option<HeaderMap> {
    let named = named_by_connection(client);
    let stays_behind = |name: &HeaderName| {
        let text = name.as_str();
        is_hop_by_hop(text)
            || is_private(text)
            || is_of_account(text)
            || matches!(text, "host" | "expect")
            || length.is_some() && (text == "content-length" || is_of_answer(text))
            || named.contains(name)
    };
    // What is added: a length, an encoding, a credential.
    let mut headers = HeaderMap::with_capacity(client.len().saturating_add(3));
    for (name, value) in client.iter().filter(|(name, _)| !stays_behind(name)) {
        headers.append(name, value.clone());
    }
    if let Some(length) = length {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    }
    if let Some((name, value)) = credential(carrier, secret) {
        let mut value = HeaderValue::try_from(value).ok()?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Some(headers)
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
    let named = named_by_connection(headers);
    remove_where(headers, |name| {
        let text = name.as_str();
        is_hop_by_hop(text)
            || is_bound_to_host(text)
            || !cookies && text == "set-cookie"
            || named.contains(name)
    });
}

/// Removes headers by their names. To look at each name costs less than to look for each that may
/// be there.
pub(crate) fn remove_where(headers: &mut HeaderMap, leaves: impl Fn(&HeaderName) -> bool) {
    let names: Vec<HeaderName> = headers
        .keys()
        .filter(|name| leaves(name))
        .cloned()
        .collect();
    for name in names {
        headers.remove(name);
    }
}

/// What `Connection` names, which concerns that connection only.
fn named_by_connection(headers: &HeaderMap) -> Vec<HeaderName> {
    headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .filter(|name: &HeaderName| !PROTECTED.contains(&name.as_str()))
        .collect()
}

fn credential(carrier: Carrier, secret: Option<&UpstreamSecret>) -> Option<(HeaderName, String)> {
    let secret = secret?.reveal();
    Some(match carrier {
        Carrier::Bearer => (AUTHORIZATION, ["Bearer ", secret].concat()),
        Carrier::ApiKeyScheme => (AUTHORIZATION, ["ApiKey ", secret].concat()),
        Carrier::XApiKey => (HeaderName::from_static("x-api-key"), secret.to_owned()),
        Carrier::ApiKey => (HeaderName::from_static("api-key"), secret.to_owned()),
        Carrier::XGoogApiKey => (HeaderName::from_static("x-goog-api-key"), secret.to_owned()),
    })
}

/// What is asked of an upstream for a model's route, below its base address. Where that ends in `/v1`,
/// the route's own is left out, because some vendors' base addresses end in it and others' do not.
/// `client` is what the client asked for.
pub(crate) fn model_target(
    base: &Url,
    path: &str,
    query: Option<&str>,
    client: &Uri,
) -> Option<Uri> {
    let prefix = base.path().trim_end_matches('/');
    let path = match path.strip_prefix("/v1") {
        Some(rest) if prefix.ends_with("/v1") && (rest.is_empty() || rest.starts_with('/')) => rest,
        _ => path,
    };
    mount_target(base, path, query, client)
}

/// What is asked of a mounted API's upstream: its path, joined as it is. Where it goes and how is
/// known to whoever sends it.
pub(crate) fn mount_target(
    base: &Url,
    path: &str,
    query: Option<&str>,
    client: &Uri,
) -> Option<Uri> {
    let full = joined(base.path().trim_end_matches('/'), path, query);
    // Most often the client asked for the same, which was read already.
    let asked = client
        .path_and_query()
        .filter(|asked| asked.as_str() == full);
    let target = match asked {
        Some(asked) => Some(asked.clone()),
        None => PathAndQuery::try_from(full).ok(),
    };
    target.map(Uri::from)
}

fn joined(prefix: &str, path: &str, query: Option<&str>) -> String {
    let length = prefix.len() + path.len() + query.map_or(0, |query| query.len() + 1);
    let mut full = String::with_capacity(length.max(1));
    full.push_str(prefix);
    full.push_str(path);
    if full.is_empty() {
        full.push('/');
    }
    if let Some(query) = query {
        full.push('?');
        full.push_str(query);
    }
    full
}

/// The target without those `key` parameters that are secrets by their values, and the secrets that
/// they held; none where it has none.
///
/// # Errors
/// A sentence for the client, where a value is not percent-encoded text.
pub(crate) fn without_query_key(
    uri: &Uri,
    is_secret: impl Fn(&str) -> bool,
) -> Result<Option<(Uri, Vec<String>)>, String> {
    let is_taken = |pair: &str| {
        // Some read a plus as a space, and some as itself.
        let as_itself = || pair.replace('+', "%2B");
        name_of(pair) == "key" && (is_secret(&value_of(pair)) || is_secret(&value_of(&as_itself())))
    };
    let has_key = |query: &str| query.split('&').any(is_taken);
    let Some(query) = uri.query().filter(|query| has_key(query)) else {
        return Ok(None);
    };
    let (keys, others): (Vec<&str>, Vec<&str>) = query.split('&').partition(|pair| is_taken(pair));
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
    Ok(Some((uri, secrets)))
}

fn name_of(pair: &str) -> Cow<'_, str> {
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map_or("".into(), |(name, _)| name)
}

fn value_of(pair: &str) -> Cow<'_, str> {
    url::form_urlencoded::parse(pair.as_bytes())
        .next()
        .map_or("".into(), |(_, value)| value)
}

#[cfg(test)]
mod tests;
