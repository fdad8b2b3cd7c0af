//! Reports of what was used, and making old ones small.

use serde::Deserialize;
use tollgate_policy::id::{GroupId, UpstreamId};
use tollgate_policy::time::Timestamp;
use tollgate_store::usage::{Day, Dimension, UsageQuery};

use crate::access::Deed;
use crate::context::Context;
use crate::error::AdminError;
use crate::input::{parsed, period, shortened};
use crate::view::usage::{PrunedView, ReportView};
use crate::{account, group, token, upstream};

/// What a receipt is kept for at least: a gateway that was away for longer and settles its calls
/// again would charge them again.
const SHORTEST: &str = "7d";

/// Which usage to sum up, as it is written. What is missing does not filter; all others must fit.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default)]
pub struct UsageFilter {
    /// By what: `day`, `month`, `token`, `account`, `group`, `model`, `upstream`, `creator`; one
    /// total if empty.
    pub by: Vec<String>,
    /// Of this day (UTC) and later ones, such as `2026-11-01`; a duration means that long ago.
    pub from: Option<String>,
    /// Of this day and earlier ones.
    pub to: Option<String>,
    /// Of this token, by name or id.
    pub token: Option<String>,
    /// Of this account, by name or id.
    pub account: Option<String>,
    /// Of this group, by name or id.
    pub group: Option<String>,
    /// Of this model, as clients name it.
    pub model: Option<String>,
    /// Of this upstream, by name or id.
    pub upstream: Option<String>,
    /// Of the tokens of exactly this creator.
    pub creator: Option<String>,
    /// At most so many rows; all if missing.
    pub limit: Option<u32>,
}

/// For how long to keep what, as it is written. What is missing is kept.
#[derive(Debug, Clone, Default, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct PruneInput {
    /// Receipts of single calls, such as `90d`; at least `7d`.
    pub keep_receipts: Option<String>,
    /// Sums of single days, such as `400d`; the sums of older months stay.
    pub keep_days: Option<String>,
}

/// Sums up what was used.
///
/// # Errors
/// Where a filter cannot be used, or names something that is not there.
pub async fn report(context: &Context, filter: &UsageFilter) -> Result<ReportView, AdminError> {
    context.allow(Deed::ReadUsage, None)?;
    let now = context.now();
    let by = filter.by.iter().map(|text| dimension(text.trim()));
    let by: Vec<Dimension> = by.collect::<Result<_, _>>()?;
    let mut query = UsageQuery {
        by: by.clone(),
        from: day("from", filter.from.as_deref(), now)?,
        to: day("to", filter.to.as_deref(), now)?,
        model: filter.model.clone(),
        creator: filter.creator.clone(),
        limit: filter.limit,
        ..UsageQuery::default()
    };
    if let Some(which) = &filter.token {
        query.token = Some(token::id(context, which).await?);
    }
    if let Some(which) = &filter.account {
        query.account = Some(account::id(context, which).await?);
    }
    // Whatever was asked for: nobody is shown more than their account, nor by whom it is served.
    query.account = context.confined_to().or(query.account);
    if filter.upstream.is_some() || by.contains(&Dimension::Upstream) {
        context.allow(Deed::ReadUpstreams, None)?;
    }
    if let Some(which) = &filter.group {
        query.group = Some(match which.parse::<GroupId>() {
            Ok(id) => id,
            Err(_) => group::find(context, which).await?.group.id,
        });
    }
    if let Some(which) = &filter.upstream {
        query.upstream = Some(match which.parse::<UpstreamId>() {
            Ok(id) => id,
            Err(_) => upstream::find(context, which).await?.upstream.id,
        });
    }
    let (from, to) = (query.from, query.to);
    let rows = context.store().usage(query).await?;
    Ok(ReportView::new(&by, (from, to), &rows))
}

/// Deletes receipts that are older than they are kept, and sums up old days by their months. The
/// audit log says up to when, and how many rows.
///
/// # Errors
/// Where nothing is named, or a duration cannot be used. Where the store fails, what was done
/// before stays.
pub async fn prune(context: &Context, input: &PruneInput) -> Result<PrunedView, AdminError> {
    context.allow(Deed::ChangeSettings, None)?;
    let now = context.now();
    let kept = |field, text: Option<&str>| -> Result<Option<Timestamp>, AdminError> {
        let length = text.map(|text| period::duration(field, text)).transpose()?;
        Ok(length.map(|length| now.minus(length)))
    };
    let receipts = kept("keep_receipts", input.keep_receipts.as_deref())?;
    let days = kept("keep_days", input.keep_days.as_deref())?;
    let shortest = now.minus(period::duration("keep_receipts", SHORTEST)?);
    if receipts.is_some_and(|before| before > shortest) {
        let problem = format!(
            "receipts are kept for at least {SHORTEST}, so that a gateway that was away does not charge a call again"
        );
        return Err(AdminError::invalid("keep_receipts", problem));
    }
    if receipts.is_none() && days.is_none() {
        let problem = "say for how long receipts are kept, or sums of days, such as `90d`";
        return Err(AdminError::invalid("keep_receipts", problem));
    }
    let (store, actor) = (context.store(), context.actor());
    let mut pruned = PrunedView {
        receipts: 0,
        days: 0,
    };
    if let Some(before) = receipts {
        pruned.receipts = store.usage_prune(actor, before, now).await?;
    }
    if let Some(before) = days {
        pruned.days = store.usage_sum_up(actor, Day::of(before), now).await?;
    }
    Ok(pruned)
}

fn dimension(text: &str) -> Result<Dimension, AdminError> {
    Dimension::from_name(text).ok_or_else(|| {
        let known = Dimension::ALL.map(|one| format!("`{}`", one.name()));
        let seen = shortened(text);
        let problem = format!("`{seen}` is not one of {}", known.join(", "));
        AdminError::invalid("by", problem)
    })
}

fn day(field: &'static str, text: Option<&str>, now: Timestamp) -> Result<Option<Day>, AdminError> {
    let Some(text) = text else {
        return Ok(None);
    };
    match period::duration(field, text) {
        Ok(length) => Ok(Some(Day::of(now.minus(length)))),
        Err(_) => parsed(field, text).map(Some),
    }
}
