//! Traces by OTLP over HTTP: spans with the target `trace` are sent to a collector in batches.

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use opentelemetry::KeyValue;
use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Layer;

use super::collector::Collector;
use super::{BoxedLayer, TRACE};
use crate::config;
use crate::failure::Failure;
use crate::gateway::environment;

/// How long a collector may take, with all of its answer.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// How long the end of the gateway may wait for a collector.
const LAST: Duration = Duration::from_secs(2);

/// Traces that are being sent.
pub(super) struct Traces {
    provider: SdkTracerProvider,
}

impl Traces {
    /// Starts to send. Needs a tokio runtime.
    pub(super) fn start(config: &config::Traces) -> Result<Self, Failure> {
        let exporter = exporter(config)?;
        let sampler = Sampler::TraceIdRatioBased(config.sampling_ratio);
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(Sampler::ParentBased(Box::new(sampler)))
            .with_resource(resource())
            .build();
        Ok(Self { provider })
    }

    pub(super) fn layer(&self) -> BoxedLayer {
        tracing_opentelemetry::layer()
            .with_tracer(self.provider.tracer("tollgate"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|metadata| metadata.target() == TRACE))
            .boxed()
    }

    /// Sends what waits.
    pub(super) fn end(&self) {
        if let Err(error) = self.provider.shutdown_with_timeout(LAST) {
            tracing::warn!(
                error = &error as &dyn Error,
                "the last traces could not be sent"
            );
        }
    }
}

/// What keeps traces from being sent as the configuration says. Sends nothing. Needs a tokio runtime.
pub(crate) fn check(config: &config::Traces) -> Result<(), Failure> {
    exporter(config).map(drop)
}

fn exporter(config: &config::Traces) -> Result<SpanExporter, Failure> {
    let collector = Collector::new(&config.endpoint).map_err(failed)?;
    SpanExporter::builder()
        .with_http()
        .with_http_client(collector)
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(address(config))
        .with_headers(headers(config)?)
        .with_timeout(PATIENCE)
        .build()
        .map_err(failed)
}

fn failed(error: impl Error + Send + Sync + 'static) -> Failure {
    Failure::start("traces cannot be sent to `traces.endpoint`", error)
}

fn address(config: &config::Traces) -> String {
    let base = config.endpoint.as_str().trim_end_matches('/');
    format!("{base}/v1/traces")
}

/// They may be secrets, so they are not in the configuration.
fn headers(config: &config::Traces) -> Result<HashMap<String, String>, Failure> {
    let Some(name) = &config.headers_env else {
        return Ok(HashMap::new());
    };
    let text = environment(name).unwrap_or_default();
    let pairs = text.split(',').map(|pair| pair.split_once('='));
    let pairs: Option<_> = pairs
        .map(|pair| pair.map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned())))
        .collect();
    pairs.ok_or_else(|| {
        let what = format!("the headers of `traces.headers_env` cannot be read from `{name}`");
        Failure::start(what, "they are written as name=value,name=value")
    })
}

fn resource() -> Resource {
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let builder = Resource::builder().with_service_name("tollgate-gateway");
    builder.with_attribute(version).build()
}

#[cfg(test)]
mod tests;
