//! Replaying a decision, real or imagined, with the rules that the gateway decides by.

use std::net::IpAddr;

use serde::Deserialize;
use tollgate_policy::asked::{Asked, Target};
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::network::canonical;
use tollgate_policy::token::Principal;
use tollgate_rights::source::Source;
use tollgate_store::StoreError;

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::{parsed, period};
use crate::view::explain::ExplanationView;
use crate::{receipt, refusal, token};

/// A call, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExplainInput {
    /// The token, by name or id.
    pub token: String,
    /// The model that the client names.
    pub model: Option<String>,
    /// The endpoint that the client calls; `chat.completions` if only a model is named.
    pub endpoint: Option<String>,
    /// The first path segment of a mounted plain HTTP API, in place of model and endpoint.
    pub mount: Option<String>,
    /// The client's address.
    pub ip: String,
    /// The moment of the call, or how long ago it was; now if missing.
    pub at: Option<String>,
}

/// Decides on a call with the token's newest secret, and shows every rule with what it saw.
///
/// # Errors
/// Where the token is not there, or an input cannot be used. A refusal is no error.
pub async fn explain(
    context: &Context,
    input: &ExplainInput,
) -> Result<ExplanationView, AdminError> {
    context.allow(Deed::ReadTokens, None)?;
    let now = context.now();
    let at = input.at.as_deref();
    let at = at.map_or(Ok(now), |text| period::past("at", text, now))?;
    let address = address(&input.ip)?;
    let target = target(input)?;
    let stored = token::find(context, &input.token).await?;
    let store = context.store();
    let account = store.account_fetch(stored.token.account).await?;
    let snapshot = store.snapshot().await;
    let snapshot = snapshot.map_err(|error| StoreError::Unavailable(error.0))?;
    let principal = Principal {
        token: stored.token,
        account: account.account,
        spent: stored.spent,
        account_spent: account.spent,
    };
    let asked = Asked {
        target,
        address,
        secret_valid_until: None,
    };
    let explanation = tollgate_policy::explain(&snapshot.catalog, &principal, &asked, at);
    let group = snapshot.catalog.group(principal.token.group);
    Ok(ExplanationView::new(
        &principal,
        &asked,
        at,
        &explanation,
        group,
    ))
}

/// Decides anew on a call that was made, with the rules as they are now, at its moment.
///
/// # Errors
/// Where the call is not known, or it was refused before it was known what it asks for.
pub async fn of_request(context: &Context, request: &str) -> Result<ExplanationView, AdminError> {
    let call = match receipt::show(context, request).await {
        Ok(call) => Call {
            token: call.token.id,
            endpoint: Some(call.endpoint),
            model: call.model,
            client: call.client,
            at: call.at,
        },
        Err(AdminError::NoReceipt { .. }) => {
            let call = refusal::show(context, request).await?;
            if call.endpoint.is_none() && call.model.is_none() {
                let problem = format!(
                    "the call was refused before it was known what it asks for: `{}`",
                    call.code
                );
                return Err(AdminError::invalid("request", problem));
            }
            Call {
                token: call.token.id,
                endpoint: call.endpoint,
                model: call.model,
                client: call.client,
                at: call.at,
            }
        }
        Err(error) => return Err(error),
    };
    explain(context, &call.input()).await
}

/// A call that was made.
struct Call {
    token: String,
    endpoint: Option<String>,
    model: Option<String>,
    client: String,
    at: String,
}

impl Call {
    fn input(self) -> ExplainInput {
        let mount = self.endpoint.as_deref();
        let mount = mount.and_then(|name| name.strip_prefix("mount/"));
        let mount = mount.map(str::to_owned);
        ExplainInput {
            token: self.token,
            endpoint: self.endpoint.filter(|_| mount.is_none()),
            model: self.model.filter(|_| mount.is_none()),
            mount,
            ip: self.client,
            at: Some(self.at),
        }
    }
}

fn address(text: &str) -> Result<IpAddr, AdminError> {
    let address: Result<IpAddr, _> = text.trim().parse();
    address.map(canonical).map_err(|_| {
        let seen: String = text.chars().take(60).collect();
        let problem = format!("`{seen}` is no address: write `203.0.113.7` or `2001:db8::1`");
        AdminError::invalid("ip", problem)
    })
}

fn target(input: &ExplainInput) -> Result<Target<'_>, AdminError> {
    let endpoint = input.endpoint.as_deref();
    let endpoint: Option<Endpoint> = endpoint.map(|text| parsed("endpoint", text)).transpose()?;
    let refused = |field, problem: &str| Err(AdminError::invalid(field, problem));
    match (input.model.as_deref(), endpoint, input.mount.as_deref()) {
        (None, None, Some(prefix)) => Ok(Target::Mount { prefix }),
        (_, _, Some(_)) => refused(
            "mount",
            "a mount has no model and no endpoint: leave them out",
        ),
        (None, Some(endpoint), None) if !endpoint.relayed() => Ok(Target::Gateway { endpoint }),
        (None, _, None) => refused(
            "model",
            "name the model that the client asks for, or a mount",
        ),
        (Some(_), Some(endpoint), None) if !endpoint.relayed() => refused(
            "model",
            "the gateway answers this endpoint itself, whatever the model",
        ),
        (Some(model), endpoint, None) => Ok(Target::Model {
            endpoint: endpoint.unwrap_or(Endpoint::ChatCompletions),
            model,
        }),
    }
}
