//! A state in one word, told apart by word and colour.

use maud::{Markup, html};
use tollgate_admin_core::view::money::LimitsView;

use super::money;
use crate::text::Say;

/// The status of a token.
pub(crate) fn status(say: Say, status: &str) -> Markup {
    let tone = match status {
        "enabled" => "good",
        "disabled" => "calm",
        "expired" | "exhausted" => "warn",
        _ => "bad",
    };
    badge(tone, &say.name_of("status", status))
}

/// Whether something is in use.
pub(crate) fn enabled(say: Say, enabled: bool) -> Markup {
    let (tone, id) = if enabled {
        ("good", "status-enabled")
    } else {
        ("calm", "status-disabled")
    };
    badge(tone, &say.t(id))
}

/// A word in a tone: `good`, `calm`, `warn` or `bad`.
pub(crate) fn badge(tone: &'static str, word: &str) -> Markup {
    html! { span class={ "badge " (tone) } { (word) } }
}

/// A few names, and how many more there are; all of them for the mouse.
pub(crate) fn names(say: Say, list: Option<&[String]>, any: &str) -> Markup {
    const SHOWN: usize = 2;
    match list {
        None => html! { span.quiet { (any) } },
        Some([]) => html! { span.badge.bad { (say.t("none-allowed")) } },
        Some(list) => html! {
            span.names title=(list.join(", ")) {
                @for name in list.iter().take(SHOWN) { span.chip dir="auto" { (name) } }
                @if list.len() > SHOWN { span.quiet { "+" (list.len().saturating_sub(SHOWN)) } }
            }
        },
    }
}

/// What bounds calls, in one line.
pub(crate) fn limits(say: Say, limits: &LimitsView) -> Markup {
    let all = [
        ("rpm-short", limits.rpm),
        ("tpm-short", limits.tpm),
        ("concurrency-short", limits.concurrency),
    ];
    let set = all.into_iter().filter_map(|(id, limit)| Some((id, limit?)));
    let set: Vec<_> = set.collect();
    html! {
        @if set.is_empty() { span.quiet { (say.t("none")) } }
        @for (id, limit) in set { span.chip { (money::short(limit.into())) " " (say.t(id)) } }
    }
}

/// Whether anything bounds calls.
pub(crate) fn has_limits(limits: &LimitsView) -> bool {
    limits.rpm.or(limits.tpm).or(limits.concurrency).is_some()
}
