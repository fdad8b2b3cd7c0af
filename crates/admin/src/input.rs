//! What operators write, as domain values. Every refusal names the field and says what to write.

use std::fmt::Display;
use std::str::FromStr;

use tollgate_policy::credits::Credits;

use crate::error::AdminError;

pub mod period;
pub mod scope;

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

/// Reads a quota: an amount of credits, or `unlimited` or blank for none.
///
/// # Errors
/// Where the text is no amount, or a negative one.
pub fn quota(text: &str) -> Result<Option<Credits>, AdminError> {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("unlimited") {
        return Ok(None);
    }
    let quota: Credits = text
        .parse()
        .map_err(|problem| AdminError::invalid("quota", format!("{problem}, or `unlimited`")))?;
    if quota < Credits::ZERO {
        let problem = format!("`{quota}` is negative: write 0 or more credits, or `unlimited`");
        return Err(AdminError::invalid("quota", problem));
    }
    Ok(Some(quota))
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
