//! Log lines, access lines and traces. Nothing that is told anywhere holds a secret.

mod access;
mod causes;
mod collector;
pub(crate) mod propagation;
pub(crate) mod traces;

use std::sync::Arc;

use tracing::{Level, Metadata};
use tracing_subscriber::filter::{EnvFilter, FilterExt, ParseError, filter_fn};
use tracing_subscriber::layer::{Layer, SubscriberExt};
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Registry, fmt, registry};

use crate::cli::LogFormat;
use crate::config::{self, Config};
use crate::failure::Failure;

pub(crate) use self::access::AccessLog;
use self::causes::WithCauses;
use self::traces::Traces;

/// Libraries that see what clients send before their secrets are taken out of it. Whoever can connect
/// can have them warn of something, as often as he likes.
const BEFORE_CREDENTIALS: [&str; 4] = ["h2", "hyper", "hyper_util", "rustls"];
/// The target of the line that each call leaves.
const ACCESS: &str = "access";
/// The target of the spans that become traces. They are no business of the log, so that they cost
/// nothing where there are no traces.
const TRACE: &str = "trace";

/// What is told, and where it can be turned.
pub(crate) struct Telemetry {
    filter: Handle<EnvFilter, Registry>,
    access: Option<Arc<AccessLog>>,
    traces: Option<Traces>,
}

type BoxedLayer = Box<dyn Layer<Registry> + Send + Sync>;

impl Telemetry {
    /// Starts to tell, for the whole process, as the configuration wants it.
    ///
    /// # Errors
    /// Where the filter cannot be understood, the access log cannot be opened, or nothing can be
    /// sent to the collector of traces.
    pub(crate) fn start(config: &Config) -> Result<Self, Failure> {
        let (filter, handle) = reload::Layer::new(parse(&config.log)?);
        let mut layers = vec![log(filter, config.log_format)];
        let access = config.access_log.as_ref().map(access_layer).transpose()?;
        let access = access.map(|(log, layer)| {
            layers.push(layer);
            Arc::new(log)
        });
        let traces = config.traces.as_ref().map(Traces::start).transpose()?;
        layers.extend(traces.as_ref().map(Traces::layer));
        // A second start, in tests, is without effect.
        let _ = registry().with(layers).try_init();
        Ok(Self {
            filter: handle,
            access,
            traces,
        })
    }

    /// Has the log follow another filter from now on.
    pub(crate) fn filter(&self, filter: &str) -> Result<(), Failure> {
        let filter = parse(filter)?;
        self.filter
            .reload(filter)
            .map_err(|error| Failure::start("the log filter cannot be changed", error))
    }

    /// The access log, where there is one.
    pub(crate) fn access(&self) -> Option<&Arc<AccessLog>> {
        self.access.as_ref()
    }

    /// Writes and sends what waits. Blocks for a bounded time.
    pub(crate) fn end(&self) {
        if let Some(traces) = &self.traces {
            traces.end();
        }
        if let Some(access) = &self.access {
            access.end();
        }
    }
}

fn log(filter: reload::Layer<EnvFilter, Registry>, format: LogFormat) -> BoxedLayer {
    let filter = filter.and(filter_fn(is_safe));
    let lines = fmt::layer().with_writer(std::io::stderr);
    match format {
        LogFormat::Json => {
            let lines = lines.json().event_format(WithCauses::new());
            lines.with_filter(filter).boxed()
        }
        LogFormat::Text => lines.with_ansi(false).with_filter(filter).boxed(),
    }
}

fn access_layer(config: &config::AccessLog) -> Result<(AccessLog, BoxedLayer), Failure> {
    let (log, writer) = AccessLog::open(config)?;
    let lines = fmt::layer().json().flatten_event(true);
    let lines = lines.with_current_span(false).with_span_list(false);
    let lines = lines.with_target(false).with_level(false);
    let filter = filter_fn(|metadata| metadata.target() == ACCESS && metadata.is_event());
    Ok((log, lines.with_writer(writer).with_filter(filter).boxed()))
}

/// Understands a filter of log lines.
pub(crate) fn parse(filter: &str) -> Result<EnvFilter, Failure> {
    let parsed: Result<_, ParseError> = EnvFilter::builder().parse(filter);
    parsed
        .map_err(|error| Failure::start(format!("the log filter `{filter}` cannot be used"), error))
}

/// What no filter of an operator can switch on: what those libraries say of less than an error.
fn is_safe(metadata: &Metadata<'_>) -> bool {
    let library = metadata.target().split("::").next().unwrap_or_default();
    let is_detail = *metadata.level() > Level::ERROR;
    metadata.target() != TRACE && !(is_detail && BEFORE_CREDENTIALS.contains(&library))
}
