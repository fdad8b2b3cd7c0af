//! The commands of members and their sessions.

use clap::{ArgGroup, Args, Subcommand};

/// What can be done with members.
#[derive(Debug, Subcommand)]
pub(crate) enum MemberCommand {
    /// Make a member, and the one-time code by which they choose their password
    Invite(MemberInvite),
    /// List all members
    List,
    /// Show one member
    Show(Person),
    /// Change a member; what is not said stays as it is
    Edit(MemberEdit),
    /// Let a member sign in again
    Enable(Person),
    /// Refuse a member, and end their sessions
    Disable(Person),
    /// Make the one-time code by which a member chooses another password; until then the old one goes on
    ResetPassword(Person),
    /// Remove a member with their sessions and API credentials
    Delete(Person),
}

/// What can be done with sessions.
#[derive(Debug, Subcommand)]
pub(crate) enum SessionCommand {
    /// List who is signed in, those last seen first
    List(SessionList),
    /// End one session, or all of a member
    Revoke(SessionRevoke),
}

/// A login or an id.
#[derive(Debug, Args)]
pub(crate) struct Person {
    /// Their login or id
    #[arg(value_name = "LOGIN|ID")]
    pub(crate) which: String,
}

/// Make a member.
#[derive(Debug, Args)]
pub(crate) struct MemberInvite {
    /// What they sign in with: an email address or a user name, unique in any case
    pub(crate) login: String,
    /// What they are called; the login where nothing is said
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// owner (everything), operator (all but people and settings), auditor (reads), or member (the
    /// tokens of one account)
    #[arg(long)]
    pub(crate) role: String,
    #[command(flatten)]
    pub(crate) of: MemberOf,
}

/// To whom a member belongs.
#[derive(Debug, Args)]
pub(crate) struct MemberOf {
    /// The account of a member, by name or id
    #[arg(long, value_name = "NAME|ID")]
    pub(crate) account: Option<String>,
    /// The OpenID Connect issuer that signs them in; blank for none
    #[arg(long, value_name = "URL", requires = "subject")]
    pub(crate) issuer: Option<String>,
    /// What that issuer calls them
    #[arg(long, requires = "issuer")]
    pub(crate) subject: Option<String>,
}

/// Change a member.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("change").required(true).multiple(true)
    .args(["login", "name", "role", "account", "issuer", "subject", "no_totp"])))]
pub(crate) struct MemberEdit {
    #[command(flatten)]
    pub(crate) which: Person,
    /// Another login
    #[arg(long)]
    pub(crate) login: Option<String>,
    /// Another name
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Another role; their sessions end
    #[arg(long)]
    pub(crate) role: Option<String>,
    #[command(flatten)]
    pub(crate) of: MemberOf,
    /// Ask for no codes any more, where the authenticator was lost
    #[arg(long)]
    pub(crate) no_totp: bool,
}

/// List sessions.
#[derive(Debug, Args)]
pub(crate) struct SessionList {
    /// Only those of this member
    #[arg(long, value_name = "LOGIN|ID")]
    pub(crate) member: Option<String>,
}

/// End sessions.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("what").required(true).args(["which", "member"])))]
pub(crate) struct SessionRevoke {
    /// The id of one session
    #[arg(value_name = "ID")]
    pub(crate) which: Option<String>,
    /// All sessions of this member
    #[arg(long, value_name = "LOGIN|ID")]
    pub(crate) member: Option<String>,
}
