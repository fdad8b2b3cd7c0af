//! Accounts as they are shown.

use serde::Serialize;
use tollgate_policy::time::Timestamp;
use tollgate_store::account::{CreditsEntry, StoredAccount};

use super::ScopeView;
use super::money::{LimitsView, PeriodView};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountView {
    /// `acc_…`
    pub id: String,
    /// Unique among accounts.
    pub name: String,
    /// Whether its tokens may be used at all.
    pub enabled: bool,
    /// What all its tokens together may spend, and have spent.
    #[serde(flatten)]
    pub funds: FundsView,
    /// What all its tokens together may ask for in a minute, and at once.
    #[serde(flatten)]
    pub limits: LimitsView,
    /// Restrictions of all its tokens.
    #[serde(flatten)]
    pub scope: ScopeView,
    /// A remark.
    pub note: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
    /// Grows with each change.
    pub version: i64,
}

/// What an account may spend, and has spent, in credits:
/// `used + held + remaining = credited + credit_line`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FundsView {
    /// What it was given in all; `null` where it spends without a limit.
    pub credited: Option<String>,
    /// What it may spend beyond that.
    pub credit_line: String,
    /// What its tokens have spent.
    pub used: String,
    /// What is held for calls that have not ended.
    pub held: String,
    /// What is left; `null` where it spends without a limit.
    pub remaining: Option<String>,
    /// Its limit of the present period; `null` where it has none.
    pub periodic: Option<PeriodView>,
}

/// An entry of an account's statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EntryView {
    /// Its number: entries made later have higher ones.
    pub number: i64,
    /// When it was made.
    pub at: String,
    /// What was put in, in credits; negative where it was taken back.
    pub amount: String,
    /// Who did it.
    pub actor: String,
    /// Why.
    pub note: String,
}

impl AccountView {
    pub(crate) fn new(stored: &StoredAccount, now: Timestamp) -> Self {
        let account = &stored.account;
        Self {
            id: account.id.to_string(),
            name: account.name.to_string(),
            enabled: account.enabled,
            funds: FundsView::new(stored, now),
            limits: LimitsView::new(&account.limits),
            scope: ScopeView::new(&account.scope),
            note: stored.note.clone(),
            created_at: stored.created_at.to_string(),
            updated_at: stored.updated_at.to_string(),
            version: stored.version,
        }
    }
}

impl FundsView {
    pub(crate) fn new(stored: &StoredAccount, now: Timestamp) -> Self {
        let (funds, spent) = (&stored.account.funds, &stored.spent);
        let quota = funds.quota();
        let balance = quota.lifetime_balance(spent);
        Self {
            credited: funds.credited.map(|credited| credited.to_string()),
            credit_line: funds.credit_line.to_string(),
            used: spent.lifetime.used.to_string(),
            held: spent.lifetime.held.to_string(),
            remaining: balance.map(|balance| balance.remaining().to_string()),
            periodic: PeriodView::new(&quota, spent, now),
        }
    }
}

impl EntryView {
    pub(crate) fn new(entry: &CreditsEntry) -> Self {
        Self {
            number: entry.id,
            at: entry.at.to_string(),
            amount: entry.amount.to_string(),
            actor: entry.actor.clone(),
            note: entry.note.clone(),
        }
    }
}
