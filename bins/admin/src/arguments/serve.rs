//! The command line of `serve`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use tollgate_policy::network::Network;

/// Serve the web console and the JSON API.
#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// Where to listen; other addresses than those of the machine itself need TLS, or an origin
    #[arg(
        long,
        value_name = "ADDRESS",
        env = "TOLLGATE_CONSOLE_LISTEN",
        default_value = "127.0.0.1:8090"
    )]
    pub(crate) listen: SocketAddr,
    /// What browsers open where a proxy is in front, such as `https://console.example.com`
    #[arg(long, value_name = "URL", env = "TOLLGATE_CONSOLE_ORIGIN")]
    pub(crate) origin: Option<String>,
    /// A proxy in front whose word on the browser's address counts; may be repeated
    #[arg(
        long = "trusted-proxy",
        value_name = "NETWORK",
        env = "TOLLGATE_CONSOLE_TRUSTED_PROXIES",
        value_delimiter = ','
    )]
    pub(crate) trusted_proxies: Vec<Network>,
    /// Where clients reach the gateway: what snippets name
    #[arg(
        long,
        value_name = "URL",
        env = "TOLLGATE_GATEWAY_URL",
        default_value = "http://127.0.0.1:8080"
    )]
    pub(crate) gateway: String,
    /// A file that says which OpenID Connect issuer signs members in
    #[arg(long, value_name = "FILE.toml", env = "TOLLGATE_OPENID")]
    pub(crate) openid: Option<PathBuf>,
    /// A certificate chain in PEM
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_certificate: Option<PathBuf>,
    /// Its private key in PEM
    #[arg(long, value_name = "FILE", requires = "tls_certificate")]
    pub(crate) tls_key: Option<PathBuf>,
}
