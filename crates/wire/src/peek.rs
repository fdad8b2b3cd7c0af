//! What policy reads from a JSON request body: the model, and what bounds the cost of the call.
//! Everything else in the body is not understood here.

use std::borrow::Cow;
use std::ops::Range;

use serde::Deserializer as _;
use tollgate_policy::endpoint::Dialect;

use crate::body::Gap;
use crate::route::{ModelPlace, ModelRoute};

mod agents;
mod caps;
mod choices;
mod choosing;
mod features;
mod flag;
mod generation;
mod kept;
mod members;
mod named;
mod options;
mod reasoning;
mod thinking;
mod tokens;
mod walk;

pub use caps::{Cap, CapField, Caps, default_cap_field};
pub use features::Features;
pub use generation::ObjectPlace;
pub use kept::{Kept, Previous};
pub use options::IncludeUsage;

pub(crate) use members::{Text, alike};
pub(crate) use named::PREFIX as GEMINI_PREFIX;

use generation::Generation;
use members::{Deciding, Members, TopLevel};

/// What policy reads from a request body. Places are in bytes of the text that was read: the body,
/// or that of a [`crate::SplitBody`] without what stands in its gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peek<'a> {
    /// The model that the client names, in the body or in the path.
    pub model: Cow<'a, str>,
    /// Where the JSON string of the model stands in the body, quotes included, in bytes. None where
    /// the path names the model, and the body does not.
    pub model_span: Option<Range<usize>>,
    /// Where else the body names the model: in each request of a batch of Gemini's.
    pub nested_models: Vec<Range<usize>>,
    /// Whether an upstream reads the model from the body, which does not say the same as the path.
    pub must_name_model: bool,
    /// Whether the client asks for a stream.
    pub stream: bool,
    /// The caps on the output that the client sets.
    pub caps: Caps,
    /// How many answers the client asks for, at least 1: the larger one of `n` and `best_of`, times
    /// the texts of a `prompt` that is an array.
    pub choices: u64,
    /// How often the provider may use tools by itself in all, where the client sets a cap. Only the
    /// endpoint of responses reads it.
    pub max_tool_calls: Option<u64>,
    /// The tokens that the model may think with, which the cap has to exceed. Only the endpoint of
    /// messages reads it.
    pub thinking_budget: Option<u64>,
    /// Whether the client asks for the usage of a stream.
    pub include_usage: IncludeUsage,
    /// Where Gemini's `generationConfig` stands.
    pub generation_config: ObjectPlace,
    /// What makes the call cost more than its bytes tell.
    pub features: Features,
    /// Where the client says which service it wants, as `service_tier`.
    pub service_tier: Option<Range<usize>>,
    /// What upstreams keep of this response, and of the one before it. Only the endpoint of responses
    /// reads it.
    pub kept: Kept<'a>,
}

impl Peek<'_> {
    /// The same without the body. Its spans are still those of that body.
    pub fn into_owned(self) -> Peek<'static> {
        Peek {
            model: Cow::Owned(self.model.into_owned()),
            model_span: self.model_span,
            nested_models: self.nested_models,
            must_name_model: self.must_name_model,
            stream: self.stream,
            caps: self.caps,
            choices: self.choices,
            max_tool_calls: self.max_tool_calls,
            thinking_budget: self.thinking_budget,
            include_usage: self.include_usage,
            generation_config: self.generation_config,
            features: self.features,
            service_tier: self.service_tier,
            kept: self.kept.into_owned(),
        }
    }
}

/// Why a body is refused. The messages are meant for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeekError {
    /// The body is not UTF-8.
    #[error("the body is not valid UTF-8: send JSON in UTF-8, not compressed")]
    Utf8,
    /// The body starts with U+FEFF.
    #[error("the body starts with a byte order mark: send the JSON without it")]
    ByteOrderMark,
    /// The body is not one JSON value.
    #[error("the body is not valid JSON: see line {line}, column {column}")]
    Json {
        /// The line of the first fault, from 1.
        line: usize,
        /// The column in bytes, from 1; 0 where the line before it had no end.
        column: usize,
    },
    /// The body ends in the middle of its value.
    #[error("the body ends before its JSON does")]
    Truncated,
    /// The body is JSON, but not an object.
    #[error("the body must be a JSON object")]
    NotObject,
    /// The body nests too many arrays and objects.
    #[error(
        "the body nests arrays and objects more than {} levels deep",
        features::MOST
    )]
    TooDeep,
    /// A key that decides something is there twice.
    #[error("the key `{0}` is in the body more than once")]
    Duplicate(&'static str),
    /// A key that some readers take for one that decides something.
    #[error("a key of the body differs from `{0}` only in its case: write `{0}`")]
    Lookalike(&'static str),
    /// There is no model.
    #[error("`model` is missing: name the model as a string")]
    ModelMissing,
    /// The model is not a text.
    #[error("`model` must be a string")]
    ModelNotString,
    /// The body names another model than the path.
    #[error("a `model` in the body is not the one in the path")]
    OtherModel,
    /// `stream` is neither a boolean nor null.
    #[error("`stream` must be `true` or `false`")]
    StreamNotBool,
    /// A count is no whole number, or too large to count.
    #[error("`{0}` must be a whole number that is not negative")]
    NotCount(&'static str),
    /// A member is neither an object nor null.
    #[error("`{0}` must be an object")]
    NotAnObject(&'static str),
    /// `stream_options` is neither an object nor null.
    #[error("`stream_options` must be an object")]
    StreamOptionsNotObject,
    /// `include_usage` is neither a boolean nor null.
    #[error("`include_usage` in `stream_options` must be `true` or `false`")]
    IncludeUsageNotBool,
    /// The body names models besides the one that is judged and charged.
    #[error("`{0}` names further models: ask for one, and leave the others to the gateway")]
    MoreModels(&'static str),
    /// The body asks for a service that costs more than what is charged.
    #[error("`{0}` asks for a service at another price than what is charged: leave it out")]
    OtherPrice(&'static str),
    /// The body asks for several agents at once; what they use has no bound.
    #[error("`multi_agent` is not supported: leave it out, or set `enabled` in it to `false`")]
    ManyAgents,
    /// The body asks for several runs of the model at once; what they use has no bound.
    #[error("`mode` in `reasoning` is not supported: leave it out, or set it to `standard`")]
    ManyRuns,
}

/// Reads what policy needs from the whole body of a request, without copying the rest. The body names
/// the model.
///
/// # Errors
/// Where the body is not a single JSON object in UTF-8 with one `model` string; where a key that
/// policy reads is there twice or in another case, since two readers could then see two requests;
/// where the value of such a key is of the wrong kind.
pub fn peek(body: &[u8]) -> Result<Peek<'_>, PeekError> {
    named_in_body(decoded(body)?, &[])
}

fn named_in_body<'a>(text: &'a str, gaps: &[Gap]) -> Result<Peek<'a>, PeekError> {
    let (members, features) = open(text, gaps)?;
    let raw = members
        .get(Deciding::Model)
        .ok_or(PeekError::ModelMissing)?;
    let model = members::string(raw).ok_or(PeekError::ModelNotString)?;
    let mut seen = read_members(text, &members, features, model)?;
    seen.model_span = Some(span(text, raw).ok_or(PeekError::ModelMissing)?);
    Ok(seen)
}

/// The same for a request of this route, whose path may name the model, ask for a stream, or tell
/// that the body is one of Gemini's.
///
/// The model of the path goes before that of the body. Azure's clients name a deployment in the path
/// and perhaps another model in the body, which is then edited; one of Gemini's that names another
/// is refused.
///
/// # Errors
/// As [`peek`], and [`PeekError::OtherModel`].
pub fn peek_for<'a>(route: &'a ModelRoute<'_>, body: &'a [u8]) -> Result<Peek<'a>, PeekError> {
    peek_text(route, decoded(body)?, &[])
}

/// The same for a text with gaps, which all have to be in strings that decide nothing; where one is
/// elsewhere, this is an error, and so is whatever is wrong with the whole text.
pub(crate) fn peek_text<'a>(
    route: &'a ModelRoute<'_>,
    text: &'a str,
    gaps: &[Gap],
) -> Result<Peek<'a>, PeekError> {
    let Some(named) = &route.model else {
        return named_in_body(text, gaps);
    };
    let (members, features) = open(text, gaps)?;
    let mut seen = read_members(text, &members, features, Cow::Borrowed(named.as_ref()))?;
    let raw = members.get(Deciding::Model).filter(|raw| *raw != "null");
    seen.model_span = members.get(Deciding::Model).and_then(|raw| span(text, raw));
    if route.place == ModelPlace::Body {
        let same = raw.and_then(members::string);
        seen.must_name_model = same.is_none_or(|text| text != named.as_ref());
    } else if raw.is_some_and(|raw| !named::names(raw, named)) {
        return Err(PeekError::OtherModel);
    }
    if route.endpoint.dialect() == Dialect::Gemini {
        let config = Generation::read(text, members.get(Deciding::GenerationConfig))?;
        seen.caps.generation_config = config.cap;
        seen.choices = config.choices;
        seen.generation_config = config.place;
        seen.nested_models = named::nested(text, route.endpoint, named)?;
    }
    if let Some(streams) = route.streams {
        seen.stream = streams;
    }
    Ok(seen)
}

fn decoded(body: &[u8]) -> Result<&str, PeekError> {
    simdutf8::basic::from_utf8(body).map_err(|_| PeekError::Utf8)
}

/// What the outermost object of a body holds.
fn open<'a>(text: &'a str, gaps: &[Gap]) -> Result<(Members<'a>, Features), PeekError> {
    if text.starts_with('\u{feff}') {
        return Err(PeekError::ByteOrderMark);
    }
    let Some((mut members, features)) = walk::walk(text, gaps) else {
        // serde_json knows where the fault is. It skips values without a limit of depth.
        return Err(read(text).err().unwrap_or(PeekError::TooDeep));
    };
    match members.problem.take() {
        Some(problem) => Err(problem),
        None => Ok((members, features)),
    }
}

fn read_members<'a>(
    text: &str,
    members: &Members<'a>,
    features: Features,
    model: Cow<'a, str>,
) -> Result<Peek<'a>, PeekError> {
    let stream = match members.get(Deciding::Stream) {
        Some("true") => true,
        Some("false" | "null") | None => false,
        Some(_) => return Err(PeekError::StreamNotBool),
    };
    choosing::check(members)?;
    let cap = |key| cap(text, members, key);
    Ok(Peek {
        model,
        model_span: None,
        nested_models: Vec::new(),
        must_name_model: false,
        stream,
        caps: Caps {
            max_tokens: cap(Deciding::MaxTokens)?,
            max_completion_tokens: cap(Deciding::MaxCompletionTokens)?,
            max_output_tokens: cap(Deciding::MaxOutputTokens)?,
            generation_config: None,
        },
        choices: choices::of(members)?,
        // As with the other caps, 0 is none.
        max_tool_calls: members
            .count(Deciding::MaxToolCalls)?
            .filter(|calls| *calls > 0),
        thinking_budget: members.get(Deciding::Thinking).and_then(thinking::budget),
        include_usage: IncludeUsage::read(text, members.get(Deciding::StreamOptions))?,
        generation_config: ObjectPlace::Absent,
        features,
        service_tier: members
            .get(Deciding::ServiceTier)
            .and_then(|raw| span(text, raw)),
        kept: Kept::read(members),
    })
}

fn cap(text: &str, members: &Members<'_>, key: Deciding) -> Result<Option<Cap>, PeekError> {
    let Some(raw) = members.get(key) else {
        return Ok(None);
    };
    let span = span(text, raw).ok_or(PeekError::NotCount(key.name()))?;
    let value = members.count(key)?.filter(|tokens| *tokens > 0);
    Ok(Some(Cap { value, span }))
}

/// Whether policy reads a member of this name at the top level of a body, in any case: no such
/// member can be put in by [`crate::Edits::member`].
pub fn is_deciding(name: &str) -> bool {
    Deciding::has(name)
}

/// The body with another model in it, and not a byte changed besides.
///
/// The span must be the [`Peek::model_span`] of the same body. With one that is no part of the
/// body, the name has no place, and the body comes back as it is.
pub fn replace_model(body: &[u8], span: Range<usize>, model: &str) -> Vec<u8> {
    let part = body.get(span.clone());
    let (Some(before), Some(_), Some(after)) = (body.get(..span.start), part, body.get(span.end..))
    else {
        return body.to_vec();
    };
    let mut spliced = Vec::with_capacity(before.len() + model.len() + 2 + after.len());
    spliced.extend_from_slice(before);
    // Writing a text into memory has no way to fail.
    let _ = serde_json::to_writer(&mut spliced, model);
    spliced.extend_from_slice(after);
    spliced
}

fn read(text: &str) -> Result<Members<'_>, PeekError> {
    let mut json = serde_json::Deserializer::from_str(text);
    json.deserialize_map(TopLevel)
        .and_then(|members| json.end().map(|()| members))
        .map_err(|error| match error.classify() {
            serde_json::error::Category::Eof => PeekError::Truncated,
            serde_json::error::Category::Data => PeekError::NotObject,
            _ => PeekError::Json {
                line: error.line(),
                column: error.column(),
            },
        })
}

/// Where a part borrowed from the text stands in it.
pub(crate) fn span(text: &str, part: &str) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
    let span = start..start.checked_add(part.len())?;
    (text.get(span.clone()) == Some(part)).then_some(span)
}

#[cfg(test)]
mod tests;
