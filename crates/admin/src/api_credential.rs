//! API credentials: by which programs act for a member, with no more rights than that member has.

use serde::Deserialize;
use tollgate_policy::id::ApiCredentialId;
use tollgate_policy::secret::operator::{OperatorSecret, PREFIX};
use tollgate_store::api_credential::{ApiScope, NewApiCredential, StoredApiCredential};
use tollgate_store::digest::Purpose;
use tollgate_store::{Actor, Kind, StoreError};

use crate::access::{Caller, Deed};
use crate::context::Context;
use crate::error::AdminError;
use crate::input::{parsed, period, shortened};
use crate::member;
use crate::view::member::ApiCredentialView;

/// An API credential to be made, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ApiCredentialInput {
    /// What it is for: 2 to 50 characters, unique.
    pub name: String,
    /// `read`, `tokens` or `all`.
    pub scope: String,
    /// For whom it acts, by login or id; who acts if missing.
    pub member: Option<String>,
    /// When it ends: a moment, a date, how long from now, or `never`, `-1` or blank.
    #[serde(default)]
    pub expires: String,
}

/// An API credential that was just made. Its secret is shown once, and kept nowhere.
#[derive(Debug)]
pub struct IssuedApiCredential {
    /// The credential.
    pub credential: ApiCredentialView,
    /// The secret in clear.
    pub secret: OperatorSecret,
}

/// Makes an API credential and its secret: for oneself, or with the right to change people for
/// somebody else. A program cannot make one.
///
/// # Errors
/// Where an input cannot be used, the name is taken, or the member is not there.
pub async fn create(
    context: &Context,
    input: &ApiCredentialInput,
) -> Result<IssuedApiCredential, AdminError> {
    let own = match context.caller() {
        Caller::Credential { .. } => None,
        caller => caller.member(),
    };
    let owner = match (&input.member, own) {
        (None, Some(own)) => context.store().member_fetch(own).await?,
        (None, None) => {
            context.allow(Deed::ChangePeople, None)?;
            let problem = "say for whom it acts: a login or an id";
            return Err(AdminError::invalid("member", problem));
        }
        (Some(which), _) => {
            context.allow(Deed::ChangePeople, None)?;
            refuse_programs(context)?;
            member::find(context, which).await?
        }
    };
    let at = context.now();
    let secret = OperatorSecret::new(&context.secret_entropy()?);
    let store = context.store();
    let new = NewApiCredential {
        name: parsed("name", &input.name)?,
        digest: store.digest(Purpose::ApiCredential, secret.reveal()),
        hint: secret.hint(),
        scope: scope(&input.scope)?,
        member: owner.id,
        expires_at: period::expiry(&input.expires, at)?,
    };
    let id = ApiCredentialId::new(at, context.id_entropy()?);
    let actor = context.actor();
    let made = store.api_credential_insert(actor, new, id, at).await?;
    let credential = ApiCredentialView::new(&made, member::reference(&owner), at);
    Ok(IssuedApiCredential { credential, secret })
}

/// API credentials by name: all of them with the right to see people, and else one's own.
///
/// # Errors
/// Where the store does not answer.
pub async fn list(context: &Context) -> Result<Vec<ApiCredentialView>, AdminError> {
    let own = context.caller().member();
    let of = match context.may(Deed::ReadPeople, None) {
        true => None,
        false => own,
    };
    if own.is_none() {
        context.allow(Deed::ReadPeople, None)?;
    }
    let store = context.store();
    let mut shown = Vec::new();
    for one in store.api_credential_list(of).await? {
        shown.push(view(context, &one).await?);
    }
    Ok(shown)
}

/// Takes an API credential back at once, one's own or with the right to change people anybody's;
/// gives what it was.
///
/// # Errors
/// Where it is not there.
pub async fn revoke(context: &Context, which: &str) -> Result<ApiCredentialView, AdminError> {
    let found = find(context, which).await?;
    member::visible(context, found.member, Deed::ChangePeople)?;
    let shown = view(context, &found).await?;
    let (store, at) = (context.store(), context.now());
    let actor = context.actor();
    store.api_credential_delete(actor, found.id, at).await?;
    Ok(shown)
}

/// Who presents an API credential: a context with its rights, which were read just now.
///
/// # Errors
/// [`AdminError::Unauthenticated`] where it is no such credential, or not any more; also where it is
/// a token, with which calls are made, and nothing else.
pub async fn authenticate(context: &Context, secret: &str) -> Result<Context, AdminError> {
    let refused = |problem| AdminError::Unauthenticated { problem };
    let secret = OperatorSecret::parse(secret.trim()).map_err(|_| {
        refused(match secret.trim().starts_with(PREFIX) {
            true => "the API credential is mistyped or incomplete",
            false => {
                "this is no API credential, which begins with `sk-tgadm-`: tokens are for calls alone"
            }
        })
    })?;
    let store = context.store();
    let digest = store.digest(Purpose::ApiCredential, secret.reveal());
    let found = store.api_credential_find(digest, context.now()).await?;
    let (credential, member) =
        found.ok_or_else(|| refused("there is no such API credential, or not any more"))?;
    let caller = Caller::Credential {
        id: credential.id,
        member: member.id,
        role: member.role,
        scope: credential.scope,
    };
    let origin = format!("api {}@{}", credential.name, context.actor().origin);
    Ok(context.known(caller, Actor::new(member.login.as_str(), origin)))
}

/// The credential of this name or id, among those that the caller may see.
async fn find(context: &Context, which: &str) -> Result<StoredApiCredential, AdminError> {
    let missing = || AdminError::not_found(Kind::ApiCredential, which);
    let store = context.store();
    let by_id = match which.parse::<ApiCredentialId>() {
        Ok(id) => match store.api_credential_fetch(id).await {
            Err(StoreError::NotFound { .. }) => None,
            other => Some(other?),
        },
        Err(_) => None,
    };
    let found = match by_id {
        Some(found) => Some(found),
        None => {
            let all = store.api_credential_list(None).await?;
            all.into_iter().find(|one| one.name.as_str() == which)
        }
    };
    let found = found.ok_or_else(missing)?;
    // What is somebody else's is not there for those who see nobody else.
    match member::visible(context, found.member, Deed::ReadPeople) {
        Err(AdminError::Forbidden(_)) => Err(missing()),
        other => other.map(|()| found),
    }
}

async fn view(
    context: &Context,
    stored: &StoredApiCredential,
) -> Result<ApiCredentialView, AdminError> {
    let owner = context.store().member_fetch(stored.member).await?;
    let owner = member::reference(&owner);
    Ok(ApiCredentialView::new(stored, owner, context.now()))
}

fn refuse_programs(context: &Context) -> Result<(), AdminError> {
    match context.caller() {
        Caller::Credential { .. } => Err(AdminError::Unauthenticated {
            problem: "a program cannot make API credentials: sign in as a member",
        }),
        _ => Ok(()),
    }
}

fn scope(text: &str) -> Result<ApiScope, AdminError> {
    let found = ApiScope::ALL.into_iter().find(|one| one.name() == text);
    found.ok_or_else(|| {
        let problem = format!(
            "`{}` is not one of `read`, `tokens`, `all`",
            shortened(text)
        );
        AdminError::invalid("scope", problem)
    })
}
