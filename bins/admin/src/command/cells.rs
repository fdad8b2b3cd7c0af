//! How values of views stand in the cells of tables.

use tollgate_admin_core::view::Page;
use tollgate_admin_core::view::money::{LimitsView, PeriodView};

use crate::session::Session;

/// A value, or a word where there is none.
pub(super) fn or<T: ToString>(value: Option<&T>, word: &str) -> String {
    value.map_or_else(|| word.to_owned(), ToString::to_string)
}

/// The entries of an allowlist.
pub(super) fn list(list: Option<&Vec<String>>) -> String {
    match list {
        None => "any".to_owned(),
        Some(list) if list.is_empty() => "none".to_owned(),
        Some(list) => list.join(", "),
    }
}

/// A moment as people read it: without its fraction of a second, and in two words.
pub(super) fn moment(at: &str) -> String {
    let seconds = at
        .split_once('.')
        .map_or(at.trim_end_matches('Z'), |(seconds, _)| seconds);
    match seconds.split_once('T') {
        Some((date, time)) => format!("{date} {time}Z"),
        None => at.to_owned(),
    }
}

/// A moment, or a word where there is none.
pub(super) fn moment_or(at: Option<&String>, word: &str) -> String {
    at.map_or_else(|| word.to_owned(), |at| moment(at))
}

/// Whether something is switched on.
pub(super) fn state(enabled: bool) -> String {
    if enabled { "enabled" } else { "disabled" }.to_owned()
}

/// A text as a shell takes it as one word.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A limit of the present period with what is left of it.
pub(super) fn period(period: Option<&PeriodView>) -> String {
    let Some(period) = period else {
        return "unlimited".to_owned();
    };
    let PeriodView {
        limit,
        unit,
        zone,
        used,
        held,
        remaining,
        ..
    } = period;
    let resets = moment(&period.resets_at);
    format!(
        "{limit}/{unit}@{zone}: used {used}, held {held}, remaining {remaining}; resets {resets}"
    )
}

/// Limits of a minute, and of calls at once.
pub(super) fn limits(limits: &LimitsView) -> String {
    let LimitsView {
        rpm,
        tpm,
        concurrency,
    } = limits;
    let named = [
        (rpm, "requests a minute"),
        (tpm, "tokens a minute"),
        (concurrency, "at once"),
    ];
    let said: Vec<_> = named
        .into_iter()
        .filter_map(|(number, what)| number.map(|number| format!("{number} {what}")))
        .collect();
    if said.is_empty() {
        return "unlimited".to_owned();
    }
    said.join(", ")
}

/// Says how many entries a page has, and how the list goes on.
pub(super) fn pages<T>(session: &Session<'_>, number: usize, what: &str, page: &Page<T>) {
    let count = count(number, what);
    match &page.next_cursor {
        Some(cursor) => session.output.notice(&format!(
            "{count}; go on with the same filters and --cursor {}, or list --all",
            quoted(cursor)
        )),
        None => session.output.notice(&count),
    }
}

/// `1 token`, `2 tokens`.
pub(super) fn count(number: usize, what: &str) -> String {
    match (number, what.strip_suffix('y')) {
        (1, _) => format!("1 {what}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        (_, None) => format!("{number} {what}s"),
    }
}
