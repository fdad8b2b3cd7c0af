//! Around tables: heads that sort, the way to the next page, and what stands where nothing is.

use maud::{Markup, html};

use crate::form::Fields;
use crate::text::Say;

/// Columns of numbers: their heads stand over them.
const NUMBERS: [&str; 6] = [
    "balance",
    "credit-line",
    "amount",
    "multiplier",
    "priority",
    "credentials",
];

/// Heads of columns, by the names of their texts.
pub(crate) fn heads(say: Say, ids: &[&str]) -> Markup {
    html! { tr { @for id in ids { th.number[NUMBERS.contains(id)] scope="col" { (say.t(id)) } } } }
}

/// A column's head that sorts by it, or turns the order around.
pub(crate) fn sorted(path: &str, query: &Fields, key: &str, label: &str) -> Markup {
    let (now, down) = (query.text("sort"), query.is_on("desc"));
    let is_now = now == key;
    let next = if is_now && !down { "true" } else { "" };
    let order = match (is_now, down) {
        (false, _) => "none",
        (true, false) => "ascending",
        (true, true) => "descending",
    };
    let href = format!(
        "{path}?{}",
        query.query(&[("sort", key), ("desc", next), ("cursor", "")])
    );
    html! {
        th scope="col" aria-sort=(order) { a.sort href=(href) { (label) } }
    }
}

/// The way on, and back to the beginning.
pub(crate) fn pager(say: Say, path: &str, query: &Fields, next: Option<&str>) -> Markup {
    let first = query.some("cursor").is_some();
    html! {
        @if first || next.is_some() {
            nav.pager aria-label=(say.t("pages")) {
                @if first {
                    a.button href={ (path) "?" (query.query(&[("cursor", "")])) } { (say.t("first-page")) }
                }
                @if let Some(cursor) = next {
                    a.button rel="next" href={ (path) "?" (query.query(&[("cursor", cursor)])) } {
                        (say.t("next-page"))
                    }
                }
            }
        }
    }
}

/// What stands where nothing is, and what to do about it.
pub(crate) fn empty(title: &str, help: &str, action: Option<Markup>) -> Markup {
    html! {
        div.empty {
            p.empty-title { (title) }
            p { (help) }
            @if let Some(action) = action { (action) }
        }
    }
}

/// A pair of a list of facts.
pub(crate) fn fact(name: &str, value: Markup) -> Markup {
    html! { div.fact { dt { (name) } dd { (value) } } }
}
