//! Making and changing an account.

use axum::extract::Path;
use maud::{Markup, html};
use tollgate_admin_core::account::{self, AccountChange, AccountInput};
use tollgate_admin_core::view::account::AccountView;

use crate::access::Visit;
use crate::component::sheet::{Form, Frame, sheet as framed};
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
    let (title, action) = match id {
        None => ("account-new", "/accounts".to_owned()),
        Some(id) => ("account-edit", format!("/accounts/{}", segment(id))),
    };
    let frame = Frame {
        place: ("/accounts", "nav-accounts"),
        title: &visit.t(title),
        action: &action,
        back: &action,
        button: Some("save"),
    };
    let form = Form::new(visit.say(), fields, problem);
    let inputs = html! {
        (form.field("name").must().line())
        @if id.is_some() { (form.field("enabled").label("account-on").tick()) }
        (form.field("unlimited").label("account-unlimited").help("account-unlimited-help").tick())
        div.triple {
            @if id.is_none() { (form.field("balance").label("first-balance").example("100").kind("decimal").line()) }
            (form.field("credit_line").help("help-credit-line").example("0").kind("decimal").line())
            (form.field("periodic").help("help-periodic").blank("no-limit").line())
        }
        (form.limits())
        div.pair {
            (form.field("models").help("help-models").blank("all").lines(2))
            (form.field("networks").help("help-networks").blank("from-anywhere").networks(2))
        }
        div.pair {
            (form.field("providers").help("help-providers").blank("any").lines(2))
            (form.field("endpoints").help("help-endpoints").blank("any").lines(2))
        }
        (form.field("note").lines(2))
    };
    framed(visit, &frame, &form, &inputs, &html! {})
}
