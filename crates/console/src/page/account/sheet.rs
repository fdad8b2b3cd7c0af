//! Making and changing an account.

use axum::extract::Path;
use maud::{Markup, html};
use tollgate_admin_core::account::{self, AccountChange, AccountInput};
use tollgate_admin_core::view::account::AccountView;

use crate::access::Visit;
use crate::component::field::{Field, Sheet};
use crate::component::layout::{heading, page, word};
use crate::form::{Fields, Posted};
use crate::page::token::sheet::{limits_input, scope_input};
use crate::page::{Shown, segment, shown, shown_again, to};
use crate::problem::Problem;

pub(super) async fn new(visit: Visit) -> Shown {
    shown(sheet(&visit, None, &Fields::default(), None))
}

pub(super) async fn form(visit: Visit, Path(id): Path<String>) -> Shown {
    let one = account::show(&visit.context, &id).await?;
    shown(sheet(&visit, Some(&one.id), &fields_of(&one), None))
}

pub(super) async fn create(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let input = AccountInput {
        name: fields.text("name").trim().to_owned(),
        unlimited: fields.is_on("unlimited"),
        balance: fields.some("balance"),
        credit_line: fields.some("credit_line"),
        periodic: fields.some("periodic"),
        limits: limits_input(&fields),
        scope: scope_input(&fields),
        note: fields.text("note").replace('\r', ""),
    };
    match account::create(&visit.context, &input)
        .await
        .map_err(Problem::from)
    {
        Ok(one) => to(&format!("/accounts/{}", one.id)),
        Err(problem) => shown_again(&problem, sheet(&visit, None, &fields, Some(&problem))),
    }
}

pub(super) async fn save(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let change = AccountChange {
        name: Some(fields.text("name").trim().to_owned()),
        enabled: Some(fields.is_on("enabled")),
        unlimited: Some(fields.is_on("unlimited")),
        credit_line: Some(fields.some("credit_line").unwrap_or_else(|| "0".to_owned())),
        periodic: Some(fields.text("periodic").to_owned()),
        limits: limits_input(&fields),
        scope: scope_input(&fields),
        note: Some(fields.text("note").replace('\r', "")),
        if_version: fields.text("version").parse().ok(),
    };
    match account::edit(&visit.context, &id, &change)
        .await
        .map_err(Problem::from)
    {
        Ok(one) => to(&format!("/accounts/{}", one.id)),
        Err(problem) => shown_again(&problem, sheet(&visit, Some(&id), &fields, Some(&problem))),
    }
}

fn fields_of(one: &AccountView) -> Fields {
    let mut fields = Fields::of(&[
        ("name", &one.name),
        ("credit_line", &one.funds.credit_line),
        ("note", &one.note),
        ("version", &one.version.to_string()),
    ]);
    if one.enabled {
        fields.put("enabled", "true");
    }
    if one.funds.credited.is_none() {
        fields.put("unlimited", "true");
    }
    if let Some(period) = &one.funds.periodic {
        fields.put(
            "periodic",
            format!("{}/{}@{}", period.limit, period.unit, period.zone),
        );
    }
    fields.put_limits(&one.limits);
    fields.put_scope(&one.scope);
    fields
}

fn sheet(visit: &Visit, id: Option<&str>, fields: &Fields, problem: Option<&Problem>) -> Markup {
    let field = problem.and_then(|one| one.field.as_deref());
    let wrong = problem.map(|one| (field.unwrap_or_default(), one.detail.as_str()));
    let form = Sheet { fields, wrong };
    let title = visit.t(if id.is_some() {
        "account-edit"
    } else {
        "account-new"
    });
    let action = id.map_or_else(
        || "/accounts".to_owned(),
        |id| format!("/accounts/{}", segment(id)),
    );
    let [name, balance, line, periodic, note] =
        ["name", "first-balance", "credit-line", "periodic", "note"].map(|id| visit.t(id));
    let [rpm, tpm, concurrency, models, networks] =
        ["rpm", "tpm", "concurrency", "models", "networks"].map(|id| visit.t(id));
    let [unlimited, unlimited_help, line_help, enabled] = [
        "account-unlimited",
        "account-unlimited-help",
        "help-credit-line",
        "account-on",
    ]
    .map(|id| visit.t(id));
    let shown = [
        "name",
        "balance",
        "credit_line",
        "periodic",
        "note",
        "rpm",
        "tpm",
        "concurrency",
        "models",
        "networks",
    ];
    let content = html! {
        p.crumbs { a href="/accounts" { (visit.t("nav-accounts")) } }
        (heading(&title, "", &html! {}))
        form.card.form method="post" action=(action) {
            (word(visit)) (form.rest(&shown))
            input type="hidden" name="version" value=(fields.text("version"));
            @for name in ["providers", "endpoints"] { input type="hidden" name=(name) value=(fields.text(name)); }
            (form.line(&Field { name: "name", label: &name, required: true, ..Field::default() }))
            @if id.is_some() { (form.tick(&Field { name: "enabled", label: &enabled, ..Field::default() })) }
            (form.tick(&Field { name: "unlimited", label: &unlimited, help: &unlimited_help, ..Field::default() }))
            div.triple {
                @if id.is_none() { (form.line(&Field { name: "balance", label: &balance, example: "100", ..Field::default() })) }
                (form.line(&Field { name: "credit_line", label: &line, help: &line_help, example: "0", ..Field::default() }))
                (form.line(&Field { name: "periodic", label: &periodic, example: "10/day", ..Field::default() }))
            }
            div.triple {
                (form.line(&Field { name: "rpm", label: &rpm, example: &visit.t("no-limit"), ..Field::default() }))
                (form.line(&Field { name: "tpm", label: &tpm, example: &visit.t("no-limit"), ..Field::default() }))
                (form.line(&Field { name: "concurrency", label: &concurrency, example: &visit.t("no-limit"), ..Field::default() }))
            }
            div.pair {
                (form.lines(&Field { name: "models", label: &models, example: &visit.t("all"), ..Field::default() }, 2))
                (form.lines(&Field { name: "networks", label: &networks, example: &visit.t("from-anywhere"), kind: "network", ..Field::default() }, 2))
            }
            (form.lines(&Field { name: "note", label: &note, ..Field::default() }, 2))
            div.actions { button.primary type="submit" { (visit.t("save")) } a.button href=(action) { (visit.t("cancel")) } }
        }
    };
    page(visit, "/accounts", &title, &content)
}
