//! What a call really cost, and how it went. One for each admitted call, whatever its end.

use std::net::IpAddr;
use std::time::Duration;

use tollgate_policy::bound::Quote;
use tollgate_policy::credits::Credits;
use tollgate_policy::id::{AccountId, GroupId, TokenId, UpstreamId};
use tollgate_policy::time::Timestamp;
use tollgate_policy::usage::Usage;

use crate::book::Pot;
use crate::request_id::RequestId;

/// The longest name of a model in a receipt, in bytes: enough for the 200 characters that policy
/// allows in most scripts. A longer one is cut, since its place in the journal is limited.
pub const MOST_NAME: usize = 560;
/// The longest name of an endpoint in a receipt, in bytes. A longer one is cut.
pub const MOST_ENDPOINT: usize = 80;

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ending {
    /// The answer was passed on whole, and says that it is.
    Complete,
    /// The answer was passed on whole, and says that it was cut short: a cap, a content filter.
    Incomplete,
    /// The provider answered with an error, at once or inside the answer.
    Failed,
    /// No upstream answered.
    Unanswered,
    /// The upstream broke off inside its answer.
    UpstreamBroke,
    /// The upstream was silent for too long inside its answer.
    UpstreamSilent,
    /// The client left, and the call was given up.
    ClientLeft,
    /// The client left, and the answer was read on to its end.
    Drained,
    /// The gateway dropped the call without an end of its own, which is a defect.
    Dropped,
    /// The gateway ended inside the call; charged at its next start.
    Killed,
}

/// The receipt of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The call. A second receipt of the same call has no effect.
    pub request: RequestId,
    /// Who called, and who pays.
    pub payer: Payer,
    /// The tier.
    pub group: GroupId,
    /// What was asked for, by the name that allowlists use; at most [`MOST_ENDPOINT`] bytes.
    pub endpoint: String,
    /// The model as the client named it, at most [`MOST_NAME`] bytes; none for a mounted API.
    pub model: Option<String>,
    /// The upstream that answered, or the last that was tried.
    pub upstream: Option<UpstreamId>,
    /// The model as the upstream knows it, where that differs; at most [`MOST_NAME`] bytes.
    pub served_as: Option<String>,
    /// The client's address.
    pub client: IpAddr,
    /// The status that the upstream answered with.
    pub status: Option<u16>,
    /// Whether the answer was an event stream.
    pub streamed: bool,
    /// How it ended.
    pub ending: Ending,
    /// What was used.
    pub usage: Usage,
    /// Whether the usage is an estimate, for want of the provider's own count.
    pub estimated: bool,
    /// The price and the multiplier by which the cost was made.
    pub quote: Quote,
    /// What the call cost.
    pub cost: Credits,
    /// The part of the cost that no hold and no remainder covered, and that nobody pays: more than
    /// zero only where a provider counts more than the bound of a strict hold.
    pub uncovered: Credits,
    /// When the call came.
    pub started: Timestamp,
    /// From then to the first byte of the answer's body.
    pub first_byte: Option<Duration>,
    /// From then to the end.
    pub total: Duration,
}

/// Who pays for a call, and from which periods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Payer {
    /// The token.
    pub token: TokenId,
    /// Its account.
    pub account: AccountId,
    /// The begin of the token's period in which the call was admitted, if it has a periodic quota.
    pub token_period: Option<Timestamp>,
    /// The begin of the account's period in which the call was admitted, if it has a periodic quota.
    pub account_period: Option<Timestamp>,
}

impl Payer {
    /// The pots that a charge is taken from, limited or not.
    pub fn pots(&self) -> impl Iterator<Item = Pot> {
        let token_period = |begin| Pot::TokenPeriod(self.token, begin);
        let account_period = |begin| Pot::AccountPeriod(self.account, begin);
        [
            Some(Pot::Token(self.token)),
            self.token_period.map(token_period),
            Some(Pot::Account(self.account)),
            self.account_period.map(account_period),
        ]
        .into_iter()
        .flatten()
    }
}

impl Receipt {
    /// What is taken from token and account.
    pub fn charged(&self) -> Credits {
        let micros = self
            .cost
            .as_micros()
            .saturating_sub(self.uncovered.as_micros());
        Credits::from_micros(micros)
    }
}

/// The whole characters at the start of a text that fit into so many bytes.
pub(crate) fn start(text: &str, most: usize) -> &str {
    text.get(..text.floor_char_boundary(most)).unwrap_or(text)
}

impl Ending {
    /// All endings.
    pub const ALL: [Self; 10] = [
        Self::Complete,
        Self::Incomplete,
        Self::Failed,
        Self::Unanswered,
        Self::UpstreamBroke,
        Self::UpstreamSilent,
        Self::ClientLeft,
        Self::Drained,
        Self::Dropped,
        Self::Killed,
    ];

    /// The name in the database, in logs and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Incomplete => "incomplete",
            Self::Failed => "failed",
            Self::Unanswered => "unanswered",
            Self::UpstreamBroke => "upstream_broke",
            Self::UpstreamSilent => "upstream_silent",
            Self::ClientLeft => "client_left",
            Self::Drained => "drained",
            Self::Dropped => "dropped",
            Self::Killed => "killed",
        }
    }

    /// The ending of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }
}
