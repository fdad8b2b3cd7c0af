//! The commands of the audit log.

use clap::{Args, Subcommand};

use super::token::Page;

/// What can be done with the audit log.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// List changes, the newest first
    List(AuditList),
    /// Check that no row was changed, removed or put in; names the first bad one
    Verify,
}

/// List changes.
#[derive(Debug, Args)]
pub(crate) struct AuditList {
    /// Only changes of the thing with this id, such as `tok_…`
    #[arg(long, value_name = "ID")]
    pub(crate) subject: Option<String>,
    /// Only changes by this person
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: Option<String>,
    /// Only this action, such as `token.create`
    #[arg(long)]
    pub(crate) action: Option<String>,
    /// Only changes at or after this date, or in the last `7d`
    #[arg(long, value_name = "WHEN")]
    pub(crate) since: Option<String>,
    /// Only changes before this date
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: Option<String>,
    #[command(flatten)]
    pub(crate) page: Page,
}
