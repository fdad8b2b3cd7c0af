//! The pages: each asks use cases for what it shows, and sends forms to them.

mod account;
mod alert;
mod audit;
mod credential;
mod gateway;
mod group;
mod join;
mod member;
mod model;
mod overview;
mod preferences;
mod profile;
mod refusal;
mod settings;
mod sign_in;
mod token;
mod upstream;
mod usage;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Redirect, Response};
use maud::{Markup, html};

use crate::access::{Taste, Visit};
use crate::component::{layout, problem};
use crate::form::Fields;
use crate::problem::Problem;
use crate::site::Site;

/// How a page ends: with a page or a way to another one, or with a problem.
type Shown = Result<Response, Problem>;

pub(crate) fn router(site: &Site) -> Router<Site> {
    Router::new()
        .merge(overview::router())
        .merge(token::router())
        .merge(account::router())
        .merge(group::router())
        .merge(model::router())
        .merge(upstream::router())
        .merge(gateway::router())
        .merge(usage::router())
        .merge(audit::router())
        .merge(alert::router())
        .merge(member::router())
        .merge(credential::router())
        .merge(profile::router())
        .merge(settings::router())
        .merge(sign_in::router())
        .merge(join::router())
        .merge(preferences::router())
        .fallback(nothing)
        .method_not_allowed_fallback(not_so)
        .layer(from_fn_with_state(site.clone(), as_page))
}

fn shown(markup: Markup) -> Shown {
    Ok(Html(markup.into_string()).into_response())
}

/// A page whose form holds something that cannot be used.
fn shown_again(problem: &Problem, markup: Markup) -> Shown {
    Ok((problem.status(), Html(markup.into_string())).into_response())
}

fn to(path: &str) -> Shown {
    Ok(Redirect::to(path).into_response())
}

/// Refuses what cannot be undone where the name of the thing was not written.
fn confirmed(visit: &Visit, fields: &Fields, name: &str) -> Result<(), Problem> {
    match fields.text("confirm").trim() == name {
        true => Ok(()),
        false => Err(Problem::translated("confirm", visit.t("name-differs"))),
    }
}

/// A text as one segment of a path.
fn segment(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

async fn nothing() -> Problem {
    Problem::not_found()
}

async fn not_so() -> Problem {
    Problem::method()
}

/// Shows problems to people as a page.
async fn as_page(State(_): State<Site>, taste: Taste, request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let Some(problem) = answer.extensions_mut().remove::<Problem>() else {
        return answer;
    };
    let say = taste.say;
    let title = say.name_of("problem", problem.code);
    let content = html! {
        p { (problem::words(say, &problem)) }
        p.quiet { (problem.status) " · " (problem.code) }
        div.actions {
            a.button.primary href="/" { (say.t("to-overview")) }
            @if problem.code == "unauthenticated" { a.button href="/sign-in" { (say.t("sign-in")) } }
        }
    };
    let page = Html(layout::alone(&taste, &title, &content).into_string());
    let mut shown = (problem.status(), page).into_response();
    if let Some(seconds) = problem.retry_after {
        let headers = shown.headers_mut();
        headers.insert(http::header::RETRY_AFTER, seconds.into());
    }
    shown
}
