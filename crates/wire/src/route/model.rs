//! The endpoints of models: their paths, where each names its model, and how that path and that
//! name are written to an upstream.

use std::borrow::Cow;

use tollgate_policy::endpoint::Endpoint;

use super::{RouteError, decoded, gemini, model_id, only, query};

/// An endpoint of a model, as a client asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelRoute<'a> {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Where an upstream reads the name of the model. Unless the client has put it into the path
    /// (see `model`), it stands there in the client's request as well.
    pub place: ModelPlace,
    /// The model that the path names, decoded. It goes before whatever the body says.
    pub model: Option<Cow<'a, str>>,
    /// Whether the path itself says that the answer is a stream, or that it is none; where it does
    /// not say, the body does.
    pub streams: Option<bool>,
    path: Path<'a>,
}

/// Where the name of a model stands in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModelPlace {
    /// The member `model` of a JSON body: see [`mod@crate::peek`].
    Body,
    /// The part `model` of a `multipart/form-data` body: see [`crate::form`].
    Form,
    /// The path: see [`ModelRoute::upstream_path`].
    Path,
    /// The parameter `model` of the query: see [`super::model_in_query`].
    Query,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path<'a> {
    /// OpenAI's and Anthropic's: always the same.
    Plain(&'static str),
    /// The same, for a client that sent it in Azure's form.
    Azure(&'static str),
    /// Gemini's: what is before the model, and the verb.
    Gemini { root: &'static str, verb: &'a str },
}

/// All but realtime take `POST` alone.
const ROUTES: [(&str, Endpoint); 17] = [
    ("/v1/chat/completions", Endpoint::ChatCompletions),
    ("/v1/completions", Endpoint::Completions),
    ("/v1/embeddings", Endpoint::Embeddings),
    ("/v1/responses", Endpoint::Responses),
    ("/v1/messages", Endpoint::Messages),
    ("/v1/messages/count_tokens", Endpoint::CountTokens),
    ("/v1/moderations", Endpoint::Moderations),
    ("/v1/images/generations", Endpoint::ImageGenerations),
    ("/v1/images/edits", Endpoint::ImageEdits),
    ("/v1/images/variations", Endpoint::ImageVariations),
    ("/v1/audio/speech", Endpoint::Speech),
    ("/v1/audio/transcriptions", Endpoint::Transcriptions),
    ("/v1/audio/translations", Endpoint::Translations),
    ("/v1/rerank", Endpoint::Rerank),
    ("/v1/responses/compact", Endpoint::CompactResponses),
    ("/v1/responses/input_tokens", Endpoint::CountInputTokens),
    ("/v1/realtime", Endpoint::Realtime),
];

/// What Azure offers of a deployment, with the paths that OpenAI has for it.
const DEPLOYED: [(&str, &str); 8] = [
    ("chat/completions", "/v1/chat/completions"),
    ("completions", "/v1/completions"),
    ("embeddings", "/v1/embeddings"),
    ("images/generations", "/v1/images/generations"),
    ("images/edits", "/v1/images/edits"),
    ("audio/speech", "/v1/audio/speech"),
    ("audio/transcriptions", "/v1/audio/transcriptions"),
    ("audio/translations", "/v1/audio/translations"),
];

const REALTIME: &str = "/v1/realtime";

impl<'a> ModelRoute<'a> {
    /// The same for a body of this content type: edits of images come in JSON as well as in a form.
    #[must_use]
    pub fn for_content(self, kind: &[u8]) -> Self {
        let essence = kind.split(|byte| *byte == b';').next().unwrap_or_default();
        let is_json = essence
            .trim_ascii()
            .eq_ignore_ascii_case(b"application/json");
        match self.endpoint {
            Endpoint::ImageEdits if is_json => Self {
                place: ModelPlace::Body,
                ..self
            },
            _ => self,
        }
    }

    /// The path at an upstream that knows the model by this name: OpenAI's own path for what came
    /// in Azure's form, and the name spliced in where the path holds it.
    pub fn upstream_path(&self, name: &str) -> Cow<'static, str> {
        match self.path {
            Path::Plain(path) | Path::Azure(path) => Cow::Borrowed(path),
            Path::Gemini { root, verb } => {
                let name = decoded::encoded(name);
                Cow::Owned(format!("{root}/{name}:{verb}"))
            }
        }
    }

    /// The query at an upstream that knows the model by this name, without the question mark: as it
    /// came, but for Azure's `api-version`, and the name where the query holds it.
    pub fn upstream_query<'q>(&self, query: Option<&'q str>, name: &str) -> Option<Cow<'q, str>> {
        let is_azure = matches!(self.path, Path::Azure(_));
        match (self.place, query) {
            (ModelPlace::Query, query) => {
                let query = query.unwrap_or_default();
                Some(Cow::Owned(query::with_model(query, is_azure, name)))
            }
            (_, Some(query)) if is_azure => query::without_version(query),
            (_, query) => query.map(Cow::Borrowed),
        }
    }

    /// A path that OpenAI or Anthropic has, without an id in it.
    pub(super) fn plain(path: &str) -> Option<Self> {
        let (path, endpoint) = ROUTES.into_iter().find(|(known, _)| *known == path)?;
        Some(Self::new(endpoint, Path::Plain(path)))
    }

    /// A path below `/openai` that is not simply one of OpenAI's.
    pub(super) fn azure(path: &'a str) -> Option<Result<Self, RouteError>> {
        if path == "/realtime" {
            return Some(Ok(Self::new(Endpoint::Realtime, Path::Azure(REALTIME))));
        }
        let below = path.strip_prefix("/deployments/")?;
        Some(Self::deployment(below).ok_or(RouteError::NotFound))
    }

    /// The name of a deployment is one segment, so that it cannot be taken for part of the rest.
    fn deployment(below: &'a str) -> Option<Self> {
        let (id, rest) = below.split_once('/')?;
        let known = DEPLOYED.into_iter().find(|(known, _)| *known == rest);
        let (_, path) = known?;
        let route = Self::plain(path)?.below_azure();
        let model = Some(model_id(id)?);
        Some(Self { model, ..route })
    }

    /// A path of a model that ends in one of Gemini's verbs; `id` is what comes after `models/`.
    pub(super) fn gemini(path: &'a str, id: &'a str) -> Option<Result<Self, RouteError>> {
        let (id, verb) = id.rsplit_once(':')?;
        let (endpoint, streams) = gemini::endpoint(verb)?;
        let root = if path.starts_with("/v1beta/") {
            "/v1beta/models"
        } else {
            "/v1/models"
        };
        Some(model_id(id).ok_or(RouteError::NotFound).map(|model| Self {
            endpoint,
            place: ModelPlace::Path,
            model: Some(model),
            streams: Some(streams),
            path: Path::Gemini { root, verb },
        }))
    }

    fn new(endpoint: Endpoint, path: Path<'a>) -> Self {
        let place = match endpoint {
            Endpoint::Transcriptions
            | Endpoint::Translations
            | Endpoint::ImageEdits
            | Endpoint::ImageVariations => ModelPlace::Form,
            Endpoint::Realtime => ModelPlace::Query,
            _ => ModelPlace::Body,
        };
        Self {
            endpoint,
            place,
            model: None,
            streams: None,
            path,
        }
    }

    /// The same, for a client that put Azure's `/openai` before it.
    pub(super) fn below_azure(self) -> Self {
        match self.path {
            Path::Plain(path) => Self {
                path: Path::Azure(path),
                ..self
            },
            _ => self,
        }
    }

    pub(super) fn only(self, method: &str) -> Result<Self, RouteError> {
        let taken = match self.endpoint {
            Endpoint::Realtime => "GET",
            _ => "POST",
        };
        only(method, &[taken], taken).map(|()| self)
    }
}
