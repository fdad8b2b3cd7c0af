//! The trace that a caller began (`traceparent`, W3C Trace Context): taken over from a request, and
//! passed on to an upstream.

use http::{HeaderMap, HeaderName, HeaderValue};
use opentelemetry::propagation::{Extractor, Injector, TextMapPropagator};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tollgate_proxy::trace::Propagation;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// For the data plane.
pub(crate) const PROPAGATION: Propagation = Propagation { adopt, pass_on };

/// Makes the span of a call a part of the trace that its caller began, if there is one. To be called
/// before the span is entered.
pub(crate) fn adopt(span: &Span, headers: &HeaderMap) {
    let context = TraceContextPropagator::new().extract(&Read(headers));
    // A span that is not sent has no parent.
    let _ = span.set_parent(context);
}

/// Puts the span of a call, as the parent, in the place of what the caller sent. What the caller sent
/// stays where the call is not traced.
pub(crate) fn pass_on(span: &Span, headers: &mut HeaderMap) {
    TraceContextPropagator::new().inject_context(&span.context(), &mut Write(headers));
}

struct Read<'a>(&'a HeaderMap);

struct Write<'a>(&'a mut HeaderMap);

impl Extractor for Read<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.to_str().ok()
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(HeaderName::as_str).collect()
    }
}

impl Injector for Write<'_> {
    fn set(&mut self, key: &str, value: String) {
        let name = HeaderName::try_from(key);
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value)) {
            // Also an empty `tracestate`, which is the same as none.
            if value.is_empty() {
                self.0.remove(name);
            } else {
                self.0.insert(name, value);
            }
        }
    }
}
