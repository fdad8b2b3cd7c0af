//! What was used and what it cost: any breakdown, as a chart, a table and a file.

pub(crate) mod chart;
mod choice;
mod rows;
mod series;

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};
use tollgate_admin_core::AdminError;
use tollgate_admin_core::usage;

use super::token::bulk::file;
use super::{Shown, shown};
use crate::access::Visit;
use crate::component::icon::Icon;
use crate::component::layout::{heading, page};
use crate::component::{money, problem, table};
use crate::form::Fields;
use crate::problem::Problem;
use crate::site::Site;
use choice::Choice;

/// Rows that are shown; the file has all.
const ROWS: u32 = 500;

pub(super) fn router() -> Router<Site> {
    Router::new()
        .route("/usage", get(show))
        .route("/usage.csv", get(export))
}

async fn show(visit: Visit, query: Fields) -> Shown {
    let choice = Choice::of(&query);
    let results = match results(&visit, &choice).await {
        Ok(results) => results,
        // What cannot be used is told beside what was written.
        Err(error @ (AdminError::Invalid { .. } | AdminError::NotFound { .. })) => {
            problem::notice(visit.say(), &Problem::from(error))
        }
        Err(error) => return Err(error.into()),
    };
    let content = html! {
        (heading(&visit.t("nav-usage"), "", &html! {}))
        (choice.form(&visit).await?)
        div #results { (results) }
    };
    shown(page(&visit, "/usage", &visit.t("nav-usage"), &content))
}

async fn results(visit: &Visit, choice: &Choice) -> Result<Markup, AdminError> {
    let mut wanted = choice.filter();
    // One more tells whether there are more.
    wanted.limit = Some(ROWS + 1);
    let mut report = usage::report(&visit.context, &wanted).await?;
    let cut = report.rows.len() > ROWS as usize;
    report.rows.truncate(ROWS as usize);
    let total = usage::report(&visit.context, &choice.by(&[])).await?;
    let Some(total) = total.rows.first().filter(|row| row.requests > 0) else {
        return Ok(nothing(visit, choice));
    };
    let drawn = series::chart(visit, choice, &report).await?;
    let link = format!("/usage.csv?{}", choice.query());
    Ok(html! {
        section.card { (drawn) }
        div.quick {
            @if cut { span.quiet { (visit.say().with("usage-cut", "count", money::count(u64::from(ROWS)))) } }
            span.spring {}
            a.pill href=(link) download { (Icon::Download.draw()) "CSV" }
        }
        (rows::table(visit, &report, total))
    })
}

fn nothing(visit: &Visit, choice: &Choice) -> Markup {
    let title = visit.t("usage-none");
    if choice.is_narrowed() {
        let clear = html! { a.button href="/usage" { (visit.t("clear-filters")) } };
        return table::empty(&title, &visit.t("usage-none-filtered"), Some(clear));
    }
    let action = html! { a.button href="/tokens" { (visit.t("nav-tokens")) } };
    table::empty(&title, &visit.t("usage-none-help"), Some(action))
}

async fn export(visit: Visit, query: Fields) -> Shown {
    let choice = Choice::of(&query);
    let report = usage::report(&visit.context, &choice.filter()).await?;
    Ok(file(
        "text/csv; charset=utf-8",
        "usage.csv",
        rows::file_of(&report).into_bytes(),
    ))
}
