//! The parameters of a query that decide something: the model of a realtime session, Azure's
//! version, and those that are refused. All others pass as they came.

use std::borrow::Cow;

use super::decoded;

/// Why a query names no model. The messages are meant for the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueryModelError {
    /// There is none.
    #[error("name the model in the query: `?model=`")]
    Missing,
    /// It is named more than once.
    #[error("the query names a model more than once")]
    Twice,
    /// It is no percent-encoded text.
    #[error("the model in the query cannot be read")]
    Unreadable,
}

/// The model that a query names: `model=`, or `deployment=` as Azure writes it.
///
/// # Errors
/// Where there is none, more than one, or one that two readers could read differently.
pub fn model_in_query(query: Option<&str>) -> Result<Cow<'_, str>, QueryModelError> {
    let mut named = pairs(query.unwrap_or_default()).filter(|(name, _)| names_model(name));
    let (_, value) = named.next().ok_or(QueryModelError::Missing)?;
    if named.next().is_some() {
        return Err(QueryModelError::Twice);
    }
    // A plus is a space to some readers, and a plus to others.
    let model = decoded::text(value).filter(|_| !value.contains('+'));
    let model = model.ok_or(QueryModelError::Unreadable)?;
    match model.as_ref() {
        "" => Err(QueryModelError::Missing),
        text if text.chars().any(char::is_control) => Err(QueryModelError::Unreadable),
        _ => Ok(model),
    }
}

/// Why a query is refused. The messages are meant for the client.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// Nothing can be metered in the answer that would come.
    #[error(
        "the parameter `{0}` of the query is not supported, as it changes the form of the answer"
    )]
    AnswerForm(String),
    /// It would reach the provider beside the operator's credential.
    #[error("the parameter `{0}` of the query is not supported: send the API key in a header")]
    Account(String),
    /// It stands for a part of the request that was judged as it stands elsewhere.
    #[error("the parameter `{0}` of the query is not supported, as it changes the request")]
    Override(String),
}

/// Refuses parameters by which Google's APIs answer in another form, charge another account, or read
/// another request than the one that was judged
/// (<https://cloud.google.com/apis/docs/system-parameters>), and by which some others take a
/// credential. They do so whatever dialect they are spoken to in.
pub(super) fn check(query: &str) -> Result<(), QueryError> {
    for (whole, value) in pairs(query) {
        let name = whole.strip_prefix('$').unwrap_or(&whole);
        let is_one_of = |names: &[&str]| names.iter().any(|one| name.eq_ignore_ascii_case(one));
        let told = || whole.clone().into_owned();
        if is_one_of(&["fields", "callback"]) || is_one_of(&["alt"]) && !is_usual(value) {
            return Err(QueryError::AnswerForm(told()));
        }
        if is_one_of(&ACCOUNT) {
            return Err(QueryError::Account(told()));
        }
        if whole.starts_with('$') && !is_one_of(&["alt", "prettyPrint", ".xgafv"]) {
            return Err(QueryError::Override(told()));
        }
    }
    Ok(())
}

/// Parameters that say who calls, or who pays. `key` is the client's own, and was taken out before.
const ACCOUNT: [&str; 9] = [
    "access_token",
    "oauth_token",
    "bearer_token",
    "key",
    "api_key",
    "api-key",
    "apikey",
    "subscription-key",
    "userProject",
];

/// Whether a form of answers is read here, as in `json;enum-encoding=int`, which Google's own clients
/// write.
fn is_usual(form: &str) -> bool {
    let form = decoded::text(form).unwrap_or(Cow::Borrowed(form));
    let form = form.split(';').next().unwrap_or_default();
    let mut usual = ["", "json", "sse"].iter();
    usual.any(|one| form.eq_ignore_ascii_case(one))
}

/// The query with another model, which stands first.
pub(super) fn with_model(query: &str, is_azure: bool, model: &str) -> String {
    let mut edited = format!("model={}", decoded::encoded(model));
    for part in query.split('&').filter(|part| !part.is_empty()) {
        let name = name_of(part);
        let is_version = is_azure && name.eq_ignore_ascii_case("api-version");
        if !names_model(&name) && !is_version {
            edited.push('&');
            edited.push_str(part);
        }
    }
    edited
}

/// The query without Azure's `api-version`; none where nothing is left.
pub(super) fn without_version(query: &str) -> Option<Cow<'_, str>> {
    let is_version = |part: &&str| name_of(part).eq_ignore_ascii_case("api-version");
    if !query.split('&').any(|part| is_version(&part)) {
        return Some(Cow::Borrowed(query));
    }
    let kept: Vec<&str> = query.split('&').filter(|part| !is_version(part)).collect();
    (!kept.is_empty()).then(|| Cow::Owned(kept.join("&")))
}

fn names_model(name: &str) -> bool {
    name.eq_ignore_ascii_case("model") || name.eq_ignore_ascii_case("deployment")
}

fn pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, &str)> {
    query.split('&').map(|part| {
        let (_, value) = part.split_once('=').unwrap_or((part, ""));
        (name_of(part), value)
    })
}

fn name_of(part: &str) -> Cow<'_, str> {
    let name = part.split('=').next().unwrap_or_default();
    decoded::text(name).unwrap_or(Cow::Borrowed(name))
}
