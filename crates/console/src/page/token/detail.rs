//! One token: how it stands, what it may do in words, what it has used, and what can be done to it.

use axum::extract::Path;
use http::StatusCode;
use maud::{Markup, html};
use tollgate_admin_core::receipt::{self, ReceiptFilter};
use tollgate_admin_core::usage::{self, UsageFilter};
use tollgate_admin_core::view::receipt::ReceiptView;
use tollgate_admin_core::view::token::{StandingView, TokenView};
use tollgate_admin_core::{AdminError, Deed, token};

use crate::access::Visit;
use crate::component::dialog::{self, Ask};
use crate::component::layout::{heading, page, word};
use crate::component::table::fact;
use crate::component::{badge, money, problem, time};
use crate::page::usage::chart;
use crate::page::{Shown, refusal, shown};
use crate::problem::Problem;

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Shown {
    shown(whole(&visit, &id, None).await?)
}

/// The page again, where the name that was written is another one.
pub(super) async fn asked_again(visit: &Visit, id: &str, what: &str) -> Shown {
    let page = whole(visit, id, Some(what)).await?;
    let (status, page) = (StatusCode::UNPROCESSABLE_ENTITY, page.into_string());
    Ok(axum::response::IntoResponse::into_response((
        status,
        axum::response::Html(page),
    )))
}

async fn whole(visit: &Visit, id: &str, asked: Option<&str>) -> Result<Markup, AdminError> {
    let standing = token::standing(&visit.context, id).await?;
    let one = &standing.token;
    let filter = UsageFilter {
        by: vec!["day".to_owned(), "model".to_owned()],
        from: Some("29d".to_owned()),
        token: Some(one.id.clone()),
        ..UsageFilter::default()
    };
    let report = usage::report(&visit.context, &filter).await?;
    let calls = ReceiptFilter {
        token: Some(one.id.clone()),
        limit: Some(8),
        ..ReceiptFilter::default()
    };
    let calls = receipt::list(&visit.context, &calls).await?.entries;
    let refused = refusal::of_token(&visit.context, &one.id).await?;
    let may = visit.context.may(Deed::ChangeTokens, None);
    let actions = html! {
        a.button href={ "/tokens/" (one.id) "/why" } { (visit.t("why")) }
        @if may && one.status != "revoked" {
            a.button href={ "/tokens/" (one.id) "/edit" } data-sheet { (visit.t("edit")) }
            (switch(visit, one))
        }
    };
    let content = html! {
        p.crumbs { a href="/tokens" { (visit.t("nav-tokens")) } }
        (heading(&one.name, "", &actions))
        (state(visit, &standing))
        div.columns {
            section.card #may { h2 { (visit.t("may-do")) } (words(visit, &standing)) }
            section.card #spend { h2 { (visit.t("spend")) } (spend(visit, &standing)) }
        }
        section.card {
            h2 { (visit.t("usage-30d")) }
            (chart::by_day(visit, &report, 30))
        }
        section.card #calls {
            h2 { (visit.t("last-calls")) }
            (receipts(visit, &calls))
        }
        section.card {
            h2 { (visit.t("last-refusals")) }
            (refusal::recent(visit, &refused))
        }
        section.card #secrets { h2 { (visit.t("secrets")) } (secrets(visit, one, may)) }
        @if may { (danger(visit, one, asked)) }
    };
    Ok(page(visit, "/tokens", &one.name, &content))
}

fn switch(visit: &Visit, one: &TokenView) -> Markup {
    let (action, text) = match one.status.as_str() {
        "disabled" => ("enable", "do-enable"),
        _ => ("disable", "do-disable"),
    };
    dialog::press(
        visit,
        &format!("/tokens/{}/{action}", one.id),
        &visit.t(text),
        "",
    )
}

fn state(visit: &Visit, standing: &StandingView) -> Markup {
    let (say, one) = (visit.say(), &standing.token);
    html! {
        dl.facts {
            (fact(&visit.t("status"), badge::status(say, &one.status)))
            (fact(&visit.t("id"), html! { code { (one.id) } }))
            (fact(&visit.t("group"), html! { a href={ "/groups/" (one.group.id) } dir="auto" { (one.group.name) } }))
            (fact(&visit.t("account"), html! { a href={ "/accounts/" (one.account.id) } dir="auto" { (one.account.name) } }))
            (fact(&visit.t("expires"), time::or_never(say, one.expires_at.as_deref(), visit.context.now())))
            (fact(&visit.t("last-used"), time::or_never(say, one.last_used_at.as_deref(), visit.context.now())))
            (fact(&visit.t("creator"), html! { bdi { (one.creator) } " · " (time::relative(say, &one.created_at, visit.context.now())) }))
        }
        @for refusal in &standing.refuses {
            p.notice.bad {
                strong { (say.name_of("refusal", &refusal.code)) } " — " (problem::said(say, "saw", &refusal.saw))
                @if let Some(until) = &refusal.until { " · " (visit.t("until")) " " (time::relative(say, until, visit.context.now())) }
            }
        }
        @for warning in &one.warnings { p.notice.warn { (problem::said(say, "warning", warning)) } }
        @if !one.note.is_empty() { p.note dir="auto" { (one.note) } }
    }
}

/// What it may do, in words.
fn words(visit: &Visit, standing: &StandingView) -> Markup {
    let (say, one) = (visit.say(), &standing.token);
    let scope = &one.scope;
    let list = |id: &str, any: &str, list: &Option<Vec<String>>| {
        html! { li { span.what { (visit.t(id)) } (badge::names(say, list.as_deref(), &visit.t(any))) } }
    };
    html! {
        ul.words {
            li {
                span.what { (visit.t("models")) }
                (badge::names(say, scope.models.as_deref(), &visit.t("all-of-group")))
                " " span.quiet { (say.with("callable", "count", standing.callable_models as u64)) }
            }
            (list("providers", "any", &scope.providers))
            (list("endpoints", "any", &scope.endpoints))
            (list("networks", "from-anywhere", &scope.networks))
            li { span.what { (visit.t("limits")) } (badge::limits(say, &one.limits)) }
            li {
                span.what { (visit.t("limits-of-group")) }
                (rates(visit, standing))
            }
        }
    }
}

fn rates(visit: &Visit, standing: &StandingView) -> Markup {
    html! {
        (badge::limits(visit.say(), &standing.group_limits))
        @if standing.group_limits_shared { " " span.quiet { (visit.t("shared")) } }
    }
}

fn spend(visit: &Visit, standing: &StandingView) -> Markup {
    let (say, one, funds) = (visit.say(), &standing.token, &standing.funds);
    html! {
        dl.stack {
            (fact(&visit.t("lifetime"), money::used_of(say, &one.used, one.remaining.as_deref(), one.quota.as_deref())))
            @if let Some(period) = &one.periodic {
                (fact(&say.name_of("per", &period.unit), html! {
                    (money::used_of(say, &period.used, Some(&period.remaining), Some(&period.limit)))
                    " " span.quiet { (visit.t("resets")) " " (time::relative(say, &period.resets_at, visit.context.now())) }
                }))
            }
            (fact(&visit.t("held"), html! { (money::credits(&one.held)) }))
            (fact(&visit.t("account-left"), match &funds.remaining {
                Some(left) => html! { (money::credits(left)) },
                None => html! { span.quiet { (visit.t("unlimited")) } },
            }))
        }
    }
}

/// Single calls, the newest first.
pub(crate) fn receipts(visit: &Visit, calls: &[ReceiptView]) -> Markup {
    let say = visit.say();
    html! {
        @if calls.is_empty() { p.quiet { (visit.t("calls-none")) } }
        @else {
            div.scroll tabindex="0" role="region" aria-label=(visit.t("last-calls")) {
                table.list {
                    thead { tr {
                        th scope="col" { (visit.t("time")) } th scope="col" { (visit.t("model")) } th scope="col" { (visit.t("ending")) }
                        th.number scope="col" { (visit.t("tokens-io")) } th.number scope="col" { (visit.t("cost")) } th.number scope="col" { (visit.t("first-byte")) }
                        th scope="col" { (visit.t("request-id")) }
                    } }
                    tbody { @for call in calls { tr {
                        td data-label=(visit.t("time")) { (time::relative(say, &call.at, visit.context.now())) }
                        th scope="row" data-label=(visit.t("model")) { span dir="auto" { (call.model.as_deref().unwrap_or(&call.endpoint)) } }
                        td data-label=(visit.t("ending")) { (say.name_of("ending", &call.ending)) @if let Some(status) = call.status { " " span.quiet { (status) } } }
                        td.number data-label=(visit.t("tokens-io")) { (io(call)) }
                        td.number data-label=(visit.t("cost")) { (money::credits(&call.cost)) @if call.estimated { " ≈" } }
                        td.number data-label=(visit.t("first-byte")) { @if let Some(ms) = call.first_byte_ms { (money::count(ms)) " ms" } @else { "–" } }
                        td data-label=(visit.t("request-id")) { a href={ "/tokens/" (call.token.id) "/why?request=" (call.request) } { code.hint { (call.request) } } }
                    } } }
                }
            }
        }
    }
}

fn io(call: &ReceiptView) -> String {
    let sum = |name: &str| call.usage.get(name).copied().unwrap_or_default();
    format!(
        "{} / {}",
        money::count(sum("input")),
        money::count(sum("output"))
    )
}

fn secrets(visit: &Visit, one: &TokenView, may: bool) -> Markup {
    let (say, now) = (visit.say(), visit.context.now());
    html! {
        ul.rows {
            @for secret in &one.secrets {
                li {
                    code { (secret.hint) }
                    (badge::badge(if secret.valid { "good" } else { "calm" }, &visit.t(if secret.valid { "valid" } else { "ended" })))
                    span.quiet { (visit.t("created")) " " (time::relative(say, &secret.created_at, now)) }
                    @if let Some(until) = &secret.valid_until {
                        span.quiet data-countdown=(until) { (visit.t("valid-until")) " " (time::relative(say, until, now)) }
                    }
                }
            }
        }
        @if may && one.status != "revoked" {
            form.inline method="post" action={ "/tokens/" (one.id) "/rotate" } data-sheet {
                (word(visit))
                label { (visit.t("overlap")) " "
                    select name="overlap" {
                        @for (value, id) in [("24h", "overlap-24h"), ("1h", "overlap-1h"), ("7d", "overlap-7d"), ("0", "overlap-0")] {
                            option value=(value) { (visit.t(id)) }
                        }
                    }
                }
                button type="submit" { (visit.t("rotate")) }
            }
            p.help { (visit.t("rotate-help")) }
            @if visit.context.sealing().is_some() && visit.context.may(Deed::RevealSecrets, None) {
                (dialog::press(visit, &format!("/tokens/{}/reveal", one.id), &visit.t("secret-reveal"), ""))
                p.help { (visit.t("secret-reveal-help")) }
            }
        }
    }
}

fn danger(visit: &Visit, one: &TokenView, asked: Option<&str>) -> Markup {
    let differs = Problem::translated("confirm", visit.t("name-differs"));
    let wrong = |what| (asked == Some(what)).then_some(&differs);
    let (revoke, delete) = (
        format!("/tokens/{}/revoke", one.id),
        format!("/tokens/{}/delete", one.id),
    );
    html! {
        section.card.danger-zone {
            h2 { (visit.t("danger")) }
            div.actions {
                @if one.status != "revoked" {
                    (dialog::ask(visit, &Ask { action: &revoke, title: &visit.t("do-revoke"), help: &visit.t("revoke-help"), button: &visit.t("do-revoke"), name: &one.name, wrong: wrong("revoke") }))
                }
                (dialog::ask(visit, &Ask { action: &delete, title: &visit.t("do-delete"), help: &visit.t("delete-help"), button: &visit.t("do-delete"), name: &one.name, wrong: wrong("delete") }))
            }
        }
    }
}
