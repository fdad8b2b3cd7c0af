//! Members, their sessions, links and API credentials as they are shown.

use serde::Serialize;
use tollgate_policy::id::SessionId;
use tollgate_policy::time::Timestamp;
use tollgate_store::api_credential::StoredApiCredential;
use tollgate_store::member::StoredMember;
use tollgate_store::session::StoredSession;

use super::{Reference, moment};

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MemberView {
    /// `mem_…`
    pub id: String,
    /// What they sign in with.
    pub login: String,
    /// What they are called.
    pub name: String,
    /// `owner`, `operator`, `auditor` or `member`.
    pub role: String,
    /// The one account that they see; `null` for all roles but `member`.
    pub account: Option<Reference>,
    /// Whether they may sign in.
    pub enabled: bool,
    /// Whether they have not chosen a password yet, and are not signed in by another server.
    pub invited: bool,
    /// Whether a code of an authenticator is asked for.
    pub totp: bool,
    /// The issuer that signs them in; `null` for none.
    pub issuer: Option<String>,
    /// What the issuer calls them.
    pub subject: Option<String>,
    /// When they were made.
    pub created_at: String,
    /// When they were last changed.
    pub updated_at: String,
    /// When they last signed in; `null` for never.
    pub signed_in_at: Option<String>,
    /// Grows with each change.
    pub version: i64,
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// `ses_…`
    pub id: String,
    /// Whose it is.
    pub member: Reference,
    /// From where they signed in.
    pub address: String,
    /// With what they signed in.
    pub user_agent: String,
    /// When they signed in.
    pub created_at: String,
    /// When they were last seen, to a minute.
    pub seen_at: String,
    /// When it ends whatever is done.
    pub expires_at: String,
    /// Whether it is the one that asks.
    pub current: bool,
}

/// An API credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApiCredentialView {
    /// `key_…`
    pub id: String,
    /// Its name.
    pub name: String,
    /// By which it is recognised.
    pub hint: String,
    /// `read`, `tokens` or `all`.
    pub scope: String,
    /// For whom it acts.
    pub member: Reference,
    /// Whether its time has passed.
    pub expired: bool,
    /// When it was made.
    pub created_at: String,
    /// When it ends; `null` for never.
    pub expires_at: Option<String>,
    /// When it was last used, to a minute; `null` for never.
    pub last_used_at: Option<String>,
}

/// What a link is for, without the link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LinkView {
    /// `first-owner`, `invite` or `reset`.
    pub purpose: String,
    /// Whose it is; `null` for the first owner, who says it when using the link.
    pub member: Option<MemberView>,
}

impl MemberView {
    pub(crate) fn new(stored: &StoredMember, account: Option<Reference>) -> Self {
        let identity = stored.identity.clone();
        let (issuer, subject) = identity.map(|one| (one.issuer, one.subject)).unzip();
        Self {
            id: stored.id.to_string(),
            login: stored.login.to_string(),
            name: stored.name.to_string(),
            role: stored.role.name().to_owned(),
            account,
            enabled: stored.enabled,
            invited: !stored.has_password && stored.identity.is_none(),
            totp: stored.has_totp,
            issuer,
            subject,
            created_at: stored.created_at.to_string(),
            updated_at: stored.updated_at.to_string(),
            signed_in_at: moment(stored.signed_in_at),
            version: stored.version,
        }
    }
}

impl SessionView {
    pub(crate) fn new(
        stored: &StoredSession,
        member: Reference,
        current: Option<SessionId>,
    ) -> Self {
        Self {
            id: stored.id.to_string(),
            member,
            address: stored.address.clone(),
            user_agent: stored.user_agent.clone(),
            created_at: stored.created_at.to_string(),
            seen_at: stored.seen_at.to_string(),
            expires_at: stored.expires_at.to_string(),
            current: current == Some(stored.id),
        }
    }
}

impl ApiCredentialView {
    pub(crate) fn new(stored: &StoredApiCredential, member: Reference, now: Timestamp) -> Self {
        Self {
            id: stored.id.to_string(),
            name: stored.name.to_string(),
            hint: stored.hint.clone(),
            scope: stored.scope.name().to_owned(),
            member,
            expired: stored.expires_at.is_some_and(|end| end <= now),
            created_at: stored.created_at.to_string(),
            expires_at: moment(stored.expires_at),
            last_used_at: moment(stored.last_used_at),
        }
    }
}
