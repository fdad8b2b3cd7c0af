//! What is sent from pages: fields of a form or of a query, and forms that have shown whose they are.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::Request;
use http::request::Parts;
use tollgate_admin_core::view::ScopeView;
use tollgate_admin_core::view::money::LimitsView;

use crate::access::{Stranger, Visit};
use crate::body::{self, Bounds};
use crate::guard;
use crate::problem::Problem;
use crate::site::Site;

/// Fields by name, in the order in which they were sent.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

/// A form of somebody who is signed in, sent from our own page.
pub(crate) struct Posted {
    pub(crate) visit: Visit,
    pub(crate) fields: Fields,
}

/// A form of nobody in particular, sent from our own page.
pub(crate) struct StrangerPosted {
    pub(crate) stranger: Stranger,
    pub(crate) fields: Fields,
}

impl Fields {
    pub(crate) fn parse(text: &str) -> Self {
        let pairs = url::form_urlencoded::parse(text.as_bytes());
        Self(pairs.into_owned().collect())
    }

    /// Fields that a form begins with.
    pub(crate) fn of(pairs: &[(&str, &str)]) -> Self {
        let owned = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self(owned.collect())
    }

    pub(crate) fn put(&mut self, name: &str, value: impl Into<String>) {
        self.0.push((name.to_owned(), value.into()));
    }

    /// Those of others after its own.
    pub(crate) fn append(&mut self, others: &Self) {
        self.0.extend(others.0.iter().cloned());
    }

    /// What bounds a thing, as forms of limits have it; blank where there is no bound.
    pub(crate) fn put_limits(&mut self, limits: &LimitsView) {
        let limits = [
            ("rpm", limits.rpm),
            ("tpm", limits.tpm),
            ("concurrency", limits.concurrency),
        ];
        for (name, limit) in limits {
            self.put(name, limit.map(|one| one.to_string()).unwrap_or_default());
        }
    }

    /// What a thing may reach, a line for each entry; blank where anything is allowed, and a word
    /// where nothing is.
    pub(crate) fn put_scope(&mut self, scope: &ScopeView) {
        let lists = [
            ("models", &scope.models),
            ("providers", &scope.providers),
            ("endpoints", &scope.endpoints),
            ("networks", &scope.networks),
        ];
        for (name, list) in lists {
            self.put(name, lines(list.as_deref()));
        }
    }

    /// The first of this name; empty if there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(one, _)| one == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The first of this name, unless it is blank.
    pub(crate) fn some(&self, name: &str) -> Option<String> {
        let text = self.text(name).trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    pub(crate) fn all(&self, name: &str) -> Vec<String> {
        let found = self.0.iter().filter(|(one, _)| one == name);
        found.map(|(_, value)| value.clone()).collect()
    }

    /// Whether a box was ticked.
    pub(crate) fn is_on(&self, name: &str) -> bool {
        !self.text(name).is_empty()
    }

    /// Entries of a list: those of all fields of this name, between commas and line breaks.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let all = self.0.iter().filter(|(one, _)| one == name);
        let parts = all.flat_map(|(_, value)| value.split([',', '\n']));
        let kept = parts.map(str::trim).filter(|one| !one.is_empty());
        kept.map(str::to_owned).collect()
    }

    /// The same as a query, with some fields in place of those of their names; blank ones are left
    /// out.
    pub(crate) fn query(&self, instead: &[(&str, &str)]) -> String {
        let replaced = |name: &str| instead.iter().any(|(one, _)| *one == name);
        let kept = self
            .0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let kept = kept.filter(|(name, _)| !replaced(name));
        let pairs = kept.chain(instead.iter().copied());
        let pairs = pairs.filter(|(_, value)| !value.is_empty());
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(pairs);
        query.finish()
    }
}

/// A list of what is allowed, as forms have it and use cases read it.
pub(crate) fn lines(list: Option<&[String]>) -> String {
    match list {
        None => String::new(),
        Some([]) => "none".to_owned(),
        Some(list) => list.join("\n"),
    }
}

impl<S: Sync> FromRequestParts<S> for Fields {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

async fn read(body: Body, bounds: Bounds) -> Result<Fields, Problem> {
    let body = body::read(body, bounds).await?;
    let text = std::str::from_utf8(&body);
    let text = text.map_err(|_| Problem::malformed("the form is not UTF-8"))?;
    Ok(Fields::parse(text))
}

impl FromRequest<Site> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request<Body>, site: &Site) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        guard::same_origin(site, &parts.headers).map_err(IntoResponse::into_response)?;
        let visit = Visit::from_request_parts(&mut parts, site).await?;
        let fields = read(body, body::KNOWN)
            .await
            .map_err(IntoResponse::into_response)?;
        guard::check_word(&visit.word, fields.text(guard::FIELD))
            .map_err(IntoResponse::into_response)?;
        Ok(Self { visit, fields })
    }
}

impl FromRequest<Site> for StrangerPosted {
    type Rejection = Problem;

    async fn from_request(request: Request<Body>, site: &Site) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        guard::same_origin(site, &parts.headers)?;
        let stranger = Stranger::from_request_parts(&mut parts, site).await?;
        let fields = read(body, body::STRANGERS).await?;
        Ok(Self { stranger, fields })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_allows_nothing_is_not_blank() {
        let fields = |list: Option<&[&str]>| {
            let list: Option<Vec<String>> =
                list.map(|list| list.iter().map(ToString::to_string).collect());
            Fields::of(&[("models", &lines(list.as_deref()))]).list("models")
        };
        assert_eq!(fields(None), [""; 0]);
        assert_eq!(fields(Some(&[])), ["none"]);
        assert_eq!(fields(Some(&["a", "b"])), ["a", "b"]);
    }
}
