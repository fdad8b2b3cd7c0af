//! Making and changing a token. The secret of a new one is in the answer to its form alone.

use axum::extract::Path;
use maud::{Markup, html};
use tollgate_admin_core::AdminError;
use tollgate_admin_core::token::{self, Issued, Revealed};
use tollgate_admin_core::view::token::TokenView;

use super::example::Models;
use super::sheet::{self, Choices};
use super::uses;
use crate::access::Visit;
use crate::component::layout::{heading, page};
use crate::component::sheet::{Form, Frame, sheet as framed};
use crate::component::snippet;
use crate::form::{Fields, Posted};
use crate::page::{Shown, segment, shown, shown_again, to};
use crate::problem::Problem;

pub(super) async fn new(visit: Visit, query: Fields) -> Shown {
    let choices = Choices::of(&visit).await?;
    shown(form_page(&visit, None, &query, None, &choices))
}

pub(super) async fn create(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    match token::create(&visit.context, &sheet::input(&fields)).await {
        Ok(issued) => shown(issued_page(&visit, &issued, "token-made").await?),
        Err(error) => {
            let (problem, choices) = (Problem::from(error), Choices::of(&visit).await?);
            shown_again(
                &problem,
                form_page(&visit, None, &fields, Some(&problem), &choices),
            )
        }
    }
}

pub(super) async fn form(visit: Visit, Path(id): Path<String>) -> Shown {
    let found = token::show(&visit.context, &id).await?;
    let choices = Choices::of(&visit).await?;
    let fields = sheet::fields_of(&found);
    shown(form_page(&visit, Some(&found.id), &fields, None, &choices))
}

pub(super) async fn save(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    match token::edit(&visit.context, &id, &sheet::change(&fields)).await {
        Ok(changed) => to(&format!("/tokens/{}", changed.id)),
        Err(error) => {
            let (problem, choices) = (Problem::from(error), Choices::of(&visit).await?);
            shown_again(
                &problem,
                form_page(&visit, Some(&id), &fields, Some(&problem), &choices),
            )
        }
    }
}

/// The page with a secret that was just made: it is shown once.
pub(super) async fn issued_page(
    visit: &Visit,
    issued: &Issued,
    title: &str,
) -> Result<Markup, AdminError> {
    let notice = ("secret-once", "secret-saved");
    secret_page(visit, &issued.token, issued.secret.reveal(), title, notice).await
}

/// The page with a secret that is shown again.
pub(super) async fn revealed_page(
    visit: &Visit,
    revealed: &Revealed,
) -> Result<Markup, AdminError> {
    let (one, secret) = (&revealed.token, revealed.secret.reveal());
    let notice = ("secret-again", "back");
    secret_page(visit, one, secret, "secret-reveal", notice).await
}

async fn secret_page(
    visit: &Visit,
    one: &TokenView,
    secret: &str,
    title: &str,
    (notice, done): (&str, &str),
) -> Result<Markup, AdminError> {
    let say = visit.say();
    let models = Models::of(&visit.context, one).await?;
    let gateway = &visit.site.settings().gateway;
    let content = html! {
        div #pane {
            (heading(&visit.t(title), "", &html! {}))
            section.card.once {
                h2 dir="auto" { (one.name) }
                p.notice.warn { (visit.t(notice)) }
                (snippet::secret(say, secret, &format!("{}.txt", one.id)))
            }
            section.card {
                h2 { (visit.t("use-it")) }
                (uses::all(say, gateway, secret, &models))
            }
            div.actions { a.button.primary href={ "/tokens/" (one.id) } { (visit.t(done)) } }
        }
    };
    Ok(page(visit, "/tokens", &visit.t(title), &content))
}

fn form_page(
    visit: &Visit,
    id: Option<&str>,
    fields: &Fields,
    problem: Option<&Problem>,
    choices: &Choices,
) -> Markup {
    let (title, action, button) = match id {
        None => ("token-new", "/tokens".to_owned(), "token-create"),
        Some(id) => ("token-edit", format!("/tokens/{}", segment(id)), "save"),
    };
    let form = Form::new(visit.say(), fields, problem);
    let inputs = sheet::draw(visit, &form, choices, id.is_none());
    let frame = Frame {
        place: ("/tokens", "nav-tokens"),
        title: &visit.t(title),
        action: &action,
        back: &action,
        button: Some(button),
    };
    framed(visit, &frame, &form, &inputs, &html! {})
}
