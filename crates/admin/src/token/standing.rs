//! How a token stands: what bounds it, and what would be refused now whatever a call asks for.

use std::net::{IpAddr, Ipv4Addr};

use tollgate_policy::asked::{Asked, Target};
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::reachable_models;
use tollgate_policy::token::Principal;
use tollgate_policy::verdict::Rule;
use tollgate_rights::source::Source;
use tollgate_store::StoreError;

use super::{find, view};
use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::view::account::FundsView;
use crate::view::money::LimitsView;
use crate::view::token::{RefusalView, StandingView};

/// The token of this name or id, with what bounds it, and what would be refused now.
///
/// # Errors
/// Where it is not there, or several have the name.
pub async fn standing(context: &Context, which: &str) -> Result<StandingView, AdminError> {
    context.allow(Deed::ReadTokens, None)?;
    let now = context.now();
    let stored = find(context, which).await?;
    let token = view(context, &stored).await?;
    let store = context.store();
    let account = store.account_fetch(stored.token.account).await?;
    let funds = FundsView::new(&account, now);
    let snapshot = store.snapshot().await;
    let snapshot = snapshot.map_err(|error| StoreError::Unavailable(error.0))?;
    let principal = Principal {
        token: stored.token,
        account: account.account,
        spent: stored.spent,
        account_spent: account.spent,
    };
    let explanation = tollgate_policy::explain(&snapshot.catalog, &principal, &any_call(), now);
    let broken = explanation
        .steps
        .iter()
        .filter(|step| !step.passed && matches!(step.rule(), Rule::Status | Rule::Quota));
    let terms = snapshot.catalog.group(principal.token.group);
    let terms = terms.map(|group| group.terms.clone()).unwrap_or_default();
    Ok(StandingView {
        token,
        funds,
        account_limits: LimitsView::new(&principal.account.limits),
        group_limits: LimitsView::new(&terms.limits),
        group_limits_shared: terms.shared,
        refuses: broken.map(RefusalView::new).collect(),
        callable_models: reachable_models(&snapshot.catalog, &principal).count(),
    })
}

/// A call of which only the rules are kept that do not depend on what is called, nor from where.
const fn any_call() -> Asked<'static> {
    Asked {
        target: Target::Model {
            endpoint: Endpoint::ChatCompletions,
            model: "",
        },
        address: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        secret_valid_until: None,
    }
}
