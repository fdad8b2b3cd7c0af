//! Calls that the gateway answers itself: the models that a token may use, and what is left on it.

use http::Response;
use http::request::Parts;
use tollgate_ledger::statement::{Statement, Statements};
use tollgate_policy::catalog::Offer;
use tollgate_policy::credits::Credits;
use tollgate_policy::endpoint::Dialect;
use tollgate_policy::limit::Rate;
use tollgate_policy::period::Unit;
use tollgate_policy::quota::Balance;
use tollgate_policy::reachable_models;
use tollgate_policy::time::Timestamp;
use tollgate_policy::token::Principal;
use tollgate_rights::entry::Entry;
use tollgate_rights::source::Snapshot;
use tollgate_wire::answer::Fault;
use tollgate_wire::key_info::{self, KeyInfo, Resets};
use tollgate_wire::models;
use tollgate_wire::route::SelfService;

use crate::answer::{self, ReplyBody};
use crate::exchange::Exchange;
use crate::stop::Stop;

/// The dialect in which models are listed: Anthropic's clients ask on OpenAI's path.
pub(crate) fn form(exchange: &Exchange, head: &Parts) -> Dialect {
    let is_anthropic = head.headers.contains_key("anthropic-version");
    models::form(exchange.dialect, is_anthropic)
}

/// `GET /v1/models`: only what this token may use.
pub(crate) fn list_models(
    exchange: &Exchange,
    form: Dialect,
    snapshot: &Snapshot,
    entry: &Entry,
) -> Response<ReplyBody> {
    let offers = reachable_models(&snapshot.catalog, &entry.credential().principal);
    answer::json(exchange, models::list_in(form, offers.map(line)))
}

/// `GET /v1/models/{id}`: one answer for a model that is unknown and one that is not allowed.
pub(crate) fn one_model(
    exchange: &Exchange,
    form: Dialect,
    snapshot: &Snapshot,
    entry: &Entry,
    name: &str,
) -> Result<Response<ReplyBody>, Stop> {
    let mut offers = reachable_models(&snapshot.catalog, &entry.credential().principal);
    match offers.find(|offer| offer.model.name.as_str() == name) {
        Some(offer) => Ok(answer::json(exchange, models::one_in(form, line(offer)))),
        None => Err(Stop::NoModel(name.to_owned())),
    }
}

/// `GET /v1/key` and the billing routes: what is left on this token.
pub(crate) async fn self_service(
    exchange: &Exchange,
    statements: &dyn Statements,
    entry: &Entry,
    page: SelfService,
) -> Result<Response<ReplyBody>, Stop> {
    let token = entry.credential().principal.token.id;
    let statement = statements.statement(token, exchange.now).await;
    let statement = statement.map_err(Stop::Book)?;
    // Deleted since its secret was looked up.
    let statement = statement.ok_or(Fault::UnknownCredential)?;
    let Statement {
        principal,
        today,
        this_week,
        this_month,
    } = &statement;
    let (limit, remaining, resets) = limit_of(principal, exchange.now);
    let info = KeyInfo {
        label: principal.token.name.as_str(),
        limit,
        remaining,
        used: principal.spent.lifetime.used,
        used_today: *today,
        used_this_week: *this_week,
        used_this_month: *this_month,
        resets,
        expires_at: principal.token.expires_at,
        requests_per_minute: principal.token.limits.requests.map(Rate::per_minute),
    };
    let body = match page {
        SelfService::Key => key_info::key(&info),
        SelfService::Subscription => key_info::subscription(&info),
        SelfService::Usage => key_info::usage(&info),
    };
    Ok(answer::json(exchange, body))
}

/// The limit that is nearest to its end: what may be spent, what was not spent of it, and how often
/// it begins anew. What gateways hold counts as not spent: most of it comes back.
fn limit_of(
    principal: &Principal,
    now: Timestamp,
) -> (Option<Credits>, Option<Credits>, Option<Resets>) {
    let Principal {
        token,
        account,
        spent,
        account_spent,
    } = principal;
    let funds = account.funds.quota();
    let mut nearest: Option<(Balance, Option<Resets>)> = None;
    for (quota, spent) in [(&token.quota, spent), (&funds, account_spent)] {
        let lifetime = quota.lifetime_balance(spent).map(|balance| (balance, None));
        let resets = quota
            .periodic
            .as_ref()
            .and_then(|one| resets(one.period.unit));
        let periodic = quota.periodic_balance(spent, now);
        let periodic = periodic.map(|(balance, _)| (balance, resets));
        for found in [lifetime, periodic].into_iter().flatten() {
            let is_nearer = nearest.is_none_or(|(one, _)| unspent(&found.0) < unspent(&one));
            if is_nearer {
                nearest = Some(found);
            }
        }
    }
    nearest.map_or((None, None, None), |(balance, resets)| {
        let remaining = unspent(&balance).max(Credits::ZERO);
        (Some(balance.limit), Some(remaining), resets)
    })
}

fn unspent(balance: &Balance) -> Credits {
    let Balance { limit, spent } = balance;
    let micros = limit.as_micros().saturating_sub(spent.used.as_micros());
    Credits::from_micros(micros)
}

/// Hours have no word there.
fn resets(unit: Unit) -> Option<Resets> {
    match unit {
        Unit::Hour => None,
        Unit::Day => Some(Resets::Daily),
        Unit::Week => Some(Resets::Weekly),
        Unit::Month => Some(Resets::Monthly),
    }
}

fn line(offer: &Offer) -> models::Model<'_> {
    models::Model {
        id: offer.model.name.as_str(),
        owned_by: offer.model.provider.as_str(),
        created_seconds: offer.model.id.created().as_micros() / 1_000_000,
    }
}
