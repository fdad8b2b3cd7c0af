//! API credentials, by which programs act for a member.

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use maud::{Markup, html};
use tollgate_admin_core::AdminError;
use tollgate_admin_core::api_credential::{self, ApiCredentialInput};

use super::{Shown, shown, shown_again, to};
use crate::access::Visit;
use crate::component::field::{Field, Sheet};
use crate::component::layout::{heading, page, word};
use crate::component::{badge, dialog, snippet, table, time};
use crate::form::{Fields, Posted};
use crate::problem::Problem;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/credentials", get(list).post(create))
        .route("/credentials/{id}/revoke", post(revoke))
}

async fn list(visit: Visit) -> Shown {
    shown(whole(&visit, &Fields::default(), None).await?)
}

async fn whole(
    visit: &Visit,
    fields: &Fields,
    problem: Option<&Problem>,
) -> Result<Markup, AdminError> {
    let all = api_credential::list(&visit.context).await?;
    let (say, now) = (visit.say(), visit.context.now());
    let form = Sheet::new(say, fields).with(problem, "name");
    let scopes = ["read", "tokens", "all"].map(|one| (one.to_owned(), say.name_of("scope", one)));
    let [name, scope, expires] = ["name", "scope-head", "expires"].map(|id| visit.t(id));
    let content = html! {
        (heading(&visit.t("nav-credentials"), &visit.t("credentials-lead"), &html! { a.button href="/api/v1/openapi.json" { "OpenAPI" } }))
        @if all.is_empty() { (table::empty(&visit.t("credentials-none"), &visit.t("credentials-lead"), None)) }
        @else { div.scroll tabindex="0" role="region" aria-label=(visit.t("nav-credentials")) { table.list {
            thead { tr { @for id in ["name", "scope-head", "member", "expires", "last-used", "actions"] { th scope="col" { (visit.t(id)) } } } }
            tbody { @for one in &all { tr {
                th scope="row" { span.title dir="auto" { (one.name) } code.hint { (one.hint) } }
                td data-label=(visit.t("scope-head")) { (say.name_of("scope", &one.scope)) }
                td data-label=(visit.t("member")) { bdi { (one.member.name) } }
                td data-label=(visit.t("expires")) { @if one.expired { (badge::badge("warn", &visit.t("status-expired"))) } @else { (time::or_never(say, one.expires_at.as_deref(), now)) } }
                td data-label=(visit.t("last-used")) { (time::or_never(say, one.last_used_at.as_deref(), now)) }
                td { (dialog::press(visit, &format!("/credentials/{}/revoke", one.id), &visit.t("do-revoke"), "danger")) }
            } } }
        } } }
        section.card { h2 { (visit.t("credential-new")) }
            form.row method="post" action="/credentials" {
                (word(visit)) (form.rest(&["name", "scope", "expires"]))
                (form.line(&Field { name: "name", label: &name, required: true, ..Field::default() }))
                (form.choice(&Field { name: "scope", label: &scope, ..Field::default() }, &scopes))
                (form.line(&Field { name: "expires", label: &expires, example: "90d", ..Field::default() }))
                button.primary type="submit" { (visit.t("create")) }
            }
        }
    };
    Ok(page(
        visit,
        "/credentials",
        &visit.t("nav-credentials"),
        &content,
    ))
}

async fn create(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let input = ApiCredentialInput {
        name: fields.text("name").trim().to_owned(),
        scope: fields.text("scope").to_owned(),
        member: None,
        expires: fields.text("expires").to_owned(),
    };
    let issued = match api_credential::create(&visit.context, &input)
        .await
        .map_err(Problem::from)
    {
        Ok(issued) => issued,
        Err(problem) => {
            return shown_again(&problem, whole(&visit, &fields, Some(&problem)).await?);
        }
    };
    let content = html! {
        (heading(&issued.credential.name, "", &html! { a.button.primary href="/credentials" { (visit.t("secret-saved")) } }))
        section.card.once {
            p.notice.warn { (visit.t("secret-once")) }
            (snippet::secret(visit.say(), issued.secret.reveal(), "api-credential.txt"))
        }
    };
    shown(page(
        &visit,
        "/credentials",
        &issued.credential.name,
        &content,
    ))
}

async fn revoke(Path(id): Path<String>, posted: Posted) -> Shown {
    api_credential::revoke(&posted.visit.context, &id).await?;
    to("/credentials")
}
