//! Lines of JSON in which an error has all of its causes: by itself the library that writes them
//! tells the outermost one alone.

use std::error::Error;
use std::fmt;

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{Format, Json, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, format};
use tracing_subscriber::registry::LookupSpan;

use crate::failure::sentence;

/// Writes what the library does, and completes the errors in it.
#[derive(Debug)]
pub(super) struct WithCauses(Format<Json>);

/// Errors that have causes: as they are written, and as they are to be.
#[derive(Default)]
struct Errors(Vec<(String, String)>);

impl WithCauses {
    pub(super) fn new() -> Self {
        Self(format().json().flatten_event(true))
    }
}

impl<S, N> FormatEvent<S, N> for WithCauses
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut errors = Errors::default();
        event.record(&mut errors);
        if errors.0.is_empty() {
            return self.0.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.0
            .format_event(context, Writer::new(&mut line), event)?;
        for (written, whole) in errors.0 {
            // No text of another field can look like it: quotes in a text are escaped.
            line = line.replacen(&written, &whole, 1);
        }
        writer.write_str(&line)
    }
}

impl Visit for Errors {
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}

    fn record_error(&mut self, field: &Field, error: &(dyn Error + 'static)) {
        if error.source().is_some() {
            let written = entry(field, &error.to_string());
            self.0.push((written, entry(field, &sentence(error))));
        }
    }
}

fn entry(field: &Field, text: &str) -> String {
    format!("{}:{}", Value::from(field.name()), Value::from(text))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::fmt::layer;
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::registry;

    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the \"file\" cannot be used")]
    struct Outer(#[source] Middle);

    #[derive(Debug, thiserror::Error)]
    #[error("`a` cannot be read")]
    struct Middle(#[source] io::Error);

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn told(tell: impl FnOnce()) -> String {
        let lines = Lines::default();
        let to = lines.clone();
        let layer = layer().json().with_writer(move || to.clone());
        let subscriber = registry().with(layer.event_format(WithCauses::new()));
        tracing::subscriber::with_default(subscriber, tell);
        let line = lines.0.lock().unwrap().clone();
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn an_error_is_told_with_all_of_its_causes() {
        let error = Outer(Middle(io::Error::other("no\nway")));
        let line = told(|| {
            let decoy = r#""error":"the \"file\" cannot be used""#;
            let error = &error as &dyn Error;
            tracing::error!(decoy, port = 7, error, "a message");
        });
        let (_, line) = line.split_once(r#","level""#).unwrap();
        assert_eq!(
            line,
            concat!(
                r#":"ERROR","message":"a message","decoy":"\"error\":\"the \\\"file\\\" cannot be used\"","#,
                r#""port":7,"error":"the \"file\" cannot be used: `a` cannot be read: no\nway","#,
                r#""target":"tollgate_gateway::telemetry::causes::tests"}"#,
                "\n"
            )
        );
    }

    #[test]
    fn an_error_without_a_cause_is_told_as_it_is() {
        let error = io::Error::other("no way");
        let line = told(|| tracing::error!(error = &error as &dyn Error, "a message"));
        assert!(line.contains(r#","error":"no way","target":"#), "{line}");
    }
}
