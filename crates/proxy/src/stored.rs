//! Responses that upstreams keep: whose they are, and what is asked of them later.
//!
//! They go back to the upstream that made them, for the token that made them alone. Nothing is
//! charged for it: answers in the background are refused, so all that was used was settled when the
//! response was made.

use std::sync::Arc;

use http::request::Parts;
use tollgate_policy::Target;
use tollgate_policy::bound::{Demand, Quote};
use tollgate_policy::endpoint::Endpoint;
use tollgate_policy::id::TokenId;
use tollgate_policy::plan::{Attempt, Plan};
use tollgate_policy::time::Timestamp;
use tollgate_rights::entry::Entry;
use tollgate_rights::responses::{Kept, Place, ResponseKey};
use tollgate_rights::source::Access;
use tollgate_wire::peek::{Peek, Previous};
use tollgate_wire::response_id::ResponseId;
use tollgate_wire::route::Stored;

use crate::admit::Caller;
use crate::arriving::Arriving;
use crate::bounded::BoundedBody;
use crate::data_plane::Proxy;
use crate::exchange::{Exchange, Reply};
use crate::forward::{Outgoing, Through, forward};
use crate::stop::Stop;
use crate::{admit, intake};

/// Waits for the id of a response that passes.
pub(crate) struct Learning {
    kept: Arc<Kept>,
    /// None until the answer begins.
    reader: Option<ResponseId>,
}

impl Learning {
    pub(crate) fn new(kept: &Arc<Kept>) -> Self {
        Self {
            kept: Arc::clone(kept),
            reader: None,
        }
    }

    /// Reads the next piece of the answer. Says whether the id was there, and is noted.
    pub(crate) fn read(
        &mut self,
        data: &[u8],
        events: bool,
        token: TokenId,
        place: Place,
        now: Timestamp,
    ) -> bool {
        let new = if events {
            ResponseId::events
        } else {
            ResponseId::body
        };
        let id = self.reader.get_or_insert_with(new).push(data);
        if let Some(id) = &id {
            self.kept.note(ResponseKey::new(token, id), place, now);
        }
        id.is_some()
    }
}

impl Proxy {
    /// A request for what an upstream keeps of a response.
    pub(crate) async fn stored(
        &self,
        exchange: &Arc<Exchange>,
        caller: &Caller,
        stored: &Stored<'_>,
        head: Parts,
        body: &mut Arriving,
    ) -> Result<Reply, Stop> {
        let (snapshot, entry) = (self.rights.snapshot(), &caller.entry);
        let target = Target::Gateway {
            endpoint: Endpoint::StoredResponses,
        };
        let permit = admit::decide(exchange, &snapshot, entry, target)?;
        intake::check_announced(&head, exchange.settings.body_bytes)?;
        let place = self.place(exchange, entry, &stored.id).await?;
        let place = place.filter(|place| permit.may_reach(place.upstream));
        let way = place.and_then(|place| Some((place, snapshot.access.get(&place.upstream)?)));
        let (place, access) =
            way.ok_or_else(|| Stop::NoResponse(stored.id.clone().into_owned()))?;
        let mut plan = Plan {
            attempts: vec![attempt(place, access)],
        };
        let call = self.open(
            exchange,
            caller,
            &permit,
            &mut plan,
            target,
            Demand::default(),
        );
        let call = call.await?;
        let body = std::mem::take(body);
        let body = BoundedBody::new(body, exchange.settings.body_bytes, &exchange.settings);
        let outgoing = Outgoing::Through(Through::of_vendor(stored.path, body));
        let upstreamed = forward(self.way(&snapshot, &plan), &head, outgoing, call).await?;
        Ok(self.pass_on(upstreamed))
    }

    /// Where the response is kept that this one goes on from, if it does.
    ///
    /// # Errors
    /// Where it is not known to be this token's: what another one was answered stays its own.
    pub(crate) async fn previous(
        &self,
        exchange: &Exchange,
        entry: &Entry,
        endpoint: Endpoint,
        peek: &Peek<'_>,
    ) -> Result<Option<Place>, Stop> {
        match &peek.kept.previous {
            Previous::Id(id) if reads_previous(endpoint) => {
                let place = self.place(exchange, entry, id).await?;
                place
                    .map(Some)
                    .ok_or_else(|| Stop::NoPrevious(id.clone().into_owned()))
            }
            Previous::Unreadable if reads_previous(endpoint) => Err(Stop::Malformed(
                "`previous_response_id` must be a string".to_owned(),
            )),
            _ => Ok(None),
        }
    }

    async fn place(
        &self,
        exchange: &Exchange,
        entry: &Entry,
        id: &str,
    ) -> Result<Option<Place>, Stop> {
        let token = entry.credential().principal.token.id;
        let key = ResponseKey::new(token, id);
        let place = self.responses.find(key, exchange.now).await;
        place.map_err(Stop::Rights)
    }
}

/// Whether an endpoint goes on from what an upstream keeps.
fn reads_previous(endpoint: Endpoint) -> bool {
    matches!(
        endpoint,
        Endpoint::Responses | Endpoint::CompactResponses | Endpoint::CountInputTokens
    )
}

/// Whether an upstream is going to keep the response.
pub(crate) fn is_kept(endpoint: Endpoint, peek: &Peek<'_>) -> bool {
    endpoint == Endpoint::Responses && !peek.kept.unkept
}

/// Tries first who keeps the response before.
pub(crate) fn prefer(plan: &mut Plan<'_>, place: Place) {
    let elsewhere = |attempt: &Attempt<'_>| {
        let is_there = attempt.upstream == place.upstream;
        let is_other = is_there && attempt.credential != place.credential;
        (!is_there, is_other)
    };
    plan.attempts.sort_by_key(elsewhere);
}

/// Nothing is charged for it. A credential that is gone is stood in for by another.
fn attempt(place: Place, access: &Access) -> Attempt<'static> {
    let mut known = access.credentials.iter().map(|one| one.id);
    let same = known.clone().find(|id| Some(*id) == place.credential);
    Attempt {
        upstream: place.upstream,
        credential: same.or_else(|| known.next()),
        model: None,
        sent_as: None,
        quote: Quote::free(),
    }
}

#[cfg(test)]
mod tests;
