//! Which groups a token may be put into: an operator chooses freely, a member among those that are
//! open to members and those in which the account has a token that works. A token may stay in its own.

use tollgate_policy::id::{AccountId, GroupId};
use tollgate_policy::token::{Token, TokenStatus};
use tollgate_store::group::StoredGroup;
use tollgate_store::token::TokenQuery;

use crate::context::Context;
use crate::error::AdminError;
use crate::group;

/// The group of this name or id, for a token of the account.
pub(super) async fn group(
    context: &Context,
    which: &str,
    account: AccountId,
) -> Result<GroupId, AdminError> {
    let found = group::find(context, which).await?;
    permitted(context, found, account).await
}

/// The same for a token that is there; none where it is the token's own.
pub(super) async fn other_group(
    context: &Context,
    which: &str,
    token: &Token,
    account: AccountId,
) -> Result<Option<GroupId>, AdminError> {
    let found = group::find(context, which).await?;
    if found.group.id == token.group {
        return Ok(None);
    }
    permitted(context, found, account).await.map(Some)
}

async fn permitted(
    context: &Context,
    found: StoredGroup,
    account: AccountId,
) -> Result<GroupId, AdminError> {
    let (id, name) = (found.group.id, found.group.name);
    if found.open || context.confined_to().is_none() || uses(context, account, id).await? {
        return Ok(id);
    }
    let problem = format!(
        "the group `{name}` is not open to members: ask an operator to open it, or for a token in it"
    );
    Err(AdminError::invalid("group", problem))
}

/// Whether a token of the account that works is in the group.
async fn uses(context: &Context, account: AccountId, group: GroupId) -> Result<bool, AdminError> {
    let query = TokenQuery {
        account: Some(account),
        group: Some(group),
        status: Some(TokenStatus::Enabled),
        limit: 1,
        ..TokenQuery::new(context.now())
    };
    let page = context.store().token_list(&query).await?;
    Ok(!page.items.is_empty())
}
