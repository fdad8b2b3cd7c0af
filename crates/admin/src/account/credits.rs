//! Putting credits into an account, taking them back, and its statement.

use serde::Deserialize;
use tollgate_policy::credits::Credits;
use tollgate_store::account::CreditsQuery;

use super::find;
use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::{money, note, numbered};
use crate::token;
use crate::view::Page;
use crate::view::account::{AccountView, EntryView};

/// Credits to be put into an account, as they are written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CreditsInput {
    /// How many credits: more than 0.
    pub amount: String,
    /// Whether they are taken back instead: also what was spent, so that less than nothing is left.
    #[serde(default)]
    pub take_back: bool,
    /// A remark of at most 500 characters.
    #[serde(default)]
    pub note: String,
}

/// Which entries of a statement to list, as it is written.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct StatementFilter {
    /// At most so many, 1 to 200; 50 if missing.
    pub limit: Option<u32>,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// Puts credits into an account, or takes them back.
///
/// # Errors
/// Where the account is not there or spends without a limit, the amount is not more than 0, or
/// more is taken back than was ever given.
pub async fn top_up(
    context: &Context,
    which: &str,
    input: &CreditsInput,
) -> Result<AccountView, AdminError> {
    context.allow(Deed::ChangeMoney, None)?;
    let amount = amount(&input.amount)?;
    let amount = if input.take_back {
        negative(amount)
    } else {
        amount
    };
    let note = note(&input.note)?;
    let id = find(context, which).await?.account.id;
    let (store, at) = (context.store(), context.now());
    let changed = store
        .credits_add(context.actor(), id, amount, note, at)
        .await?;
    Ok(AccountView::new(&changed, at))
}

/// One page of an account's statement, the newest entry first.
///
/// # Errors
/// Where the account is not there, or a filter cannot be used.
pub async fn statement(
    context: &Context,
    which: &str,
    filter: &StatementFilter,
) -> Result<Page<EntryView>, AdminError> {
    context.allow(Deed::ReadAccounts, None)?;
    let limit = token::limit(filter.limit)?;
    let before = filter.cursor.as_deref().map(numbered).transpose()?;
    let id = find(context, which).await?.account.id;
    // One more tells whether there is a next page.
    let query = CreditsQuery {
        before,
        limit: limit.saturating_add(1),
    };
    let found = context.store().credits_list(id, query).await?;
    let shown = found.iter().map(EntryView::new).collect();
    Ok(Page::cut(shown, limit, |last: &EntryView| {
        last.number.to_string()
    }))
}

/// An amount that changes something.
fn amount(text: &str) -> Result<Credits, AdminError> {
    if text.trim().starts_with('-') {
        let problem = format!(
            "`{}` is negative: write how many credits, and say that they are taken back",
            text.trim()
        );
        return Err(AdminError::invalid("amount", problem));
    }
    let amount = money::amount("amount", text)?;
    if amount == Credits::ZERO {
        return Err(AdminError::invalid(
            "amount",
            "it is 0, which changes nothing",
        ));
    }
    Ok(amount)
}

fn negative(amount: Credits) -> Credits {
    Credits::from_micros(amount.as_micros().saturating_neg())
}
