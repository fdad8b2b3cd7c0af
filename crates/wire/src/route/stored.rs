//! What an upstream keeps of OpenAI's responses: below `/v1/responses/{id}`, without a model.

use std::borrow::Cow;

use super::{READ, RouteError, model_id, only};

/// A response that an upstream keeps, and what is asked of it. Whose it is, the path does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<'a> {
    /// The id of the response, decoded. It has no slash.
    pub id: Cow<'a, str>,
    /// What is asked.
    pub action: StoredAction,
    /// The path at an upstream: as it came, without Azure's `/openai`. Its query passes.
    pub path: &'a str,
}

/// What is asked of a response that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StoredAction {
    /// `GET /v1/responses/{id}`: the response, or its events once more.
    Read,
    /// `DELETE /v1/responses/{id}`
    Delete,
    /// `POST /v1/responses/{id}/cancel`: ends one that is made in the background.
    Cancel,
    /// `GET /v1/responses/{id}/input_items`
    InputItems,
}

impl<'a> Stored<'a> {
    /// `rest` is what the path has after `responses/`.
    pub(super) fn find(method: &str, path: &'a str, rest: &'a str) -> Result<Self, RouteError> {
        let (id, below) = rest.split_once('/').unwrap_or((rest, ""));
        let has_end = id.len() < rest.len();
        let id = model_id(id).filter(|id| !id.contains('/'));
        let id = id.ok_or(RouteError::NotFound)?;
        let action = match (below, has_end) {
            ("", false) if method == "DELETE" => StoredAction::Delete,
            ("", false) => {
                only(method, &["GET", "HEAD"], "GET, HEAD, DELETE")?;
                StoredAction::Read
            }
            ("cancel", true) => {
                only(method, &["POST"], "POST")?;
                StoredAction::Cancel
            }
            ("input_items", true) => {
                only(method, &["GET", "HEAD"], READ)?;
                StoredAction::InputItems
            }
            _ => return Err(RouteError::NotFound),
        };
        Ok(Self { id, action, path })
    }
}
