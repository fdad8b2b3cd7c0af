//! Headers and parameters that are sent along with every request to an upstream.

/// Headers that concern one connection or the form of the message, tell who calls, or would have an
/// answer come in a form that cannot be read on the way.
const RESERVED_HEADERS: [&str; 30] = [
    "accept-encoding",
    "api-key",
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "date",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "sec-websocket-extensions",
    "sec-websocket-key",
    "sec-websocket-protocol",
    "sec-websocket-version",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-api-key",
    "x-goog-api-key",
];

/// Members of a body by which it is decided what a call may do and what is held for it.
const RESERVED_PARAMETERS: [&str; 22] = [
    "best_of",
    "candidateCount",
    "contents",
    "documents",
    "fallbacks",
    "generationConfig",
    "generation_config",
    "image",
    "input",
    "key",
    "maxOutputTokens",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "messages",
    "model",
    "models",
    "n",
    "prompt",
    "stream",
    "stream_options",
    "tools",
];

/// The most characters of a value.
const MOST: usize = 4096;

/// A header that every request to an upstream has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraHeader {
    name: String,
    value: String,
}

/// A member of every JSON body to an upstream, unless the client set it; for a mounted API, a
/// parameter of the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraParameter {
    name: String,
    json: String,
}

/// What cannot be sent along.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExtraError {
    /// No header is named so.
    #[error("`{0}` is no name of a header")]
    HeaderName(String),
    /// The gateway sets this header itself, or it must not be set.
    #[error("the header `{0}` cannot be set: the gateway decides on it")]
    ReservedHeader(String),
    /// The value cannot stand in a header.
    #[error("the value of the header `{0}` is not 1 to {MOST} printable ASCII characters")]
    HeaderValue(String),
    /// No parameter is named so.
    #[error("`{0}` is no name of a parameter: write 1 to 64 letters, digits, `_`, `-` or `.`")]
    ParameterName(String),
    /// What a call costs depends on this parameter.
    #[error("the parameter `{0}` cannot be set: what a call may do and cost depends on it")]
    ReservedParameter(String),
    /// The value is not JSON.
    #[error("the value of the parameter `{0}` is not JSON of at most {MOST} characters")]
    ParameterValue(String),
}

impl ExtraHeader {
    /// A header; its name is kept in lower case.
    ///
    /// # Errors
    /// Where it is no header, or one that only the gateway sets.
    pub fn new(name: &str, value: &str) -> Result<Self, ExtraError> {
        let lower = name.trim().to_ascii_lowercase();
        if lower.is_empty() || lower.len() > 100 || !lower.bytes().all(is_token) {
            return Err(ExtraError::HeaderName(shortened(name)));
        }
        let forwarded = lower.starts_with("x-forwarded-");
        if forwarded || RESERVED_HEADERS.binary_search(&lower.as_str()).is_ok() {
            return Err(ExtraError::ReservedHeader(lower));
        }
        let value = value.trim();
        let printable = |byte: u8| byte == b'\t' || (b' '..=b'~').contains(&byte);
        if value.is_empty() || value.len() > MOST || !value.bytes().all(printable) {
            return Err(ExtraError::HeaderValue(lower));
        }
        let value = value.to_owned();
        Ok(Self { name: lower, value })
    }

    /// The name, in lower case.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value: printable ASCII.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl ExtraParameter {
    /// A parameter with its value as JSON.
    ///
    /// # Errors
    /// Where the name is odd or money depends on it, or the value is not JSON.
    pub fn new(name: &str, json: &str) -> Result<Self, ExtraError> {
        if RESERVED_PARAMETERS.binary_search(&name).is_ok() {
            return Err(ExtraError::ReservedParameter(name.to_owned()));
        }
        Self::stored(name, json)
    }

    /// A parameter that an operator set before, maybe when fewer names were reserved: it must not
    /// keep a gateway from starting. What is reserved is left out where a body is written.
    ///
    /// # Errors
    /// Where the name is odd, or the value is not JSON.
    pub fn stored(name: &str, json: &str) -> Result<Self, ExtraError> {
        let odd = |byte: u8| !(byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
        if name.is_empty() || name.len() > 64 || name.bytes().any(odd) {
            return Err(ExtraError::ParameterName(shortened(name)));
        }
        let json = json.trim();
        let read = serde_json::from_str::<serde_json::Value>(json);
        if json.len() > MOST || read.is_err() {
            return Err(ExtraError::ParameterValue(name.to_owned()));
        }
        let (name, json) = (name.to_owned(), json.to_owned());
        Ok(Self { name, json })
    }

    /// The name: letters, digits, `_`, `-` and `.`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value as it was written: JSON.
    pub fn json(&self) -> &str {
        &self.json
    }

    /// The value for a query: a text without its quotes, everything else as it was written.
    pub fn plain(&self) -> String {
        serde_json::from_str(&self.json).unwrap_or_else(|_| self.json.clone())
    }
}

/// RFC 9110, section 5.6.2.
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_reserved_is_found() {
        assert!(RESERVED_HEADERS.is_sorted());
        assert!(RESERVED_PARAMETERS.is_sorted());
        for name in [
            "Authorization",
            "X-API-KEY",
            "Host",
            "te",
            "X-Forwarded-For",
        ] {
            let error = ExtraHeader::new(name, "x").unwrap_err();
            assert!(matches!(error, ExtraError::ReservedHeader(_)), "{name}");
        }
        for name in ["model", "n", "max_tokens", "stream"] {
            let error = ExtraParameter::new(name, "1").unwrap_err();
            assert!(matches!(error, ExtraError::ReservedParameter(_)), "{name}");
            assert_eq!(ExtraParameter::stored(name, "1").unwrap().name(), name);
        }
    }

    #[test]
    fn a_header_can_break_no_message() {
        let header = ExtraHeader::new("OpenAI-Organization", " org-1 ").unwrap();
        assert_eq!(
            (header.name(), header.value()),
            ("openai-organization", "org-1")
        );
        for value in ["", "a\r\nb: c", "a\0", "é"] {
            assert!(ExtraHeader::new("x-note", value).is_err(), "{value:?}");
        }
        for name in ["", "a b", "a:b", "x\r\ny", "é"] {
            assert!(ExtraHeader::new(name, "x").is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_parameter_is_json_and_plain_in_a_query() {
        let text = ExtraParameter::new("service_tier", r#" "flex" "#).unwrap();
        assert_eq!(
            (text.json(), text.plain()),
            (r#""flex""#, "flex".to_owned())
        );
        let object = ExtraParameter::new("provider", r#"{"order":["a"]}"#).unwrap();
        assert_eq!(object.json(), r#"{"order":["a"]}"#);
        let number = ExtraParameter::new("top_k", "40").unwrap();
        assert_eq!(number.plain(), "40");
        for json in ["", "flex", "{", "1 2", "{}}"] {
            assert!(ExtraParameter::stored("a", json).is_err(), "{json:?}");
        }
        assert!(ExtraParameter::stored("a\"b", "1").is_err());
    }
}
