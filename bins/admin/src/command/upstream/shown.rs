//! Tables of upstreams.

use tollgate_admin_core::view::upstream::{
    AsideView, CredentialView, ServedView, TestView, UpstreamView,
};

use crate::command::cells::{list, moment, or, state};
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) fn one(session: &Session<'_>, upstream: &UpstreamView) -> Result<(), Failure> {
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(upstream)?);
    }
    let table = Table::properties([
        ("name", upstream.name.clone()),
        ("id", upstream.id.clone()),
        ("state", state(upstream.enabled)),
        ("provider", upstream.provider.clone()),
        ("dialect", upstream.dialect.clone()),
        ("base URL", upstream.base_url.clone()),
        ("credentials", credentials_of(upstream)),
        ("put aside", put_aside(upstream)),
        ("serves", serves(upstream)),
        ("price", price(upstream)),
        ("groups", groups(upstream)),
        ("priority", upstream.priority.to_string()),
        ("weight", upstream.weight.to_string()),
        ("sticky", yes(upstream.sticky)),
        ("headers", pairs(&upstream.headers)),
        ("parameters", pairs(&upstream.parameters)),
        ("own CA", yes(upstream.own_ca)),
        ("proxy", or(upstream.proxy.as_ref(), "none")),
        ("private network", yes(upstream.allow_private)),
        ("HTTP/2", upstream.http2.clone()),
        ("retry on", upstream.retry_on.clone()),
        ("note", upstream.note.clone()),
        ("created", moment(&upstream.created_at)),
        ("changed", moment(&upstream.updated_at)),
    ]);
    output.table(&table)?;
    for warning in &upstream.warnings {
        output.notice(&format!("warning: {warning}"));
    }
    Ok(())
}

pub(super) fn all(session: &Session<'_>, upstreams: &[UpstreamView]) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(&upstreams)?);
    }
    let mut table = Table::new([
        "name",
        "id",
        "state",
        "put aside",
        "dialect",
        "base URL",
        "serves",
        "groups",
        "priority",
        "weight",
    ]);
    for upstream in upstreams {
        table.row([
            upstream.name.clone(),
            upstream.id.clone(),
            state(upstream.enabled),
            put_aside(upstream),
            upstream.dialect.clone(),
            upstream.base_url.clone(),
            serves(upstream),
            groups(upstream),
            upstream.priority.to_string(),
            upstream.weight.to_string(),
        ]);
    }
    let table = table.optional(&["weight", "priority", "groups", "dialect"]);
    Ok(session.output.table(&table)?)
}

pub(super) fn tested(session: &Session<'_>, tested: &TestView) -> Result<(), Failure> {
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(tested)?);
    }
    let (name, id) = (&tested.upstream.name, &tested.upstream.id);
    let asked = match &tested.model {
        Some(model) => format!(" for the model {model}"),
        None => String::new(),
    };
    output.notice(&format!("Asked {name} ({id}) at {}{asked}.", tested.url));
    let mut table = Table::new(["credential", "result", "status", "time", "problem"]);
    for call in &tested.calls {
        let result = if call.passed { "passed" } else { "failed" };
        table.row([
            or(call.credential.as_ref(), "none"),
            result.to_owned(),
            or(call.status.as_ref(), "no answer"),
            format!("{} ms", call.latency_ms),
            or(call.problem.as_ref(), "none"),
        ]);
    }
    Ok(output.table(&table)?)
}

pub(super) fn credentials(session: &Session<'_>, upstream: &UpstreamView) -> Result<(), Failure> {
    if session.output.is_json() {
        return Ok(session.output.document(&upstream.credentials)?);
    }
    let mut table = Table::new(["name", "id", "state", "source", "put aside", "created"]);
    for one in &upstream.credentials {
        let aside = |aside: &&AsideView| aside.credential.as_ref() == Some(&one.name);
        let aside: Vec<_> = upstream.put_aside.iter().filter(aside).map(why).collect();
        table.row([
            one.name.clone(),
            one.id.clone(),
            state(one.enabled),
            source(one),
            aside.join("; "),
            moment(&one.created_at),
        ]);
    }
    Ok(session.output.table(&table)?)
}

fn credentials_of(upstream: &UpstreamView) -> String {
    if upstream.credentials.is_empty() {
        return "none".to_owned();
    }
    let shown = upstream.credentials.iter().map(|one| {
        let state = if one.enabled { "" } else { ", disabled" };
        format!("{} ({}{state})", one.name, source(one))
    });
    let shown: Vec<_> = shown.collect();
    format!("{}, sent as {}", shown.join(", "), upstream.carrier)
}

fn source(credential: &CredentialView) -> String {
    match &credential.variable {
        Some(variable) => format!("from the variable {variable}"),
        None => "sealed in the database".to_owned(),
    }
}

/// What of an upstream is out, and why, by gateway.
fn put_aside(upstream: &UpstreamView) -> String {
    let shown: Vec<_> = upstream.put_aside.iter().map(why).collect();
    if shown.is_empty() {
        return "nothing".to_owned();
    }
    shown.join("; ")
}

fn why(aside: &AsideView) -> String {
    let what = match &aside.credential {
        Some(name) => format!("credential {name}"),
        None => "all of it".to_owned(),
    };
    let gateway: String = aside.gateway.chars().take(8).collect();
    let until = match &aside.until {
        Some(until) => format!(" until {}", moment(until)),
        None => String::new(),
    };
    let (state, reason) = (&aside.state, &aside.reason);
    format!("{what} {state} at {gateway}: {reason}{until}")
}

fn pairs(list: &[(String, String)]) -> String {
    if list.is_empty() {
        return "none".to_owned();
    }
    let shown: Vec<_> = list
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    shown.join(", ")
}

fn yes(said: bool) -> String {
    let word = if said { "yes" } else { "no" };
    word.to_owned()
}

fn serves(upstream: &UpstreamView) -> String {
    match (&upstream.mount, &upstream.models) {
        (Some(prefix), _) => format!("/{prefix}/…"),
        (None, Some(models)) => {
            let named: Vec<_> = models.iter().map(served).collect();
            list(Some(&named))
        }
        (None, None) => "nothing".to_owned(),
    }
}

fn price(upstream: &UpstreamView) -> String {
    match (&upstream.price, &upstream.mount) {
        (Some(price), _) => price.clone(),
        (None, Some(_)) => "unknown".to_owned(),
        (None, None) => "that of each model".to_owned(),
    }
}

fn served(model: &ServedView) -> String {
    match &model.sent_as {
        Some(theirs) => format!("{}={theirs}", model.name),
        None => model.name.clone(),
    }
}

fn groups(upstream: &UpstreamView) -> String {
    let names = upstream.groups.as_ref();
    let names: Option<Vec<_>> =
        names.map(|groups| groups.iter().map(|group| group.name.clone()).collect());
    list(names.as_ref())
}
