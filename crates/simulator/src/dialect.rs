//! Which API a request speaks, and so how its failures and its request id are written.

use axum::http::HeaderMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenAi,
    Anthropic,
    Gemini,
    Plain,
}

impl Dialect {
    /// The two model APIs share `/v1/models`; only Anthropic's clients send a version header.
    pub(crate) fn of(path: &str, headers: &HeaderMap) -> Self {
        let below = |root: &str| {
            path.strip_prefix(root)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        if below("/v1/messages")
            || (below("/v1/models") && headers.contains_key("anthropic-version"))
        {
            Self::Anthropic
        } else if below("/v1beta") || (below("/v1/models") && path.contains(':')) {
            Self::Gemini
        } else if below("/v1") || below("/openai") {
            Self::OpenAi
        } else {
            Self::Plain
        }
    }

    pub(crate) fn request_id_header(self) -> &'static str {
        match self {
            Self::Anthropic => "request-id",
            Self::OpenAi | Self::Gemini | Self::Plain => "x-request-id",
        }
    }
}
