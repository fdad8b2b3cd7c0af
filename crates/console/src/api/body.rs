//! What is sent to the API: bodies and queries whose every field is known, of a bounded size.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts};
use http::header;
use http::request::Parts;
use http::{HeaderMap, Request};
use serde::de::DeserializeOwned;
use serde_json::Value;
use utoipa::ToSchema;

use super::schema;
use crate::body::{self, Bounds};
use crate::problem::Problem;
use crate::site::Site;

/// A JSON object of somebody who is known.
pub(super) struct Sent<T> {
    pub(super) input: T,
    pub(super) again: Again,
}

/// A JSON object of anybody. It is not remembered that it was sent.
pub(super) struct StrangerSent<T>(pub(super) T);

/// A query.
pub(super) struct Asked<T>(pub(super) T);

/// What tells whether the same was asked for before.
pub(super) struct Again {
    pub(super) key: Option<String>,
    /// Method, path and body.
    pub(super) request: String,
}

impl<T: DeserializeOwned + ToSchema> FromRequest<Site> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &Site) -> Result<Self, Problem> {
        Self::read(request, body::KNOWN).await
    }
}

impl<T: DeserializeOwned + ToSchema> FromRequest<Site> for StrangerSent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, _: &Site) -> Result<Self, Problem> {
        let sent = Sent::read(request, body::STRANGERS).await?;
        Ok(Self(sent.input))
    }
}

impl<T: DeserializeOwned + ToSchema> Sent<T> {
    async fn read(request: Request<Body>, bounds: Bounds) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let body = body::read(body, bounds).await?;
        // What needs nothing may be sent nothing.
        let text = if body.is_empty() {
            b"{}".as_slice()
        } else {
            &body
        };
        if !body.is_empty() && !is_json(&parts.headers) {
            return Err(Problem::media_type("application/json"));
        }
        let value: Value = serde_json::from_slice(text)
            .map_err(|error| Problem::malformed(&format!("the body is no JSON: {error}")))?;
        let Value::Object(mut object) = value else {
            return Err(Problem::malformed("the body is no JSON object"));
        };
        schema::check::<T>(object.keys().map(String::as_str))?;
        if let Some(version) = wanted_version(&parts.headers)?
            && schema::fields::<T>().contains("if_version")
        {
            object.insert("if_version".to_owned(), version.into());
        }
        let again = Again {
            key: text_of(&parts.headers, "idempotency-key"),
            request: format!(
                "{} {} {}",
                parts.method,
                parts.uri,
                String::from_utf8_lossy(&body)
            ),
        };
        let input = serde_json::from_value(Value::Object(object))
            .map_err(|error| Problem::invalid("body", error.to_string()))?;
        Ok(Self { input, again })
    }
}

impl<T: DeserializeOwned + ToSchema> FromRequestParts<Site> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Site) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        let names: Vec<String> = url::form_urlencoded::parse(query.as_bytes())
            .map(|(name, _)| name.into_owned())
            .collect();
        schema::check::<T>(names.iter().map(String::as_str))?;
        let input = serde_html_form::from_str(query)
            .map_err(|error| Problem::invalid("query", error.to_string()))?;
        Ok(Self(input))
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = text_of(headers, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let kind = kind
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    kind == "application/json"
}

/// The version that an edit is made for, as its ETag had it.
fn wanted_version(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let Some(tag) = text_of(headers, header::IF_MATCH.as_str()).filter(|tag| tag != "*") else {
        return Ok(None);
    };
    let number = tag.trim().trim_matches('"').parse();
    let number = number.map_err(|_| Problem::malformed("`If-Match` has no ETag of ours"))?;
    Ok(Some(number))
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name)?;
    value.to_str().ok().map(str::to_owned)
}
