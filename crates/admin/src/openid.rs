//! Signing in by OpenID Connect: the authorization code flow with PKCE, a nonce and a state that is
//! bound to the browser.
//!
//! The protocol is the library's: what an ID token must be is checked there. Who may come in is
//! decided here.

mod begun;
mod claims;
mod http;
mod issuer;
mod settings;
mod who;

use std::sync::Arc;

use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{
    AuthorizationCode, CsrfToken, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
};
use subtle::ConstantTimeEq;
use tollgate_store::digest::Purpose;

pub use settings::{Provision, Settings, SettingsError};

use self::begun::{LASTS, Underway};
use self::issuer::Issuer;
use crate::context::Context;
use crate::error::AdminError;
use crate::session::{self, Terms};

const NOT_BEGUN: AdminError = AdminError::Unauthenticated {
    problem: "this sign-in was not begun in this browser, was finished already, or took too long: begin again",
};

/// An issuer that signs members in. Cheap to clone: what was fetched of it is shared.
#[derive(Clone)]
pub struct OpenId(Arc<Shared>);

struct Shared {
    settings: Settings,
    issuer: Issuer,
}

/// A sign-in that was begun.
#[derive(Debug)]
pub struct Start {
    /// Where the browser goes: the issuer's page.
    pub to: String,
    /// What the browser keeps until it is back, sealed.
    pub cookie: String,
    /// After so many seconds it is too old.
    pub lasts_seconds: u64,
}

/// With what a browser comes back from the issuer.
#[derive(Default)]
pub struct Return {
    /// The parameter `code`.
    pub code: Option<String>,
    /// The parameter `state`.
    pub state: String,
    /// The parameter `iss`.
    pub issuer: Option<String>,
    /// The parameter `error`.
    pub error: Option<String>,
    /// What the browser kept.
    pub cookie: Option<String>,
    /// The header `User-Agent`.
    pub user_agent: String,
}

/// A sign-in that was finished.
#[derive(Debug)]
pub struct Finished {
    /// The session.
    pub begun: session::Begun,
    /// The page that was asked for at the beginning.
    pub next: String,
}

impl OpenId {
    /// An issuer that nothing was asked of yet.
    ///
    /// # Errors
    /// Where a setting cannot be used.
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        let issuer = Issuer::new(&settings)?;
        Ok(Self(Arc::new(Shared { settings, issuer })))
    }

    /// What people call the issuer, on the button.
    pub fn name(&self) -> &str {
        &self.0.settings.name
    }

    /// Begins a sign-in. `back` is where the issuer sends the browser afterwards, `next` the page
    /// that it is led to in the end.
    ///
    /// # Errors
    /// [`AdminError::Issuer`] where the issuer does not answer as it should.
    pub async fn begin(
        &self,
        context: &Context,
        back: &str,
        next: &str,
    ) -> Result<Start, AdminError> {
        let known = self.0.issuer.known(context.now()).await?;
        let client = self
            .0
            .issuer
            .client(&known)
            .set_redirect_uri(redirect(back)?);
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let mut request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        for scope in &self.0.settings.scopes {
            request = request.add_scope(Scope::new(scope.clone()));
        }
        let (to, state, nonce) = request.set_pkce_challenge(challenge).url();
        let underway = Underway {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
            back: back.to_owned(),
            next: next.to_owned(),
            until: context.now().plus(LASTS).as_micros(),
        };
        Ok(Start {
            to: to.into(),
            cookie: underway.seal(context)?,
            lasts_seconds: LASTS.as_secs(),
        })
    }

    /// Finishes a sign-in, once.
    ///
    /// # Errors
    /// [`AdminError::Unauthenticated`] where it was not begun in this browser, or the issuer's word
    /// is not good or is for nobody who may come in; [`AdminError::Issuer`] where the issuer does
    /// not answer as it should.
    pub async fn finish(
        &self,
        context: &Context,
        back: Return,
        terms: Terms,
    ) -> Result<Finished, AdminError> {
        let now = context.now();
        let cookie = back.cookie.as_deref().ok_or(NOT_BEGUN)?;
        let underway = Underway::open(context, cookie).ok_or(NOT_BEGUN)?;
        let same: bool = underway
            .state
            .as_bytes()
            .ct_eq(back.state.as_bytes())
            .into();
        if !same || underway.until().is_none_or(|until| until <= now) {
            return Err(NOT_BEGUN);
        }
        // Which of several issuers has answered (RFC 9207).
        let ours = back.issuer.as_deref();
        if ours.is_some_and(|one| one != self.0.settings.issuer) {
            return Err(NOT_BEGUN);
        }
        let Some(code) = back.code.filter(|_| back.error.is_none()) else {
            tracing::info!(error = %shown(back.error.as_deref()), "the issuer has signed nobody in");
            return Err(AdminError::Unauthenticated {
                problem: "the issuer has not signed you in: begin again",
            });
        };
        let claims = self.claims(context, &underway, code).await?;
        let digest = context.store().digest(Purpose::OpenId, &underway.state);
        let until = underway.until().unwrap_or(now);
        if !context.store().openid_finish(digest, until, now).await? {
            return Err(NOT_BEGUN);
        }
        let member = who::member(context, &self.0.settings, &claims).await?;
        let begun = session::begin(context, &member, &back.user_agent, terms).await?;
        let next = underway.next.clone();
        Ok(Finished { begun, next })
    }

    /// What the issuer says of whoever signs in, verified.
    async fn claims(
        &self,
        context: &Context,
        underway: &Underway,
        code: String,
    ) -> Result<claims::Said, AdminError> {
        let (issuer, now) = (&self.0.issuer, context.now());
        let known = issuer.known(now).await?;
        let client = issuer
            .client(&known)
            .set_redirect_uri(redirect(&underway.back)?);
        let verifier = PkceCodeVerifier::new(underway.verifier.clone());
        let token = issuer
            .exchange(&client, AuthorizationCode::new(code), verifier)
            .await?;
        let nonce = Nonce::new(underway.nonce.clone());
        match claims::verified(&known, &self.0.settings, &token, &nonce, now) {
            Err(claims::Refused::UnknownKey) => {
                // The issuer may have changed its keys since they were fetched.
                let known = issuer.known_anew(now).await?;
                claims::verified(&known, &self.0.settings, &token, &nonce, now)
            }
            other => other,
        }
        .map_err(|refused| {
            tracing::warn!(%refused, "an ID token was refused");
            AdminError::Unauthenticated {
                problem: "the issuer's word on who you are cannot be taken: begin again",
            }
        })
    }
}

/// Never shows the client's secret.
impl std::fmt::Debug for OpenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("OpenId").field(&self.0.settings).finish()
    }
}

fn redirect(back: &str) -> Result<RedirectUrl, AdminError> {
    RedirectUrl::new(back.to_owned())
        .map_err(|_| AdminError::internal("the address of the console is no URL"))
}

/// What an issuer, or somebody in its place, wrote.
fn shown(text: Option<&str>) -> String {
    let text = text.unwrap_or("no code");
    let plain = text.chars().filter(|c| c.is_ascii_graphic());
    plain.take(60).collect()
}
