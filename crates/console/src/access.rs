//! Who is calling: a cookie or an API credential becomes a context of `tollgate-admin-core`.

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::header;
use http::request::Parts;
use tollgate_admin_core::session::{self as sessions, Resumed};
use tollgate_admin_core::view::member::MemberView;
use tollgate_admin_core::{AdminError, Context, api_credential};
use tollgate_listen::Peer;

use crate::problem::Problem;
use crate::site::Site;
use crate::text::Say;
use crate::{guard, session};

/// Light, dark, or as the system has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    System,
    Light,
    Dark,
}

/// What somebody likes to see, signed in or not.
#[derive(Debug, Clone)]
pub(crate) struct Taste {
    pub(crate) say: Say,
    pub(crate) theme: Theme,
    /// Path and query of the page.
    pub(crate) path: String,
}

/// Somebody who is signed in and looks at a page.
pub(crate) struct Visit {
    pub(crate) context: Context,
    pub(crate) resumed: Resumed,
    pub(crate) taste: Taste,
    /// The word that forms must have.
    pub(crate) word: String,
    pub(crate) site: Site,
}

/// A program with an API credential, or a page's script with a cookie.
pub(crate) struct Caller(pub(crate) Context);

/// Nobody in particular, from some address.
pub(crate) struct Stranger {
    pub(crate) context: Context,
    pub(crate) peer: Peer,
    pub(crate) user_agent: String,
    pub(crate) cookie: Option<String>,
    pub(crate) taste: Taste,
}

impl Visit {
    pub(crate) fn member(&self) -> &MemberView {
        &self.resumed.member
    }

    pub(crate) fn say(&self) -> Say {
        self.taste.say
    }

    pub(crate) fn t(&self, id: &str) -> String {
        self.taste.say.t(id)
    }
}

impl Taste {
    pub(crate) fn of(headers: &HeaderMap, path: String) -> Self {
        let theme = match session::value(headers, "theme").as_deref() {
            Some("light") => Theme::Light,
            Some("dark") => Theme::Dark,
            _ => Theme::System,
        };
        let chosen = session::value(headers, "lang");
        let accepted = headers.get(header::ACCEPT_LANGUAGE);
        let accepted = accepted.and_then(|value| value.to_str().ok());
        let say = Say::choose(chosen.as_deref(), accepted.unwrap_or_default());
        Self { say, theme, path }
    }
}

impl Theme {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

fn peer(parts: &Parts) -> Result<Peer, Problem> {
    let peer = parts.extensions.get::<Peer>().cloned();
    peer.ok_or_else(|| Problem::malformed("nobody knows where this comes from"))
}

fn path(parts: &Parts) -> String {
    let uri = &parts.uri;
    uri.path_and_query()
        .map_or("/", |one| one.as_str())
        .to_owned()
}

async fn resumed(parts: &Parts, site: &Site) -> Result<(Resumed, String), Problem> {
    let peer = peer(parts)?;
    let ended = AdminError::Unauthenticated {
        problem: "sign in first, or present an API credential",
    };
    let cookie = session::cookie(site, &peer, &parts.headers).ok_or(ended)?;
    let resumed = sessions::resume(&site.nobody(&peer), &cookie, site.terms()).await?;
    Ok((resumed, cookie))
}

impl FromRequestParts<Site> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let taste = Taste::of(&parts.headers, path(parts));
        match resumed(parts, site).await {
            Ok((resumed, cookie)) => Ok(Self {
                context: resumed.context.clone(),
                resumed,
                taste,
                word: guard::word(&cookie),
                site: site.clone(),
            }),
            Err(problem) if problem.code == "unauthenticated" => {
                let next = match parts.method {
                    http::Method::GET => taste.path.as_str(),
                    _ => "/",
                };
                let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
                Err(Redirect::to(&format!("/sign-in?next={next}")).into_response())
            }
            Err(problem) => Err(problem.into_response()),
        }
    }
}

impl FromRequestParts<Site> for Stranger {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let peer = peer(parts)?;
        let agent = parts.headers.get(header::USER_AGENT);
        let agent = agent
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Ok(Self {
            context: site.nobody(&peer),
            cookie: session::cookie(site, &peer, &parts.headers),
            user_agent: agent.chars().take(200).collect(),
            taste: Taste::of(&parts.headers, path(parts)),
            peer,
        })
    }
}

impl FromRequestParts<Site> for Taste {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Site) -> Result<Self, Self::Rejection> {
        Ok(Self::of(&parts.headers, path(parts)))
    }
}

impl FromRequestParts<Site> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
            if !parts.method.is_safe() {
                guard::same_origin(site, &parts.headers)?;
            }
            let (resumed, _) = resumed(parts, site).await?;
            return Ok(Self(resumed.context));
        };
        let wrong = AdminError::Unauthenticated {
            problem: "write `Authorization: Bearer` and an API credential",
        };
        let text = value.to_str().ok().and_then(|text| text.split_once(' '));
        let secret = text.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let (_, secret) = secret.ok_or(wrong)?;
        let context = site.nobody(&peer(parts)?);
        Ok(Self(api_credential::authenticate(&context, secret).await?))
    }
}
