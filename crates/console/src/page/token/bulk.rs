//! What is done to several tokens at once, and the list as a file.

use axum::response::IntoResponse;
use http::header;
use maud::html;
use tollgate_admin_core::token::{self, BulkAction, BulkInput};
use tollgate_admin_core::view::token::TokenView;

use super::list;
use crate::access::Visit;
use crate::component::layout::{heading, page};
use crate::component::problem;
use crate::form::{Fields, Posted};
use crate::page::{Shown, shown, to};
use crate::problem::Problem;

/// Tokens in one file at the most.
const EXPORTED: usize = 100_000;

pub(super) async fn act(posted: Posted) -> Shown {
    let Posted { visit, fields } = posted;
    let (action, ids) = (fields.text("action"), fields.all("id"));
    if ids.is_empty() {
        return to("/tokens");
    }
    let number = ids.len().to_string();
    if ["revoke", "delete"].contains(&action) && fields.text("confirm").trim() != number {
        return Err(Problem::translated(
            "confirm",
            visit.say().with("bulk-confirm-wrong", "count", number),
        ));
    }
    let unknown = || Problem::invalid("action", format!("there is no action `{action}`"));
    let action = wanted(action, &fields).ok_or_else(unknown)?;
    let results = token::bulk(&visit.context, &BulkInput { ids, action }).await?;
    let failed: Vec<_> = results.iter().filter(|one| !one.done).collect();
    if failed.is_empty() {
        return to("/tokens");
    }
    let done = results.len().saturating_sub(failed.len());
    let content = html! {
        (heading(&visit.t("bulk-partly"), "", &html! { a.button href="/tokens" { (visit.t("nav-tokens")) } }))
        p { (visit.say().with("bulk-done", "count", done as u64)) }
        ul.rows {
            @for one in &failed {
                li { code { (one.id) } " " (problem::said(visit.say(), "problem", one.problem.as_deref().unwrap_or_default())) }
            }
        }
    };
    shown(page(&visit, "/tokens", &visit.t("bulk-partly"), &content))
}

fn wanted(action: &str, fields: &Fields) -> Option<BulkAction> {
    Some(match action {
        "enable" => BulkAction::Enable,
        "disable" => BulkAction::Disable,
        "revoke" => BulkAction::Revoke,
        "delete" => BulkAction::Delete,
        "move" => BulkAction::Move {
            group: fields.text("group").to_owned(),
        },
        "expire" => BulkAction::Expire {
            expires: fields.text("expires").to_owned(),
        },
        _ => return None,
    })
}

pub(super) async fn export(visit: Visit, query: Fields) -> Shown {
    let mut filter = list::filter(&query);
    (filter.limit, filter.cursor) = (Some(200), None);
    let mut all: Vec<TokenView> = Vec::new();
    loop {
        let page = token::list(&visit.context, &filter).await?;
        all.extend(page.entries);
        filter.cursor = page.next_cursor;
        if filter.cursor.is_none() {
            break;
        }
        if all.len() >= EXPORTED {
            // A file that lacks some of them would be taken for all of them.
            return Err(Problem::translated("filter", visit.t("export-too-many")));
        }
    }
    if query.text("format") == "json" {
        let body = serde_json::to_vec_pretty(&all).unwrap_or_default();
        return Ok(file("application/json", "tokens.json", body));
    }
    let mut text = String::from(
        "id,name,status,group,account,models,quota,used,remaining,expires_at,created_at,creator,last_used_at\n",
    );
    for one in &all {
        let models = one
            .scope
            .models
            .as_ref()
            .map(|list| list.join(" "))
            .unwrap_or_default();
        let some = |text: &Option<String>| text.clone().unwrap_or_default();
        let cells = [
            one.id.clone(),
            one.name.clone(),
            one.status.clone(),
            one.group.name.clone(),
            one.account.name.clone(),
            models,
            some(&one.quota),
            one.used.clone(),
            some(&one.remaining),
            some(&one.expires_at),
            one.created_at.clone(),
            one.creator.clone(),
            some(&one.last_used_at),
        ];
        text.push_str(&cells.map(|cell| csv(&cell)).join(","));
        text.push('\n');
    }
    Ok(file(
        "text/csv; charset=utf-8",
        "tokens.csv",
        text.into_bytes(),
    ))
}

/// A file for the browser to keep.
pub(crate) fn file(
    kind: &'static str,
    name: &'static str,
    body: Vec<u8>,
) -> axum::response::Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, body).into_response()
}

/// A cell. What a spreadsheet would take for a formula has a ' before it, but a plain number.
pub(crate) fn csv(text: &str) -> String {
    let formula =
        text.starts_with(['=', '+', '-', '@', '\t', '\r']) && text.parse::<f64>().is_err();
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    match text.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::csv;

    #[test]
    fn no_cell_is_a_formula() {
        assert_eq!(csv("=1+1"), "'=1+1");
        assert_eq!(csv("-1.5"), "-1.5");
        assert_eq!(csv("a,\"b\""), "\"a,\"\"b\"\"\"");
    }
}
