//! The least that an upstream can be asked, written as the gateway writes calls.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request};
use http_body_util::Full;
use serde_json::{Value, json};
use tollgate_policy::endpoint::Dialect;
use tollgate_policy::upstream::Serves;
use tollgate_rights::source::{Access, Carrier, UpstreamSecret};
use tollgate_store::upstream::StoredUpstream;
use url::Url;

use crate::error::AdminError;

/// The call that is made.
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) path: String,
    /// `Null` for none.
    pub(super) body: Value,
    pub(super) model: Option<String>,
}

impl Call {
    pub(super) fn new(stored: &StoredUpstream, model: Option<&str>) -> Result<Self, AdminError> {
        let Serves::Models(models) = &stored.upstream.serves else {
            return Ok(Self {
                method: Method::GET,
                path: "/".to_owned(),
                body: Value::Null,
                model: None,
            });
        };
        let mut served = models.iter();
        let found = match model {
            Some(name) => served.find(|one| one.name.as_str() == name),
            None => served.next(),
        };
        let found = found.ok_or_else(|| {
            let problem = "the upstream serves no such model: name one that it serves";
            AdminError::invalid("model", problem)
        })?;
        let sent = found.sent_as.as_ref().unwrap_or(&found.name).as_str();
        let (path, body) = minimal(stored.upstream.dialect, sent);
        Ok(Self {
            method: Method::POST,
            path,
            body,
            model: Some(found.name.to_string()),
        })
    }

    /// Where it goes. What an operator has sent along is a part of it for a mounted API.
    pub(super) fn target(&self, access: &Access) -> String {
        let target = target(&access.base_url, &self.path);
        if !self.body.is_null() || access.parameters.is_empty() {
            return target;
        }
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for one in &access.parameters {
            query.append_pair(one.name(), &one.plain());
        }
        format!("{target}?{}", query.finish())
    }

    pub(super) fn request(
        &self,
        access: &Access,
        secret: Option<&UpstreamSecret>,
        dialect: Dialect,
    ) -> Result<Request<Full<Bytes>>, String> {
        let mut request = Request::new(Full::new(self.body(access)));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self
            .target(access)
            .parse()
            .map_err(|_| "its address makes no target".to_owned())?;
        let headers = request.headers_mut();
        headers.insert("accept", HeaderValue::from_static("application/json"));
        headers.insert("user-agent", HeaderValue::from_static("tollgate-admin"));
        if self.method == Method::POST {
            headers.insert("content-type", HeaderValue::from_static("application/json"));
        }
        if dialect == Dialect::Anthropic {
            headers.insert("anthropic-version", HeaderValue::from_static("2023-06-01"));
        }
        if let Some(secret) = secret {
            let (name, value) = credential(access.carrier, secret)?;
            headers.insert(name, value);
        }
        for one in &access.headers {
            // They were read as headers when they were saved.
            let name = HeaderName::try_from(one.name());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(one.value())) {
                headers.insert(name, value);
            }
        }
        Ok(request)
    }

    /// With the members that an operator has sent along, unless the call has them.
    fn body(&self, access: &Access) -> Bytes {
        let Value::Object(members) = &self.body else {
            return Bytes::new();
        };
        let mut members = members.clone();
        for one in &access.parameters {
            if let Ok(value) = serde_json::from_str(one.json()) {
                members.entry(one.name()).or_insert(value);
            }
        }
        Bytes::from(Value::Object(members).to_string())
    }
}

/// The least that a dialect can be asked for.
pub(super) fn minimal(dialect: Dialect, model: &str) -> (String, Value) {
    let messages = json!([{ "role": "user", "content": "ping" }]);
    match dialect {
        Dialect::Anthropic => (
            "/v1/messages".to_owned(),
            json!({ "model": model, "max_tokens": 1, "messages": messages }),
        ),
        Dialect::Gemini => (
            format!("/v1beta/models/{model}:generateContent"),
            json!({
                "contents": [{ "parts": [{ "text": "ping" }] }],
                "generationConfig": { "maxOutputTokens": 1 },
            }),
        ),
        Dialect::OpenAi | Dialect::Plain => (
            "/v1/chat/completions".to_owned(),
            json!({ "model": model, "max_tokens": 1, "messages": messages }),
        ),
    }
}

/// The address of a route, joined as the gateway joins it: a `/v1` that both have is written once.
pub(super) fn target(base: &Url, path: &str) -> String {
    let base = base.as_str().trim_end_matches('/');
    match path.strip_prefix("/v1/") {
        Some(rest) if base.ends_with("/v1") => format!("{base}/{rest}"),
        _ => format!("{base}{path}"),
    }
}

fn credential(
    carrier: Carrier,
    secret: &UpstreamSecret,
) -> Result<(HeaderName, HeaderValue), String> {
    let text = match carrier {
        Carrier::Bearer => format!("Bearer {}", secret.reveal()),
        Carrier::ApiKeyScheme => format!("ApiKey {}", secret.reveal()),
        Carrier::XApiKey | Carrier::ApiKey | Carrier::XGoogApiKey => secret.reveal().to_owned(),
    };
    let name = match carrier {
        Carrier::Bearer | Carrier::ApiKeyScheme => http::header::AUTHORIZATION,
        Carrier::XApiKey | Carrier::ApiKey | Carrier::XGoogApiKey => {
            HeaderName::from_static(carrier.name())
        }
    };
    let mut value = HeaderValue::try_from(text)
        .map_err(|_| "its credential cannot stand in a header: set it anew".to_owned())?;
    value.set_sensitive(true);
    Ok((name, value))
}
