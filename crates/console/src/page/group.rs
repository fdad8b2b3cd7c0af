//! Groups: multiplier, models, limits and how strictly quotas are kept.

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use maud::{Markup, html};
use tollgate_admin_core::group::{self, GroupChange, GroupInput, TermsInput};
use tollgate_admin_core::view::group::GroupView;
use tollgate_admin_core::{AdminError, Deed, model};

use super::token::sheet::{limits_input, scope_input};
use super::{Shown, confirmed, segment, shown, shown_again, to};
use crate::access::Visit;
use crate::component::icon::Icon;
use crate::component::layout::{heading, page};
use crate::component::sheet::{Form, Frame, proposals, sheet as framed};
use crate::component::{badge, dialog, table};
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
    let new = html! { a.button.primary href="/groups/new" data-sheet data-key="n" { (Icon::Plus.draw()) span { (visit.t("group-new")) } } };
    let content = html! {
        (heading(&visit.t("nav-groups"), &visit.t("groups-lead"), &html! { @if may { (new) } }))
        @if groups.is_empty() { (table::empty(&visit.t("groups-none"), &visit.t("groups-lead"), may.then_some(new))) }
        @else { div.scroll tabindex="0" role="region" aria-label=(visit.t("nav-groups")) { table.list {
            thead { (table::heads(visit.say(), &["name", "multiplier", "models", "limits", "enforcement", "on-leave"])) }
            tbody { @for one in &groups { (row(&visit, one)) } }
        } } }
    };
    shown(page(&visit, "/groups", &visit.t("nav-groups"), &content))
}

fn row(visit: &Visit, one: &GroupView) -> Markup {
    let say = visit.say();
    html! { tr {
        th scope="row" { a.title href={ "/groups/" (one.id) } data-sheet dir="auto" { (one.name) } }
        td.number data-label=(visit.t("multiplier")) { "×" (one.multiplier) }
        td data-label=(visit.t("models")) { (badge::names(say, one.scope.models.as_deref(), &visit.t("all"))) }
        td data-label=(visit.t("limits")) {
            (badge::limits(say, &one.limits))
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
        open_to_members: fields.is_on("open_to_members"),
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
        open_to_members: Some(fields.is_on("open_to_members")),
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
    let done = async {
        confirmed(&visit, &fields, &one.name)?;
        let done = group::delete(&visit.context, &one.id).await;
        done.map_err(Problem::from)
    };
    let Err(problem) = done.await else {
        return to("/groups");
    };
    shown_again(
        &problem,
        sheet(&visit, Some(&one), &fields_of(&one), None, Some(&problem)).await?,
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
    if one.open_to_members {
        fields.put("open_to_members", "true");
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
    asked: Option<&Problem>,
) -> Result<Markup, AdminError> {
    let models = model::list(&visit.context).await?;
    let may = visit.context.may(Deed::ChangeCatalog, None);
    let title = one.map_or_else(|| visit.t("group-new"), |one| one.name.clone());
    let action = one.map_or_else(
        || "/groups".to_owned(),
        |one| format!("/groups/{}", segment(&one.id)),
    );
    let frame = Frame {
        place: ("/groups", "nav-groups"),
        title: &title,
        action: &action,
        back: "/groups",
        button: may.then_some("save"),
    };
    let form = Form::new(visit.say(), fields, problem);
    let inputs = html! {
        (proposals("all-models", models.iter().map(|one| (one.name.as_str(), one.provider.as_str()))))
        (inputs(visit, &form))
    };
    let delete = html! { @if let Some(one) = one.filter(|_| may) {
        (dialog::delete(visit, &action, &one.name, "group-delete-help", asked))
    } };
    Ok(framed(visit, &frame, &form, &inputs, &delete))
}

fn inputs(visit: &Visit, form: &Form<'_>) -> Markup {
    let kinds = ["strict", "refuse", "lenient"];
    let kinds = kinds.map(|one| (one.to_owned(), visit.say().name_of("enforcement", one)));
    html! {
        div.pair {
            (form.field("name").must().line())
            (form.field("multiplier").help("help-multiplier").kind("decimal").line())
        }
        (form.field("models").help("help-models").blank("all").picked("all-models", 3))
        (form.limits())
        (form.field("shared_limits").tick())
        (form.field("open_to_members").tick())
        div.pair {
            (form.field("enforcement").help("help-enforcement").choice(&kinds))
            (form.field("on_leave").help("help-on-leave").line())
        }
        (form.field("networks").help("help-networks").blank("from-anywhere").networks(2))
        (form.field("fallbacks").help("help-fallbacks").example("gpt-4o=gpt-4o-mini").lines(2))
        div.pair {
            (form.field("providers").help("help-providers").blank("any").lines(2))
            (form.field("endpoints").help("help-endpoints").blank("any").lines(2))
        }
        (form.field("note").lines(2))
    }
}
