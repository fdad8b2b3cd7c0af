//! Models that a body names besides a path that names one: they must be the same, since an upstream
//! may read either.

use std::ops::Range;

use serde::Deserialize;
use serde_json::value::RawValue;
use tollgate_policy::endpoint::Endpoint;

use super::members::string;
use super::{PeekError, span};

/// What Gemini puts before the id of a model.
pub(crate) const PREFIX: &str = "models/";

/// Whether the text names the model, in Gemini's form or plainly.
pub(super) fn names(raw: &str, model: &str) -> bool {
    let text = string(raw).unwrap_or_default();
    text.strip_prefix(PREFIX).unwrap_or(&text) == model
}

/// Where the requests that are nested in a body name their model. Those of other endpoints have none.
///
/// # Errors
/// [`PeekError::OtherModel`] where one of them is another model, or cannot be read.
pub(super) fn nested(
    text: &str,
    endpoint: Endpoint,
    model: &str,
) -> Result<Vec<Range<usize>>, PeekError> {
    if !matches!(
        endpoint,
        Endpoint::GeminiEmbed | Endpoint::GeminiCountTokens
    ) {
        return Ok(Vec::new());
    }
    let body: Body<'_> = serde_json::from_str(text).map_err(|_| PeekError::OtherModel)?;
    let requests = body.requests.into_iter().flatten().chain(body.request);
    let models = requests.filter_map(|request| request.model);
    models
        .map(|raw| {
            let is_same = names(raw.get(), model);
            let place = span(text, raw.get()).filter(|_| is_same);
            place.ok_or(PeekError::OtherModel)
        })
        .collect()
}

/// Keys that are there twice are an error.
#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow, default)]
    requests: Option<Vec<Request<'a>>>,
    #[serde(
        borrow,
        default,
        rename = "generateContentRequest",
        alias = "generate_content_request"
    )]
    request: Option<Request<'a>>,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow, default)]
    model: Option<&'a RawValue>,
}
