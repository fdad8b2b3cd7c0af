//! Groups: multiplier, models, limits and how strictly quotas are kept.

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use maud::{Markup, html};
use tollgate_admin_core::group::{self, GroupChange, GroupInput, TermsInput};
use tollgate_admin_core::view::group::GroupView;
use tollgate_admin_core::{AdminError, Deed, model};

use super::token::sheet::{limits_input, scope_input};
use super::{Shown, segment, shown, shown_again, to};
use crate::access::Visit;
use crate::component::dialog::{self, Ask};
use crate::component::field::{Field, Sheet};
use crate::component::icon::Icon;
use crate::component::layout::{heading, page, word};
use crate::component::{badge, money, table};
use crate::form::{Fields, Posted};
use crate::problem::Problem;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/groups", get(list).post(create))
        .route("/groups/new", get(new))
        .route("/groups/{id}", get(form).post(save))
        .route("/groups/{id}/delete", post(delete))
}

async fn list(visit: Visit) -> Shown {
    let groups = group::list(&visit.context).await?;
    let may = visit.context.may(Deed::ChangeCatalog, None);
    let new = html! { a.button.primary href="/groups/new" data-key="n" { (Icon::Plus.draw()) span { (visit.t("group-new")) } } };
    let content = html! {
        (heading(&visit.t("nav-groups"), &visit.t("groups-lead"), &html! { @if may { (new) } }))
        @if groups.is_empty() { (table::empty(&visit.t("groups-none"), &visit.t("groups-lead"), may.then_some(new))) }
        @else { div.scroll tabindex="0" role="region" aria-label=(visit.t("nav-groups")) { table.list {
            thead { tr { @for id in ["name", "multiplier", "models", "limits", "enforcement", "on-leave"] { th scope="col" { (visit.t(id)) } } } }
            tbody { @for one in &groups { (row(&visit, one)) } }
        } } }
    };
    shown(page(&visit, "/groups", &visit.t("nav-groups"), &content))
}

fn row(visit: &Visit, one: &GroupView) -> Markup {
    let say = visit.say();
    let limits = [
        ("rpm-short", one.limits.rpm),
        ("tpm-short", one.limits.tpm),
        ("concurrency-short", one.limits.concurrency),
    ];
    let limits: Vec<_> = limits
        .into_iter()
        .filter_map(|(id, limit)| Some((id, limit?)))
        .collect();
    html! { tr {
        th scope="row" { a.title href={ "/groups/" (one.id) } dir="auto" { (one.name) } }
        td.number data-label=(visit.t("multiplier")) { "×" (one.multiplier) }
        td data-label=(visit.t("models")) { (badge::names(say, one.scope.models.as_deref(), &visit.t("all"))) }
        td data-label=(visit.t("limits")) {
            @if limits.is_empty() { span.quiet { (visit.t("none")) } }
            @for (id, limit) in limits { span.chip { (money::short(limit.into())) " " (visit.t(id)) } }
            @if one.shared_limits { " " span.quiet { (visit.t("shared")) } }
        }
        td data-label=(visit.t("enforcement")) { (say.name_of("enforcement", &one.enforcement)) }
        td data-label=(visit.t("on-leave")) { (one.on_leave) }
    } }
}

async fn new(visit: Visit) -> Shown {
    let fields = Fields::of(&[
        ("multiplier", "1"),
        ("enforcement", "strict"),
        ("on_leave", "cancel"),
    ]);
    shown(sheet(&visit, None, &fields, None, None).await?)
}

async fn form(visit: Visit, Path(id): Path<String>) -> Shown {
    let one = group::show(&visit.context, &id).await?;
    shown(sheet(&visit, Some(&one), &fields_of(&one), None, None).await?)
}

async fn create(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let input = GroupInput {
        name: fields.text("name").trim().to_owned(),
        multiplier: fields.some("multiplier"),
        terms: terms(&fields),
        scope: scope_input(&fields),
        note: fields.text("note").replace('\r', ""),
    };
    match group::create(&visit.context, &input)
        .await
        .map_err(Problem::from)
    {
        Ok(_) => to("/groups"),
        Err(problem) => shown_again(
            &problem,
            sheet(&visit, None, &fields, Some(&problem), None).await?,
        ),
    }
}

async fn save(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let one = group::show(&visit.context, &id).await?;
    let change = GroupChange {
        name: Some(fields.text("name").trim().to_owned()),
        multiplier: fields.some("multiplier"),
        terms: terms(&fields),
        scope: scope_input(&fields),
        note: Some(fields.text("note").replace('\r', "")),
        if_version: fields.text("version").parse().ok(),
    };
    match group::edit(&visit.context, &one.id, &change)
        .await
        .map_err(Problem::from)
    {
        Ok(_) => to("/groups"),
        Err(problem) => shown_again(
            &problem,
            sheet(&visit, Some(&one), &fields, Some(&problem), None).await?,
        ),
    }
}

async fn delete(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let one = group::show(&visit.context, &id).await?;
    let problem = match fields.text("confirm").trim() == one.name {
        false => Problem::invalid("confirm", visit.t("name-differs")),
        true => match group::delete(&visit.context, &one.id)
            .await
            .map_err(Problem::from)
        {
            Ok(_) => return to("/groups"),
            Err(problem) => problem,
        },
    };
    shown_again(
        &problem,
        sheet(
            &visit,
            Some(&one),
            &fields_of(&one),
            None,
            Some(&problem.detail),
        )
        .await?,
    )
}

fn terms(fields: &Fields) -> TermsInput {
    TermsInput {
        limits: limits_input(fields),
        shared_limits: Some(fields.is_on("shared_limits")),
        enforcement: fields.some("enforcement"),
        on_leave: fields.some("on_leave"),
        fallbacks: Some(
            fields
                .text("fallbacks")
                .lines()
                .map(|one| one.trim().to_owned())
                .collect(),
        ),
    }
}

fn fields_of(one: &GroupView) -> Fields {
    let mut fields = Fields::of(&[
        ("name", &one.name),
        ("multiplier", &one.multiplier),
        ("enforcement", &one.enforcement),
        ("on_leave", &one.on_leave),
        ("note", &one.note),
        ("version", &one.version.to_string()),
    ]);
    if one.shared_limits {
        fields.put("shared_limits", "true");
    }
    fields.put_limits(&one.limits);
    fields.put_scope(&one.scope);
    let fallbacks = one
        .fallbacks
        .iter()
        .map(|(model, others)| format!("{model}={}", others.join(",")));
    fields.put("fallbacks", fallbacks.collect::<Vec<_>>().join("\n"));
    fields
}

async fn sheet(
    visit: &Visit,
    one: Option<&GroupView>,
    fields: &Fields,
    problem: Option<&Problem>,
    asked: Option<&str>,
) -> Result<Markup, AdminError> {
    let say = visit.say();
    let models = model::list(&visit.context).await?;
    let field = problem.and_then(|one| one.field.as_deref());
    let wrong = problem.map(|one| (field.unwrap_or_default(), one.detail.as_str()));
    let form = Sheet { fields, wrong };
    let title = one.map_or_else(|| visit.t("group-new"), |one| one.name.clone());
    let action = one.map_or_else(
        || "/groups".to_owned(),
        |one| format!("/groups/{}", segment(&one.id)),
    );
    let kinds = ["strict", "refuse", "lenient"]
        .map(|one| (one.to_owned(), say.name_of("enforcement", one)));
    let [
        name,
        multiplier,
        enforcement,
        leave,
        models_text,
        fallbacks,
        note,
    ] = [
        "name",
        "multiplier",
        "enforcement",
        "on-leave",
        "models",
        "fallbacks",
        "note",
    ]
    .map(|id| visit.t(id));
    let [rpm, tpm, concurrency, shared, networks] =
        ["rpm", "tpm", "concurrency", "shared-limits", "networks"].map(|id| visit.t(id));
    let [
        multiplier_help,
        enforcement_help,
        fallbacks_help,
        leave_help,
    ] = [
        "help-multiplier",
        "help-enforcement",
        "help-fallbacks",
        "help-on-leave",
    ]
    .map(|id| visit.t(id));
    let shown = [
        "name",
        "multiplier",
        "enforcement",
        "on_leave",
        "models",
        "fallbacks",
        "note",
        "rpm",
        "tpm",
        "concurrency",
        "networks",
    ];
    let may = visit.context.may(Deed::ChangeCatalog, None);
    let content = html! {
        p.crumbs { a href="/groups" { (visit.t("nav-groups")) } }
        (heading(&title, "", &html! {}))
        form.card.form method="post" action=(action) {
            (word(visit)) (form.rest(&shown))
            input type="hidden" name="version" value=(fields.text("version"));
            datalist #all-models { @for one in &models { option value=(one.name) {} } }
            div.pair {
                (form.line(&Field { name: "name", label: &name, required: true, ..Field::default() }))
                (form.line(&Field { name: "multiplier", label: &multiplier, help: &multiplier_help, ..Field::default() }))
            }
            div data-picker="#all-models" data-label=(visit.t("add")) {
                (form.lines(&Field { name: "models", label: &models_text, example: &visit.t("all"), ..Field::default() }, 3))
            }
            div.triple {
                (form.line(&Field { name: "rpm", label: &rpm, example: &visit.t("no-limit"), ..Field::default() }))
                (form.line(&Field { name: "tpm", label: &tpm, example: &visit.t("no-limit"), ..Field::default() }))
                (form.line(&Field { name: "concurrency", label: &concurrency, example: &visit.t("no-limit"), ..Field::default() }))
            }
            (form.tick(&Field { name: "shared_limits", label: &shared, ..Field::default() }))
            div.pair {
                (form.choice(&Field { name: "enforcement", label: &enforcement, help: &enforcement_help, ..Field::default() }, &kinds))
                (form.line(&Field { name: "on_leave", label: &leave, help: &leave_help, ..Field::default() }))
            }
            (form.lines(&Field { name: "networks", label: &networks, kind: "network", example: &visit.t("from-anywhere"), ..Field::default() }, 2))
            (form.lines(&Field { name: "fallbacks", label: &fallbacks, help: &fallbacks_help, example: "gpt-4o=gpt-4o-mini", ..Field::default() }, 2))
            (form.lines(&Field { name: "note", label: &note, ..Field::default() }, 2))
            @for name in ["providers", "endpoints"] { input type="hidden" name=(name) value=(fields.text(name)); }
            @if may { div.actions { button.primary type="submit" { (visit.t("save")) } a.button href="/groups" { (visit.t("cancel")) } } }
        }
        @if let Some(one) = one.filter(|_| may) {
            section.card.danger-zone { h2 { (visit.t("danger")) }
                (dialog::ask(visit, &Ask { action: &format!("/groups/{}/delete", one.id), title: &visit.t("do-delete"), help: &visit.t("group-delete-help"), button: &visit.t("do-delete"), name: &one.name, wrong: asked }))
            }
        }
    };
    Ok(page(visit, "/groups", &title, &content))
}
