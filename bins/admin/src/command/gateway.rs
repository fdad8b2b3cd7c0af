//! The commands of gateways.

use tollgate_admin_core::input::span::SpanFilter;
use tollgate_admin_core::{first_byte, gateway};

use super::cells::moment;
use crate::arguments::report::{GatewayCommand, Span};
use crate::failure::Failure;
use crate::output::Table;
use crate::session::Session;

pub(super) async fn run(command: GatewayCommand, session: &Session<'_>) -> Result<(), Failure> {
    match command {
        GatewayCommand::List => list(session).await,
        GatewayCommand::FirstBytes(span) => first_bytes(session, span).await,
    }
}

async fn list(session: &Session<'_>) -> Result<(), Failure> {
    let found = gateway::list(&session.context).await?;
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(&found)?);
    }
    let mut table = Table::new([
        "host",
        "address",
        "state",
        "version",
        "revision",
        "behind",
        "open calls",
        "runs since",
        "last heard",
    ]);
    for one in &found {
        table.row([
            one.host.clone(),
            one.address.clone(),
            one.state.clone(),
            one.version.clone(),
            one.revision.to_string(),
            one.behind.to_string(),
            one.open_calls.to_string(),
            moment(&one.started_at),
            moment(&one.seen_at),
        ]);
    }
    Ok(output.table(&table)?)
}

async fn first_bytes(session: &Session<'_>, span: Span) -> Result<(), Failure> {
    let filter = SpanFilter {
        from: span.from,
        to: span.to,
        by: span.by,
    };
    let report = first_byte::report(&session.context, &filter).await?;
    let output = session.output;
    if output.is_json() {
        return Ok(output.document(&report)?);
    }
    let mut table = Table::new(["from", "calls", "median ms", "90 % ms", "99 % ms"]);
    for one in &report.rows {
        let times = [one.p50_ms, one.p90_ms, one.p99_ms].map(|time| format!("{time:.1}"));
        let [p50, p90, p99] = times;
        table.row([moment(&one.from), one.calls.to_string(), p50, p90, p99]);
    }
    Ok(output.table(&table)?)
}
