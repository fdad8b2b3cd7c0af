//! Signing in and out.

mod openid;

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use maud::{Markup, html};
use tollgate_admin_core::session as sessions;
use tollgate_admin_core::sign_in::{self, Outcome, SignIn, Whence};

use super::{Shown, shown, shown_again, to};
use crate::access::{Stranger, Taste};
use crate::component::field::{Field, Sheet};
use crate::component::layout;
use crate::form::{Fields, Posted, StrangerPosted};
use crate::problem::Problem;
use crate::session;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/sign-in", get(form).post(submit))
        .route("/sign-out", post(leave))
        .merge(openid::router())
}

async fn form(State(site): State<Site>, taste: Taste, query: Fields) -> Shown {
    shown(page(&site, &taste, &query, None, false))
}

async fn submit(State(site): State<Site>, posted: StrangerPosted) -> Shown {
    let StrangerPosted { stranger, fields } = posted;
    let input = SignIn {
        login: fields.text("login").to_owned(),
        password: fields.text("password").to_owned(),
        code: fields.some("code"),
    };
    let whence = Whence {
        address: stranger.peer.address,
        user_agent: stranger.user_agent.clone(),
    };
    let outcome = sign_in::sign_in(&stranger.context, &input, &whence, site.terms()).await;
    match outcome.map_err(Problem::from) {
        Ok(Outcome::SignedIn(begun)) => {
            // Whoever set the cookie that was there before is signed out with it.
            end(&site, &stranger).await;
            let mut answer = to(local(fields.text("next")))?;
            session::keep(&site, &stranger.peer, begun.cookie.reveal(), &mut answer);
            Ok(answer)
        }
        Ok(Outcome::NeedsCode) => shown(page(&site, &stranger.taste, &fields, None, true)),
        Err(problem) => {
            let again = page(
                &site,
                &stranger.taste,
                &fields,
                Some(&problem),
                input.code.is_some(),
            );
            shown_again(&problem, again)
        }
    }
}

async fn leave(State(site): State<Site>, stranger: Stranger, posted: Posted) -> Shown {
    sessions::sign_out(&posted.visit.resumed).await?;
    let mut answer = to("/sign-in")?;
    session::forget(&site, &stranger.peer, &mut answer);
    Ok(answer)
}

async fn end(site: &Site, stranger: &Stranger) {
    let Some(cookie) = &stranger.cookie else {
        return;
    };
    if let Ok(before) = sessions::resume(&stranger.context, cookie, site.terms()).await
        && let Err(error) = sessions::sign_out(&before).await
    {
        tracing::warn!(%error, "a session that was replaced could not be ended");
    }
}

/// Only pages of our own: whatever else is asked for leads to the first one.
pub(super) fn local(path: &str) -> &str {
    let ours = path.starts_with('/') && !path.starts_with("//") && !path.contains('\\');
    let plain = path.chars().all(|c| c.is_ascii_graphic());
    if ours && plain { path } else { "/" }
}

fn page(
    site: &Site,
    taste: &Taste,
    fields: &Fields,
    problem: Option<&Problem>,
    code: bool,
) -> Markup {
    let say = taste.say;
    let next = Fields::of(&[("next", local(fields.text("next")))]).query(&[]);
    let sheet = Sheet::new(say, fields);
    let (login, password) = (say.t("login"), say.t("password"));
    let (one_time, help) = (say.t("totp-code"), say.t("totp-code-help"));
    let content = html! {
        @if let Some(problem) = problem { p.notice.bad role="alert" { (say.name_of("sign-in", problem.code)) } }
        @if code && problem.is_none() { p.notice { (say.t("totp-asked")) } }
        form method="post" action="/sign-in" {
            input type="hidden" name="next" value=(local(fields.text("next")));
            (sheet.line(&Field { name: "login", label: &login, required: true, autocomplete: "username", ..Field::default() }))
            (sheet.line(&Field { name: "password", label: &password, required: true, kind: "password", autocomplete: "current-password", ..Field::default() }))
            @if code {
                (sheet.line(&Field { name: "code", label: &one_time, help: &help, required: true, autocomplete: "one-time-code", ..Field::default() }))
            }
            button.primary.wide type="submit" { (say.t("sign-in")) }
        }
        @if let Some(openid) = &site.settings().openid {
            p { a.button.wide href={ "/sign-in/openid?" (next) } { (say.with("sign-in-with", "name", openid.name().to_owned())) } }
        }
        p.help { (say.t("sign-in-first")) " " a href="/join" { (say.t("join-link")) } }
    };
    layout::alone(taste, &say.t("sign-in-title"), &content)
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn nobody_is_led_to_another_site() {
        assert_eq!(local("/tokens?search=a"), "/tokens?search=a");
        for path in [
            "//evil.example",
            "https://evil.example",
            "/\\evil",
            "",
            "/a\nb",
        ] {
            assert_eq!(local(path), "/", "{path}");
        }
    }
}
