//! How values of views stand in the cells of tables.

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

/// `1 token`, `2 tokens`.
pub(super) fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
