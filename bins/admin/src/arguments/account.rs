//! The commands of accounts.

use clap::{Args, Subcommand};

use super::token::Page;
use super::{LimitArguments, ScopeArguments, Which};

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Create an account: it holds no credits unless it is given some
    Create(AccountCreate),
    /// List all accounts
    List,
    /// Show one account with its balance
    Show(Which),
    /// Change an account; what is not said stays as it is
    Edit(AccountEdit),
    /// Put credits into an account, or take them back
    TopUp(TopUp),
    /// List what was put into an account and taken back, the newest first
    Statement(Statement),
    /// Let the tokens of an account be used again
    Enable(Which),
    /// Refuse all tokens of an account
    Disable(Which),
    /// Remove an account that has no tokens
    Delete(Which),
}

/// Create an account.
#[derive(Debug, Args)]
pub(crate) struct AccountCreate {
    /// 2 to 50 characters, unique
    pub(crate) name: String,
    /// Let it spend without a limit
    #[arg(long)]
    pub(crate) unlimited: bool,
    /// What it is given at first, in credits; nothing where nothing is said
    #[arg(
        long,
        value_name = "CREDITS",
        conflicts_with = "unlimited",
        allow_negative_numbers = true
    )]
    pub(crate) balance: Option<String>,
    #[command(flatten)]
    pub(crate) funds: FundsArguments,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// A remark
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) note: String,
}

/// Change an account.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)
    .args(["name", "unlimited", "limited", "credit_line", "periodic", "rpm", "tpm", "concurrency",
           "models", "providers", "endpoints", "ips", "note"])))]
pub(crate) struct AccountEdit {
    #[command(flatten)]
    pub(crate) which: Which,
    /// A new name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Let it spend without a limit
    #[arg(long)]
    pub(crate) unlimited: bool,
    /// Let it spend no more than it was given: all entries of its statement together
    #[arg(long, conflicts_with = "unlimited")]
    pub(crate) limited: bool,
    #[command(flatten)]
    pub(crate) funds: FundsArguments,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// A remark
    #[arg(long)]
    pub(crate) note: Option<String>,
}

/// What an account may spend besides its balance.
#[derive(Debug, Args)]
pub(crate) struct FundsArguments {
    /// What it may spend beyond its balance, in credits
    #[arg(long, value_name = "CREDITS", allow_negative_numbers = true)]
    pub(crate) credit_line: Option<String>,
    /// What all its tokens may spend in each hour, day, week or month, such as `10/day`; then `@` and
    /// a time zone where it is not UTC, such as `5/month@Europe/Berlin`; or `none`
    #[arg(long, value_name = "CREDITS/UNIT|none", allow_hyphen_values = true)]
    pub(crate) periodic: Option<String>,
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
}

/// Put credits into an account.
#[derive(Debug, Args)]
pub(crate) struct TopUp {
    #[command(flatten)]
    pub(crate) which: Which,
    /// How many credits, such as `25` or `12.5`
    #[arg(value_name = "CREDITS", allow_negative_numbers = true)]
    pub(crate) amount: String,
    /// Take them back instead, also where they were spent
    #[arg(long)]
    pub(crate) take_back: bool,
    /// Why, for the statement
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) note: String,
}

/// List the statement of an account.
#[derive(Debug, Args)]
pub(crate) struct Statement {
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) page: Page,
}
