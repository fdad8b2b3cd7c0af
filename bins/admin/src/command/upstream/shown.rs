//! Tables of upstreams.

use tollgate_admin_core::view::upstream::{CredentialView, ServedView, TestView, UpstreamView};

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
        ("credential", credential(upstream)),
        ("serves", serves(upstream)),
        ("price", price(upstream)),
        ("groups", groups(upstream)),
        ("priority", upstream.priority.to_string()),
        ("weight", upstream.weight.to_string()),
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
        "name", "id", "state", "dialect", "base URL", "serves", "groups", "priority", "weight",
    ]);
    for upstream in upstreams {
        table.row([
            upstream.name.clone(),
            upstream.id.clone(),
            state(upstream.enabled),
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
    let result = if tested.passed { "passed" } else { "failed" };
    let table = Table::properties([
        (
            "upstream",
            format!("{} ({})", tested.upstream.name, tested.upstream.id),
        ),
        ("call", tested.url.clone()),
        ("model", or(tested.model.as_ref(), "none")),
        ("result", result.to_owned()),
        ("status", or(tested.status.as_ref(), "no answer")),
        ("time", format!("{} ms", tested.latency_ms)),
        ("problem", or(tested.problem.as_ref(), "none")),
    ]);
    Ok(output.table(&table)?)
}

fn credential(upstream: &UpstreamView) -> String {
    let source = match &upstream.credential {
        CredentialView::None => return "none".to_owned(),
        CredentialView::Env { variable } => format!("from the variable {variable}"),
        CredentialView::Sealed => "sealed in the database".to_owned(),
    };
    format!("{source}, sent as {}", upstream.carrier)
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
