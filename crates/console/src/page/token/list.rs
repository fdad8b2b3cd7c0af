//! The list of tokens: search, filters, order and pages are all in the address.

use maud::{Markup, html};
use tollgate_admin_core::token::TokenFilter;
use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::token::TokenView;
use tollgate_admin_core::{AdminError, Deed, account, group, token};

use crate::access::Visit;
use crate::component::icon::Icon;
use crate::component::layout::{heading, page, word};
use crate::component::{badge, money, problem, table, time};
use crate::form::Fields;
use crate::page::{Shown, shown};
use crate::problem::Problem;

/// Ready-made filters: a text, and the fields that it stands for.
const QUICK: [(&str, &str, &str); 4] = [
    ("expiring-soon", "expiring_within", "7d"),
    ("recently-used", "used_since", "24h"),
    ("never-used", "never_used", "true"),
    ("unused-month", "unused_since", "30d"),
];

/// More than these are written rather than chosen from.
pub(crate) const MANY: usize = 300;

pub(super) fn filter(query: &Fields) -> TokenFilter {
    TokenFilter {
        search: query.some("search"),
        group: query.some("group"),
        account: query.some("account"),
        status: query.some("status"),
        creator: query.some("creator"),
        created_since: query.some("created_since"),
        created_until: query.some("created_until"),
        used_since: query.some("used_since"),
        used_until: query.some("used_until"),
        unused_since: query.some("unused_since"),
        never_used: query.is_on("never_used"),
        expiring_within: query.some("expiring_within"),
        sort: query.some("sort"),
        desc: query.is_on("desc"),
        limit: query.some("limit").and_then(|text| text.parse().ok()),
        cursor: query.some("cursor"),
    }
}

pub(super) async fn show(visit: Visit, query: Fields) -> Shown {
    let found = token::list(&visit.context, &filter(&query)).await;
    let (found, problem) = match found {
        Ok(found) => (found, None),
        Err(error @ (AdminError::Invalid { .. } | AdminError::NotFound { .. })) => (
            Page {
                entries: Vec::new(),
                next_cursor: None,
            },
            Some(Problem::from(error)),
        ),
        Err(error) => return Err(error.into()),
    };
    let groups = group::list(&visit.context).await?;
    let groups: Vec<String> = groups.into_iter().map(|one| one.name).collect();
    let accounts = account::list(&visit.context).await?;
    let accounts: Vec<String> = accounts.into_iter().map(|one| one.name).collect();
    let may = visit.context.may(Deed::ChangeTokens, None);
    let actions = html! {
        @if may {
            a.button.primary href="/tokens/new" data-sheet data-key="n" { (Icon::Plus.draw()) span { (visit.t("token-new")) } }
        }
    };
    let content = html! {
        (heading(&visit.t("nav-tokens"), "", &actions))
        (bar(&visit, &query, &groups, &accounts))
        @if let Some(problem) = &problem { (problem::notice(visit.say(), problem)) }
        div #results aria-live="polite" {
            @if found.entries.is_empty() && problem.is_none() { (nothing(&visit, &query, may)) }
            @else if !found.entries.is_empty() {
                form #bulk method="post" action="/tokens/bulk" {
                    (word(&visit))
                    (rows(&visit, &query, &found.entries, may))
                    @if may { (bulk_bar(&visit, &groups)) }
                }
            }
            (table::pager(visit.say(), "/tokens", &query, found.next_cursor.as_deref()))
        }
    };
    shown(page(&visit, "/tokens", &visit.t("nav-tokens"), &content))
}

fn nothing(visit: &Visit, query: &Fields, may: bool) -> Markup {
    let filtered = !query
        .query(&[("sort", ""), ("desc", ""), ("cursor", "")])
        .is_empty();
    if filtered {
        let clear = html! { a.button href="/tokens" { (visit.t("clear-filters")) } };
        return table::empty(&visit.t("no-match"), &visit.t("no-match-help"), Some(clear));
    }
    let action = may.then(
        || html! { a.button.primary href="/tokens/new" data-sheet { (visit.t("token-new")) } },
    );
    table::empty(
        &visit.t("tokens-none"),
        &visit.t("tokens-none-help"),
        action,
    )
}

fn bar(visit: &Visit, query: &Fields, groups: &[String], accounts: &[String]) -> Markup {
    let say = visit.say();
    let status = ["enabled", "disabled", "expired", "exhausted", "revoked"];
    let status = status.map(|one| (one.to_owned(), say.name_of("status", one)));
    let named = |list: &[String]| -> Vec<(String, String)> {
        list.iter().map(|one| (one.clone(), one.clone())).collect()
    };
    let more = ["creator", "created_since", "created_until"];
    let open = more.iter().any(|name| query.some(name).is_some());
    html! {
        form.filters method="get" action="/tokens" role="search" data-live="#results" {
            label.search {
                (Icon::Search.draw())
                span.unseen { (visit.t("search")) }
                input type="search" name="search" value=(query.text("search")) dir="auto"
                    placeholder=(visit.t("search-tokens")) data-key="/" autocomplete="off";
            }
            (select(visit, query, "status", "any-status", &status))
            (select(visit, query, "group", "any-group", &named(groups)))
            @if accounts.len() > MANY {
                input.short name="account" value=(query.text("account")) dir="auto" autocomplete="off"
                    placeholder=(visit.t("any-account")) aria-label=(say.name_of("filter", "account"));
            } @else if accounts.len() > 1 { (select(visit, query, "account", "any-account", &named(accounts))) }
            @for name in ["sort", "desc"] {
                @if let Some(value) = query.some(name) { input type="hidden" name=(name) value=(value); }
            }
            details.more open[open] {
                summary.button { (visit.t("more-filters")) }
                div.sheet {
                    @for name in more {
                        label { span { (say.name_of("filter", name)) }
                            input name=(name) value=(query.text(name)) placeholder=(say.name_of("example", name)); }
                    }
                }
            }
            button.apply type="submit" { (visit.t("apply")) }
        }
        div.quick {
            @for (text, name, value) in QUICK {
                @let on = query.text(name) == value;
                @let href = query.query(&[(name, if on { "" } else { value }), ("cursor", "")]);
                a.pill href={ "/tokens?" (href) } aria-current=[on.then_some("true")] { (visit.t(text)) }
            }
            span.spring {}
            @let kept = query.query(&[("cursor", "")]);
            a.pill href={ "/tokens/export?format=csv&" (kept) } { (Icon::Download.draw()) "CSV" }
            a.pill href={ "/tokens/export?format=json&" (kept) } { (Icon::Download.draw()) "JSON" }
        }
    }
}

fn select(
    visit: &Visit,
    query: &Fields,
    name: &str,
    any: &str,
    options: &[(String, String)],
) -> Markup {
    let chosen = query.text(name);
    html! {
        select name=(name) aria-label=(visit.say().name_of("filter", name)) {
            option value="" { (visit.t(any)) }
            @for (value, label) in options { option value=(value) selected[value == chosen] { (label) } }
        }
    }
}

fn rows(visit: &Visit, query: &Fields, tokens: &[TokenView], may: bool) -> Markup {
    let head = |key, text| table::sorted("/tokens", query, key, &visit.t(text));
    html! {
        div.scroll tabindex="0" role="region" aria-label=(visit.t("nav-tokens")) {
            table.list {
                thead { tr {
                    @if may { th.tick { input type="checkbox" data-all="#bulk" aria-label=(visit.t("choose-all")) hidden; } }
                    (head("name", "name"))
                    th scope="col" { (visit.t("status")) }
                    th scope="col" { (visit.t("group")) " / " (visit.t("account")) }
                    th scope="col" { (visit.t("models")) " / " (visit.t("limits")) }
                    (head("used", "used-of-limit"))
                    (head("expires", "expires"))
                    (head("last_used", "last-used"))
                    (head("created", "created"))
                } }
                tbody { @for one in tokens { (row(visit, one, may)) } }
            }
        }
    }
}

fn row(visit: &Visit, one: &TokenView, may: bool) -> Markup {
    let (say, now) = (visit.say(), visit.context.now());
    let label = |id: &str| visit.t(id);
    html! {
        tr {
            @if may { td.tick { input type="checkbox" name="id" value=(one.id) aria-label=(say.with("choose", "name", one.name.clone())); } }
            th scope="row" {
                a.title href={ "/tokens/" (one.id) } dir="auto" { (one.name) }
                @if let Some(secret) = one.secrets.first() { code.hint { (secret.hint) } }
            }
            td data-label=(label("status")) { (badge::status(say, &one.status)) }
            td data-label={ (label("group")) " / " (label("account")) } { bdi { (one.group.name) } span.under { bdi { (one.account.name) } } }
            td.many data-label={ (label("models")) " / " (label("limits")) } {
                (badge::names(say, one.scope.models.as_deref(), &label("all-of-group")))
                @if badge::has_limits(&one.limits) { span.under { (badge::limits(say, &one.limits)) } }
            }
            td.spent data-label=(label("used-of-limit")) { (money::used_of(say, &one.used, one.remaining.as_deref(), one.quota.as_deref())) }
            td data-label=(label("expires")) { (time::or_never(say, one.expires_at.as_deref(), now)) }
            td data-label=(label("last-used")) { (time::or_never(say, one.last_used_at.as_deref(), now)) }
            td data-label=(label("created")) { (time::relative(say, &one.created_at, now)) span.under { bdi { (one.creator) } } }
        }
    }
}

fn bulk_bar(visit: &Visit, groups: &[String]) -> Markup {
    html! {
        fieldset.bulk {
            legend { (visit.t("bulk")) " " output data-count="#bulk" {} }
            @for action in ["enable", "disable"] {
                button type="submit" name="action" value=(action) { (visit.say().name_of("do", action)) }
            }
            span.joined {
                select name="group" aria-label=(visit.t("group")) { @for name in groups { option { (name) } } }
                button type="submit" name="action" value="move" { (visit.t("do-move")) }
            }
            span.joined {
                input name="expires" placeholder="30d" size="8" aria-label=(visit.t("expires"));
                button type="submit" name="action" value="expire" { (visit.t("do-expire")) }
            }
            span.joined {
                input name="confirm" placeholder=(visit.t("bulk-confirm")) size="12" aria-label=(visit.t("bulk-confirm"));
                button.danger type="submit" name="action" value="revoke" { (visit.t("do-revoke")) }
                button.danger type="submit" name="action" value="delete" { (visit.t("do-delete")) }
            }
        }
    }
}
