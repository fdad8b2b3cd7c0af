//! The commands of groups.

use clap::{Args, Subcommand};

use super::{LimitArguments, ScopeArguments, Which};

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
    pub(crate) terms: TermsArguments,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// Members may choose it for tokens of their own
    #[arg(long)]
    pub(crate) open_to_members: bool,
    /// A remark
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) note: String,
}

/// Change a group.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)
    .args(["name", "multiplier", "rpm", "tpm", "concurrency", "shared_limits", "enforcement", "on_leave", "fallbacks",
           "models", "providers", "endpoints", "ips", "open_to_members", "note"])))]
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
    pub(crate) terms: TermsArguments,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// Whether members may choose it for tokens of their own
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) open_to_members: Option<bool>,
    /// A remark
    #[arg(long)]
    pub(crate) note: Option<String>,
}

/// How a group treats its tokens.
#[derive(Debug, Args)]
pub(crate) struct TermsArguments {
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
    /// Whether all its tokens share these limits; else each has them to itself
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) shared_limits: Option<bool>,
    /// How quotas are kept: `strict` lowers the cap of the output to what is left, `refuse` refuses
    /// such a call, `lenient` holds an estimate only, so that a quota may be overspent
    #[arg(long, value_name = "HOW")]
    pub(crate) enforcement: Option<String>,
    /// What becomes of a call whose client leaves: `cancel`, or `drain:30` to read on for so many
    /// seconds
    #[arg(long, value_name = "HOW")]
    pub(crate) on_leave: Option<String>,
    /// The models that are tried in place of one that nobody serves just now, in order; repeat it for
    /// more models, blank for none
    #[arg(long = "fallback", value_name = "MODEL=MODEL,MODEL")]
    pub(crate) fallbacks: Option<Vec<String>>,
}
