//! Signing in: by login and password, with a code where the member has an authenticator, or by
//! another server that has signed them in.
//!
//! It takes the same work whether or not there is such a member, and it is slowed by attempts.

use std::net::IpAddr;

use serde::Deserialize;
use tollgate_policy::network::canonical;
use tollgate_store::Actor;
use tollgate_store::attempt::{Attempt, Attempted};
use tollgate_store::digest::Purpose;
use tollgate_store::member::{Identity, Login, Proof};

use crate::context::Context;
use crate::error::AdminError;
use crate::session::{self, Begun, Terms};
use crate::{password, profile};

const WRONG: AdminError = AdminError::Unauthenticated {
    problem: "login, password or code are wrong",
};

/// What somebody writes who signs in.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// An email address or a user name, in any case.
    pub login: String,
    /// Their password.
    pub password: String,
    /// A code of their authenticator, or a recovery code.
    pub code: Option<String>,
}

/// From where and with what somebody signs in.
#[derive(Debug, Clone)]
pub struct Whence {
    /// Their address, which no header of theirs has forged.
    pub address: IpAddr,
    /// The header `User-Agent`.
    pub user_agent: String,
}

/// What becomes of an attempt whose password was right.
#[derive(Debug)]
pub enum Outcome {
    /// They are signed in.
    SignedIn(Box<Begun>),
    /// They have an authenticator: ask for a code, and send all again with it.
    NeedsCode,
}

/// Signs somebody in. Whatever session the browser had before is not theirs any more: end it by
/// [`session::sign_out`], and set the new cookie.
///
/// # Errors
/// [`AdminError::Unauthenticated`] where anything is wrong, [`AdminError::TooMany`] where it was
/// tried too often by this login or from this address.
pub async fn sign_in(
    context: &Context,
    input: &SignIn,
    whence: &Whence,
    terms: Terms,
) -> Result<Outcome, AdminError> {
    let store = context.store();
    let login = Login::parse(&input.login).ok();
    let attempt = attempt(context, input, login.as_ref(), whence.address);
    let count = match store.sign_in_attempt(attempt, context.now()).await? {
        Attempted::Counted(count) => count,
        Attempted::TooEarly(wait) => return Err(AdminError::too_many(wait)),
    };
    let proof = match &login {
        Some(login) => store.member_proof(login).await?,
        None => None,
    };
    let hash = proof.as_ref().and_then(|proof| proof.password.as_ref());
    let (right, old) = password::verify(&input.password, hash).await?;
    let Some(proof) = proof else {
        return Err(WRONG);
    };
    if !right {
        return Err(failed(context, &proof, count));
    }
    if proof.totp.is_some() {
        let code = input.code.as_deref().map(str::trim);
        let Some(code) = code.filter(|code| !code.is_empty()) else {
            store.sign_in_halfway(attempt).await?;
            return Ok(Outcome::NeedsCode);
        };
        if !profile::code_is_right(context, &proof, code).await? {
            return Err(failed(context, &proof, count));
        }
    }
    store.sign_in_passed(attempt).await?;
    if let (true, Some(seen)) = (old, proof.password) {
        let fresh = password::hash(context, &input.password).await?;
        store.member_rehash(proof.member.id, seen, fresh).await?;
    }
    let begun = session::begin(context, &proof.member, &whence.user_agent, terms).await?;
    Ok(Outcome::SignedIn(Box::new(begun)))
}

/// Signs in whom an OpenID Connect issuer has signed in, which was verified before. No password and
/// no code is asked for: that is the issuer's part.
///
/// # Errors
/// [`AdminError::Unauthenticated`] where no member has this identity, or they are disabled.
pub async fn by_identity(
    context: &Context,
    identity: Identity,
    user_agent: &str,
    terms: Terms,
) -> Result<Begun, AdminError> {
    let found = context.store().member_find_by_identity(identity).await?;
    let member = found.filter(|member| member.enabled);
    let member = member.ok_or(AdminError::Unauthenticated {
        problem: "no member has this identity: ask an owner to invite you",
    })?;
    session::begin(context, &member, user_agent, terms).await
}

/// By which attempts are counted. A whole network of version 6 is one customer's.
fn attempt(context: &Context, input: &SignIn, login: Option<&Login>, address: IpAddr) -> Attempt {
    let login = match login {
        Some(login) => login.key(),
        None => input.login.chars().take(254).collect(),
    };
    let address = match canonical(address) {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    };
    let store = context.store();
    Attempt {
        login: store.digest(Purpose::Login, &login),
        address: store.digest(Purpose::Address, &address),
    }
}

/// Notes a failure in the audit log: the 1st, 2nd, 4th and so on of a member, so that nobody can
/// fill it. Nobody waits for it, because the time would tell that there is such a member.
fn failed(context: &Context, proof: &Proof, count: i64) -> AdminError {
    if u64::try_from(count).is_ok_and(u64::is_power_of_two) {
        let (store, at) = (context.store().clone(), context.now());
        let who = Actor::new("nobody", context.actor().origin.clone());
        let member = proof.member.id;
        tokio::spawn(async move {
            if let Err(error) = store.sign_in_failed(&who, member, count, at).await {
                tracing::warn!(%error, "a failed sign-in could not be noted in the audit log");
            }
        });
    }
    WRONG
}

/// Never shows the password or the code.
impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("SignIn");
        shown.field("login", &self.login).finish_non_exhaustive()
    }
}
