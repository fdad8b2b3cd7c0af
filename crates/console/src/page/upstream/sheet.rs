//! Making and changing an upstream.

use axum::extract::Path;
use maud::{Markup, html};
use tollgate_admin_core::upstream::{
    self, CredentialInput, ReachInput, ServedInput, UpstreamChange, UpstreamInput,
};
use tollgate_admin_core::view::upstream::UpstreamView;

use crate::access::Visit;
use crate::component::field::{Field, Sheet};
use crate::component::layout::{heading, page, word};
use crate::form::{Fields, Posted};
use crate::page::{Shown, segment, shown, shown_again, to};
use crate::problem::Problem;

const DIALECTS: [&str; 4] = ["openai", "anthropic", "gemini", "http"];

pub(super) async fn new(visit: Visit) -> Shown {
    let fields = Fields::of(&[("priority", "0"), ("weight", "1"), ("dialect", "openai")]);
    shown(sheet(&visit, None, &fields, None))
}

pub(super) async fn form(visit: Visit, Path(id): Path<String>) -> Shown {
    let one = upstream::show(&visit.context, &id).await?;
    shown(sheet(&visit, Some(&one.id), &fields_of(&one), None))
}

pub(super) async fn create(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let input = UpstreamInput {
        name: fields.text("name").trim().to_owned(),
        base_url: fields.text("base_url").trim().to_owned(),
        dialect: fields.text("dialect").to_owned(),
        provider: fields.text("provider").trim().to_owned(),
        models: served(&fields),
        mount: fields.some("mount"),
        price: fields.some("price"),
        credential: credential(&fields),
        reach: reach(&fields),
        sticky: fields.is_on("sticky"),
        carrier: fields.some("carrier"),
        groups: groups(&fields),
        priority: fields.text("priority").trim().parse().unwrap_or_default(),
        weight: fields.text("weight").trim().parse().unwrap_or(1),
        note: fields.text("note").replace('\r', ""),
    };
    match upstream::create(&visit.context, input)
        .await
        .map_err(Problem::from)
    {
        Ok(one) => to(&format!("/upstreams/{}", one.id)),
        Err(problem) => shown_again(&problem, sheet(&visit, None, &fields, Some(&problem))),
    }
}

pub(super) async fn save(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let change = UpstreamChange {
        name: Some(fields.text("name").trim().to_owned()),
        base_url: Some(fields.text("base_url").trim().to_owned()),
        dialect: Some(fields.text("dialect").to_owned()),
        provider: Some(fields.text("provider").trim().to_owned()),
        models: served(&fields),
        mount: fields.some("mount"),
        price: fields.some("price"),
        reach: reach(&fields),
        sticky: Some(fields.is_on("sticky")),
        groups: Some(groups(&fields).unwrap_or_else(|| vec!["any".to_owned()])),
        priority: fields.text("priority").trim().parse().ok(),
        weight: fields.text("weight").trim().parse().ok(),
        note: Some(fields.text("note").replace('\r', "")),
        if_version: fields.text("version").parse().ok(),
        ..UpstreamChange::default()
    };
    match upstream::edit(&visit.context, &id, change)
        .await
        .map_err(Problem::from)
    {
        Ok(one) => to(&format!("/upstreams/{}", one.id)),
        Err(problem) => shown_again(&problem, sheet(&visit, Some(&id), &fields, Some(&problem))),
    }
}

/// A credential as it was written; none where nothing was.
pub(super) fn credential(fields: &Fields) -> CredentialInput {
    super::written(fields.some("credential"), fields.some("variable"))
}

fn served(fields: &Fields) -> Option<Vec<ServedInput>> {
    let list = fields.list("models");
    let served = list.iter().map(|one| {
        let (name, sent_as) = one
            .split_once('=')
            .map_or((one.as_str(), None), |(name, other)| (name, Some(other)));
        ServedInput {
            name: name.trim().to_owned(),
            sent_as: sent_as.map(|one| one.trim().to_owned()),
        }
    });
    let served: Vec<_> = served.collect();
    (!served.is_empty()).then_some(served)
}

fn groups(fields: &Fields) -> Option<Vec<String>> {
    let list = fields.list("groups");
    (!list.is_empty()).then_some(list)
}

fn reach(fields: &Fields) -> ReachInput {
    ReachInput {
        allow_private: Some(fields.is_on("allow_private")),
        ..ReachInput::default()
    }
}

fn fields_of(one: &UpstreamView) -> Fields {
    let mut fields = Fields::of(&[
        ("name", &one.name),
        ("base_url", &one.base_url),
        ("dialect", &one.dialect),
        ("provider", &one.provider),
        ("mount", one.mount.as_deref().unwrap_or_default()),
        ("price", one.price.as_deref().unwrap_or_default()),
        ("priority", &one.priority.to_string()),
        ("weight", &one.weight.to_string()),
        ("note", &one.note),
        ("version", &one.version.to_string()),
    ]);
    for (name, on) in [("sticky", one.sticky), ("allow_private", one.allow_private)] {
        if on {
            fields.put(name, "true");
        }
    }
    let models = one.models.iter().flatten().map(|one| match &one.sent_as {
        Some(other) => format!("{}={other}", one.name),
        None => one.name.clone(),
    });
    fields.put("models", models.collect::<Vec<_>>().join("\n"));
    let groups = one.groups.iter().flatten().map(|one| one.name.clone());
    fields.put("groups", groups.collect::<Vec<_>>().join("\n"));
    fields
}

fn sheet(visit: &Visit, id: Option<&str>, fields: &Fields, problem: Option<&Problem>) -> Markup {
    let field = problem.and_then(|one| one.field.as_deref());
    let wrong = problem.map(|one| (field.unwrap_or_default(), one.detail.as_str()));
    let form = Sheet { fields, wrong };
    let title = visit.t(if id.is_some() {
        "upstream-edit"
    } else {
        "upstream-new"
    });
    let action = id.map_or_else(
        || "/upstreams".to_owned(),
        |id| format!("/upstreams/{}", segment(id)),
    );
    let dialects = DIALECTS.map(|one| (one.to_owned(), one.to_owned()));
    let [name, url, dialect, provider, models, mount, price] = [
        "name", "base-url", "dialect", "provider", "models", "mount", "price",
    ]
    .map(|id| visit.t(id));
    let [secret, variable, priority, weight, groups, note] =
        ["secret", "variable", "priority", "weight", "groups", "note"].map(|id| visit.t(id));
    let [models_help, secret_help, sticky, private, mount_help] = [
        "help-served",
        "credential-help",
        "sticky",
        "allow-private",
        "help-mount",
    ]
    .map(|id| visit.t(id));
    let shown = [
        "name",
        "base_url",
        "dialect",
        "provider",
        "models",
        "mount",
        "price",
        "credential",
        "groups",
        "note",
    ];
    let content = html! {
        p.crumbs { a href="/upstreams" { (visit.t("nav-upstreams")) } }
        (heading(&title, "", &html! {}))
        form.card.form method="post" action=(action) {
            (word(visit)) (form.rest(&shown))
            input type="hidden" name="version" value=(fields.text("version"));
            div.pair {
                (form.line(&Field { name: "name", label: &name, required: true, ..Field::default() }))
                (form.line(&Field { name: "base_url", label: &url, required: true, kind: "url", example: "https://api.openai.com/v1", ..Field::default() }))
            }
            div.pair {
                (form.choice(&Field { name: "dialect", label: &dialect, ..Field::default() }, &dialects))
                (form.line(&Field { name: "provider", label: &provider, required: true, example: "openai", ..Field::default() }))
            }
            (form.lines(&Field { name: "models", label: &models, help: &models_help, ..Field::default() }, 3))
            div.pair {
                (form.line(&Field { name: "mount", label: &mount, help: &mount_help, ..Field::default() }))
                (form.line(&Field { name: "price", label: &price, example: "request=0.001", ..Field::default() }))
            }
            @if id.is_none() { div.pair {
                (form.line(&Field { name: "credential", label: &secret, help: &secret_help, kind: "password", autocomplete: "new-password", ..Field::default() }))
                (form.line(&Field { name: "variable", label: &variable, example: "OPENAI_API_KEY", ..Field::default() }))
            } }
            div.triple {
                (form.line(&Field { name: "priority", label: &priority, kind: "number", ..Field::default() }))
                (form.line(&Field { name: "weight", label: &weight, kind: "number", ..Field::default() }))
                (form.lines(&Field { name: "groups", label: &groups, example: &visit.t("all"), ..Field::default() }, 1))
            }
            (form.tick(&Field { name: "sticky", label: &sticky, ..Field::default() }))
            (form.tick(&Field { name: "allow_private", label: &private, ..Field::default() }))
            (form.lines(&Field { name: "note", label: &note, ..Field::default() }, 2))
            div.actions { button.primary type="submit" { (visit.t("save")) } a.button href=(action) { (visit.t("cancel")) } }
        }
    };
    page(visit, "/upstreams", &title, &content)
}
