//! Signing in at an OpenID Connect issuer: there, and back.

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::HeaderMap;
use http::header::{self, HeaderValue};
use maud::html;
use tollgate_admin_core::openid::{OpenId, Return};

use super::{end, local};
use crate::access::{Stranger, Taste};
use crate::component::{layout, problem};
use crate::form::Fields;
use crate::page::{Shown, shown, shown_again, to};
use crate::problem::Problem;
use crate::session;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/sign-in/openid", get(begin))
        .route("/sign-in/openid/callback", get(finish))
}

async fn begin(
    State(site): State<Site>,
    headers: HeaderMap,
    stranger: Stranger,
    query: Fields,
) -> Shown {
    let begun = start(&site, &headers, &stranger, local(query.text("next"))).await;
    match begun {
        Ok(answer) => Ok(answer),
        Err(problem) => failed(&stranger.taste, problem),
    }
}

async fn start(
    site: &Site,
    headers: &HeaderMap,
    stranger: &Stranger,
    next: &str,
) -> Result<Response, Problem> {
    let openid = configured(site)?;
    let origin = site.origin(&stranger.peer, headers);
    let origin = origin.ok_or_else(|| Problem::malformed("the request names no host"))?;
    let back = format!("{origin}/sign-in/openid/callback");
    let start = openid.begin(&stranger.context, &back, next).await?;
    let mut answer = to(&start.to)?;
    let (cookie, lasts) = (&start.cookie, start.lasts_seconds);
    session::keep_openid(site, &stranger.peer, cookie, lasts, &mut answer);
    Ok(answer)
}

async fn finish(
    State(site): State<Site>,
    headers: HeaderMap,
    stranger: Stranger,
    query: Fields,
) -> Shown {
    let peer = &stranger.peer;
    let mut answer = match done(&site, &headers, &stranger, &query).await {
        Ok(answer) => answer,
        Err(problem) => failed(&stranger.taste, problem)?,
    };
    session::keep_openid(&site, peer, "", 0, &mut answer);
    Ok(answer)
}

/// The browser came from another site, from which it would not send the session's strict cookie to
/// the next page: a page of our own leads there.
async fn done(
    site: &Site,
    headers: &HeaderMap,
    stranger: &Stranger,
    query: &Fields,
) -> Result<Response, Problem> {
    let peer = &stranger.peer;
    let back = Return {
        code: query.some("code"),
        state: query.text("state").to_owned(),
        issuer: query.some("iss"),
        error: query.some("error"),
        cookie: session::openid(site, peer, headers),
        user_agent: stranger.user_agent.clone(),
    };
    let openid = configured(site)?;
    let finished = openid.finish(&stranger.context, back, site.terms()).await?;
    // Whoever set the cookie that was there before is signed out with it.
    end(site, stranger).await;
    let (say, next) = (stranger.taste.say, local(&finished.next));
    let content = html! { p { a.button.primary href=(next) { (say.t("go-on")) } } };
    let mut answer = shown(layout::alone(
        &stranger.taste,
        &say.t("openid-done"),
        &content,
    ))?;
    session::keep(site, peer, finished.begun.cookie.reveal(), &mut answer);
    if let Ok(refresh) = HeaderValue::from_str(&format!("0; url={next}")) {
        answer.headers_mut().insert(header::REFRESH, refresh);
    }
    Ok(answer)
}

fn configured(site: &Site) -> Result<&OpenId, Problem> {
    site.settings()
        .openid
        .as_ref()
        .ok_or_else(Problem::not_found)
}

/// A calm page with a way to begin again.
fn failed(taste: &Taste, problem: Problem) -> Shown {
    if problem.status() == http::StatusCode::NOT_FOUND {
        return Ok(problem.into_response());
    }
    let say = taste.say;
    let content = html! {
        (problem::notice(taste.say, &problem))
        div.actions { a.button.primary href="/sign-in" { (say.t("sign-in-again")) } }
    };
    let page = layout::alone(taste, &say.t("sign-in-failed"), &content);
    shown_again(&problem, page)
}
