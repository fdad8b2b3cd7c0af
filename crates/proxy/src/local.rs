//! Calls that the gateway answers itself: the models that a token may use.

use http::Response;
use tollgate_policy::catalog::Offer;
use tollgate_policy::reachable_models;
use tollgate_rights::entry::Entry;
use tollgate_rights::source::Snapshot;
use tollgate_wire::models;

use crate::answer::{self, ReplyBody};
use crate::exchange::Exchange;
use crate::stop::Stop;

/// `GET /v1/models`: only what this token may use.
pub(crate) fn list_models(
    exchange: &Exchange,
    snapshot: &Snapshot,
    entry: &Entry,
) -> Response<ReplyBody> {
    let offers = reachable_models(&snapshot.catalog, &entry.credential().principal);
    answer::json(exchange, models::list(offers.map(line)))
}

/// `GET /v1/models/{id}`: one answer for a model that is unknown and one that is not allowed.
pub(crate) fn one_model(
    exchange: &Exchange,
    snapshot: &Snapshot,
    entry: &Entry,
    name: &str,
) -> Result<Response<ReplyBody>, Stop> {
    let mut offers = reachable_models(&snapshot.catalog, &entry.credential().principal);
    match offers.find(|offer| offer.model.name.as_str() == name) {
        Some(offer) => Ok(answer::json(exchange, models::one(line(offer)))),
        None => Err(Stop::NoModel(name.to_owned())),
    }
}

fn line(offer: &Offer) -> models::Model<'_> {
    models::Model {
        id: offer.model.name.as_str(),
        owned_by: offer.model.provider.as_str(),
        created_seconds: offer.model.id.created().as_micros() / 1_000_000,
    }
}
