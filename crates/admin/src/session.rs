//! Sessions: who a cookie belongs to, who is signed in, and ending it.

use std::time::Duration;

use tollgate_policy::id::{MemberId, SessionId};
use tollgate_store::digest::Purpose;
use tollgate_store::member::StoredMember;
use tollgate_store::session::{NewSession, StoredSession};
use tollgate_store::{Actor, Kind, StoreError};

use crate::access::{Caller, Deed};
use crate::code::Code;
use crate::context::Context;
use crate::error::AdminError;
use crate::member;
use crate::view::Reference;
use crate::view::member::{MemberView, SessionView};

/// How long sessions last.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// After this time a session ends whatever is done.
    pub lasts: Duration,
    /// After this time without a request a session ends.
    pub idle: Duration,
}

impl Default for Terms {
    /// 12 hours, and 2 without a request.
    fn default() -> Self {
        Self {
            lasts: Duration::from_secs(12 * 60 * 60),
            idle: Duration::from_secs(2 * 60 * 60),
        }
    }
}

/// A session that was just begun. The cookie is kept nowhere else.
#[derive(Debug)]
pub struct Begun {
    /// What the browser presents from now on.
    pub cookie: Code,
    /// Who has signed in.
    pub member: MemberView,
    /// The session.
    pub session: SessionView,
}

/// Somebody who presented the cookie of a session.
pub struct Resumed {
    /// With their rights, which were read just now.
    pub context: Context,
    /// Who they are.
    pub member: MemberView,
    /// Their session.
    pub session: SessionView,
}

/// The session of a cookie.
///
/// # Errors
/// [`AdminError::Unauthenticated`] where there is none, or not any more.
pub async fn resume(context: &Context, cookie: &str, terms: Terms) -> Result<Resumed, AdminError> {
    let ended = AdminError::Unauthenticated {
        problem: "the session has ended: sign in again",
    };
    if !Code::is_one(cookie) {
        return Err(ended);
    }
    let (store, now) = (context.store(), context.now());
    let digest = store.digest(Purpose::Session, cookie);
    let found = store.session_find(digest, terms.idle, now).await?;
    let Some((session, stored)) = found else {
        return Err(ended);
    };
    let (id, role) = (stored.id, stored.role);
    let origin = context.actor().origin.clone();
    let actor = Actor::new(stored.login.as_str(), origin);
    let known = context.known(Caller::Member { id, role }, actor);
    let member = member::view(&known, &stored).await?;
    let session = SessionView::new(&session, member::reference(&stored), Some(session.id));
    Ok(Resumed {
        context: known,
        member,
        session,
    })
}

/// Begins a session for somebody who has proved who they are, as they were read for that. They are its
/// actor.
pub(crate) async fn begin(
    context: &Context,
    stored: &StoredMember,
    user_agent: &str,
    terms: Terms,
) -> Result<Begun, AdminError> {
    let cookie = Code::new(context)?;
    let (store, at) = (context.store(), context.now());
    let origin = context.actor().origin.clone();
    let new = NewSession {
        id: SessionId::new(at, context.id_entropy()?),
        digest: store.digest(Purpose::Session, cookie.reveal()),
        member: stored.id,
        version: stored.version,
        address: origin.clone(),
        user_agent: user_agent.to_owned(),
        expires_at: at.plus(terms.lasts),
    };
    let who = Actor::new(stored.login.as_str(), origin);
    let session = store.session_open(&who, new, at).await?;
    let stored = store.member_fetch(stored.id).await?;
    Ok(Begun {
        cookie,
        member: member::view(context, &stored).await?,
        session: SessionView::new(&session, member::reference(&stored), Some(session.id)),
    })
}

/// Sessions that have not ended, those last seen first: one's own, or with the right to see people
/// those of anybody, or of one member by login or id.
///
/// # Errors
/// Where the member is not there.
pub async fn list(
    context: &Context,
    of: Option<&str>,
    terms: Terms,
) -> Result<Vec<SessionView>, AdminError> {
    let member = match of {
        Some(which) => Some(who(context, which, Deed::ReadPeople).await?),
        None => {
            context.allow(Deed::ReadPeople, None)?;
            None
        }
    };
    let store = context.store();
    let found = store
        .session_list(member, terms.idle, context.now())
        .await?;
    let mut shown = Vec::with_capacity(found.len());
    for one in &found {
        shown.push(SessionView::new(one, owner(context, one).await?, None));
    }
    Ok(shown)
}

/// Ends a session, one's own or with the right to change people anybody's.
///
/// # Errors
/// Where it is not there.
pub async fn revoke(context: &Context, which: &str) -> Result<SessionView, AdminError> {
    let missing = || AdminError::not_found(Kind::Session, which);
    // Whether there is such a session is told only to those who may see it.
    let hide = |error| match error {
        AdminError::Forbidden(_) => missing(),
        other => other,
    };
    let id: SessionId = which.parse().map_err(|_| missing())?;
    let (store, at) = (context.store(), context.now());
    let found = store.session_fetch(id).await;
    let found = match found {
        Err(StoreError::NotFound { .. }) => {
            context.allow(Deed::ReadPeople, None).map_err(hide)?;
            return Err(missing());
        }
        other => other?,
    };
    member::visible(context, found.member, Deed::ReadPeople).map_err(hide)?;
    member::visible(context, found.member, Deed::ChangePeople)?;
    let owner = owner(context, &found).await?;
    let ended = store.session_close(context.actor(), id, false, at).await?;
    Ok(SessionView::new(&ended, owner, None))
}

/// Ends all sessions of a member. Says how many.
///
/// # Errors
/// Where they are not there.
pub async fn revoke_all(context: &Context, of: &str) -> Result<u64, AdminError> {
    let member = who(context, of, Deed::ChangePeople).await?;
    let (store, at) = (context.store(), context.now());
    let ended = store.session_close_all(context.actor(), member, at).await?;
    Ok(ended)
}

/// Ends the session with which somebody acts.
///
/// # Errors
/// Where the store does not answer. That it has ended already is no error.
pub async fn sign_out(resumed: &Resumed) -> Result<(), AdminError> {
    let context = &resumed.context;
    let Ok(id) = resumed.session.id.parse::<SessionId>() else {
        return Ok(());
    };
    let (store, at) = (context.store(), context.now());
    match store.session_close(context.actor(), id, true, at).await {
        Ok(_) | Err(StoreError::NotFound { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Oneself, or somebody whom the caller may look up.
async fn who(context: &Context, which: &str, deed: Deed) -> Result<MemberId, AdminError> {
    let own = member::own(context, deed);
    if let Some(own) = own.filter(|own| which.parse() == Ok(*own)) {
        return Ok(own);
    }
    context.allow(deed, None)?;
    Ok(member::find(context, which).await?.id)
}

async fn owner(context: &Context, session: &StoredSession) -> Result<Reference, AdminError> {
    let stored = context.store().member_fetch(session.member).await?;
    Ok(member::reference(&stored))
}
