//! Receipts as they are kept: one for each call, found by its request id.

mod insert;
mod list;
mod prune;
mod text;

use std::net::IpAddr;
use std::time::Duration;

use tollgate_ledger::receipt::Ending;
use tollgate_ledger::request_id::RequestId;
use tollgate_policy::bound::Quote;
use tollgate_policy::credits::Credits;
use tollgate_policy::id::{AccountId, GroupId, TokenId, UpstreamId};
use tollgate_policy::time::Timestamp;
use tollgate_policy::usage::Usage;

use crate::error::StoreError;
use crate::store::Store;

pub(crate) use insert::{Quotes, ReceiptWrite};
pub(crate) use prune::part as prune_part;

/// A receipt as it is kept. From which periods a call was paid is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReceipt {
    /// The call.
    pub request: RequestId,
    /// Who called.
    pub token: TokenId,
    /// Who paid.
    pub account: AccountId,
    /// The tier.
    pub group: GroupId,
    /// What was asked for, by the name that allowlists use.
    pub endpoint: String,
    /// The model as the client named it; none for a mounted API.
    pub model: Option<String>,
    /// The upstream that answered, or the last that was tried.
    pub upstream: Option<UpstreamId>,
    /// The model as the upstream knows it, where that differs.
    pub served_as: Option<String>,
    /// The client's address.
    pub client: IpAddr,
    /// The status that the upstream answered with.
    pub status: Option<u16>,
    /// Whether the answer was an event stream.
    pub streamed: bool,
    /// How the call ended.
    pub ending: Ending,
    /// What was used.
    pub usage: Usage,
    /// Whether the usage is an estimate.
    pub estimated: bool,
    /// The price and the multiplier by which the cost was made.
    pub quote: Quote,
    /// What the call cost.
    pub cost: Credits,
    /// The part of the cost that nobody paid.
    pub uncovered: Credits,
    /// When the call came.
    pub started: Timestamp,
    /// From then to the first byte of the answer's body.
    pub first_byte: Option<Duration>,
    /// From then to the end.
    pub total: Duration,
}

/// Which receipts to list, the newest first. Filters that are `None` do not filter.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReceiptQuery {
    /// Of this token.
    pub token: Option<TokenId>,
    /// Of this account.
    pub account: Option<AccountId>,
    /// Older than this one: the last of the page before.
    pub before: Option<RequestId>,
    /// At most so many; 0 means 50, and 1000 is the most.
    pub limit: u32,
}

impl Store {
    /// The receipt of a call, if there is one yet, or still.
    ///
    /// # Errors
    /// Where the database does not answer, or the row is damaged.
    pub async fn receipt_fetch(
        &self,
        request: RequestId,
    ) -> Result<Option<StoredReceipt>, StoreError> {
        self.read(move |conn| Box::pin(list::fetch(conn, request)))
            .await
    }

    /// Lists receipts, the newest first.
    ///
    /// # Errors
    /// Where the database does not answer, or a row is damaged.
    pub async fn receipts_list(
        &self,
        query: ReceiptQuery,
    ) -> Result<Vec<StoredReceipt>, StoreError> {
        self.read(move |conn| Box::pin(list::list(conn, query)))
            .await
    }

    /// Deletes the receipts of calls that came before a moment, and says how many they were. Sums
    /// of them stay. Other writers come in between.
    ///
    /// A gateway that was away since then and settles such a call again would charge it again:
    /// keep receipts for longer than any gateway is away.
    ///
    /// # Errors
    /// Where the database does not answer; what was deleted until then stays deleted.
    pub async fn receipts_prune(&self, before: Timestamp) -> Result<u64, StoreError> {
        self.detached(move |inner| async move { prune::run(&inner.backend, before).await })
            .await
    }
}
