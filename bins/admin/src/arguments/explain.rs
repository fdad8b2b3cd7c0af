//! The command that replays a decision.

use clap::Args;

/// Show why a call is permitted or refused.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("target").required(true).multiple(true)
    .args(["request", "model", "endpoint", "mount", "path"])))]
pub(crate) struct ExplainArguments {
    /// The token, by name or id
    #[arg(long, value_name = "NAME|ID", required_unless_present = "request")]
    pub(crate) token: Option<String>,
    /// A call that was made, by its request id, in place of all else: decided with the rules as they
    /// are now, at its moment
    #[arg(long, value_name = "REQUEST_ID",
        conflicts_with_all = ["token", "model", "endpoint", "mount", "path", "ip", "at"])]
    pub(crate) request: Option<String>,
    /// The model that the client names
    #[arg(long, conflicts_with = "mount")]
    pub(crate) model: Option<String>,
    /// The endpoint that the client calls; with a model, `chat.completions` where nothing is said
    #[arg(long, conflicts_with = "mount")]
    pub(crate) endpoint: Option<String>,
    /// The first path segment of a mounted plain HTTP API
    #[arg(long, value_name = "PREFIX")]
    pub(crate) mount: Option<String>,
    /// Method and path as the client sends them, such as `GET /crm/contacts`, in place of endpoint
    /// and mount; `POST` where only a path is written
    #[arg(long, value_name = "METHOD PATH", conflicts_with_all = ["endpoint", "mount"])]
    pub(crate) path: Option<String>,
    /// The client's address
    #[arg(long, value_name = "ADDRESS", required_unless_present = "request")]
    pub(crate) ip: Option<String>,
    /// The moment of the call, where it is not now: a date and time, or how long ago
    #[arg(long, value_name = "WHEN")]
    pub(crate) at: Option<String>,
}
