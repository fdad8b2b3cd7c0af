//! Making and changing a token. The secret of a new one is in the answer to its form alone.

use axum::extract::Path;
use maud::{Markup, html};
use tollgate_admin_core::token::{self, Issued};

use super::sheet::{self, Choices};
use crate::access::Visit;
use crate::component::layout::{heading, page, word};
use crate::component::snippet;
use crate::form::{Fields, Posted};
use crate::page::{Shown, shown, shown_again, to};
use crate::problem::Problem;

pub(super) async fn new(visit: Visit, query: Fields) -> Shown {
    let choices = Choices::of(&visit).await?;
    shown(form_page(&visit, None, &query, None, &choices))
}

pub(super) async fn create(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    match token::create(&visit.context, &sheet::input(&fields)).await {
        Ok(issued) => shown(issued_page(&visit, &issued, "token-made")),
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
pub(super) fn issued_page(visit: &Visit, issued: &Issued, title: &str) -> Markup {
    let (say, one) = (visit.say(), &issued.token);
    let secret = issued.secret.reveal();
    let exact = |name: &&String| !name.contains('*');
    let model = one.scope.models.iter().flatten().find(exact);
    let model = model.map_or("gpt-4o-mini", String::as_str);
    let done =
        html! { a.button.primary href={ "/tokens/" (one.id) } { (visit.t("secret-saved")) } };
    let content = html! {
        (heading(&visit.t(title), "", &done))
        section.card.once {
            h2 dir="auto" { (one.name) }
            p.notice.warn { (visit.t("secret-once")) }
            (snippet::secret(say, secret, &format!("{}.txt", one.id)))
        }
        section.card {
            h2 { (visit.t("use-it")) }
            (snippet::uses(say, &visit.site.settings().gateway, secret, model))
        }
    };
    page(visit, "/tokens", &visit.t(title), &content)
}

fn form_page(
    visit: &Visit,
    id: Option<&str>,
    fields: &Fields,
    problem: Option<&Problem>,
    choices: &Choices,
) -> Markup {
    let title = visit.t(if id.is_some() {
        "token-edit"
    } else {
        "token-new"
    });
    let action = id.map_or_else(
        || "/tokens".to_owned(),
        |id| format!("/tokens/{}", crate::page::segment(id)),
    );
    let button = visit.t(if id.is_some() { "save" } else { "token-create" });
    let content = html! {
        (heading(&title, "", &html! {}))
        form.card.form method="post" action=(action) {
            (word(visit))
            @if let Some(version) = fields.some("version") { input type="hidden" name="version" value=(version); }
            (sheet::draw(visit, fields, problem, choices))
            div.actions {
                button.primary type="submit" { (button) }
                a.button href=(action) { (visit.t("cancel")) }
            }
        }
    };
    page(visit, "/tokens", &title, &content)
}
