//! One-time links: to become the first owner, to join, and to choose another password.
//!
//! A link is a code that a page takes; it never stands in an address that is sent to a server.

use std::time::Duration;

use serde::Deserialize;
use tollgate_policy::id::MemberId;
use tollgate_policy::time::Timestamp;
use tollgate_store::Actor;
use tollgate_store::digest::Purpose;
use tollgate_store::link::LinkPurpose;
use tollgate_store::member::{Login, NewMember, Role};

use crate::access::Deed;
use crate::code::Code;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::parsed;
use crate::view::member::{LinkView, MemberView};
use crate::{member, password};

/// How long a link lasts.
const LASTS: Duration = Duration::from_secs(24 * 60 * 60);

/// A link that was just made. It is shown once, and kept nowhere.
#[derive(Debug, Clone)]
pub struct Link {
    /// The code.
    pub code: Code,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What somebody writes who uses a link.
#[derive(Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Redeem {
    /// The code of the link.
    pub code: String,
    /// The password from now on.
    pub password: String,
    /// What the first owner signs in with; not for other links.
    pub login: Option<String>,
    /// What the first owner is called; the login if missing.
    pub name: Option<String>,
}

/// Makes the link for the first owner, in place of the last one. `None` where there is an owner.
///
/// # Errors
/// Where somebody else than the machine asks, or the store does not answer.
pub async fn init(context: &Context) -> Result<Option<Link>, AdminError> {
    context.allow(Deed::ChangePeople, None)?;
    if context.store().has_owner().await? {
        return Ok(None);
    }
    insert(context, LinkPurpose::FirstOwner).await.map(Some)
}

/// What a link is for, so that a page can say it. Anybody may ask who has the link.
///
/// # Errors
/// Where it was used, replaced, or is too old.
pub async fn look(context: &Context, code: &str) -> Result<LinkView, AdminError> {
    if !Code::is_one(code) {
        return Err(AdminError::NoLink);
    }
    let store = context.store();
    let digest = store.digest(Purpose::Link, code);
    let found = store.link_find(digest, context.now()).await?;
    let (purpose, stored) = found.ok_or(AdminError::NoLink)?;
    let member = match stored {
        Some(stored) => Some(member::view(context, &stored).await?),
        None => None,
    };
    Ok(LinkView {
        purpose: purpose.name().to_owned(),
        member,
    })
}

/// Uses a link: its member has this password from now on, and all their sessions end. They sign in
/// next, with the code of their authenticator where they have one.
///
/// # Errors
/// Where the link was used, replaced, or is too old, or an input cannot be used.
pub async fn redeem(context: &Context, input: &Redeem) -> Result<MemberView, AdminError> {
    let link = look(context, &input.code).await?;
    let (login, first) = match link.member {
        Some(member) => (member.login, None),
        None => {
            let new = first_owner(input)?;
            let id = MemberId::new(context.now(), context.id_entropy()?);
            (new.login.to_string(), Some((id, new)))
        }
    };
    password::check(&input.password, &login)?;
    let hash = password::hash(context, &input.password).await?;
    let who = Actor::new(login, context.actor().origin.clone());
    let (store, at) = (context.store(), context.now());
    let digest = store.digest(Purpose::Link, &input.code);
    let stored = store.link_redeem(&who, digest, hash, first, at).await?;
    member::view(context, &stored).await
}

fn first_owner(input: &Redeem) -> Result<NewMember, AdminError> {
    let login: Login = parsed("login", input.login.as_deref().unwrap_or_default())?;
    let name = input.name.as_deref().map(str::trim);
    let name = name.filter(|name| !name.is_empty());
    let name = match name {
        Some(name) => parsed("name", name)?,
        None => parsed("name", &login.as_str().chars().take(50).collect::<String>())?,
    };
    Ok(NewMember {
        login,
        name,
        role: Role::Owner,
        identity: None,
    })
}

/// Makes a link for a member who was allowed one.
pub(crate) async fn insert(context: &Context, purpose: LinkPurpose) -> Result<Link, AdminError> {
    let code = Code::new(context)?;
    let (store, at) = (context.store(), context.now());
    let expires_at = at.plus(LASTS);
    let digest = store.digest(Purpose::Link, code.reveal());
    let actor = context.actor();
    store
        .link_insert(actor, purpose, digest, expires_at, at)
        .await?;
    Ok(Link { code, expires_at })
}

/// Never shows the code or the password.
impl std::fmt::Debug for Redeem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("Redeem");
        shown.field("login", &self.login).finish_non_exhaustive()
    }
}
