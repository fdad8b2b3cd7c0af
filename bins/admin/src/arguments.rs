//! The command line: what can be written, and its help. What it means is decided elsewhere.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) mod account;
pub(crate) mod api_credential;
pub(crate) mod audit;
pub(crate) mod catalog;
pub(crate) mod explain;
pub(crate) mod member;
pub(crate) mod model;
pub(crate) mod report;
pub(crate) mod sealing;
pub(crate) mod serve;
pub(crate) mod token;
pub(crate) mod upstream;
pub(crate) mod usage;

const AFTER_HELP: &str = "\
Exit codes:
  0  done; `explain`: permitted
  1  failure: the store cannot be used, a name is taken, an upstream test failed
  2  wrong usage or invalid input
  3  `explain`: refused by policy
  4  `audit verify`: the audit log was tampered with
  5  there is no such thing

The store is a SQLite file, or a PostgreSQL address such as `postgres://user@host/tollgate`. \
A SQLite file and a key file that do not exist are created with mode 0600. \
The key file belongs to its store: keep a copy of it apart from the backups of the database.";

/// Manages the tokens, accounts, groups, models and upstreams of a Tollgate gateway.
#[derive(Debug, Parser)]
#[command(name = "tollgate-admin", version, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command knows.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The database: a SQLite file, or a PostgreSQL address
    #[arg(
        long,
        global = true,
        value_name = "PATH|URL",
        env = "TOLLGATE_STORE",
        default_value = "tollgate.db",
        hide_env_values = true
    )]
    pub(crate) store: String,
    /// The file with the master key of the database
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "TOLLGATE_KEY_FILE",
        default_value = "tollgate.key"
    )]
    pub(crate) key_file: PathBuf,
    /// A file with a key under which secrets of tokens are kept so that they can be copied again.
    /// The first key seals; the others open what was sealed by them. Without any, only hashes are kept
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        value_delimiter = ',',
        env = "TOLLGATE_SEALING_KEY_FILE"
    )]
    pub(crate) sealing_key_file: Vec<PathBuf>,
    /// Tables for people, one JSON document for scripts, or comma-separated values for spreadsheets
    #[arg(
        long,
        global = true,
        value_enum,
        env = "TOLLGATE_OUTPUT",
        default_value = "table"
    )]
    pub(crate) output: Format,
    /// Do not ask before something is revoked or deleted
    #[arg(long, global = true)]
    pub(crate) yes: bool,
}

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Tables for people
    Table,
    /// One JSON document on standard output; errors as JSON on standard error
    Json,
    /// Comma-separated values, for lists and reports; a text that a spreadsheet would take for a
    /// formula has a ' before it
    Csv,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Credentials: create, find, change, rotate and take back
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Tiers: price multiplier, limits and restrictions of all their tokens
    #[command(subcommand)]
    Group(catalog::GroupCommand),
    /// Who pays: balances, statements, and limits and restrictions of all their tokens
    #[command(subcommand)]
    Account(account::AccountCommand),
    /// The gallery of models that clients can name, with their prices
    #[command(subcommand)]
    Model(model::ModelCommand),
    /// The endpoints that serve models or plain HTTP APIs
    #[command(subcommand)]
    Upstream(upstream::UpstreamCommand),
    /// What was used and what it cost, by day, token, model and so on
    Usage(usage::UsageArguments),
    /// Single calls: what each used and cost, and how it ended
    #[command(subcommand)]
    Receipt(usage::ReceiptCommand),
    /// Calls that were refused, and why
    #[command(subcommand)]
    Refusal(report::RefusalCommand),
    /// The gateways that run, and what they serve
    #[command(subcommand)]
    Gateway(report::GatewayCommand),
    /// What operators were told of quotas, expiries and upstreams
    #[command(subcommand)]
    Alert(usage::AlertCommand),
    /// Show why a call is permitted or refused, rule by rule
    Explain(explain::ExplainArguments),
    /// Who changed what, when and from where
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Make the one-time code by which somebody becomes the first owner of the console
    Init,
    /// The people who sign in to the console
    #[command(subcommand)]
    Member(member::MemberCommand),
    /// Who is signed in to the console
    #[command(subcommand)]
    Session(member::SessionCommand),
    /// What programs call the API of the console with
    #[command(subcommand)]
    ApiCredential(api_credential::ApiCredentialCommand),
    /// Keys under which secrets of tokens are kept so that they can be copied again
    #[command(subcommand)]
    SealingKey(sealing::SealingKeyCommand),
    /// Serve the web console and the JSON API
    Serve(serve::ServeArguments),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, or write one for each command
    Man {
        /// Write the pages into this folder, which is created where it is missing
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// Restrictions. Each takes entries with commas between them, or is repeated.
#[derive(Debug, Args)]
pub(crate) struct ScopeArguments {
    /// Models by exact name, or with `*` for any text; `any` for no restriction
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) models: Option<Vec<String>>,
    /// Providers that may serve a call; `any` for no restriction
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) providers: Option<Vec<String>>,
    /// Endpoints such as `chat.completions` or `mount/*`; `any` for no restriction
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) endpoints: Option<Vec<String>>,
    /// Client addresses and networks such as `10.0.0.0/8`; `any` for no restriction
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) ips: Option<Vec<String>>,
}

/// Limits of a minute, and of calls at once.
#[derive(Debug, Args)]
pub(crate) struct LimitArguments {
    /// Calls a minute; `none` for no limit
    #[arg(long, value_name = "NUMBER|none", allow_negative_numbers = true)]
    pub(crate) rpm: Option<String>,
    /// Tokens of input and output a minute; `none` for no limit
    #[arg(long, value_name = "NUMBER|none", allow_negative_numbers = true)]
    pub(crate) tpm: Option<String>,
    /// Calls at the same time; `none` for no limit
    #[arg(long, value_name = "NUMBER|none", allow_negative_numbers = true)]
    pub(crate) concurrency: Option<String>,
}

/// A name or an id.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// Its name or id
    #[arg(value_name = "NAME|ID")]
    pub(crate) which: String,
}

#[cfg(test)]
mod tests;
