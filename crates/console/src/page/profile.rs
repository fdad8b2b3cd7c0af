//! What members do about themselves: password, authenticator, sessions.

use axum::Router;
use axum::extract::State;
use axum::routing::{get, post};
use maud::{Markup, html};
use tollgate_admin_core::profile::{self, TotpOffer};
use tollgate_admin_core::{AdminError, session as sessions};

use super::member::sessions_list;
use super::{Shown, shown, shown_again, to};
use crate::access::{Stranger, Visit};
use crate::component::field::{Field, Sheet};
use crate::component::layout::{heading, page, word};
use crate::component::{problem, qr, snippet};
use crate::form::{Fields, Posted};
use crate::problem::Problem;
use crate::session;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/profile", get(show))
        .route("/profile/password", post(password))
        .route("/profile/totp", post(offer))
        .route("/profile/totp/confirm", post(confirm))
        .route("/profile/totp/remove", post(remove))
}

async fn show(visit: Visit) -> Shown {
    shown(whole(&visit, None).await?)
}

async fn whole(visit: &Visit, problem: Option<&Problem>) -> Result<Markup, AdminError> {
    let member = visit.member();
    let own = sessions::list(&visit.context, Some(&member.id), visit.site.terms()).await?;
    let blank = Fields::default();
    let form = Sheet::new(visit.say(), &blank);
    let [old, new, again, help] = [
        "password",
        "password-new",
        "password-again",
        "password-help",
    ]
    .map(|id| visit.t(id));
    let secret = |name, label| Field {
        name,
        label,
        required: true,
        kind: "password",
        ..Field::default()
    };
    let content = html! {
        (heading(&member.name, &member.login, &html! {}))
        @if let Some(problem) = problem { (problem::notice(visit.say(), problem)) }
        section.card.form { h2 { (visit.t("password-change")) }
            form method="post" action="/profile/password" { (word(visit))
                (form.line(&Field { autocomplete: "current-password", ..secret("old", &old) }))
                (form.line(&Field { autocomplete: "new-password", help: &help, ..secret("new", &new) }))
                (form.line(&Field { autocomplete: "new-password", ..secret("again", &again) }))
                button.primary type="submit" { (visit.t("save")) }
            }
        }
        section.card.form { h2 { (visit.t("totp")) }
            p { (visit.t(if member.totp { "totp-on" } else { "totp-off" })) }
            form.row method="post" action=(if member.totp { "/profile/totp/remove" } else { "/profile/totp" }) { (word(visit))
                (form.line(&Field { autocomplete: "current-password", ..secret("password", &old) }))
                button type="submit" { (visit.t(if member.totp { "remove-totp" } else { "totp-set-up" })) }
            }
        }
        section.card { h2 { (visit.t("sessions")) } (sessions_list(visit, &own, true)) }
    };
    Ok(page(visit, "/profile", &visit.t("profile"), &content))
}

async fn again(visit: &Visit, error: AdminError) -> Shown {
    let problem = Problem::from(error);
    shown_again(&problem, whole(visit, Some(&problem)).await?)
}

async fn password(State(site): State<Site>, stranger: Stranger, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    if fields.text("new") != fields.text("again") {
        let problem = Problem::translated("again", visit.t("password-differs"));
        return shown_again(&problem, whole(&visit, Some(&problem)).await?);
    }
    let (old, new) = (fields.text("old"), fields.text("new"));
    let changed =
        profile::change_password(&visit.context, old, new, &stranger.user_agent, site.terms())
            .await;
    match changed {
        Ok(begun) => {
            let mut answer = to("/profile")?;
            session::keep(&site, &stranger.peer, begun.cookie.reveal(), &mut answer);
            Ok(answer)
        }
        Err(error) => again(&visit, error).await,
    }
}

async fn offer(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    match profile::offer_totp(&visit.context, fields.text("password")).await {
        Ok(offer) => shown(offered(&visit, &offer)),
        Err(error) => again(&visit, error).await,
    }
}

fn offered(visit: &Visit, offer: &TotpOffer) -> Markup {
    let blank = Fields::default();
    let form = Sheet::new(visit.say(), &blank);
    let code = visit.t("totp-code");
    let content = html! {
        (heading(&visit.t("totp-set-up"), "", &html! {}))
        section.card.form.once {
            p { (visit.t("totp-how")) }
            (qr::draw(&visit.t("totp-qr"), &offer.address))
            (snippet::code(visit.say(), "totp-secret", &visit.t("secret"), &offer.secret))
            p { a href=(offer.address.as_str()) { (visit.t("totp-open")) } }
            form.row method="post" action="/profile/totp/confirm" { (word(visit))
                (form.line(&Field { name: "code", label: &code, required: true, autocomplete: "one-time-code", ..Field::default() }))
                button.primary type="submit" { (visit.t("confirm")) }
            }
        }
    };
    page(visit, "/profile", &visit.t("totp-set-up"), &content)
}

async fn confirm(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    match profile::confirm_totp(&visit.context, fields.text("code")).await {
        Ok(codes) => {
            let text = codes
                .0
                .iter()
                .map(|one| one.as_str())
                .collect::<Vec<_>>()
                .join("\n");
            let content = html! {
                (heading(&visit.t("recovery-codes"), "", &html! { a.button.primary href="/profile" { (visit.t("secret-saved")) } }))
                section.card.once { p.notice.warn { (visit.t("recovery-once")) } (snippet::code(visit.say(), "codes", &visit.t("recovery-codes"), &text)) }
            };
            shown(page(
                &visit,
                "/profile",
                &visit.t("recovery-codes"),
                &content,
            ))
        }
        Err(error) => again(&visit, error).await,
    }
}

async fn remove(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    match profile::remove_totp(&visit.context, fields.text("password")).await {
        Ok(_) => to("/profile"),
        Err(error) => again(&visit, error).await,
    }
}
