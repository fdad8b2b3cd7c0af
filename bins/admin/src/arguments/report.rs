//! The commands of what gateways report: themselves and refused calls.

use clap::{Args, Subcommand};

use super::usage::CallList;

/// What can be done with gateways.
#[derive(Debug, Subcommand)]
pub(crate) enum GatewayCommand {
    /// List the gateways that run, and those that fell silent
    List,
    /// Show how long first bytes of answers took, over all gateways
    FirstBytes(Span),
}

/// A stretch of the past.
#[derive(Debug, Args)]
pub(crate) struct Span {
    /// From this moment on, such as `2026-11-01`, or the last `7d`; the last day where nothing is
    /// said
    #[arg(long, value_name = "WHEN")]
    pub(crate) from: Option<String>,
    /// To this moment
    #[arg(long, value_name = "WHEN")]
    pub(crate) to: Option<String>,
    /// By `hour` or `day` (UTC)
    #[arg(long, value_name = "STEP")]
    pub(crate) by: Option<String>,
}

/// What can be done with refused calls.
#[derive(Debug, Subcommand)]
pub(crate) enum RefusalCommand {
    /// Show why one call was refused
    Show {
        /// The request id: `x-request-id` or `request-id` of the answer
        #[arg(value_name = "REQUEST_ID")]
        request: String,
    },
    /// List refused calls, the newest first; the last fifty of each token are kept
    List(CallList),
    /// Count refused calls by time and code
    Count(RefusalCount),
}

/// Count refused calls.
#[derive(Debug, Args)]
pub(crate) struct RefusalCount {
    #[command(flatten)]
    pub(crate) span: Span,
    /// Only of this account
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) account: Option<String>,
}
