//! Replaying a decision, real or imagined, with the rules that the gateway decides by.

mod call;
mod wanted;

use std::net::IpAddr;

use serde::Deserialize;
use tollgate_policy::asked::Asked;
use tollgate_policy::network::canonical;
use tollgate_policy::token::Principal;
use tollgate_rights::source::Source;
use tollgate_store::StoreError;

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::period;
use crate::token;
use crate::view::explain::ExplanationView;
use call::Call;
use wanted::Wanted;

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
    /// Method and path as the client sends them, such as `GET /crm/contacts`, in place of endpoint
    /// and mount; `POST` if only a path is written. The model stands beside it where the path names
    /// none.
    pub path: Option<String>,
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
    let wanted = Wanted::of(input)?;
    let target = wanted.target();
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
    let mut view = ExplanationView::new(&principal, &asked, at, &explanation, group);
    if context.allow(Deed::ReadUpstreams, None).is_err() {
        view.hide_upstreams();
    }
    Ok(view)
}

/// Decides anew on a call that was made, with the rules as they are now, at its moment.
///
/// # Errors
/// Where the call is not known, or it was refused before it was known what it asks for.
pub async fn of_request(context: &Context, request: &str) -> Result<ExplanationView, AdminError> {
    let call = Call::find(context, request).await?;
    explain(context, &call.input()).await
}

fn address(text: &str) -> Result<IpAddr, AdminError> {
    let address: Result<IpAddr, _> = text.trim().parse();
    address.map(canonical).map_err(|_| {
        let seen: String = text.chars().take(60).collect();
        let problem = format!("`{seen}` is no address: write `203.0.113.7` or `2001:db8::1`");
        AdminError::invalid("ip", problem)
    })
}
