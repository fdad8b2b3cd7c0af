//! Receipts as they are shown.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use tollgate_policy::id::{AccountId, GroupId, TokenId, UpstreamId};
use tollgate_policy::price::Part;
use tollgate_store::receipt::StoredReceipt;

use super::Reference;

/// What a call used and cost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptView {
    /// The request id, as it stands in the call's answer and in the log.
    pub request: String,
    /// When the call came.
    pub at: String,
    /// Who called.
    pub token: Reference,
    /// Who paid.
    pub account: Reference,
    /// The tier.
    pub group: Reference,
    /// What was asked for: an endpoint such as `chat.completions`, or `mount/` and a prefix.
    pub endpoint: String,
    /// The model as the client named it; `null` for a mounted API.
    pub model: Option<String>,
    /// The model as the upstream knows it; `null` where it is the same.
    pub served_as: Option<String>,
    /// The upstream that answered, or the last that was tried; `null` where none was.
    pub upstream: Option<Reference>,
    /// The client's address.
    pub client: String,
    /// The status that the upstream answered with; `null` where it did not.
    pub status: Option<u16>,
    /// Whether the answer was an event stream.
    pub streamed: bool,
    /// How the call ended, such as `complete`.
    pub ending: String,
    /// What was used, by the names of price lists; sound as `second_micros`, in microseconds.
    pub usage: BTreeMap<String, u64>,
    /// Whether the usage is an estimate.
    pub estimated: bool,
    /// The price list that was charged by.
    pub price: String,
    /// What the group made of it.
    pub multiplier: String,
    /// What the call cost, in credits.
    pub cost: String,
    /// The part of the cost that nobody paid, in credits.
    pub uncovered: String,
    /// How long it took to the first byte of the answer, in milliseconds; `null` where none came.
    pub first_byte_ms: Option<u64>,
    /// How long it took in all, in milliseconds.
    pub total_ms: u64,
}

/// The names that things have now, by their ids.
pub(crate) struct Names {
    pub(crate) tokens: BTreeMap<TokenId, String>,
    pub(crate) accounts: BTreeMap<AccountId, String>,
    pub(crate) groups: BTreeMap<GroupId, String>,
    /// None where the caller may not see upstreams.
    pub(crate) upstreams: Option<BTreeMap<UpstreamId, String>>,
}

impl ReceiptView {
    /// By whom it was served is left out where `names` has no upstreams.
    pub(crate) fn new(stored: &StoredReceipt, names: &Names) -> Self {
        let upstreams = names.upstreams.as_ref();
        Self {
            request: stored.request.to_string(),
            at: stored.started.to_string(),
            token: reference(stored.token, &names.tokens),
            account: reference(stored.account, &names.accounts),
            group: reference(stored.group, &names.groups),
            endpoint: stored.endpoint.clone(),
            model: stored.model.clone(),
            served_as: upstreams.and(stored.served_as.clone()),
            upstream: upstreams.and_then(|names| Some(reference(stored.upstream?, names))),
            client: stored.client.to_string(),
            status: stored.status,
            streamed: stored.streamed,
            ending: stored.ending.name().to_owned(),
            usage: usage(stored),
            estimated: stored.estimated,
            price: stored.quote.price.to_string(),
            multiplier: stored.quote.multiplier.to_string(),
            cost: stored.cost.to_string(),
            uncovered: stored.uncovered.to_string(),
            first_byte_ms: stored.first_byte.map(millis),
            total_ms: millis(stored.total),
        }
    }
}

fn usage(stored: &StoredReceipt) -> BTreeMap<String, u64> {
    let used = Part::ALL.into_iter().filter_map(|part| {
        let units = part.units(&stored.usage);
        let name = match part {
            Part::Second => "second_micros",
            other => other.name(),
        };
        (units > 0).then(|| (name.to_owned(), units))
    });
    used.collect()
}

/// The name may be gone; the id is still right.
fn reference<T: Ord + Copy + ToString>(id: T, names: &BTreeMap<T, String>) -> Reference {
    let shown = id.to_string();
    Reference {
        name: names.get(&id).cloned().unwrap_or_else(|| shown.clone()),
        id: shown,
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
