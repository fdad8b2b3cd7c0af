//! The credentials of upstreams.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::arguments::Which;

/// What can be done with the credentials of an upstream.
#[derive(Debug, Subcommand)]
pub(crate) enum CredentialCommand {
    /// Give an upstream one more credential
    Add(GivenCredential),
    /// List the credentials of an upstream, without what they are
    List(Which),
    /// Put another secret in the place of a credential
    Replace(GivenCredential),
    /// Use a credential again
    Enable(OneCredential),
    /// Do not use a credential
    Disable(OneCredential),
    /// Take a credential away; an upstream without any is called without one
    Remove(OneCredential),
}

/// One credential of an upstream.
#[derive(Debug, Args)]
pub(crate) struct OneCredential {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Its name or id; the first one is named `default`
    pub(crate) name: String,
}

/// One credential of an upstream, and where it comes from.
#[derive(Debug, Args)]
pub(crate) struct GivenCredential {
    #[command(flatten)]
    pub(crate) one: OneCredential,
    #[command(flatten)]
    pub(crate) credential: CredentialArguments,
}

/// Where the credential of an upstream comes from.
#[derive(Debug, Args)]
#[group(multiple = false)]
pub(crate) struct CredentialArguments {
    /// Read the credential from this environment variable of the gateway
    #[arg(long, value_name = "VARIABLE")]
    pub(crate) credential_env: Option<String>,
    /// Keep the credential in this file, sealed, in the database; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) credential_file: Option<PathBuf>,
    /// Ask for the credential, and keep it sealed in the database
    #[arg(long)]
    pub(crate) credential_prompt: bool,
    /// It wants no credential
    #[arg(long)]
    pub(crate) no_credential: bool,
}
