//! What is left of a call: one log line, made at the end, from what the steps made.

use std::time::Duration;

use tollgate_policy::token::Principal;
use tollgate_rights::entry::Entry;
use tollgate_upkeep::refusals::{Caller, Refusals, RefusedCall};

use tollgate_ledger::receipt::Ending;

use crate::call::Call;
use crate::exchange::Exchange;
use crate::stop::Stop;

/// Records a call that was relayed, as far as it came.
pub(crate) fn ended(call: &Call, ending: Ending) {
    let Call {
        exchange,
        entry,
        subject,
        progress,
        settled,
        ..
    } = call;
    if let Some(trace) = exchange.trace.get() {
        trace.ended(call, ending);
    }
    let usage = settled.as_ref().map(|one| one.outcome.usage);
    let principal = &entry.credential().principal;
    tracing::info!(
        target: "access",
        request_id = %exchange.id,
        client = %exchange.client,
        method = %exchange.method,
        path = exchange.path,
        status = progress.answered.map(|(status, _)| status),
        token = %principal.token.id,
        account = %principal.account.id,
        endpoint = &*subject.endpoint,
        model = subject.model,
        upstream = call.upstream().map(display),
        ending = ending.name(),
        bytes = progress.bytes,
        input_tokens = usage.map(|usage| usage.input_tokens()),
        output_tokens = usage.map(|usage| usage.output_tokens()),
        estimated = settled.as_ref().map(|one| one.outcome.estimated),
        cost = settled.as_ref().map(|one| display(one.cost)),
        upstream_ms = progress.answered.map(|(_, after)| millis(after)),
        first_byte_ms = progress.first_byte.map(millis),
        total_ms = millis(exchange.started.elapsed()),
        "relayed"
    );
}

/// Records a call that the gateway answered itself.
pub(crate) fn answered(exchange: &Exchange, caller: Option<&Entry>, status: u16) {
    if let Some(trace) = exchange.trace.get() {
        trace.answered(status, None);
    }
    let principal = principal(caller);
    tracing::info!(
        target: "access",
        request_id = %exchange.id,
        client = %exchange.client,
        method = %exchange.method,
        path = exchange.path,
        status,
        token = principal.map(|principal| display(principal.token.id)),
        account = principal.map(|principal| display(principal.account.id)),
        total_ms = millis(exchange.started.elapsed()),
        "answered"
    );
}

/// Records a call that was refused or failed: for the operator in full.
pub(crate) fn stopped(
    refusals: &Refusals,
    exchange: &Exchange,
    caller: Option<&Entry>,
    stop: &Stop,
    status: u16,
) {
    let principal = principal(caller);
    let subject = stop.subject();
    let code = stop.code(exchange.now);
    refusals.refused(exchange.now, principal.map(who), code, |caller| {
        refused(exchange, caller, stop)
    });
    if let Some(trace) = exchange.trace.get() {
        trace.answered(status, Some(code));
    }
    let reasons = reasons(stop);
    tracing::info!(
        target: "access",
        request_id = %exchange.id,
        client = %exchange.client,
        method = %exchange.method,
        path = exchange.path,
        status,
        token = principal.map(|principal| display(principal.token.id)),
        account = principal.map(|principal| display(principal.account.id)),
        endpoint = subject.map(|subject| &*subject.endpoint),
        model = subject.and_then(|subject| subject.model.as_deref()),
        upstream = stop.upstream().map(display),
        code,
        reasons = (!reasons.is_empty()).then_some(reasons),
        total_ms = millis(exchange.started.elapsed()),
        "refused"
    );
}

fn who(principal: &Principal) -> Caller {
    Caller {
        token: principal.token.id,
        account: principal.account.id,
    }
}

/// A call as it is kept for those who ask why.
fn refused(exchange: &Exchange, caller: Caller, stop: &Stop) -> RefusedCall {
    let subject = stop.subject();
    let model = match stop {
        Stop::NoModel(model) => Some(model),
        _ => subject.and_then(|subject| subject.model.as_ref()),
    };
    RefusedCall {
        request: exchange.id.to_bytes(),
        at: exchange.now,
        caller,
        code: stop.code(exchange.now),
        reasons: reasons(stop),
        endpoint: subject.map(|subject| subject.endpoint.to_string()),
        model: model.cloned(),
        client: exchange.client,
    }
}

fn principal(caller: Option<&Entry>) -> Option<&Principal> {
    caller.map(|entry| &entry.credential().principal)
}

/// Every reason, for the operator; what a failure was caused by, down to its root.
fn reasons(stop: &Stop) -> String {
    match stop {
        Stop::Refused { refusal, .. } => {
            let each: Vec<String> = refusal.reasons().map(ToString::to_string).collect();
            each.join("; ")
        }
        Stop::Upstream(failed) => chain(&failed.error),
        Stop::Rights(error) => chain(error),
        Stop::Book(error) => chain(error),
        Stop::Malformed(sentence) => sentence.clone(),
        Stop::Overloaded { why, .. } => (*why).to_owned(),
        Stop::NoResponse(_) | Stop::NoPrevious(_) => {
            "no response of this name is known to be this token's".to_owned()
        }
        Stop::Fault(_) | Stop::NoModel(_) => String::new(),
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
