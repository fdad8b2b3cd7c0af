//! Upstreams: their state, a test call, and their credentials, which are written and never shown.

mod sheet;

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use maud::{Markup, html};
use tollgate_admin_core::upstream::{self, TestInput, UpstreamChange};
use tollgate_admin_core::view::upstream::{TestView, UpstreamView};
use tollgate_admin_core::{AdminError, Deed};

use super::{Shown, confirmed, overview, segment, shown, shown_again, to};
use crate::access::Visit;
use crate::component::icon::Icon;
use crate::component::layout::{heading, page, word};
use crate::component::sheet::Form;
use crate::component::table::fact;
use crate::component::{badge, dialog, money, problem, table, time};
use crate::form::{Fields, Posted};
use crate::problem::Problem;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/upstreams", get(list).post(sheet::create))
        .route("/upstreams/new", get(sheet::new))
        .route("/upstreams/{id}", get(show).post(sheet::save))
        .route("/upstreams/{id}/edit", get(sheet::form))
        .route("/upstreams/{id}/test", post(test))
        .route("/upstreams/{id}/switch", post(switch))
        .route("/upstreams/{id}/credential", post(credential))
        .route("/upstreams/{id}/delete", post(delete))
}

async fn list(visit: Visit) -> Shown {
    let all = upstream::list(&visit.context).await?;
    let may = visit.context.may(Deed::ChangeCatalog, None);
    let new = html! { a.button.primary href="/upstreams/new" data-sheet data-key="n" { (Icon::Plus.draw()) span { (visit.t("upstream-new")) } } };
    let content = html! {
        (heading(&visit.t("nav-upstreams"), &visit.t("upstreams-lead"), &html! { @if may { (new) } }))
        @if all.is_empty() { (table::empty(&visit.t("upstreams-none"), &visit.t("upstreams-lead"), may.then_some(new))) }
        @else { div.scroll tabindex="0" role="region" aria-label=(visit.t("nav-upstreams")) { table.list {
            thead { (table::heads(visit.say(), &["name", "status", "provider", "dialect", "models", "priority", "credentials"])) }
            tbody { @for one in &all { tr {
                th scope="row" { a.title href={ "/upstreams/" (one.id) } dir="auto" { (one.name) } code.hint { (one.base_url) } }
                td data-label=(visit.t("status")) { (overview::state(&visit, one)) }
                td data-label=(visit.t("provider")) { bdi { (one.provider) } }
                td data-label=(visit.t("dialect")) { (one.dialect) }
                td data-label=(visit.t("models")) { (serves(&visit, one)) }
                td.number data-label=(visit.t("priority")) { (one.priority) " · " (one.weight) }
                td.number data-label=(visit.t("credentials")) { (one.credentials.len()) }
            } } }
        } } }
    };
    shown(page(
        &visit,
        "/upstreams",
        &visit.t("nav-upstreams"),
        &content,
    ))
}

fn serves(visit: &Visit, one: &UpstreamView) -> Markup {
    let names = one
        .models
        .as_ref()
        .map(|list| list.iter().map(|one| one.name.clone()).collect::<Vec<_>>());
    html! {
        @match &one.mount {
            Some(mount) => code { "/" (mount) "/…" },
            None => (badge::names(visit.say(), names.as_deref(), "–")),
        }
    }
}

async fn show(visit: Visit, Path(id): Path<String>) -> Shown {
    shown(whole(&visit, &id, &About::default()).await?)
}

async fn test(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let input = TestInput {
        model: fields.some("model"),
        timeout: None,
    };
    match upstream::test(&visit.context, &id, &input).await {
        Ok(tested) => {
            let about = About {
                tested: Some(&tested),
                ..About::default()
            };
            shown(whole(&visit, &id, &about).await?)
        }
        Err(error) => {
            let problem = Problem::from(error);
            let about = About {
                problem: Some(&problem),
                ..About::default()
            };
            shown_again(&problem, whole(&visit, &id, &about).await?)
        }
    }
}

async fn switch(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let enabled = Some(fields.text("enabled") == "true");
    let change = UpstreamChange {
        enabled,
        ..UpstreamChange::default()
    };
    let one = upstream::edit(&visit.context, &id, change).await?;
    to(&format!("/upstreams/{}", one.id))
}

async fn credential(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let (name, context) = (fields.text("name").trim(), &visit.context);
    let input = sheet::credential(&fields);
    let done = match (fields.text("action"), input) {
        ("enable", _) => upstream::credential::enable(context, &id, name, true).await,
        ("disable", _) => upstream::credential::enable(context, &id, name, false).await,
        ("remove", _) => upstream::credential::remove(context, &id, name).await,
        ("replace", input) => upstream::credential::replace(context, &id, name, input).await,
        (_, input) => upstream::credential::add(context, &id, name, input).await,
    };
    match done.map_err(Problem::from) {
        Ok(one) => to(&format!("/upstreams/{}", one.id)),
        Err(problem) => {
            let is_written = ["add", "replace"].contains(&fields.text("action"));
            let about = About {
                problem: Some(&problem),
                written: is_written.then_some(&fields),
                ..About::default()
            };
            shown_again(&problem, whole(&visit, &id, &about).await?)
        }
    }
}

async fn delete(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let one = upstream::show(&visit.context, &id).await?;
    let done = async {
        confirmed(&visit, &fields, &one.name)?;
        let done = upstream::delete(&visit.context, &one.id).await;
        done.map_err(Problem::from)
    };
    let Err(problem) = done.await else {
        return to("/upstreams");
    };
    let about = About {
        asked: Some(&problem),
        ..About::default()
    };
    shown_again(&problem, whole(&visit, &id, &about).await?)
}

/// What was done last on the page.
#[derive(Default)]
struct About<'a> {
    tested: Option<&'a TestView>,
    problem: Option<&'a Problem>,
    /// A credential that was not taken, as it was written.
    written: Option<&'a Fields>,
    /// Why it was not deleted.
    asked: Option<&'a Problem>,
}

async fn whole(visit: &Visit, id: &str, about: &About<'_>) -> Result<Markup, AdminError> {
    let one = upstream::show(&visit.context, id).await?;
    let path = format!("/upstreams/{}", segment(&one.id));
    let may = visit.context.may(Deed::ChangeCatalog, None);
    let say = visit.say();
    let actions = html! { @if may {
        form.inline method="post" action={ (path) "/test" } { (word(visit))
            @if let Some(models) = one.models.as_ref().filter(|list| list.len() > 1) {
                select name="model" aria-label=(visit.t("model")) { @for served in models { option { (served.name) } } }
            }
            button type="submit" { (visit.t("test")) }
        }
        form.inline method="post" action={ (path) "/switch" } { (word(visit))
            button type="submit" name="enabled" value=(if one.enabled { "false" } else { "true" }) { (visit.t(if one.enabled { "do-disable" } else { "do-enable" })) } }
        a.button href={ (path) "/edit" } data-sheet { (visit.t("edit")) }
    } };
    let content = html! {
        p.crumbs { a href="/upstreams" { (visit.t("nav-upstreams")) } }
        (heading(&one.name, "", &actions))
        @if let Some(problem) = about.problem { (problem::notice(visit.say(), problem)) }
        @if let Some(tested) = about.tested { (outcome(visit, tested)) }
        @for warning in &one.warnings { p.notice.warn { (problem::said(say, "warning", warning)) } }
        dl.facts {
            (fact(&visit.t("status"), overview::state(visit, &one)))
            (fact(&visit.t("base-url"), html! { code dir="ltr" { (one.base_url) } }))
            (fact(&visit.t("provider"), html! { bdi { (one.provider) } }))
            (fact(&visit.t("dialect"), html! { (one.dialect) }))
            (fact(&visit.t("models"), serves(visit, &one)))
            (fact(&visit.t("groups"), html! { @match &one.groups { None => span.quiet { (visit.t("all")) }, Some(list) => @for group in list { span.chip dir="auto" { (group.name) } } } }))
            (fact(&visit.t("priority"), html! { (one.priority) " · " (one.weight) }))
            (fact(&visit.t("carrier"), html! { code { (one.carrier) } }))
            (fact("HTTP/2", html! { (say.name_of("http2", &one.http2)) }))
            (fact(&visit.t("retry-on"), html! { (one.retry_on) }))
            @if let Some(proxy) = &one.proxy { (fact(&visit.t("proxy"), html! { code dir="ltr" { (proxy) } })) }
            @if one.own_ca { (fact(&visit.t("ca"), html! { (visit.t("yes")) })) }
            @if let Some(price) = &one.price { (fact(&visit.t("price"), html! { code { (price) } })) }
        }
        @if !one.note.is_empty() { p.note dir="auto" { (one.note) } }
        @if !one.put_aside.is_empty() { section.card { h2 { (visit.t("put-aside")) } ul.rows {
            @for aside in &one.put_aside { li {
                (badge::badge("bad", &say.name_of("aside", &aside.state))) bdi { (aside.credential.as_deref().unwrap_or(&one.name)) } span { (overview::cause(say, &aside.reason)) }
                span.quiet { (time::relative(say, &aside.since, visit.context.now())) " → " (time::or_never(say, aside.until.as_deref(), visit.context.now())) }
                code.hint { (aside.gateway) }
            } }
        } } }
        section.card { h2 { (visit.t("credentials")) } (credentials(visit, &path, &one, may, about.written)) }
        @if may { (dialog::delete(visit, &path, &one.name, "upstream-delete-help", about.asked)) }
    };
    Ok(page(visit, "/upstreams", &one.name, &content))
}

fn outcome(visit: &Visit, tested: &TestView) -> Markup {
    let (tone, text) = if tested.passed {
        ("good", "test-passed")
    } else {
        ("bad", "test-failed")
    };
    html! {
        div class={ "notice " (tone) } role="status" {
            strong { (visit.t(text)) } " " code dir="ltr" { (tested.url) }
            ul.rows { @for call in &tested.calls { li {
                bdi { (call.credential.as_deref().unwrap_or("–")) }
                @if let Some(status) = call.status { span { (status) } }
                span { (money::count(call.latency_ms)) " ms" }
                @if let Some(problem) = &call.problem { span dir="auto" { (problem::said(visit.say(), "probe", problem)) } }
            } } }
        }
    }
}

fn credentials(
    visit: &Visit,
    path: &str,
    one: &UpstreamView,
    may: bool,
    written: Option<&Fields>,
) -> Markup {
    let blank = Fields::default();
    let form = Form::new(visit.say(), written.unwrap_or(&blank), None).apart("c-");
    html! {
        @if one.credentials.is_empty() { p.quiet { (visit.t("credentials-none")) } }
        ul.rows { @for held in &one.credentials { li {
            strong dir="auto" { (held.name) } (badge::enabled(visit.say(), held.enabled))
            @if let Some(variable) = &held.variable { code { "$" (variable) } } @else { span.quiet { (visit.t("sealed")) } }
            @if may { form.inline method="post" action={ (path) "/credential" } { (word(visit))
                input type="hidden" name="name" value=(held.name);
                button type="submit" name="action" value=(if held.enabled { "disable" } else { "enable" }) { (visit.t(if held.enabled { "do-disable" } else { "do-enable" })) }
                button.danger type="submit" name="action" value="remove" { (visit.t("remove")) }
            } }
        } } }
        @if may { form.row method="post" action={ (path) "/credential" } { (word(visit))
            (form.field("name").must().example("main").line())
            (form.field("credential").label("secret").help("credential-help").password())
            (form.field("variable").example("OPENAI_API_KEY").line())
            div.actions {
                button type="submit" name="action" value="add" { (visit.t("add")) }
                button type="submit" name="action" value="replace" { (visit.t("replace")) }
            }
        } }
    }
}
