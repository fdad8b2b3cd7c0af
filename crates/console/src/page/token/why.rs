//! Why a call is refused, or would be: every rule with what it saw, and what to change.

use axum::extract::Path;
use maud::{Markup, html};
use tollgate_admin_core::explain::{self, ExplainInput};
use tollgate_admin_core::view::explain::{ExplanationView, StepView};
use tollgate_admin_core::view::token::TokenView;
use tollgate_admin_core::{AdminError, Deed, model, token, upstream};

use crate::access::Visit;
use crate::component::icon::Icon;
use crate::component::layout::{heading, page};
use crate::component::problem;
use crate::component::sheet::Form;
use crate::form::Fields;
use crate::page::{Shown, shown};
use crate::problem::Problem;

pub(super) async fn show(visit: Visit, Path(id): Path<String>, query: Fields) -> Shown {
    let one = token::show(&visit.context, &id).await?;
    let fields = query;
    let ways = ["request", "path", "model"];
    let asked = ways.iter().any(|name| fields.some(name).is_some());
    let outcome = if asked {
        Some(explained(&visit, &one, &fields).await)
    } else {
        None
    };
    let (found, problem) = match outcome {
        None => (None, None),
        Some(Ok(found)) => (Some(found), None),
        Some(Err(error)) => (None, Some(Problem::from(error))),
    };
    let models = model::list(&visit.context).await?;
    let models: Vec<String> = models.into_iter().map(|one| one.name).collect();
    let mounts = mounts(&visit).await?;
    let content = html! {
        p.crumbs { a href="/tokens" { (visit.t("nav-tokens")) } " / " a href={ "/tokens/" (one.id) } dir="auto" { (one.name) } }
        (heading(&visit.t("why-title"), &visit.t("why-lead"), &html! {}))
        (question(&visit, &one, &fields, problem.as_ref(), (&models, &mounts)))
        @if let Some(found) = found { (answer(&visit, &found)) }
    };
    shown(page(&visit, "/tokens", &visit.t("why-title"), &content))
}

/// Replays a call that was made, or one that is imagined.
async fn explained(
    visit: &Visit,
    one: &TokenView,
    fields: &Fields,
) -> Result<ExplanationView, AdminError> {
    if let Some(request) = fields.some("request") {
        let found = explain::of_request(&visit.context, &request).await?;
        if found.token.id != one.id {
            return Err(AdminError::NoReceipt { request });
        }
        return Ok(found);
    }
    let path = fields.some("path");
    let input = ExplainInput {
        token: one.id.clone(),
        model: fields.some("model"),
        endpoint: fields.some("endpoint").filter(|_| path.is_none()),
        mount: None,
        path,
        ip: fields.some("ip").unwrap_or_else(|| "127.0.0.1".to_owned()),
        at: None,
    };
    explain::explain(&visit.context, &input).await
}

/// Paths of plain HTTP APIs that are mounted, as far as who asks may see them.
async fn mounts(visit: &Visit) -> Result<Vec<String>, AdminError> {
    if !visit.context.may(Deed::ReadUpstreams, None) {
        return Ok(Vec::new());
    }
    let upstreams = upstream::list(&visit.context).await?;
    let mut paths: Vec<String> = upstreams.into_iter().filter_map(|one| one.mount).collect();
    paths.sort_unstable();
    paths.dedup();
    Ok(paths.iter().map(|one| format!("GET /{one}/")).collect())
}

fn question(
    visit: &Visit,
    one: &TokenView,
    fields: &Fields,
    problem: Option<&Problem>,
    (models, mounts): (&[String], &[String]),
) -> Markup {
    let form = Form::new(visit.say(), fields, problem);
    let endpoints = [
        "chat.completions",
        "responses",
        "messages",
        "embeddings",
        "completions",
        "images.generations",
        "models",
    ];
    let endpoints = endpoints.map(|one| (one.to_owned(), one.to_owned()));
    let inputs = html! {
        div.triple {
            (form.field("model").proposals("all-models").line())
            (form.field("endpoint").choice(&endpoints))
            (form.field("ip").label("client-address").example("203.0.113.7").line())
        }
        div.pair {
            (form.field("path").label("method-path").help("why-path-help").example("GET /crm/contacts").proposals("all-mounts").line())
            (form.field("request").label("request-id").help("why-request-help").line())
        }
    };
    html! {
        form.card.form method="get" action={ "/tokens/" (one.id) "/why" } {
            (form.rest())
            datalist #all-models { @for one in models { option value=(one) {} } }
            datalist #all-mounts { @for one in mounts { option value=(one) {} } }
            (inputs)
            div.actions { button.primary type="submit" { (visit.t("why-do")) } }
        }
    }
}

fn answer(visit: &Visit, found: &ExplanationView) -> Markup {
    let (tone, verdict) = if found.permitted {
        ("good", "permitted")
    } else {
        ("bad", "refused")
    };
    html! {
        section.card aria-live="polite" {
            p class={ "notice " (tone) } {
                strong { (visit.t(verdict)) }
                @for reason in &found.reasons { " · " (visit.say().name_of("refusal", reason)) }
            }
            ol.steps { @for step in &found.steps { (row(visit, step)) } }
            @if !found.upstreams.is_empty() {
                p { (visit.t("served-by")) " " @for one in &found.upstreams { span.chip dir="auto" { (one.upstream.name) " · " (one.price) } } }
            }
            @for unknown in &found.unknown { p.quiet { (visit.t("not-known-here")) " " (problem::said(visit.say(), "unknown", unknown)) } }
        }
    }
}

fn row(visit: &Visit, step: &StepView) -> Markup {
    let say = visit.say();
    let (class, icon, word) = match step.passed {
        true => ("pass", Icon::Check, "passed"),
        false => ("fail", Icon::Cross, "failed"),
    };
    html! {
        li class=(class) {
            (icon.draw()) span.unseen { (visit.t(word)) }
            div {
                p.rule { strong { (say.name_of("rule", &step.rule)) } " " span.quiet { (say.name_of("layer", &step.layer)) } }
                p { (visit.t("saw")) " " bdi { (problem::said(say, "saw", &step.saw)) } }
                @if !step.passed {
                    p.change { (visit.t("wanted")) " " bdi { (problem::said(say, "wanted", &step.wanted)) } }
                    p.change { (say.name_of("fix", &step.rule)) }
                }
            }
        }
    }
}
