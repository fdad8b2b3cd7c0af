//! The commands of reports, receipts and alerts.

use clap::{Args, Subcommand};

use super::token::Page;

/// Sum up what was used, or make old reports small.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct UsageArguments {
    #[command(subcommand)]
    pub(crate) command: Option<UsageCommand>,
    #[command(flatten)]
    pub(crate) report: Report,
}

/// What else can be done with usage.
#[derive(Debug, Subcommand)]
pub(crate) enum UsageCommand {
    /// Delete old receipts, and sum up old days by their months
    Prune(Prune),
}

/// Sum up what was used.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// By what: day, month, token, account, group, model, upstream, creator; with commas, or
    /// repeated; one total where nothing is said
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) by: Vec<String>,
    /// Only this day (UTC) and later ones, such as `2026-11-01`, or the last `30d`
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Option<String>,
    /// Only this day and earlier ones
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Option<String>,
    /// Only this token
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) token: Option<String>,
    /// Only this account
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) account: Option<String>,
    /// Only this group
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) group: Option<String>,
    /// Only this model, as clients name it
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// Only this upstream
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) upstream: Option<String>,
    /// Only tokens that this person made
    #[arg(long, value_name = "NAME")]
    pub(crate) creator: Option<String>,
    /// At most so many rows
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
}

/// Delete old receipts, and sum up old days.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true)
    .args(["keep_receipts", "keep_days"])))]
pub(crate) struct Prune {
    /// Keep the receipts of single calls for so long, such as `90d`; at least `7d`
    #[arg(long, value_name = "DURATION")]
    pub(crate) keep_receipts: Option<String>,
    /// Keep sums of single days for so long, such as `400d`; those of months stay
    #[arg(long, value_name = "DURATION")]
    pub(crate) keep_days: Option<String>,
}

/// What can be done with receipts.
#[derive(Debug, Subcommand)]
pub(crate) enum ReceiptCommand {
    /// Show what one call used and cost
    Show {
        /// The request id: `x-request-id` or `request-id` of the answer
        #[arg(value_name = "REQUEST_ID")]
        request: String,
    },
    /// List calls with what they cost, the newest first
    List(CallList),
}

/// List calls: those with a receipt, or those that were refused.
#[derive(Debug, Args)]
pub(crate) struct CallList {
    /// Only of this token
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) token: Option<String>,
    /// Only of this account
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) page: Page,
}

/// What can be done with alerts.
#[derive(Debug, Subcommand)]
pub(crate) enum AlertCommand {
    /// List alerts, delivered or not, the newest first
    List(Page),
}
