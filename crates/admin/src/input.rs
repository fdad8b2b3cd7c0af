//! What operators write, as domain values. Every refusal names the field and says what to write.

use std::fmt::Display;
use std::str::FromStr;

use crate::error::AdminError;

pub mod limit;
pub mod money;
pub mod period;
pub mod scope;
pub mod span;

/// The longest note, in characters.
const NOTE: usize = 500;

/// Reads a field by the rules of its type.
pub(crate) fn parsed<T>(field: &'static str, text: &str) -> Result<T, AdminError>
where
    T: FromStr,
    T::Err: Display,
{
    text.parse()
        .map_err(|problem| AdminError::invalid(field, problem))
}

/// Whether a text says that there is no limit.
pub(crate) fn is_none(text: &str) -> bool {
    text.is_empty()
        || ["none", "unlimited"]
            .iter()
            .any(|word| text.eq_ignore_ascii_case(word))
}

/// At most 60 characters of what was seen, for an error.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Reads the cursor of a list whose entries are numbered.
pub(crate) fn numbered(text: &str) -> Result<i64, AdminError> {
    text.parse().map_err(|_| {
        let problem = "it does not belong to this list: start again at the first page";
        AdminError::invalid("cursor", problem)
    })
}

/// Reads a free text of at most 500 characters; line breaks and tabs are its only control characters.
pub(crate) fn note(text: &str) -> Result<String, AdminError> {
    let count = text.chars().count();
    if count > NOTE {
        let problem = format!("a note has at most {NOTE} characters, this one has {count}");
        return Err(AdminError::invalid("note", problem));
    }
    let odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.chars().any(odd) {
        let problem = "a note has no control characters other than line breaks and tabs";
        return Err(AdminError::invalid("note", problem));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests;
