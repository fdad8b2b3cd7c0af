//! Accounts: what they hold, their statement, and giving and taking credits.

mod sheet;

use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use maud::{Markup, html};
use tollgate_admin_core::account::{self, CreditsInput, StatementFilter};
use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::account::{AccountView, EntryView};
use tollgate_admin_core::{AdminError, Deed};

use super::{Shown, confirmed, segment, shown, shown_again, to};
use crate::access::Visit;
use crate::component::icon::Icon;
use crate::component::layout::{heading, page, word};
use crate::component::sheet::Form;
use crate::component::table::fact;
use crate::component::{badge, dialog, money, table, time};
use crate::form::{Fields, Posted};
use crate::problem::Problem;
use crate::site::Site;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/accounts", get(list).post(sheet::create))
        .route("/accounts/new", get(sheet::new))
        .route("/accounts/{id}", get(show).post(sheet::save))
        .route("/accounts/{id}/edit", get(sheet::form))
        .route("/accounts/{id}/credits", post(credits))
        .route("/accounts/{id}/delete", post(delete))
}

async fn list(visit: Visit) -> Shown {
    let accounts = account::list(&visit.context).await?;
    let may = visit.context.may(Deed::ChangeAccounts, None);
    let new = html! { a.button.primary href="/accounts/new" data-sheet data-key="n" { (Icon::Plus.draw()) span { (visit.t("account-new")) } } };
    let content = html! {
        (heading(&visit.t("nav-accounts"), &visit.t("accounts-lead"), &html! { @if may { (new) } }))
        @if accounts.is_empty() { (table::empty(&visit.t("accounts-none"), &visit.t("accounts-lead"), may.then_some(new))) }
        @else { div.scroll tabindex="0" role="region" aria-label=(visit.t("nav-accounts")) { table.list {
            thead { (table::heads(visit.say(), &["name", "status", "balance", "credit-line", "note"])) }
            tbody { @for one in &accounts { tr {
                th scope="row" { a.title href={ "/accounts/" (one.id) } dir="auto" { (one.name) } }
                td data-label=(visit.t("status")) { (badge::enabled(visit.say(), one.enabled)) }
                td.number data-label=(visit.t("balance")) { (balance(&visit, one)) }
                td.number data-label=(visit.t("credit-line")) { (money::credits(&one.funds.credit_line)) }
                td data-label=(visit.t("note")) { span.clip dir="auto" { (one.note) } }
            } } }
        } } }
    };
    shown(page(
        &visit,
        "/accounts",
        &visit.t("nav-accounts"),
        &content,
    ))
}

fn balance(visit: &Visit, one: &AccountView) -> Markup {
    let funds = &one.funds;
    money::used_of(
        visit.say(),
        &funds.used,
        funds.remaining.as_deref(),
        funds.credited.as_deref(),
    )
}

async fn show(visit: Visit, Path(id): Path<String>, query: Fields) -> Shown {
    shown(whole(&visit, &id, &query, None, None).await?)
}

async fn credits(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let input = CreditsInput {
        amount: fields.text("amount").to_owned(),
        take_back: fields.is_on("take_back"),
        note: fields.text("note").to_owned(),
    };
    match account::top_up(&visit.context, &id, &input)
        .await
        .map_err(Problem::from)
    {
        Ok(one) => to(&format!("/accounts/{}", one.id)),
        Err(problem) => shown_again(
            &problem,
            whole(&visit, &id, &fields, Some(&problem), None).await?,
        ),
    }
}

async fn delete(Path(id): Path<String>, posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let one = account::show(&visit.context, &id).await?;
    let done = async {
        confirmed(&visit, &fields, &one.name)?;
        let done = account::delete(&visit.context, &one.id).await;
        done.map_err(Problem::from)
    };
    let Err(problem) = done.await else {
        return to("/accounts");
    };
    shown_again(
        &problem,
        whole(&visit, &id, &Fields::default(), None, Some(&problem)).await?,
    )
}

async fn whole(
    visit: &Visit,
    id: &str,
    fields: &Fields,
    problem: Option<&Problem>,
    asked: Option<&Problem>,
) -> Result<Markup, AdminError> {
    let one = account::show(&visit.context, id).await?;
    let filter = StatementFilter {
        limit: None,
        cursor: fields.some("cursor"),
    };
    let statement = account::statement(&visit.context, &one.id, &filter).await?;
    let path = format!("/accounts/{}", segment(&one.id));
    let may = visit.context.may(Deed::ChangeAccounts, None);
    let actions = html! {
        a.button href={ "/tokens?account=" (segment(&one.name)) } { (visit.t("nav-tokens")) }
        @if may { a.button href={ (path) "/edit" } data-sheet { (visit.t("edit")) } }
    };
    let content = html! {
        p.crumbs { a href="/accounts" { (visit.t("nav-accounts")) } }
        (heading(&one.name, "", &actions))
        dl.facts {
            (fact(&visit.t("status"), badge::enabled(visit.say(), one.enabled)))
            (fact(&visit.t("balance"), html! { @match &one.funds.remaining { Some(left) => (money::credits(left)), None => span.quiet { (visit.t("unlimited")) } } }))
            (fact(&visit.t("used"), html! { (money::credits(&one.funds.used)) }))
            (fact(&visit.t("held"), html! { (money::credits(&one.funds.held)) }))
            (fact(&visit.t("credit-line"), html! { (money::credits(&one.funds.credit_line)) }))
            (fact(&visit.t("models"), badge::names(visit.say(), one.scope.models.as_deref(), &visit.t("all"))))
        }
        @if visit.context.may(Deed::ChangeMoney, None) && one.funds.credited.is_some() { (top_up(visit, &path, fields, problem)) }
        section.card { h2 { (visit.t("statement")) } (entries(visit, &path, fields, &statement)) }
        @if may { (dialog::delete(visit, &path, &one.name, "account-delete-help", asked)) }
    };
    Ok(page(visit, "/accounts", &one.name, &content))
}

fn top_up(visit: &Visit, path: &str, fields: &Fields, problem: Option<&Problem>) -> Markup {
    let form = Form::new(visit.say(), fields, problem).apart("c-");
    let inputs = html! {
        (form.field("amount").must().example("25").kind("decimal").line())
        (form.field("note").line())
        (form.field("take_back").tick())
    };
    html! {
        section.card { h2 { (visit.t("top-up")) }
            form.row method="post" action={ (path) "/credits" } {
                (word(visit)) (form.rest()) (inputs)
                button.primary type="submit" { (visit.t("book")) }
            }
        }
    }
}

fn entries(visit: &Visit, path: &str, query: &Fields, statement: &Page<EntryView>) -> Markup {
    html! {
        @if statement.entries.is_empty() { p.quiet { (visit.t("statement-none")) } }
        @else { div.scroll tabindex="0" role="region" aria-label=(visit.t("statement")) { table.list {
            thead { (table::heads(visit.say(), &["time", "amount", "by-whom", "note"])) }
            tbody { @for one in &statement.entries { tr {
                td data-label=(visit.t("time")) { (time::exact(&one.at)) }
                td.number data-label=(visit.t("amount")) { strong { (money::credits(&one.amount)) } }
                td data-label=(visit.t("by-whom")) { bdi { (one.actor) } }
                td data-label=(visit.t("note")) { bdi { (one.note) } }
            } } }
        } } }
        (table::pager(visit.say(), path, query, statement.next_cursor.as_deref()))
    }
}
