//! How upstreams and their credentials do: what is put aside, and what is under way.

use std::collections::BTreeMap;
use std::fmt::Result;

use tollgate_connect::Stats;
use tollgate_policy::breaker::{Part, State};
use tollgate_policy::id::UpstreamId;
use tollgate_proxy::health::{Health, Seen};
use tollgate_rights::source::Snapshot;

use super::text::Text;

/// Connections to all upstreams.
pub(super) fn connections(text: &mut Text<'_>, stats: Stats) -> Result {
    let name = "tollgate_upstream_connections";
    let help = "Open connections to upstreams, by whether they serve a request";
    text.head("gauge", name, help)?;
    let busy = stats.open.saturating_sub(stats.idle);
    for (state, count) in [("idle", stats.idle), ("busy", busy)] {
        text.labelled(name, &[("state", state)], count)?;
    }
    let help = "Connections to upstreams that were made";
    text.counter("tollgate_upstream_connections_made", help, stats.made)?;
    let help = "Requests that were sent on a connection that had served another one";
    text.counter("tollgate_upstream_connections_reused", help, stats.reused)
}

/// One line for each upstream that was called, and for each of its credentials.
pub(super) fn write(text: &mut Text<'_>, health: &Health, snapshot: &Snapshot) -> Result {
    let (seen, names) = (health.snapshot(), names(snapshot));
    let breaker = "tollgate_breaker";
    let help = "Breaker of an upstream, or of its credential: 0 closed, 1 half open, 2 open";
    text.head("gauge", breaker, help)?;
    for one in &seen {
        let state = match one.state {
            State::Closed => 0,
            State::HalfOpen { .. } => 1,
            State::Open { .. } => 2,
        };
        let labels = labels(one, &names, snapshot);
        let labels = labels
            .each_ref()
            .map(|(label, value)| (*label, value.as_str()));
        text.labelled(breaker, &labels, state)?;
    }
    let in_flight = "tollgate_upstream_calls";
    text.head(
        "gauge",
        in_flight,
        "Calls that are under way at an upstream",
    )?;
    for one in seen.iter().filter(|one| one.part == Part::Upstream) {
        let [upstream, ..] = labels(one, &names, snapshot);
        let labels = [(upstream.0, upstream.1.as_str())];
        text.labelled(in_flight, &labels, one.in_flight)?;
    }
    Ok(())
}

/// An upstream that only serves a mounted path is known by its identity.
fn names(snapshot: &Snapshot) -> BTreeMap<UpstreamId, &str> {
    let routes = snapshot.catalog.offers().flat_map(|offer| &offer.routes);
    routes
        .map(|route| (route.upstream.id, route.upstream.name.as_str()))
        .collect()
}

fn labels(
    seen: &Seen,
    names: &BTreeMap<UpstreamId, &str>,
    snapshot: &Snapshot,
) -> [(&'static str, String); 2] {
    let upstream = names.get(&seen.upstream);
    let upstream = upstream.map_or_else(|| seen.upstream.to_string(), |&name| name.to_owned());
    let credential = match (seen.part, seen.credential) {
        (Part::Upstream, _) => String::new(),
        (Part::Credential, None) => "none".to_owned(),
        (Part::Credential, Some(id)) => {
            let access = snapshot.access.get(&seen.upstream);
            let known =
                access.and_then(|access| access.credentials.iter().find(|one| one.id == id));
            known.map_or_else(|| id.to_string(), |one| one.name.to_string())
        }
    };
    [("upstream", upstream), ("credential", credential)]
}
