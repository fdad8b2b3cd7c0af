//! The commands of upstreams.

mod credential;
mod reach;

use clap::{Args, Subcommand};
use tollgate_admin_core::upstream::UpstreamInput;

use super::Which;

pub(crate) use credential::{CredentialArguments, CredentialCommand, OneCredential};
pub(crate) use reach::ReachArguments;

/// What can be done with upstreams.
#[derive(Debug, Subcommand)]
pub(crate) enum UpstreamCommand {
    /// Create an upstream
    Create(UpstreamCreate),
    /// List all upstreams
    List,
    /// Show one upstream
    Show(Which),
    /// Change an upstream; what is not said stays as it is
    Edit(UpstreamEdit),
    /// Route calls to an upstream again
    Enable(Which),
    /// Route no calls to an upstream
    Disable(Which),
    /// Remove an upstream
    Delete(Which),
    /// Make one small real call to an upstream, which may cost a little
    Test(UpstreamTest),
    /// Add, list, replace, enable, disable and remove the credentials of an upstream
    #[command(subcommand)]
    Credential(CredentialCommand),
}

/// Create an upstream.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("serves").required(true).args(["models", "mount"])))]
pub(crate) struct UpstreamCreate {
    /// 2 to 50 characters, unique
    pub(crate) name: String,
    /// The address below which its routes are, such as `https://api.openai.com`
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: String,
    /// What it speaks: openai, anthropic, gemini or plain
    #[arg(long)]
    pub(crate) dialect: String,
    /// Who runs it, such as `openai`
    #[arg(long)]
    pub(crate) provider: String,
    /// The models that it serves, with commas; `public=theirs` where it knows one by another name
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) models: Option<Vec<String>>,
    /// Serve everything under this first path segment instead of models
    #[arg(long, value_name = "PREFIX")]
    pub(crate) mount: Option<String>,
    /// What a call of the mount costs, such as `request=0.001`, or `free`; unknown where nothing is
    /// said, so that its calls are refused
    #[arg(long, value_name = "PRICE")]
    pub(crate) price: Option<String>,
    #[command(flatten)]
    pub(crate) credential: CredentialArguments,
    #[command(flatten)]
    pub(crate) reach: ReachArguments,
    /// The header of the credential: bearer, apikey-scheme, x-api-key, api-key or x-goog-api-key;
    /// by default what the dialect uses
    #[arg(long)]
    pub(crate) carrier: Option<String>,
    /// The groups that it serves, with commas; `any` for all
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) groups: Option<Vec<String>>,
    /// A higher one is tried first
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    pub(crate) priority: i32,
    /// The share among those of the same priority; 0 only when nothing else is left
    #[arg(long, default_value_t = UpstreamInput::EQUAL_SHARE)]
    pub(crate) weight: u32,
    /// A remark
    #[arg(long, default_value = "", hide_default_value = true)]
    pub(crate) note: String,
}

/// Change an upstream.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true)
    .args(["name", "base_url", "dialect", "provider", "models", "mount", "price", "credential_env",
           "credential_file", "credential_prompt", "no_credential", "carrier", "groups", "priority",
           "weight", "note", "headers", "parameters", "ca_file", "proxy_env", "proxy_file",
           "no_proxy", "allow_private", "http2", "retry_on", "sticky"])))]
pub(crate) struct UpstreamEdit {
    #[command(flatten)]
    pub(crate) which: Which,
    /// A new name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// The address below which its routes are
    #[arg(long, value_name = "URL")]
    pub(crate) base_url: Option<String>,
    /// What it speaks: openai, anthropic, gemini or plain
    #[arg(long)]
    pub(crate) dialect: Option<String>,
    /// Who runs it
    #[arg(long)]
    pub(crate) provider: Option<String>,
    /// The models that it serves, in place of all before
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) models: Option<Vec<String>>,
    /// Serve everything under this first path segment instead of models
    #[arg(long, value_name = "PREFIX", conflicts_with = "models")]
    pub(crate) mount: Option<String>,
    /// What a call of the mount costs, such as `request=0.001`, `free` or `unknown`
    #[arg(long, value_name = "PRICE")]
    pub(crate) price: Option<String>,
    #[command(flatten)]
    pub(crate) credential: CredentialArguments,
    #[command(flatten)]
    pub(crate) reach: ReachArguments,
    /// The header of the credential; `usual` for what the dialect uses
    #[arg(long)]
    pub(crate) carrier: Option<String>,
    /// The groups that it serves; `any` for all
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) groups: Option<Vec<String>>,
    /// A higher one is tried first
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) priority: Option<i32>,
    /// The share among those of the same priority
    #[arg(long)]
    pub(crate) weight: Option<u32>,
    /// A remark
    #[arg(long)]
    pub(crate) note: Option<String>,
}

/// Make one small real call.
#[derive(Debug, Args)]
pub(crate) struct UpstreamTest {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The model to ask for, by its public name; by default the first one that it serves
    #[arg(long)]
    pub(crate) model: Option<String>,
    /// How long to wait for the whole answer
    #[arg(long, value_name = "DURATION", default_value = "30s")]
    pub(crate) timeout: String,
}
