//! The command line. Every setting can also stand in the configuration file or the environment.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use tollgate_policy::network::Network;

const EXIT_CODES: &str = "\
Exit codes:
  0  ended as it should
  1  could not start, or the check found a fault
  2  the command line or the configuration cannot be understood
  3  requests were still running when the drain time was up";

/// Relays calls to LLM providers and HTTP APIs for tokens that may make them.
#[derive(Debug, Parser)]
#[command(name = "tollgate-gateway", version, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Serve calls until SIGTERM or Ctrl-C, then let those that run finish.
    Serve(Settings),
    /// Start a gateway with a simulated provider and a token to try it with.
    Demo(Demo),
    /// Read the configuration and the store, and say what does not fit. Nothing is changed.
    Check(Settings),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page.
    Man,
}

/// Where a setting is given twice, the flag wins over the environment, and that over the file.
#[derive(Debug, Clone, Args)]
pub(crate) struct Settings {
    /// A configuration file in TOML; without one, the defaults are used.
    #[arg(long, env = "TOLLGATE_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The address on which calls are served [default: 127.0.0.1:8080].
    #[arg(long, env = "TOLLGATE_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,
    /// The address of /healthz, /readyz and /metrics [default: 127.0.0.1:9464].
    #[arg(long, env = "TOLLGATE_OBSERVE")]
    pub(crate) observe: Option<SocketAddr>,
    /// A SQLite file, or a postgres:// address [default: tollgate.db].
    #[arg(long, env = "TOLLGATE_STORE", hide_env_values = true)]
    pub(crate) store: Option<String>,
    /// The file with the master key [default: tollgate.key].
    #[arg(long, env = "TOLLGATE_KEY_FILE")]
    pub(crate) key_file: Option<PathBuf>,
    /// The journal of calls that go on: a file of this gateway's own, on a local disk
    /// [default: tollgate.journal].
    #[arg(long, env = "TOLLGATE_JOURNAL")]
    pub(crate) journal: Option<PathBuf>,
    /// A proxy in front of the gateway whose word on the client's address counts; may be repeated.
    #[arg(
        long = "trusted-proxy",
        env = "TOLLGATE_TRUSTED_PROXIES",
        value_delimiter = ','
    )]
    pub(crate) trusted_proxies: Vec<Network>,
    /// How log lines are written.
    #[arg(long, env = "TOLLGATE_LOG_FORMAT", value_enum)]
    pub(crate) log_format: Option<LogFormat>,
    /// What is logged, such as `info` or `info,tollgate_proxy=debug`.
    #[arg(long, env = "TOLLGATE_LOG")]
    pub(crate) log: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// The address on which calls are served.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// The address of /healthz, /readyz and /metrics.
    #[arg(long, default_value = "127.0.0.1:9464")]
    pub(crate) observe: SocketAddr,
    /// The address of the web console.
    #[arg(long, default_value = "127.0.0.1:8090")]
    pub(crate) console: SocketAddr,
    /// A directory in which the store is kept; without one it goes when the demo ends.
    #[arg(long)]
    pub(crate) dir: Option<PathBuf>,
    /// What is printed: lines for people, or one line of JSON for scripts.
    #[arg(long, value_enum, default_value = "text")]
    pub(crate) output: Output,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Lines for people.
    Text,
    /// One line of JSON.
    Json,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum LogFormat {
    /// One JSON object per line.
    #[default]
    Json,
    /// Lines for people.
    Text,
}
