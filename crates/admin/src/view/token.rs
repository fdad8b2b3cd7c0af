//! Tokens as they are shown: their secrets only by their hints.

use serde::Serialize;
use tollgate_policy::explain::Step;
use tollgate_policy::time::Timestamp;
use tollgate_store::model::StoredModel;
use tollgate_store::token::StoredToken;

use super::account::FundsView;
use super::money::{LimitsView, PeriodView};
use super::{Reference, ScopeView, moment};

/// A token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TokenView {
    /// `tok_…`
    pub id: String,
    /// What it is for.
    pub name: String,
    /// `enabled`, `disabled`, `expired`, `exhausted` or `revoked`, now.
    pub status: String,
    /// Who pays.
    pub account: Reference,
    /// The tier.
    pub group: Reference,
    /// What it may spend in its whole life, in credits; `null` for unlimited.
    pub quota: Option<String>,
    /// What it has spent, in credits.
    pub used: String,
    /// What is held for calls that have not ended, in credits.
    pub held: String,
    /// What is left of the quota, in credits: below zero where it was lowered; `null` for unlimited.
    pub remaining: Option<String>,
    /// Its limit of the present period; `null` where it has none.
    pub periodic: Option<PeriodView>,
    /// What it may ask for in a minute, and at once.
    #[serde(flatten)]
    pub limits: LimitsView,
    /// When it ends; `null` for never.
    pub expires_at: Option<String>,
    /// Its own restrictions.
    #[serde(flatten)]
    pub scope: ScopeView,
    /// A remark.
    pub note: String,
    /// Whose token it is.
    pub creator: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// When it was last used, as far as the gateways have reported it; `null` for never.
    pub last_used_at: Option<String>,
    /// Grows with each change.
    pub version: i64,
    /// Its secrets, the newest first.
    pub secrets: Vec<SecretView>,
    /// What an operator should know about it.
    pub warnings: Vec<String>,
}

/// A token with what bounds it besides itself, and what it would refuse now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StandingView {
    /// The token.
    #[serde(flatten)]
    pub token: TokenView,
    /// What its account may spend, and has spent.
    pub funds: FundsView,
    /// What all tokens of its account together may ask for in a minute, and at once.
    pub account_limits: LimitsView,
    /// What its group lets each token ask for, or all together.
    pub group_limits: LimitsView,
    /// Whether all tokens of the group share its limits.
    pub group_limits_shared: bool,
    /// Why any call of a model would be refused now, whatever it asks for; empty if none would.
    /// Limits of a minute are not looked at: the gateways alone know how much of them is used.
    pub refuses: Vec<RefusalView>,
    /// How many models of the gallery its restrictions, upstreams and prices let it call.
    pub callable_models: usize,
}

/// Why calls are refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RefusalView {
    /// The stable code, such as `quota_exhausted`.
    pub code: String,
    /// Whose restriction it is: `token`, `account`, `group` or `catalog`.
    pub layer: String,
    /// What was seen.
    pub saw: String,
    /// What would be let through.
    pub wanted: String,
    /// Until when it is so, if that is known.
    pub until: Option<String>,
}

/// What is shown of a secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SecretView {
    /// By which it is recognised.
    pub hint: String,
    /// Whether it is valid now, if the token is.
    pub valid: bool,
    /// When it stops being valid; `null` where it lasts as long as the token.
    pub valid_until: Option<String>,
    /// When it was made.
    pub created_at: String,
}

impl TokenView {
    pub(crate) fn new(stored: &StoredToken, gallery: &[StoredModel], now: Timestamp) -> Self {
        let token = &stored.token;
        let secrets = stored.secrets.iter().map(|secret| SecretView {
            hint: secret.hint.clone(),
            valid: secret.valid_until.is_none_or(|until| now < until),
            valid_until: moment(secret.valid_until),
            created_at: secret.created_at.to_string(),
        });
        let balance = token.quota.lifetime_balance(&stored.spent);
        Self {
            id: token.id.to_string(),
            name: token.name.to_string(),
            status: token.status(&stored.spent, now).to_string(),
            account: Reference {
                id: token.account.to_string(),
                name: stored.account_name.to_string(),
            },
            group: Reference {
                id: token.group.to_string(),
                name: stored.group_name.to_string(),
            },
            quota: token.quota.lifetime.map(|quota| quota.to_string()),
            used: stored.spent.lifetime.used.to_string(),
            held: stored.spent.lifetime.held.to_string(),
            remaining: balance.map(|balance| balance.remaining().to_string()),
            periodic: PeriodView::new(&token.quota, &stored.spent, now),
            limits: LimitsView::new(&token.limits),
            expires_at: moment(token.expires_at),
            scope: ScopeView::new(&token.scope),
            note: stored.note.clone(),
            creator: stored.creator.clone(),
            created_at: stored.created_at.to_string(),
            updated_at: stored.updated_at.to_string(),
            last_used_at: moment(stored.last_used_at),
            version: stored.version,
            secrets: secrets.collect(),
            warnings: warnings(stored, gallery),
        }
    }
}

impl RefusalView {
    pub(crate) fn new(step: &Step) -> Self {
        Self {
            code: step.kind.name().to_owned(),
            layer: step.layer.name().to_owned(),
            saw: step.saw.clone(),
            wanted: step.wanted.clone(),
            until: moment(step.until),
        }
    }
}

/// A mistyped model looks like a restriction that works.
fn warnings(stored: &StoredToken, gallery: &[StoredModel]) -> Vec<String> {
    let patterns = stored.token.scope.models.list().unwrap_or_default();
    let idle = patterns.iter().filter(|pattern| {
        !gallery
            .iter()
            .any(|one| pattern.matches(one.model.name.as_str()))
    });
    idle.map(|pattern| format!("`{pattern}` matches no model of the gallery"))
        .collect()
}
