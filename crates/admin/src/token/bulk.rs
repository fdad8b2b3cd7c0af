//! Doing one thing with many tokens: each is a change of its own, with a result of its own.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tollgate_policy::id::{GroupId, TokenId};
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::TokenState;
use tollgate_store::Kind;
use tollgate_store::token::TokenEdit;

use super::{choice, find_to_change};
use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::group;
use crate::input::period;

/// The most tokens at once.
pub const MOST_AT_ONCE: usize = 1000;

/// What to do with many tokens, as it is written.
#[derive(Debug, Clone, Deserialize)]
pub struct BulkInput {
    /// Their ids, at most 1,000.
    pub ids: Vec<String>,
    /// What to do with each.
    #[serde(flatten)]
    pub action: BulkAction,
}

/// What to do with each of many tokens.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum BulkAction {
    /// Let it be used again.
    Enable,
    /// Have it refused until it is enabled again.
    Disable,
    /// Have it refused for good.
    Revoke,
    /// Delete it with its secrets.
    Delete,
    /// Put it into another group.
    Move {
        /// The group's name or id.
        group: String,
    },
    /// Let it end at another moment.
    Expire {
        /// When it ends; blank, `-1` or `never` for no end.
        expires: String,
    },
}

/// What became of one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BulkView {
    /// Its id, as it was written.
    pub id: String,
    /// Whether it was done.
    pub done: bool,
    /// The kind of the error, such as `not_found`; `null` where it was done.
    pub code: Option<&'static str>,
    /// What to do about it; `null` where it was done.
    pub problem: Option<String>,
}

/// An action whose inputs were read.
enum Step {
    Set(TokenState),
    Delete,
    Edit(Box<TokenEdit>),
}

/// Does one thing with many tokens, in the order of the list; an id that is there twice counts once.
///
/// # Errors
/// Where the list is empty or too long, the group is not there, or the expiry cannot be used: then
/// nothing was changed. What goes wrong with one token is in its result, and others go on.
pub async fn bulk(context: &Context, input: &BulkInput) -> Result<Vec<BulkView>, AdminError> {
    context.allow(Deed::ChangeTokens, None)?;
    let count = input.ids.len();
    if !(1..=MOST_AT_ONCE).contains(&count) {
        let problem = format!("name 1 to {MOST_AT_ONCE} tokens at once, not {count}");
        return Err(AdminError::invalid("ids", problem));
    }
    let at = context.now();
    let step = step(context, &input.action, at).await?;
    let mut known = BTreeSet::new();
    let mut done = Vec::with_capacity(count);
    for id in &input.ids {
        if known.insert(id) {
            done.push(BulkView::new(id, one(context, id, &step, at).await));
        }
    }
    Ok(done)
}

async fn step(context: &Context, action: &BulkAction, at: Timestamp) -> Result<Step, AdminError> {
    Ok(match action {
        BulkAction::Enable => Step::Set(TokenState::Enabled),
        BulkAction::Disable => Step::Set(TokenState::Disabled),
        BulkAction::Revoke => Step::Set(TokenState::Revoked),
        BulkAction::Delete => Step::Delete,
        BulkAction::Move { group } => Step::Edit(Box::new(TokenEdit {
            group: Some(moved(context, group).await?),
            ..TokenEdit::default()
        })),
        BulkAction::Expire { expires } => Step::Edit(Box::new(TokenEdit {
            expires_at: Some(period::expiry(expires, at)?),
            ..TokenEdit::default()
        })),
    })
}

/// Everybody who is not confined may move tokens of any account.
async fn moved(context: &Context, group: &str) -> Result<GroupId, AdminError> {
    match context.confined_to() {
        Some(account) => choice::group(context, group, account).await,
        None => Ok(group::find(context, group).await?.group.id),
    }
}

/// Names are not unique, so that only ids are understood here.
async fn one(context: &Context, id: &str, step: &Step, at: Timestamp) -> Result<(), AdminError> {
    if id.parse::<TokenId>().is_err() {
        return Err(AdminError::not_found(Kind::Token, id));
    }
    let id = find_to_change(context, id).await?.token.id;
    let (store, actor) = (context.store(), context.actor());
    match step {
        Step::Set(state) => store
            .token_set_state(actor, id, *state, at)
            .await
            .map(drop)?,
        Step::Delete => store.token_delete(actor, id, at).await?,
        Step::Edit(edit) => {
            let edit = TokenEdit::clone(edit);
            store.token_edit(actor, id, edit, at).await.map(drop)?;
        }
    }
    Ok(())
}

impl BulkView {
    fn new(id: &str, outcome: Result<(), AdminError>) -> Self {
        let error = outcome.err();
        Self {
            id: id.chars().take(60).collect(),
            done: error.is_none(),
            code: error.as_ref().map(|error| error.kind().name()),
            problem: error.as_ref().map(ToString::to_string),
        }
    }
}
