//! The span of a call, where a gateway sends traces: one a call, begun once its caller is known, so
//! that strangers can neither make spans nor choose their parents. How spans are joined to the traces
//! of others is known to whoever sends them.

use http::HeaderMap;
use tollgate_ledger::receipt::Ending;
use tollgate_rights::entry::Entry;
use tracing::field::{Empty, display};
use tracing::{Span, info_span};

use crate::call::Call;
use crate::exchange::Exchange;

/// How spans are joined to the traces of callers and upstreams.
#[derive(Debug, Clone, Copy)]
pub struct Propagation {
    /// Makes a span that was not entered yet a part of the trace that these headers name.
    pub adopt: fn(&Span, &HeaderMap),
    /// Names the span in these headers, in place of what they named.
    pub pass_on: fn(&Span, &mut HeaderMap),
}

/// The span of one call. It ends when this is dropped.
pub(crate) struct Trace {
    span: Span,
    propagation: Propagation,
}

impl Trace {
    pub(crate) fn begin(
        propagation: Propagation,
        exchange: &Exchange,
        entry: &Entry,
        headers: &HeaderMap,
    ) -> Self {
        let principal = &entry.credential().principal;
        let span = info_span!(
            target: "trace",
            "call",
            otel.kind = "server",
            otel.status_code = Empty,
            request_id = %exchange.id,
            method = %exchange.method,
            path = exchange.path,
            token = %principal.token.id,
            account = %principal.account.id,
            endpoint = Empty,
            model = Empty,
            upstream = Empty,
            status = Empty,
            ending = Empty,
            code = Empty,
            input_tokens = Empty,
            output_tokens = Empty,
        );
        (propagation.adopt)(&span, headers);
        Self { span, propagation }
    }

    /// Names the span to an upstream.
    pub(crate) fn pass_on(&self, headers: &mut HeaderMap) {
        (self.propagation.pass_on)(&self.span, headers);
    }

    /// A call was relayed, as far as it came.
    pub(crate) fn ended(&self, call: &Call, ending: Ending) {
        let span = &self.span;
        span.record("endpoint", &*call.subject.endpoint);
        if let Some(model) = &call.subject.model {
            span.record("model", model.as_str());
        }
        if let Some(upstream) = call.upstream() {
            span.record("upstream", display(upstream));
        }
        if let Some((status, _)) = call.progress.answered {
            span.record("status", status);
        }
        span.record("ending", ending.name());
        if let Some(settled) = &call.settled {
            let usage = settled.outcome.usage;
            span.record("input_tokens", usage.input_tokens());
            span.record("output_tokens", usage.output_tokens());
        }
        let is_fault = matches!(
            ending,
            Ending::Failed | Ending::UpstreamBroke | Ending::UpstreamSilent | Ending::Dropped
        );
        if is_fault {
            span.record("otel.status_code", "ERROR");
        }
    }

    /// The gateway answered by itself; `code` is why it refused, if it did.
    pub(crate) fn answered(&self, status: u16, code: Option<&str>) {
        self.span.record("status", status);
        if let Some(code) = code {
            self.span.record("code", code);
        }
        if status >= 500 {
            self.span.record("otel.status_code", "ERROR");
        }
    }
}
