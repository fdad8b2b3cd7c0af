//! What a method and a path ask for. Paths are compared as they came, never decoded first, so that
//! what is authorised here is what an upstream sees.

use std::borrow::Cow;

use tollgate_policy::endpoint::{Dialect, Endpoint};
use tollgate_policy::name::Prefix;

mod decoded;
mod gemini;
mod model;
mod query;
mod stored;

pub use model::{ModelPlace, ModelRoute};
pub use query::{QueryError, QueryModelError, model_in_query};
pub use stored::{Stored, StoredAction};

/// What is asked for, and the dialect that it is asked in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route<'a> {
    /// What is asked for.
    pub target: RouteTarget<'a>,
    /// The dialect of the answer, and of a refusal.
    pub dialect: Dialect,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteTarget<'a> {
    /// An endpoint of a model.
    Model(ModelRoute<'a>),
    /// What an upstream keeps of an earlier response.
    Stored(Stored<'a>),
    /// Something that the gateway answers itself: `GET /v1/models`.
    Gateway(Endpoint),
    /// `GET /v1/models/{id}`, with the id decoded. It may hold slashes.
    OneModel(Cow<'a, str>),
    /// What is left on the caller's own token, answered by the gateway.
    SelfService(SelfService),
    /// A plain HTTP API, if one is mounted under the prefix.
    Mount {
        /// The first segment, without slashes.
        prefix: &'a str,
        /// The path after it, as it came: empty, or one slash and what follows. It has no dot
        /// segment, backslash or control character, however often it is decoded.
        rest: &'a str,
    },
    /// `HEAD /`, by which Anthropic's clients look whether anybody is there: 200 without a body.
    Preflight,
}

impl RouteTarget<'_> {
    /// Refuses a query by which a provider would answer in a form in which usage cannot be found, or
    /// serve another request, or another account, than what was judged. That of a mount is its own.
    ///
    /// # Errors
    /// Which parameter it is, and why.
    pub fn check_query(&self, query: Option<&str>) -> Result<(), QueryError> {
        match (self, query) {
            (Self::Mount { .. }, _) | (_, None) => Ok(()),
            (_, Some(query)) => query::check(query),
        }
    }
}

/// A form in which a caller asks for what is left on its token. [`crate::key_info`] has the bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SelfService {
    /// OpenRouter's: `GET /v1/key`
    Key,
    /// One-api's: `GET /v1/dashboard/billing/subscription`
    Subscription,
    /// One-api's: `GET /v1/dashboard/billing/usage`
    Usage,
}

/// A method and a path that ask for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    /// Nothing has this path, or the path could be read in two ways.
    #[error("no such route")]
    NotFound,
    /// The path takes other methods.
    #[error("the method is not one of `{allow}`")]
    Method {
        /// The methods that it takes, as the `Allow` header lists them.
        allow: &'static str,
    },
}

/// Paths of a caller's own token, with the aliases that clients call. All take `GET` and `HEAD`.
const SELF_SERVICE: [(&str, SelfService); 7] = [
    ("/v1/key", SelfService::Key),
    ("/api/v1/key", SelfService::Key),
    ("/api/v1/auth/key", SelfService::Key),
    (
        "/v1/dashboard/billing/subscription",
        SelfService::Subscription,
    ),
    ("/dashboard/billing/subscription", SelfService::Subscription),
    ("/v1/dashboard/billing/usage", SelfService::Usage),
    ("/dashboard/billing/usage", SelfService::Usage),
];

const MODELS: &str = "/v1/models";
const GEMINI_MODELS: &str = "/v1beta/models";
/// What Azure puts before the paths of OpenAI.
const AZURE: &str = "/openai";
const READ: &str = "GET, HEAD";
const MOUNT: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// The route of a request, from its method and its path as received: not decoded, without query.
///
/// `HEAD` is routed as `GET` is, but for a WebSocket.
///
/// # Errors
/// [`RouteError::NotFound`] also for a path that another reader could take for a different one:
/// an encoded slash, a dot segment or the like where the route is decided.
/// [`RouteError::Method`] for a known path, and for `CONNECT` and `TRACE` on any.
pub fn route<'a>(method: &str, path: &'a str) -> Result<Route<'a>, RouteError> {
    let target = target(method, path)?;
    let dialect = match &target {
        RouteTarget::Model(model) => model.endpoint.dialect(),
        RouteTarget::Gateway(_) | RouteTarget::OneModel(_) if path.starts_with(GEMINI_MODELS) => {
            Dialect::Gemini
        }
        RouteTarget::Gateway(endpoint) => endpoint.dialect(),
        RouteTarget::OneModel(_) | RouteTarget::SelfService(_) | RouteTarget::Stored(_) => {
            Dialect::OpenAi
        }
        RouteTarget::Mount { .. } => Dialect::Plain,
        RouteTarget::Preflight => Dialect::Anthropic,
    };
    Ok(Route { target, dialect })
}

/// The dialect in which to refuse a request that has no route, or none yet.
pub fn dialect_of(path: &str) -> Dialect {
    let under = |root: &str| {
        path.strip_prefix(root)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if under("/v1/messages") {
        Dialect::Anthropic
    } else if under("/v1beta") || under("/v1") && gemini::has_verb(path) {
        Dialect::Gemini
    } else if ["/v1", AZURE, "/api", "/dashboard"].into_iter().any(under) {
        Dialect::OpenAi
    } else {
        Dialect::Plain
    }
}

fn target<'a>(method: &str, path: &'a str) -> Result<RouteTarget<'a>, RouteError> {
    if let Some(model) = ModelRoute::plain(path) {
        return model.only(method).map(RouteTarget::Model);
    }
    if let Some((_, form)) = SELF_SERVICE.into_iter().find(|(known, _)| *known == path) {
        return only(method, &["GET", "HEAD"], READ).map(|()| RouteTarget::SelfService(form));
    }
    if path == MODELS || path == GEMINI_MODELS {
        let gateway = RouteTarget::Gateway(Endpoint::Models);
        return only(method, &["GET", "HEAD"], READ).map(|()| gateway);
    }
    if matches!(method, "CONNECT" | "TRACE") {
        return Err(RouteError::Method { allow: MOUNT });
    }
    if method == "HEAD" && path == "/" {
        return Ok(RouteTarget::Preflight);
    }
    if let Some(rest) = path.strip_prefix(AZURE)
        && rest.starts_with('/')
    {
        return azure(method, rest);
    }
    if let Some(rest) = path.strip_prefix("/v1/responses/") {
        return Stored::find(method, path, rest).map(RouteTarget::Stored);
    }
    for models in [MODELS, GEMINI_MODELS] {
        let id = path
            .strip_prefix(models)
            .and_then(|id| id.strip_prefix('/'));
        if let Some(id) = id {
            return one_model(method, path, id);
        }
    }
    mount(path)
}

/// A path below `/openai`: the form with deployments, or OpenAI's own paths once more.
fn azure<'a>(method: &str, rest: &'a str) -> Result<RouteTarget<'a>, RouteError> {
    if let Some(model) = ModelRoute::azure(rest) {
        return model?.only(method).map(RouteTarget::Model);
    }
    let is_own = SELF_SERVICE.into_iter().any(|(known, _)| known == rest);
    if !rest.starts_with("/v1/") || dialect_of(rest) != Dialect::OpenAi || is_own {
        return Err(RouteError::NotFound);
    }
    match target(method, rest)? {
        RouteTarget::Model(model) => Ok(RouteTarget::Model(model.below_azure())),
        target @ (RouteTarget::Stored(_) | RouteTarget::Gateway(_) | RouteTarget::OneModel(_)) => {
            Ok(target)
        }
        _ => Err(RouteError::NotFound),
    }
}

fn only(method: &str, taken: &[&str], allow: &'static str) -> Result<(), RouteError> {
    if taken.contains(&method) {
        Ok(())
    } else {
        Err(RouteError::Method { allow })
    }
}

/// A model of which something is asked in Gemini's form, or the model itself. The id ends the path,
/// so an encoded slash in it cannot change the route: SDKs encode the slash of ids such as
/// `meta/llama`, other clients do not.
fn one_model<'a>(method: &str, path: &'a str, id: &'a str) -> Result<RouteTarget<'a>, RouteError> {
    if let Some(model) = ModelRoute::gemini(path, id) {
        return model?.only(method).map(RouteTarget::Model);
    }
    let id = model_id(id).ok_or(RouteError::NotFound)?;
    only(method, &["GET", "HEAD"], READ).map(|()| RouteTarget::OneModel(id))
}

/// The id of a model as a path has it, decoded; none where two readers could see two ids.
fn model_id(id: &str) -> Option<Cow<'_, str>> {
    let gap = id.split('/').any(str::is_empty);
    (!gap && decoded::harmless(id)).then(|| decoded::text(id))?
}

fn mount(path: &str) -> Result<RouteTarget<'_>, RouteError> {
    let inner = path.strip_prefix('/').ok_or(RouteError::NotFound)?;
    let end = inner.find('/').unwrap_or(inner.len());
    let (prefix, rest) = inner.split_at_checked(end).ok_or(RouteError::NotFound)?;
    let candidate = Prefix::parse(prefix).is_ok();
    if candidate && (rest.is_empty() || decoded::harmless(rest)) {
        Ok(RouteTarget::Mount { prefix, rest })
    } else {
        Err(RouteError::NotFound)
    }
}

#[cfg(test)]
mod tests;
