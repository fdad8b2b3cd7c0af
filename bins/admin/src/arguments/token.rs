//! The commands of tokens.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{LimitArguments, ScopeArguments, Which};

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Create a token and show its secret once
    Create(Create),
    /// List, search and filter tokens
    List(List),
    /// Show one token: what it may spend, what is left, and what it would refuse now
    Show(Which),
    /// Change a token; what is not said stays as it is
    Edit(Edit),
    /// Let a disabled token be used again
    Enable(Which),
    /// Refuse a token until it is enabled again
    Disable(Which),
    /// Give a token a new secret and show it once; the old one goes on for a while
    Rotate(Rotate),
    /// Show the secret of a token again, where secrets are sealed; each time is audited
    Reveal(Reveal),
    /// Refuse a token for good; it stays in the list
    Revoke(Which),
    /// Remove a token for good
    Delete(Which),
}

/// Create a token.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What it is for: 2 to 50 characters
    pub(crate) name: String,
    /// Who pays: an account's name or id
    #[arg(long)]
    pub(crate) account: String,
    /// The tier: a group's name or id
    #[arg(long)]
    pub(crate) group: String,
    /// When it ends: `30d`, `12h`, `2027-01-31`, `2027-01-31T12:00:00Z`, or `never` (also `-1` or blank)
    #[arg(
        long,
        value_name = "WHEN",
        default_value = "never",
        allow_negative_numbers = true
    )]
    pub(crate) expires: String,
    /// What it may spend in its whole life, in credits such as `12.5`, or `none` for no limit
    #[arg(
        long,
        value_name = "CREDITS|none",
        default_value = "none",
        allow_negative_numbers = true
    )]
    pub(crate) quota: String,
    /// What it may spend in each hour, day, week or month, such as `10/day`; then `@` and a time zone
    /// where it is not UTC, such as `5/month@Europe/Berlin`; or `none`
    #[arg(
        long,
        value_name = "CREDITS/UNIT|none",
        default_value = "none",
        allow_hyphen_values = true
    )]
    pub(crate) periodic: String,
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// A remark; it is searched too
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) note: String,
    #[command(flatten)]
    pub(crate) secret: SecretArguments,
}

/// Show a secret again.
#[derive(Debug, Args)]
pub(crate) struct Reveal {
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) secret: SecretArguments,
}

/// Where a secret goes.
#[derive(Debug, Args)]
pub(crate) struct SecretArguments {
    /// Write the secret to this new file of mode 0600 instead of the standard output
    #[arg(long, value_name = "FILE.txt")]
    pub(crate) secret_file: Option<PathBuf>,
}

/// List tokens.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only those with this text in name or note, in any case
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only those in this group
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) group: Option<String>,
    /// Only those of this account
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) account: Option<String>,
    /// Only those that are enabled, disabled, expired, exhausted or revoked
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// Only those that this person made
    #[arg(long, value_name = "NAME")]
    pub(crate) creator: Option<String>,
    /// Only those made at or after this date, or in the last `7d`
    #[arg(long, value_name = "WHEN")]
    pub(crate) created_since: Option<String>,
    /// Only those made before this date
    #[arg(long, value_name = "WHEN")]
    pub(crate) created_until: Option<String>,
    /// Only those used at or after this date, or in the last `7d`
    #[arg(long, value_name = "WHEN")]
    pub(crate) used_since: Option<String>,
    /// Only those last used before this date, or more than `30d` ago
    #[arg(long, value_name = "WHEN")]
    pub(crate) used_until: Option<String>,
    /// Only those not used since this date, or in the last `90d`; also those that never were
    #[arg(long, value_name = "WHEN")]
    pub(crate) unused_since: Option<String>,
    /// Only those that were never used
    #[arg(long, conflicts_with_all = ["used_since", "used_until", "unused_since"])]
    pub(crate) never_used: bool,
    /// Only those that expire in the next `7d`
    #[arg(long, value_name = "DURATION")]
    pub(crate) expiring_within: Option<String>,
    /// The order: created, name, last_used, expires or used
    #[arg(long, value_name = "FIELD")]
    pub(crate) sort: Option<String>,
    /// From the last to the first
    #[arg(long)]
    pub(crate) desc: bool,
    #[command(flatten)]
    pub(crate) page: Page,
}

/// How much of a list.
#[derive(Debug, Args)]
pub(crate) struct Page {
    /// How many on a page, 1 to 200
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) limit: u32,
    /// Go on after an earlier page: the cursor that it ended with
    #[arg(long, conflicts_with = "all")]
    pub(crate) cursor: Option<String>,
    /// All pages
    #[arg(long)]
    pub(crate) all: bool,
}

/// Change a token.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)
    .args(["name", "account", "group", "expires", "quota", "periodic", "rpm", "tpm", "concurrency",
           "models", "providers", "endpoints", "ips", "note"])))]
pub(crate) struct Edit {
    #[command(flatten)]
    pub(crate) which: Which,
    /// A new name: 2 to 50 characters
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Another account, by name or id
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// Another group, by name or id
    #[arg(long)]
    pub(crate) group: Option<String>,
    /// When it ends; `never` (also `-1` or blank) for no end
    #[arg(long, value_name = "WHEN", allow_negative_numbers = true)]
    pub(crate) expires: Option<String>,
    /// What it may spend in its whole life, in credits, or `none` for no limit
    #[arg(long, value_name = "CREDITS|none", allow_negative_numbers = true)]
    pub(crate) quota: Option<String>,
    /// What it may spend in each hour, day, week or month, such as `10/day`; then `@` and a time zone
    /// where it is not UTC, such as `5/month@Europe/Berlin`; or `none`
    #[arg(long, value_name = "CREDITS/UNIT|none", allow_hyphen_values = true)]
    pub(crate) periodic: Option<String>,
    #[command(flatten)]
    pub(crate) limits: LimitArguments,
    #[command(flatten)]
    pub(crate) scope: ScopeArguments,
    /// A remark
    #[arg(long)]
    pub(crate) note: Option<String>,
}

/// Give a token a new secret.
#[derive(Debug, Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    pub(crate) which: Which,
    /// How long the old secret goes on; `0` ends it at once
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "24h",
        allow_negative_numbers = true
    )]
    pub(crate) overlap: String,
    #[command(flatten)]
    pub(crate) secret: SecretArguments,
}
