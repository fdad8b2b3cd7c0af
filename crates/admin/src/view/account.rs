//! Accounts as they are shown.

use serde::Serialize;
use tollgate_store::account::StoredAccount;

use super::ScopeView;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountView {
    /// `acc_…`
    pub id: String,
    /// Unique among accounts.
    pub name: String,
    /// Whether its tokens may be used at all.
    pub enabled: bool,
    /// Restrictions of all its tokens.
    #[serde(flatten)]
    pub scope: ScopeView,
    /// A remark.
    pub note: String,
    /// When it was made.
    pub created_at: String,
    /// When it was last changed.
    pub updated_at: String,
}

impl AccountView {
    pub(crate) fn new(stored: &StoredAccount) -> Self {
        let account = &stored.account;
        Self {
            id: account.id.to_string(),
            name: account.name.to_string(),
            enabled: account.enabled,
            scope: ScopeView::new(&account.scope),
            note: stored.note.clone(),
            created_at: stored.created_at.to_string(),
            updated_at: stored.updated_at.to_string(),
        }
    }
}
