//! How requests are sent to an upstream.

use std::path::PathBuf;

use clap::Args;

/// How requests are sent to an upstream.
#[derive(Debug, Args)]
pub(crate) struct ReachArguments {
    /// A header that every request has, in place of the client's; repeat it for more, blank for none
    #[arg(long = "header", value_name = "NAME=VALUE")]
    pub(crate) headers: Option<Vec<String>>,
    /// A member that every JSON body has unless the client set it, or a parameter of a mount's
    /// query; repeat it for more, blank for none
    #[arg(long = "parameter", value_name = "NAME=JSON")]
    pub(crate) parameters: Option<Vec<String>>,
    /// Trust these certificates besides the usual roots: a PEM file, which is read now; blank for
    /// none
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,
    /// Reach it by the proxy whose address this variable of the environment holds now: `http://`,
    /// `socks5://` or `socks5h://`, with user and password; it is kept sealed
    #[arg(long = "proxy-url-env", value_name = "VARIABLE", group = "proxy")]
    pub(crate) proxy_env: Option<String>,
    /// Reach it by the proxy whose address is in this file; `-` reads standard input
    #[arg(long = "proxy-url-file", value_name = "FILE", group = "proxy")]
    pub(crate) proxy_file: Option<PathBuf>,
    /// Reach it directly
    #[arg(long, group = "proxy")]
    pub(crate) no_proxy: bool,
    /// Whether it may be on a private network or on this machine
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) allow_private: Option<bool>,
    /// Whether HTTP/2 is spoken: never, offered or prior-knowledge
    #[arg(long, value_name = "HOW")]
    pub(crate) http2: Option<String>,
    /// The statuses upon which a call is tried elsewhere, with commas, or `none`
    #[arg(long, value_name = "LIST")]
    pub(crate) retry_on: Option<String>,
    /// Whether the calls of a token stay at one upstream of its priority, with one credential, for
    /// the sake of the provider's caches
    #[arg(
        long,
        value_name = "BOOL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) sticky: Option<bool>,
}
