//! The commands of groups, accounts and models.

use clap::{Args, Subcommand};

use super::{ScopeArguments, Which};

/// What can be done with groups.
#[derive(Debug, Subcommand)]
pub(crate) enum GroupCommand {
    /// Create a group
    Create(GroupCreate),
    /// List all groups
    List,
    /// Show one group
    Show(Which),
    /// Change a group; what is not said stays as it is
    Edit(GroupEdit),
    /// Remove a group that has no tokens
    Delete(Which),
}

/// Create a group.
#[derive(Debug, Args)]
pub(crate) struct GroupCreate {
    /// 2 to 50 characters, unique
    pub(crate) name: String,
    /// What a call costs here in relation to its list price
    #[arg(
        long,
        value_name = "NUMBER",
        default_value = "1",
        allow_negative_numbers = true
    )]
    pub(crate) multiplier: String,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// A remark
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) note: String,
}

/// Change a group.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)
    .args(["name", "multiplier", "models", "providers", "endpoints", "ips", "note"])))]
pub(crate) struct GroupEdit {
    #[command(flatten)]
    pub(crate) which: Which,
    /// A new name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// What a call costs here in relation to its list price
    #[arg(long, value_name = "NUMBER", allow_negative_numbers = true)]
    pub(crate) multiplier: Option<String>,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// A remark
    #[arg(long)]
    pub(crate) note: Option<String>,
}

/// What can be done with accounts.
#[derive(Debug, Subcommand)]
pub(crate) enum AccountCommand {
    /// Create an account
    Create(AccountCreate),
    /// List all accounts
    List,
    /// Show one account
    Show(Which),
    /// Change an account; what is not said stays as it is
    Edit(AccountEdit),
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
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// A remark
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) note: String,
}

/// Change an account.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)
    .args(["name", "models", "providers", "endpoints", "ips", "note"])))]
pub(crate) struct AccountEdit {
    #[command(flatten)]
    pub(crate) which: Which,
    /// A new name
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// A remark
    #[arg(long)]
    pub(crate) note: Option<String>,
}

/// What can be done with models.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Add a model to the gallery
    Create(ModelCreate),
    /// List the gallery
    List,
    /// Show one model
    Show(Which),
    /// Change a model; what is not said stays as it is
    Edit(ModelEdit),
    /// Offer a model again
    Enable(Which),
    /// Take a model off offer
    Disable(Which),
    /// Remove a model that no upstream serves
    Delete(Which),
}

/// Add a model.
#[derive(Debug, Args)]
pub(crate) struct ModelCreate {
    /// What clients call it, exactly; unique
    pub(crate) name: String,
    /// The vendor behind it, such as `openai`
    #[arg(long)]
    pub(crate) provider: String,
    /// A remark
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) note: String,
}

/// Change a model.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)
    .args(["name", "provider", "note"])))]
pub(crate) struct ModelEdit {
    #[command(flatten)]
    pub(crate) which: Which,
    /// What clients call it from now on
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The vendor behind it
    #[arg(long)]
    pub(crate) provider: Option<String>,
    /// A remark
    #[arg(long)]
    pub(crate) note: Option<String>,
}
