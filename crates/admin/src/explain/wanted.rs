//! What a call asks for, as an operator writes it: a model, a mount, or method and path as they came.

use std::borrow::Cow;

use tollgate_policy::asked::Target;
use tollgate_policy::endpoint::Endpoint;
use tollgate_wire::route::{RouteTarget, route};

use super::ExplainInput;
use crate::error::AdminError;
use crate::input::parsed;

/// What is asked for.
pub(super) enum Wanted<'a> {
    Model(Endpoint, Cow<'a, str>),
    Mount(&'a str),
    Gateway(Endpoint),
    Statement,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(input: &'a ExplainInput) -> Result<Self, AdminError> {
        let endpoint = input.endpoint.as_deref();
        let endpoint: Option<Endpoint> =
            endpoint.map(|text| parsed("endpoint", text)).transpose()?;
        let model = input.model.as_deref();
        match (input.path.as_deref(), input.mount.as_deref()) {
            (Some(_), _) if endpoint.is_some() || input.mount.is_some() => refused(
                "path",
                "the path says which endpoint or mount it is: leave them out",
            ),
            (Some(path), _) => by_path(path, model),
            (None, Some(prefix)) if endpoint.is_none() && model.is_none() => {
                Ok(Self::Mount(prefix))
            }
            (None, Some(_)) => refused(
                "mount",
                "a mount has no model and no endpoint: leave them out",
            ),
            (None, None) => by_model(endpoint, model),
        }
    }

    pub(super) fn target(&self) -> Target<'_> {
        match self {
            Self::Model(endpoint, model) => Target::Model {
                endpoint: *endpoint,
                model,
            },
            Self::Mount(prefix) => Target::Mount { prefix },
            Self::Gateway(endpoint) => Target::Gateway {
                endpoint: *endpoint,
            },
            Self::Statement => Target::Statement,
        }
    }
}

fn refused<T>(field: &'static str, problem: &str) -> Result<T, AdminError> {
    Err(AdminError::invalid(field, problem))
}

fn by_model<'a>(
    endpoint: Option<Endpoint>,
    model: Option<&'a str>,
) -> Result<Wanted<'a>, AdminError> {
    match (model, endpoint) {
        (None, Some(endpoint)) if !endpoint.relayed() => Ok(Wanted::Gateway(endpoint)),
        (None, _) => refused(
            "model",
            "name the model that the client asks for, or a mount",
        ),
        (Some(_), Some(endpoint)) if !endpoint.relayed() => refused(
            "model",
            "the gateway answers this endpoint itself, whatever the model",
        ),
        (Some(model), endpoint) => Ok(Wanted::Model(
            endpoint.unwrap_or(Endpoint::ChatCompletions),
            Cow::Borrowed(model),
        )),
    }
}

/// As the gateway reads it.
fn by_path<'a>(text: &'a str, model: Option<&'a str>) -> Result<Wanted<'a>, AdminError> {
    let text = text.trim();
    let (method, path) = text.split_once(' ').unwrap_or(("POST", text));
    let path = path.trim();
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let found = route(method, path).map_err(|problem| {
        let problem = format!("the gateway answers 404 or 405 to this: {problem}");
        AdminError::invalid("path", problem)
    })?;
    match found.target {
        RouteTarget::Model(found) => {
            let named = found.model.or_else(|| model.map(Cow::Borrowed));
            let problem = "this path is of a model: name the one that the client asks for";
            let named = named.ok_or_else(|| AdminError::invalid("model", problem))?;
            Ok(Wanted::Model(found.endpoint, named))
        }
        _ if model.is_some() => refused("model", "this path has no model: leave it out"),
        RouteTarget::Mount { prefix, .. } => Ok(Wanted::Mount(prefix)),
        RouteTarget::Gateway(endpoint) => Ok(Wanted::Gateway(endpoint)),
        RouteTarget::OneModel(_) => Ok(Wanted::Gateway(Endpoint::Models)),
        RouteTarget::Stored(_) => Ok(Wanted::Gateway(Endpoint::StoredResponses)),
        RouteTarget::SelfService(_) => Ok(Wanted::Statement),
        RouteTarget::Preflight => refused("path", "the gateway answers this without a token"),
    }
}
