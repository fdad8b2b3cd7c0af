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

/// A moment without its fraction of a second, which nobody reads in a list.
pub(super) fn moment(at: &str) -> String {
    match at.split_once('.') {
        Some((seconds, _)) => format!("{seconds}Z"),
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
